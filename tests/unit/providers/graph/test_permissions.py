"""Which permission a refused call asks for, and what a token says it holds."""

from __future__ import annotations

import jwt
import pytest

from provisioner.providers.graph.permissions import NEEDED, permission_for, roles_of
from provisioner.sandbox.tenant.permissions import permissions_for

KEY = "a key that signs nothing real, long enough"  # pragma: allowlist secret


@pytest.mark.parametrize("call", NEEDED)
def test_what_is_asked_for_opens_the_call_by_the_vendors_list(call: str) -> None:
    method, path = call.split()
    vendors = permissions_for(method, path.replace("directory/", "directory/"))
    assert set(NEEDED[call]) <= vendors or not vendors


@pytest.mark.parametrize(
    ("where", "name"),
    [
        ("GET /users", "User.Read.All"),
        ("GET /users/delta", "User.Read.All"),
        ("PATCH /users/5d1c/mailboxSettings", "MailboxSettings.ReadWrite"),
        ("GET /directory/deletedItems/microsoft.graph.user", "User.Read.All"),
        ("GET /domains/nof.example/serviceConfigurationRecords", "Domain.Read.All"),
        ("POST /groups/5d1c/members/$ref", "GroupMember.ReadWrite.All"),
        ("GET /groups/5d1c/members", "GroupMember.Read.All"),
        ("POST /something/else", ""),
        ("GET /nothing", ""),
    ],
)
def test_a_refused_call_names_its_permission(where: str, name: str) -> None:
    assert permission_for(where) == name


def test_a_token_tells_its_roles_or_nothing() -> None:
    held = jwt.encode({"roles": ["User.Read.All"]}, KEY)
    assert roles_of(held) == {"User.Read.All"}
    # A person's token, and tokens that are no document of ours to read.
    for other in (jwt.encode({"scp": "x"}, KEY), "opaque", "a.b.c", "a.!!.c", ""):
        assert roles_of(other) is None
