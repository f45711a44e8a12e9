"""A town whose people leave, days that pass, and an administrator with Exchange commands."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import httpx
import pytest
import yaml
from leaving import Leaving

EXCHANGE = "https://outlook.office365.com"
REPLY = {
    "he": "{name} לא עובד/ת עוד ב{municipality}",
    "ar": "{name} لم يعد يعمل في {municipality}",
    "en": "{name} has left {municipality}",
}
POLICY: dict[str, Any] = {
    "hide_from_address_lists": True,
    "convert_to_shared": True,
    "manager_access": True,
    "auto_reply": REPLY,
    "free_seat_after_days": 10,
    "delete_after_days": 20,
}


class Departing(Leaving):
    """With a manager, and an administrator of Exchange."""

    def __init__(self, world: Any, client: httpx.Client) -> None:
        super().__init__(world)
        self.manager, self.other = world.active(self.slug)[4:6]
        self._client = client

    def configure(self, exchange: str = "invoke_command", **policy: Any) -> None:
        path = self.world.inventory / "cluster.yml"
        cluster = yaml.safe_load(path.read_text(encoding="utf-8"))
        for tenant in cluster["tenants"]:
            tenant["exchange"] = exchange
        cluster["leavers"] = policy
        path.write_text(yaml.safe_dump(cluster, allow_unicode=True), encoding="utf-8")

    def managed_by(self, manager: str) -> None:
        folder = self.world.inventory / "municipalities" / self.slug
        path = folder / "municipality.yml"
        town = yaml.safe_load(path.read_text(encoding="utf-8"))
        town["managers"] = {"*": manager}
        town["cbs_code"] = str(town["cbs_code"])
        path.write_text(yaml.safe_dump(town, allow_unicode=True), encoding="utf-8")

    def applied(self) -> None:
        ended = self.apply()
        assert ended.code == 0, ended.out + ended.err

    def fields(self) -> list[str]:
        change = self.planned().get(self.address)
        return sorted(one["field"] for one in change["fields"]) if change else []

    def command(self, name: str, **given: Any) -> list[dict[str, Any]]:
        """Run an Exchange command as an administrator might."""
        state = self.world.state
        base = state.graph_url.removesuffix("/v1.0")
        form = {
            "grant_type": "client_credentials",
            "client_id": state.client_id,
            "client_secret": state.client_secret,
            "scope": f"{EXCHANGE}/.default",
        }
        url = f"{base}/{state.tenant_id}/oauth2/v2.0/token"
        token = self._client.post(url, data=form).json()["access_token"]
        answer = self._client.post(
            f"{base}/adminapi/beta/{state.tenant_id}/InvokeCommand",
            json={"CmdletInput": {"CmdletName": name, "Parameters": given}},
            headers={
                "Authorization": f"Bearer {token}",
                "X-AnchorMailbox": f"APP:SystemMailbox@{state.tenant_id}",
            },
        )
        assert answer.status_code == 200, answer.text
        value: list[dict[str, Any]] = answer.json()["value"]
        return value

    def mailbox(self) -> dict[str, Any]:
        return self.command("Get-Mailbox", Identity=self.address)[0]

    def readers(self) -> list[str]:
        rows = self.command("Get-MailboxPermission", Identity=self.address)
        return sorted(one["User"] for one in rows if "@" in one["User"])

    def reply(self) -> str:
        """What senders are answered, "" for nothing."""
        name = "Get-MailboxAutoReplyConfiguration"
        (row,) = self.command(name, Identity=self.address)
        on = row["AutoReplyState"] != "Disabled"
        return str(row["ExternalMessage"]) if on else ""

    def assert_handed_over(self) -> None:
        box = self.mailbox()
        assert box["HiddenFromAddressListsEnabled"]
        assert box["RecipientTypeDetails"] == "SharedMailbox"
        assert self.readers() == [self.manager]
        assert all(word in self.reply() for word in ("עוד", "يعمل", "has left"))

    def assert_as_before(self) -> None:
        box = self.mailbox()
        assert not box["HiddenFromAddressListsEnabled"]
        assert box["RecipientTypeDetails"] == "UserMailbox"
        assert self.readers() == []
        assert self.reply() == ""
        self.world.assert_whole(self.slug)


@pytest.fixture
def departing(rehearse: Callable[..., Any]) -> Iterator[Callable[..., Departing]]:
    """Make a town in which all is applied and somebody is about to leave."""
    with ExitStack() as stack:
        client = stack.enter_context(httpx.Client(trust_env=False))

        def make(conduct: Any = None, **policy: Any) -> Departing:
            world = rehearse(municipalities=1, people=12, **(conduct or {}))
            one = Departing(world, client)
            one.configure(**(POLICY | policy))
            one.managed_by(one.manager)
            one.applied()
            return one

        yield make
