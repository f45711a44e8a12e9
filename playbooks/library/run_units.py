#!/usr/bin/python
"""Have systemd units run, start at boot, and read what changed. Runs on the host."""

from __future__ import annotations

DOCUMENTATION = """
---
module: run_units
short_description: Have systemd units run, start at boot, and read what changed
description:
  - Starts and enables every unit of a list, and lets those that ran already read anew
    what changed, in one call. A unit that fails holds up no other, and fails the task.
options:
  units:
    description:
      - The units as JSON, each with C(name), C(reads), files after whose change it is
        reloaded, C(restart) where it is restarted instead, C(start) where it may have to
        be started or enabled, C(stale) where it runs with what an earlier run changed.
    type: str
    required: true
  changed:
    description: Files that were changed in this run.
    type: list
    elements: path
    default: []
author:
  - The provisioner authors
"""

EXAMPLES = """
- name: Run nginx
  run_units:
    units: '[{"name": "nginx", "reads": ["/etc/nginx/nginx.conf"], "restart": false}]'
"""

RETURN = """
made:
  description: The units that were started, enabled, reloaded or restarted.
  type: list
  elements: str
  returned: always
refused:
  description: Why a unit does not do so, by name.
  type: dict
  returned: always
"""

import json

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.provisioner_asking import Unreadable
from ansible.module_utils.provisioner_lists import Refused, each, finish
from ansible.module_utils.provisioner_units import NOT_HERE, units

_OF_SYSTEMD = "/etc/systemd/system/"
# Links for an init that does not run here are left alone: they take longer than the rest.
_NO_OTHER_INIT = {"SYSTEMCTL_SKIP_SYSV": "1"}


class Runner:
    """The units of one call, as they were before it."""

    def __init__(self, module):
        self._module = module
        self._changed = set(module.params["changed"])
        self.wanted = {one["name"]: one for one in json.loads(module.params["units"])}
        # Units are read once: those written now are not known yet.
        if any(one.startswith(_OF_SYSTEMD) for one in self._changed):
            self._systemctl("daemon-reload")
        found = units(list(self.wanted))
        self._before = dict(zip(self.wanted, found, strict=True))
        self.enabled = False

    def make(self, name):
        one, before = self.wanted[name], self._before[name]
        if before.missing:
            raise Refused("there is no such unit")
        due = one.get("stale", False) or self._changed.intersection(one["reads"])
        start = one.get("start", True)
        made = start and self._enable(name, before.enabled)
        if before.running is True:
            if due:
                self._systemctl("restart" if one["restart"] else "reload", name)
            return made or bool(due)
        # Once started, it has read everything.
        started = (start or due) and self._start(name, before.running)
        return made or started

    def _enable(self, name, before):
        if before is True:
            return False
        if before == "masked":
            self._systemctl("unmask", name)
        self._systemctl("--no-reload", "enable", name)
        self.enabled = True
        return True

    def _start(self, name, before):
        """Also one that did not run by its own condition: it may have come to hold."""
        self._systemctl("start", name)
        if before != NOT_HERE or self._module.check_mode:
            return before != NOT_HERE
        return units([name])[0].running is True

    def end(self):
        """Let systemd know what was enabled: it reads all units anew, so once."""
        if self.enabled:
            self._systemctl("daemon-reload")

    def _systemctl(self, *words):
        if self._module.check_mode:
            return
        code, _out, err = self._module.run_command(
            ["systemctl", *words], environ_update=_NO_OTHER_INIT
        )
        if code:
            raise Refused(" ".join(err.split()))


def main():
    module = AnsibleModule(
        argument_spec={
            "units": {"type": "str", "required": True},
            "changed": {"type": "list", "elements": "path", "default": []},
        },
        supports_check_mode=True,
    )
    try:
        runner = Runner(module)
        made, refused = each(runner.wanted, runner.make)
        runner.end()
    except (Refused, Unreadable) as error:
        module.fail_json(msg=f"systemd: {error}")
    finish(module, made, refused)


if __name__ == "__main__":
    main()
