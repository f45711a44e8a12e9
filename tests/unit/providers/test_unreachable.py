"""What OpenSSH says of a host becomes a sentence that says what to look at."""

from __future__ import annotations

import pytest

from provisioner.providers.ansible.reach import Reach
from provisioner.providers.ansible.unreachable import why
from provisioner.renderers.language import LANGUAGES, translator
from provisioner.renderers.sentences import tell

WEB = Reach("web-1", "192.0.2.7", 22, "provisioner", "/keys/ssh", ())
BEGIN = 'Task failed: Data could not be sent to remote host "192.0.2.7".'
OTHER_KEY = (
    f"{BEGIN} Make sure this host can be reached over ssh: @@@@@@@@@@@@ @ WARNING: REMOTE"
    " HOST IDENTIFICATION HAS CHANGED! @ @@@@@@@@ IT IS POSSIBLE THAT SOMEONE IS DOING"
    " SOMETHING NASTY! Host key verification failed."
)


@pytest.mark.parametrize(
    ("said", "begins"),
    [
        (
            f"{BEGIN} ssh: connect to host 192.0.2.7 port 22: Connection refused",
            "no answer at 192.0.2.7, port 22",
        ),
        (
            "Failed to connect to the host via ssh: Connection timed out during banner"
            " exchange",
            "no answer at 192.0.2.7, port 22",
        ),
        (OTHER_KEY, "it shows another host key than the inventory has; compare it"),
        (
            "No ED25519 host key is known for web-1 and you have requested strict"
            " checking. Host key verification failed.",
            "it shows another host key than the inventory has; compare it",
        ),
        (
            f"{BEGIN} provisioner@192.0.2.7: Permission denied (publickey).",
            "it refuses the sign-in of provisioner; look at that account",
        ),
    ],
)
def test_what_openssh_says_is_told_short_and_in_three_languages(
    said: str, begins: str
) -> None:
    told = why(said, WEB)
    assert told.startswith(begins)
    for language in LANGUAGES:
        message = f"The host cannot be reached: {told}"
        pieces = tell(message, translator(language))
        assert not any(one.english for one in pieces)


def test_what_nobody_knows_is_cut_and_no_file_is_taken_for_a_sign_in() -> None:
    said = "Failed to create a folder: mkdir: Permission denied " + "x" * 900
    told = why(said, WEB)
    assert said.startswith(told.removesuffix("…"))
    assert len(told) == 200
