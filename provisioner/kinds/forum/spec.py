"""What a forum shall be: names and members from a role, and its face on the wire."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from provisioner.kinds.membership.description import describe, in_three_languages
from provisioner.model.cluster import Cluster, Role
from provisioner.model.municipality import Municipality, Names, Person
from provisioner.model.place import Place
from provisioner.model.resource import Resource

KIND = "forum"
NICKNAME_PREFIX = "forum-"


class ForumSpec(Struct, frozen=True, gc=False):
    """The group in which the people of one role meet, in one tenant.

    `nickname` is the part of its address before the @; `owners` holds the forum's lead,
    where there is one; `members` are people of the tenant's municipalities and `guests`
    everybody else, all as sorted addresses.
    """

    display_name: str
    description: str
    nickname: str
    owners: tuple[str, ...]
    members: tuple[str, ...]
    guests: tuple[str, ...] = ()


def forum_names(role: Role) -> Names:
    """What the forum of a role is called: as written, or made from the role's names."""
    if role.forum is not None:
        return role.forum
    names = role.names
    return Names(
        f"פורום {names.he}", f"منتدى {names.ar}", f"Forum of {_inside(names.en)}"
    )


def _inside(text: str) -> str:
    """English words as they stand within a sentence; an abbreviation keeps its capitals."""
    return text[:1].lower() + text[1:] if text[1:2].islower() else text


def _described(cluster: Names) -> str:
    return " · ".join(
        (
            f"{cluster.he}: החברות לפי התפקיד ברשימת העובדים.",
            f"{cluster.ar}: العضوية حسب الوظيفة في قائمة الموظفين.",
            f"{cluster.en}: members by their role in the lists of staff.",
        )
    )


def desired_forums(cluster: Cluster, owner: Municipality) -> list[Resource[Any]]:
    """One forum for each role, in the tenant of `owner`. Pure."""
    here, elsewhere = _by_role(cluster, owner.tenant)
    text = _described(cluster.names)
    forums = []
    for role in cluster.roles:
        members = here.get(role.name, set())
        others = elsewhere.get(role.name, set())
        guests = {*role.guests, *(others if cluster.forums.across_tenants else ())}
        spec = ForumSpec(
            in_three_languages(forum_names(role)),
            text,
            f"{NICKNAME_PREFIX}{role.name}",
            (role.lead,) if role.lead and role.lead not in others else (),
            tuple(sorted(members)),
            tuple(sorted(guests - members)),
        )
        place = Place(cluster.file, role.line)
        forums.append(Resource(owner.slug, KIND, role.name, spec, place))
    return forums


def _by_role(
    cluster: Cluster, tenant: str
) -> tuple[dict[str, set[str]], dict[str, set[str]]]:
    """Addresses of active people by role: of the tenant, and of the others."""
    here: dict[str, set[str]] = {}
    elsewhere: dict[str, set[str]] = {}
    for municipality in cluster.municipalities:
        side = here if municipality.tenant == tenant else elsewhere
        for person in municipality.people:
            if _meets(person):
                side.setdefault(person.role, set()).add(person.address)
    return here, elsewhere


def _meets(person: Person) -> bool:
    return bool(person.role) and person.state == "active"


def create_body(spec: ForumSpec, owner: str, name: str) -> dict[str, Any]:
    """The body of `POST /groups`: a Microsoft 365 group that people can write to.

    Members get what is written in their own inbox, and no mail that greets them.
    """
    return {
        **patch_body(spec, owner, name),
        "mailNickname": spec.nickname,
        "mailEnabled": True,
        "securityEnabled": False,
        "groupTypes": ["Unified"],
        "visibility": "Private",
        "resourceBehaviorOptions": ["WelcomeEmailDisabled", "SubscribeNewGroupMembers"],
    }


def patch_body(spec: ForumSpec, owner: str, name: str) -> dict[str, Any]:
    """What people read, with our mark before it."""
    return {
        "displayName": spec.display_name,
        "description": describe(owner, name, spec.description),
    }
