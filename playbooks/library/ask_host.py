#!/usr/bin/python
"""Ask programs of ours on a host and hand on what they answer. Runs on the host."""

from __future__ import annotations

DOCUMENTATION = """
---
module: ask_host
short_description: Ask programs of ours on a host
description:
  - Runs each program to its end and takes what it prints for an answer in JSON. A program
    that is not there, fails or prints something else is an error of that question alone.
options:
  questions:
    description:
      - Programs with their arguments, each a list of words, by the name of the question.
        None of them may be a secret.
    type: dict
    required: true
author:
  - The provisioner authors
"""

EXAMPLES = """
- name: Ask how a backup job ended
  ask_host:
    questions:
      job: [/usr/local/sbin/provisioner-backup, status, rameh-site]
"""

RETURN = """
facts:
  description: By the name of each question C(answer), or C(error) with why there is none.
  type: dict
  returned: always
"""

import json

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.provisioner_asking import Unreadable, ask

_LONGEST = 4 * 3600


def answer(words):
    try:
        told = ask(*words, timeout=_LONGEST)
    except Unreadable as error:
        missing = isinstance(error.__cause__, FileNotFoundError)
        return {"error": "It is not set up yet." if missing else str(error)}
    try:
        return {"answer": json.loads(told)}
    except ValueError:
        return {"error": f"{words[0]} did not answer in JSON."}


def main():
    module = AnsibleModule(
        argument_spec={"questions": {"type": "dict", "required": True}},
        supports_check_mode=False,
    )
    questions = module.params["questions"]
    facts = {name: answer(words) for name, words in questions.items()}
    module.exit_json(changed=False, facts=facts)


if __name__ == "__main__":
    main()
