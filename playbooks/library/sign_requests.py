#!/usr/bin/python
"""Sign requests for certificates by an authority. Runs on the controller."""

from __future__ import annotations

DOCUMENTATION = """
---
module: sign_requests
short_description: Sign requests for certificates
description:
  - Signs every request of a list for 90 days. The authority's key stays where it is.
options:
  requests:
    description: Requests in PEM by the path of their certificate.
    type: dict
    required: true
  certificate:
    description: The authority's certificate.
    type: path
    required: true
  key:
    description: The file of the authority's key.
    type: path
    required: true
author:
  - The provisioner authors
"""

EXAMPLES = """
- name: Sign
  sign_requests:
    requests: "{{ host_requested.requests }}"
    certificate: /etc/authority/ca.pem
    key: /etc/authority/ca.key
  delegate_to: localhost
"""

RETURN = """
signed:
  description: The certificates as files for C(make_paths).
  type: list
  elements: dict
  returned: always
"""

from ansible.module_utils.basic import AnsibleModule

_SIGN = "openssl x509 -req -days 90 -copy_extensions copy"
_OWNED = {"owner": "root", "group": "root", "mode": "0644"}


def main():
    module = AnsibleModule(
        argument_spec={
            "requests": {"type": "dict", "required": True},
            "certificate": {"type": "path", "required": True},
            "key": {"type": "path", "required": True, "no_log": False},
        },
    )
    given, signed = module.params, []
    command = [*_SIGN.split(), "-CA", given["certificate"], "-CAkey", given["key"]]
    for path, request in given["requests"].items():
        _code, out, _err = module.run_command(command, data=request, check_rc=True)
        signed.append({"path": path, "content": out, **_OWNED})
    module.exit_json(changed=bool(signed), signed=signed)


if __name__ == "__main__":
    main()
