#!/usr/bin/python
"""Look which certificates are not good, and make keys and requests. Runs on the host."""

from __future__ import annotations

DOCUMENTATION = """
---
module: request_certificates
short_description: Look which certificates are not good, and ask for those
description:
  - A certificate is good with its names, its key and three weeks left. For each other one
    a request is made, to be signed elsewhere, with a key that never leaves the host.
options:
  certificates:
    description: Each with C(path), its key beside it, and C(names), as JSON.
    type: str
    required: true
  request:
    description: Whether to make keys and requests, or only to look.
    type: bool
    default: true
author:
  - The provisioner authors
"""

EXAMPLES = """
- name: Ask for a certificate
  request_certificates:
    certificates: '[{"path": "/etc/nginx/tls/www.crt", "names": ["www.town.example"]}]'
"""

RETURN = """
unsigned:
  description: The certificates that are not good.
  type: list
  elements: dict
  returned: always
requests:
  description: Requests in PEM by the path of their certificate.
  type: dict
  returned: always
refused:
  description: Why a request could not be made, by path.
  type: dict
  returned: always
"""

import json
import os

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.provisioner_certificates import VALID, key_of, state_of
from ansible.module_utils.provisioner_lists import Refused, each

_NEW_KEY = "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out"


def openssl(module, words):
    return module.run_command(words, umask=0o077, handle_exceptions=False)


def request(one, module):
    """A request in PEM; the key is made where there is none, at once or not at all."""
    key = key_of(one["path"])
    if openssl(module, ["openssl", "pkey", "-in", key, "-noout"])[0]:
        code, _out, err = openssl(module, [*_NEW_KEY.split(), key + ".new"])
        if code:
            raise Refused(err.strip())
        os.replace(key + ".new", key)
    names = ",".join("DNS:" + name for name in one["names"])
    words = ["-key", key, "-subj", "/CN=" + one["names"][0]]
    words += ["-addext", "subjectAltName=" + names]
    code, out, err = openssl(module, ["openssl", "req", "-new", *words])
    if code:
        raise Refused(err.strip())
    return out


def main():
    module = AnsibleModule(
        argument_spec={
            "certificates": {"type": "str", "required": True},
            "request": {"type": "bool", "default": True},
        },
        supports_check_mode=True,
    )
    wanted = json.loads(module.params["certificates"])
    unsigned = {one["path"]: one for one in wanted if state_of(one) != VALID}
    requests, made, refused = {}, list(unsigned), {}

    def make(path):
        requests[path] = request(unsigned[path], module)
        return True

    if module.params["request"] and not module.check_mode:
        made, refused = each(unsigned, make)
    module.exit_json(
        changed=bool(made and module.params["request"]),
        made=made,
        refused=refused,
        requests=requests,
        unsigned=list(unsigned.values()),
    )


if __name__ == "__main__":
    main()
