"""The lab: throw-away Debian hosts with systemd and SSH, made of namespaces.

What others build on, and where it is:

- `state.LabHost` is one host: name, address in the lab, the loopback port on which this
  machine reaches its SSH, user, private key, pinned host key. `state.LabState` is all of
  them and `web_proxy`, through which this machine fetches their pages by name.
- `process.up(folder, names)` starts hosts (and the lab, if need be) and gives the state;
  `process.start`, `process.stop` and `process.point` change a running lab;
  `process.down(folder)` ends it and leaves no process, mount, namespace or cgroup.
- `state.read_lab(folder)` finds a running lab. The sandbox keeps its own in
  `var/sandbox/lab`, see `state.lab_folder`.
- `ssh_config.write(hosts, path)` writes a file for `ssh -F`, Ansible, sftp and restic.
- `possible.hindrance(folder)` says in one line why there can be no lab here, "" where it can.
- `image.image_of(store, suite)` gives the hosts' common root, building it once.

Hosts log in as `provisioner` by key, with sudo and no password. They see each other by
name (`10.77.0.1` answers DNS for all hosts and what was pointed at them) and nothing
else: there is no way out. Packages come from a repository on the host's own disk, so
`apt-get install` works for whatever the image has. All services but SSH are off.

A plain user's hosts live in a user namespace and have no systemd (`LabState.init`), so
they cannot be what the kinds of hosts expect; they are for looking around.

Two ways in, both on loopback: a port per host for SSH (`HostKeyAlias` is the host's
name), and an HTTP proxy for web pages and any other port: `httpx.Client(proxy=...)`,
`curl -x`, `HTTP_PROXY` for restic, `--proxy-server` for Chromium.
"""
