"""What is to be said of a certificate that lies on a host."""

from __future__ import annotations

import _ssl
import os
import ssl
import time

VALID = "valid"
_DAYS_LEFT = 21


def key_of(path):
    """Where the key of a certificate lies."""
    return os.path.splitext(path)[0] + ".key"


def state_of(one):
    """The word for a certificate that is there; raises nothing for one that is broken.

    Asking openssl would take a process for each.
    """
    try:
        # There is no public function of Python for a certificate in a file. A key with
        # a password is tried with an empty one.
        told = _ssl._test_decode_cert(one["path"])
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(one["path"], key_of(one["path"]), str)
    except (OSError, ValueError):
        return "not of its key"
    names = {name for kind, name in told.get("subjectAltName", ()) if kind == "DNS"}
    if names != set(one["names"]):
        return "for other names: " + ", ".join(sorted(names))
    if ssl.cert_time_to_seconds(told["notAfter"]) < time.time() + _DAYS_LEFT * 86400:
        return f"has less than {_DAYS_LEFT} days left"
    return VALID
