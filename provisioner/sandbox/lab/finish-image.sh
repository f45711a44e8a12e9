#!/bin/sh
# Finishes the hosts' common root; mmdebstrap runs it. usage: finish-image.sh ROOT
set -eu
root=$1

# Packages that the image was made of become a repository on the host's own disk: what a
# test removes can be installed again although there is no way out.
mkdir -p "$root/srv/packages"
mv "$root"/var/cache/apt/archives/*.deb "$root/srv/packages/"
chroot "$root" sh -eu -c '
    cd /srv/packages
    for deb in *.deb; do
        dpkg-deb --field "$deb" | sed "/^\$/d"
        printf "Filename: ./%s\nSize: %s\n" "$deb" "$(stat -c %s "$deb")"
        printf "SHA256: %s\n\n" "$(sha256sum "$deb" | cut -d " " -f 1)"
    done >Packages
    rm -rf /var/lib/apt/lists /etc/apt/sources.list /etc/apt/sources.list.d/*
    echo "deb [trusted=yes] file:/srv/packages ./" >/etc/apt/sources.list
    apt-get -q update
'

# Who administrates: by key alone, with sudo and no password.
chroot "$root" useradd --create-home --shell /bin/bash provisioner
install -d -m 0700 -o "$(stat -c %u "$root/home/provisioner")" \
    -g "$(stat -c %g "$root/home/provisioner")" "$root/home/provisioner/.ssh"
echo 'provisioner ALL=(ALL) NOPASSWD: ALL' >"$root/etc/sudoers.d/provisioner"
chmod 0440 "$root/etc/sudoers.d/provisioner"

# A new host serves nothing but SSH, and no timer looks for a network in vain.
chroot "$root" systemctl --quiet disable \
    apt-daily.timer apt-daily-upgrade.timer fstrim.timer phpsessionclean.timer
for unit in certbot.timer cron fail2ban mariadb nginx postgresql \
    prometheus-node-exporter restic-rest-server unattended-upgrades; do
    chroot "$root" systemctl --quiet disable "$unit" 2>/dev/null || true
done
for unit in "$root"/lib/systemd/system/php*-fpm.service; do
    chroot "$root" systemctl --quiet disable "$(basename "$unit")"
done
# Of a machine, not of a namespace; and keys that nobody has pinned.
chroot "$root" systemctl --quiet mask systemd-modules-load.service getty@tty1.service \
    dev-hugepages.mount sys-fs-fuse-connections.mount sshd-keygen.service

# What each host shall have of its own.
rm -f "$root"/etc/ssh/ssh_host_*
: >"$root/etc/machine-id"
rm -f "$root/etc/resolv.conf" "$root/etc/hostname" "$root/etc/apt/apt.conf.d/99mmdebstrap"

# What systemd does once after an update of the system is done (systemd-update-done(8)).
chroot "$root" ldconfig
chroot "$root" journalctl --update-catalog
touch "$root/etc/.updated" "$root/var/.updated"
