"""Secrets of hosts: filled into contents at the very end, and compared without being told.

In a content a secret stands as `⟦secret:REFERENCE⟧`, or `⟦secret:REFERENCE|FORM⟧` where
something made of it is wanted.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import shlex
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

from provisioner.errors import SettingsInvalid
from provisioner.model.host_state import SECRET, digest

Resolve = Callable[[str], str]
State = Mapping[str, Sequence[Mapping[str, Any]]]
_PLACE = re.compile(re.escape(SECRET) + r"([^⟧|]+)(?:\|([^⟧]*))?⟧")
_SCRYPT = {"n": 1 << 14, "r": 8, "p": 1, "dklen": 32}


def filled(content: str, resolve: Resolve) -> str:
    """The content with its secrets; raises `SettingsInvalid` naming a reference."""

    def put(found: re.Match[str]) -> str:
        return _formed(resolve(found[1]), found[2] or "")

    return _PLACE.sub(put, content)


def filled_state(state: State, resolve: Resolve) -> tuple[dict[str, Any], list[str]]:
    """A host's state with all secrets in it, and why some of its files are left out."""
    files, faults = [], []
    for one in state.get("files", ()):
        try:
            files.append({**one, "content": filled(one["content"], resolve)})
        except SettingsInvalid as error:
            faults.append(f"{one['path']}: {error}")
    return {**state, "files": files}, faults


def comparable(
    state: State, resolve: Resolve, key: str
) -> tuple[dict[str, Any], dict[str, str]]:
    """The state as the observing module needs it, and why some files cannot be compared.

    No content leaves this machine: a file is told by its digest, one with secrets by a
    digest under `key`, which says nothing to who does not have it.
    """
    files, untold = [], {}
    for one in state["files"]:
        content = one["content"]
        told = {name: value for name, value in one.items() if name != "content"}
        told |= {"digest": digest(content), "secret": SECRET in content}
        if told["secret"]:
            try:
                told["keyed"] = keyed(filled(content, resolve), key)
            except SettingsInvalid as error:
                untold[one["path"]] = str(error)
                continue
        files.append(told)
    return {**state, "files": files}, untold


def keyed(content: str, key: str) -> str:
    """The digest of a content that only who has the key can make."""
    return hmac.new(key.encode(), content.encode(), "sha256").hexdigest()


def _formed(secret: str, form: str) -> str:
    """What is wanted of a secret: itself, or what is made of it and of the form's word."""
    name, _, word = form.partition(" ")
    if not name:
        return secret
    if name == "quoted":
        return shlex.quote(secret)
    access = _access(secret, word)
    if name == "access":
        return access
    if name == "htpasswd":
        sha = hashlib.sha1(access.encode(), usedforsecurity=False).digest()
        return f"{word}:{{SHA}}{base64.b64encode(sha).decode()}"
    raise ValueError(f"{name!r} is no form of a secret")


@cache
def _access(secret: str, user: str) -> str:
    """The password with which `user` reaches a backup store, 64 hexadecimal digits.

    Made of the repository's password, so that there is one secret to keep; slow to guess,
    so that a fast digest of it is as good as a slow one.
    """
    salt = f"provisioner backup store {user}".encode()
    return hashlib.scrypt(secret.encode(), salt=salt, **_SCRYPT).hex()
