#!/bin/sh
# Becomes the first process of a lab host. Runs in namespaces of its own (mount, net, pid,
# uts, ipc, cgroup) that `unshare` has made; all it does ends with them.
# usage: start-host.sh HOME LOWER NAME ADDRESS/BITS NUMBER SWITCH-PID INIT
# INIT is systemd, or sysv in a user namespace: there a cgroup cannot be had, and devices
# not be made, but borrowed.
set -eu
home=$1 lower=$2 name=$3 address=$4 number=$5 switch=/proc/$6/ns/net init=$7

# The way to the others, while /proc still shows the processes of this machine.
# The kernel takes its time to bury the network of a host that was halted a moment ago.
nsenter --net="$switch" ip link delete "host$number" 2>/dev/null || true
# The same hardware address at every start, or the others would remember an old one.
ip link add eth0 address "02:77:00:00:00:$(printf %02x "$number")" type veth \
    peer name "host$number" netns "$switch"
nsenter --net="$switch" ip link set "host$number" master lab up
ip address add "$address" dev eth0
ip link set eth0 up
ip link set lo up

mount --make-rprivate /
root=$home/merged
# By short names: commas and colons of a path would mean something to the mount.
mkdir -p "$home/lower"
mount --bind "$lower" "$home/lower"
cd "$home"
mount -t overlay overlay -o lowerdir=lower,upperdir=upper,workdir=work merged
mount -t proc -o nosuid,nodev,noexec proc "$root/proc"
mount -t sysfs -o ro,nosuid,nodev,noexec sysfs "$root/sys"
# kernel.* and vm.* belong to the machine, net.* to this namespace.
mount --bind "$root/proc/sys" "$root/proc/sys"
mount -o remount,bind,ro "$root/proc/sys"
mount --bind "$root/proc/sys/net" "$root/proc/sys/net"
mount -o remount,bind,rw "$root/proc/sys/net"
if [ -e "$root/proc/sysrq-trigger" ]; then
    mount --bind "$root/proc/sysrq-trigger" "$root/proc/sysrq-trigger"
    mount -o remount,bind,ro "$root/proc/sysrq-trigger"
fi
mount -t tmpfs -o mode=755,nosuid tmpfs "$root/dev"
mount -t tmpfs -o mode=755,nosuid,nodev tmpfs "$root/run"
if [ "$init" = systemd ]; then
    mount -t cgroup2 -o nosuid,nodev,noexec cgroup2 "$root/sys/fs/cgroup"
    for device in null:3 zero:5 full:7 random:8 urandom:9; do
        mknod -m 666 "$root/dev/${device%%:*}" c 1 "${device##*:}"
    done
    mknod -m 666 "$root/dev/tty" c 5 0
else
    for device in null zero full random urandom tty; do
        : >"$root/dev/$device"
        mount --bind "/dev/$device" "$root/dev/$device"
    done
fi
mkdir "$root/dev/pts" "$root/dev/shm"
mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts "$root/dev/pts"
mount -t tmpfs -o mode=1777,nosuid,nodev tmpfs "$root/dev/shm"
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"
ln -s fd/0 "$root/dev/stdin"
ln -s fd/1 "$root/dev/stdout"
ln -s fd/2 "$root/dev/stderr"

hostname "$name"
echo "$name" >"$root/run/lab-host"
cd "$root"
mkdir -p .before
pivot_root . .before
umount -l /.before
rmdir /.before

if [ "$init" = sysv ]; then
    # Starts SSH, then reaps what others leave behind.
    exec env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root \
        /bin/sh -c 'trap "" HUP; mkdir -p /run/sshd /run/lock; /usr/sbin/sshd
            while :; do sleep 3600 & wait; done'
fi
# The clock, kernel modules and raw memory are the machine's.
exec env -i container=lab PATH=/usr/sbin:/usr/bin:/sbin:/bin setpriv \
    --bounding-set=-sys_time,-sys_module,-sys_rawio,-syslog,-mac_admin,-mac_override,-audit_control \
    /lib/systemd/systemd --system --show-status=no
