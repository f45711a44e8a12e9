"""Secrets of hosts: put in at the end, compared by a digest that tells nothing."""

from __future__ import annotations

import base64
import hashlib
import json

import pytest

from provisioner.errors import SettingsInvalid
from provisioner.providers.ansible.secrets import comparable, filled, filled_state

SECRET = "canary's $(word)"  # pragma: allowlist secret


def _resolve(reference: str) -> str:
    if reference == "env/GONE":
        raise SettingsInvalid("The environment variable GONE is not set.")
    return SECRET


def _state(*contents: str) -> dict[str, list[dict[str, str]]]:
    files = enumerate(contents)
    return {"files": [{"path": f"/{at}", "content": text} for at, text in files]}


def test_a_reference_becomes_its_secret_and_the_rest_stays() -> None:
    assert filled("a ⟦secret:env/X⟧ b {{ x }}", _resolve) == f"a {SECRET} b {{{{ x }}}}"
    assert filled("nothing ⟦other⟧", _resolve) == "nothing ⟦other⟧"


def test_a_secret_for_a_shell_is_quoted() -> None:
    told = filled("X=⟦secret:env/X|quoted⟧", _resolve)
    assert told == """X='canary'"'"'s $(word)'"""


def test_a_store_knows_a_user_by_what_is_made_of_the_password() -> None:
    access = filled("⟦secret:env/X|access rameh⟧", _resolve)
    assert len(access) == 64
    assert access != filled("⟦secret:env/X|access other⟧", _resolve)
    line = filled("⟦secret:env/X|htpasswd rameh⟧", _resolve)
    digest = base64.b64encode(
        hashlib.sha1(access.encode(), usedforsecurity=False).digest()
    ).decode()
    assert line == f"rameh:{{SHA}}{digest}"


def test_a_form_that_nobody_knows_is_our_own_fault() -> None:
    with pytest.raises(ValueError, match="rot13"):
        filled("⟦secret:env/X|rot13⟧", _resolve)


def test_what_goes_to_be_compared_has_no_content_and_no_plain_digest() -> None:
    text = "key = ⟦secret:env/X⟧\n"
    state, untold = comparable(_state(text, "plain"), _resolve, "k")
    assert untold == {}
    sent = json.dumps(state)
    real = f"key = {SECRET}\n".encode()
    assert SECRET not in sent
    assert hashlib.sha256(real).hexdigest() not in sent
    other, _ = comparable(_state(text), _resolve, "other")
    assert state["files"][0]["keyed"] != other["files"][0]["keyed"]
    assert "keyed" not in state["files"][1]


def test_a_secret_that_is_not_here_leaves_its_file_out_and_says_so() -> None:
    state = _state("a", "⟦secret:env/GONE⟧")
    whole, faults = filled_state(state, _resolve)
    assert [one["content"] for one in whole["files"]] == ["a"]
    assert faults == ["/1: The environment variable GONE is not set."]
    seen, untold = comparable(state, _resolve, "k")
    assert [one["path"] for one in seen["files"]] == ["/0"]
    assert untold == {"/1": "The environment variable GONE is not set."}
