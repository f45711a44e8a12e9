"""What looks like a secret is not remembered; what only speaks of one is."""

from __future__ import annotations

import pytest

from provisioner.model.masking import masked


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("password=hunter2x rest", "password=••• rest"),
        (
            '{"client_secret": "aBc~1"}',  # pragma: allowlist secret
            '{"client_secret": "•••"}',
        ),
        ("Authorization: Bearer abcdefgh.1234", "Authorization: •••"),
        ("got bearer abcdefgh12345 back", "got bearer ••• back"),
        (
            "db://me:s3cr3t@db.example/x",  # pragma: allowlist secret
            "db://me:•••@db.example/x",
        ),
        ("eyJhbGciOiJIUzI1.eyJzdWIiOiIx.c2ln in it", "••• in it"),
        ("api-key: 12345&x=1", "api-key: •••&x=1"),
        ("the secret has expired; renew the token", None),
        ("rameh/mailbox/head@rameh.example: create done", None),
        ("at 12:30 https://graph.example:443/users", None),
    ],
)
def test_masked(text: str, kept: str | None) -> None:
    assert masked(text) == (text if kept is None else kept)
