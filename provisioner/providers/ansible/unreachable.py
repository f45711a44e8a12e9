"""Why a host cannot be reached, short: of what OpenSSH and Ansible say about it."""

from __future__ import annotations

from provisioner.providers.ansible.reach import Reach

_LONGEST = 200
_OTHER_KEY = (
    "REMOTE HOST IDENTIFICATION HAS CHANGED",
    "Host key verification failed",
    "host key is known for",
)
# With its bracket it is OpenSSH's word about signing in, not that of a file.
_REFUSED = ("Permission denied (", "Too many authentication failures")
_SILENT = (
    "ssh: connect to host",
    "Could not resolve hostname",
    "during banner exchange",
    "Connection timed out",
    "Connection reset by",
    "Connection closed by",
)


def why(said: str, reach: Reach | None) -> str:
    """What to look at; of what is not known the first 200 characters.

    `said` is on one line. The sentences are among `renderers.sentences.PATTERNS`.
    """
    if reach is not None:
        if any(one in said for one in _OTHER_KEY):
            return (
                f"it shows another host key than the inventory has; compare it on the"
                f" console, then set `host_keys` of {reach.name} in cluster.yml"
            )
        if any(one in said for one in _REFUSED):
            return (
                f"it refuses the sign-in of {reach.user}; look at that account on it,"
                f" and at its key"
            )
        if any(one in said for one in _SILENT):
            return f"no answer at {reach.address}, port {reach.port}"
    return said if len(said) <= _LONGEST else said[: _LONGEST - 1] + "…"
