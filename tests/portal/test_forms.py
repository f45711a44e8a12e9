"""Forms that are filled in wrongly, twice, late or not at all: nothing is lost or guessed."""

from __future__ import annotations

from portal_world import PortalWorld, Visit, fields_of

from provisioner import inventory
from provisioner.model.viewer import EVERYTHING
from provisioner.model.wish import NewMailboxes, NewPerson

ASK = "/requests/new/person"


def _license(world: PortalWorld) -> str:
    (license_name, *_) = (
        inventory.load(world.world.inventory).municipality(world.own).seats
    )
    return license_name


def _filled(world: PortalWorld, given_name: str, surname: str) -> dict[str, str]:
    """A form for one person as it is filled in by hand."""
    return {
        "municipality": world.own,
        "given_name": given_name,
        "surname": surname,
        "license": _license(world),
    }


def _asked_for(world: PortalWorld, location: str) -> NewPerson:
    """Whom the request at this address asks for."""
    request_id = location.partition("?")[0].rpartition("/")[2]
    with world.world.store() as store:
        found = store.requests.get(request_id, EVERYTHING)
    assert found is not None
    assert isinstance(found.wish, NewMailboxes)
    (one,) = found.wish.people
    return one


def test_a_name_that_is_corrected_after_the_check_has_an_address_of_its_own(
    portal_world: PortalWorld, visit: Visit
) -> None:
    cio = visit(f"cio.{portal_world.own}")
    looked = cio.post(ASK, **_filled(portal_world, "דנא", "כהנ"), step="check")
    form = fields_of(looked.text)
    first = form["address"]
    assert form["display_name"] == "דנא כהנ"
    form |= {"given_name": "Roni", "surname": "Shaked"}
    again = fields_of(cio.post(ASK, **form, step="check").text)
    assert again["display_name"] == "Roni Shaked"
    assert again["address"].startswith("roni.shaked@")

    sent = cio.post(ASK, **form, step="send")
    one = _asked_for(portal_world, sent.headers["location"])
    assert one.display_name == "Roni Shaked"
    assert one.address == again["address"] != first


def test_what_somebody_wrote_over_a_proposal_stays(
    portal_world: PortalWorld, visit: Visit
) -> None:
    cio = visit(f"cio.{portal_world.own}")
    looked = cio.post(ASK, **_filled(portal_world, "Yael", "Oren"), step="check")
    form = fields_of(looked.text) | {"address": "front.desk", "surname": "Oron"}
    form = fields_of(cio.post(ASK, **form, step="check").text)
    form |= {"surname": "Oren"}
    sent = cio.post(ASK, **form, step="send")
    one = _asked_for(portal_world, sent.headers["location"])
    assert one.address.startswith("front.desk@")
    assert one.display_name == "Yael Oren"
