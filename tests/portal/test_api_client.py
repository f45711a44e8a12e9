"""A typed client that is generated from the description walks through a whole story."""

from __future__ import annotations

import importlib
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from api_world import token_of, told_from
from portal_world import PortalWorld

PACKAGE = "generated_provisioner_client"
Module = Callable[[str], Any]


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Module]:
    """Modules of the client that a stranger makes of the published description."""
    folder = tmp_path_factory.mktemp("client")
    config = folder / "config.yml"
    config.write_text("post_hooks: []\n")
    published = Path(__file__).parents[2] / "docs" / "reference" / "openapi.json"
    words = ["--path", str(published), "--config", str(config), "--meta", "none"]
    words += ["--output-path", str(folder / PACKAGE), "--fail-on-warning"]
    ended = subprocess.run(
        [sys.executable, "-m", "openapi_python_client", "generate", *words],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    sys.path.insert(0, str(folder))
    yield lambda name: importlib.import_module(f"{PACKAGE}.{name}")
    sys.path.remove(str(folder))


@pytest.fixture
def client_as(
    generated: Module, portal_world: PortalWorld
) -> Iterator[Callable[[str], Any]]:
    made: list[Any] = []

    def as_(who: str) -> Any:
        made.append(
            generated("client").AuthenticatedClient(
                base_url=portal_world.url,
                token=token_of(portal_world, who),
                headers=told_from(),
            )
        )
        return made[-1]

    yield as_
    for one in made:
        one.get_httpx_client().close()


def test_a_program_asks_follows_and_takes_back(
    generated: Module, client_as: Callable[[str], Any], portal_world: PortalWorld
) -> None:
    cio, models = client_as(f"cio.{portal_world.own}"), generated("models")
    wish = models.NewMailboxes(
        sort="new_mailboxes",
        people=[
            models.NewPerson(
                license_="EXCHANGESTANDARD", given_name="אורי", surname="פרץ"
            )
        ],
    )
    submit = generated("api.requests.submit_request").sync_detailed
    body = models.NewRequest(municipality=portal_world.own, wish=wish)
    made = submit(client=cio, body=body, idempotency_key="from HR: 4711")
    assert made.status_code == 201, made.content
    assert isinstance(made.parsed, models.RequestStory)
    assert made.parsed.state is models.State.SUBMITTED
    assert made.parsed.wish.people[0].address.endswith(f"@{portal_world.own}.example")

    listed = generated("api.requests.list_requests").sync(client=cio, limit=200)
    assert made.parsed.id in [one.id for one in listed.items]
    read = generated("api.requests.read_request").sync_detailed
    seen = read(made.parsed.id, client=cio)
    assert seen.parsed.steps[0].act is models.Act.SUBMIT
    assert seen.parsed.submitted.tzinfo is not None

    withdraw = generated("api.requests.withdraw_request").sync_detailed
    tag = seen.headers["etag"]
    gone = withdraw(made.parsed.id, client=cio, if_match=tag)
    assert gone.parsed.state is models.State.WITHDRAWN
    late = withdraw(made.parsed.id, client=cio, if_match=tag)
    assert late.status_code == 412
    assert isinstance(late.parsed, models.Problem)
    assert late.parsed.type_.endswith("/stale")


def test_every_fault_comes_typed(
    generated: Module, client_as: Callable[[str], Any], portal_world: PortalWorld
) -> None:
    models = generated("models")
    wish = models.PersonLeaves(sort="leaver", address="nobody")
    body = models.NewRequest(municipality=portal_world.own, wish=wish)
    submit = generated("api.requests.submit_request").sync
    told = submit(client=client_as(f"cio.{portal_world.own}"), body=body)
    assert isinstance(told, models.Problem)
    assert told.status == 422
    assert [one.pointer for one in told.errors] == ["/wish"]
    towns = generated("api.municipalities.list_municipalities")
    found = towns.sync(client=client_as("auditor"), limit=1)
    assert found.next_
    assert towns.sync(client=client_as("auditor"), cursor=found.next_).items


def test_all_lists_can_be_read_by_the_client(
    generated: Module, client_as: Callable[[str], Any]
) -> None:
    it = client_as("it")
    for group, name in (
        ("municipalities", "list_seats"),
        ("drift", "list_drift"),
        ("runs", "list_runs"),
        ("approvals", "list_approvals"),
        ("watching", "list_backups"),
        ("watching", "list_schedules"),
        ("watching", "list_audit"),
    ):
        found = generated(f"api.{group}.{name}").sync(client=it)
        assert type(found).__name__.endswith("Page"), name
