"""Which handler answers which method and path."""

from __future__ import annotations

from msgspec import Struct

from provisioner.sandbox.tenant import (
    authorize,
    delegation,
    deleted,
    delta,
    device_code,
    discovery,
    domains,
    licences,
    mailboxes,
    organization,
    signin,
    user_writes,
    users,
)
from provisioner.sandbox.tenant.call import Handler
from provisioner.sandbox.tenant.refusal import Refusal
from provisioner.sandbox.tenant.surface import SURFACE
from provisioner.sandbox.tenant.target import fixed

_GRAPH: list[tuple[str, str, Handler]] = [
    ("GET", "/users", users.list_users),
    ("POST", "/users", user_writes.create_user),
    ("GET", "/users/$count", users.count_users),
    ("GET", "/users/delta", delta.users_delta),
    ("GET", "/users/{user}", users.read_one),
    ("PATCH", "/users/{user}", user_writes.change_user),
    ("DELETE", "/users/{user}", user_writes.delete_user),
    ("POST", "/users/{user}/assignLicense", licences.assign_license),
    ("GET", "/users/{user}/licenseDetails", licences.license_details),
    ("GET", "/users/{user}/mailboxSettings", mailboxes.read_settings),
    ("PATCH", "/users/{user}/mailboxSettings", mailboxes.change_settings),
    ("GET", "/users/{user}/mailboxSettings/{setting}", mailboxes.read_setting),
    ("GET", "/subscribedSkus", licences.list_skus),
    ("GET", "/subscribedSkus/{sku}", licences.read_sku),
    ("GET", "/directory/deletedItems", deleted.list_all),
    ("GET", "/directory/deletedItems/user", deleted.list_deleted),
    ("GET", "/directory/deletedItems/{item}", deleted.read_deleted),
    ("GET", "/directory/deletedItems/{item}/user", deleted.read_deleted),
    ("DELETE", "/directory/deletedItems/{item}", deleted.purge),
    ("POST", "/directory/deletedItems/{item}/restore", deleted.restore),
    ("GET", "/domains", domains.list_domains),
    ("POST", "/domains", domains.add_domain),
    ("GET", "/domains/{domain}", domains.read_domain),
    ("PATCH", "/domains/{domain}", domains.change_domain),
    ("DELETE", "/domains/{domain}", domains.remove_domain),
    ("POST", "/domains/{domain}/verify", domains.verify_domain),
    (
        "GET",
        "/domains/{domain}/verificationDnsRecords",
        domains.list_verification_records,
    ),
    (
        "GET",
        "/domains/{domain}/serviceConfigurationRecords",
        domains.list_service_records,
    ),
    ("GET", "/domains/{domain}/domainNameReferences", domains.list_references),
    ("GET", "/organization", organization.list_organization),
    ("GET", "/organization/{tenant}", organization.read_organization),
    ("GET", "/directoryRoles", organization.list_roles),
    ("GET", "/directoryRoles/{role}", organization.read_role),
    ("GET", "/directoryRoles/{role}/members", organization.list_role_members),
    ("GET", "/me", organization.refuse_me),
]
_GRAPH += SURFACE
_SIGN_IN: list[tuple[str, str, Handler]] = [
    ("POST", "/{tenant}/oauth2/v2.0/token", signin.token),
    ("POST", "/{tenant}/oauth2/v2.0/devicecode", signin.device_code),
    ("GET", "/{tenant}/oauth2/deviceauth", device_code.approve),
    ("POST", "/{tenant}/oauth2/deviceauth", device_code.approve),
    ("GET", "/{tenant}/oauth2/v2.0/authorize", authorize.authorize),
    ("POST", "/{tenant}/oauth2/v2.0/authorize", authorize.authorize),
    ("GET", "/{tenant}/oauth2/v2.0/logout", authorize.sign_out),
    ("GET", "/{tenant}/v2.0/.well-known/openid-configuration", discovery.configuration),
    ("GET", "/{tenant}/discovery/instance", discovery.instance),
    ("GET", "/{tenant}/discovery/v2.0/keys", discovery.keys),
    ("GET", "/oidc/userinfo", delegation.userinfo),
    ("POST", "/oidc/userinfo", delegation.userinfo),
    ("GET", "/metadata/endpoints", discovery.endpoints),
    ("GET", "/subscriptions", discovery.subscriptions),
]


class Route(Struct, frozen=True):
    """A handler with the template that names it in the request log.

    `handler` is None for `$batch`, which the pipeline runs itself.
    """

    template: str
    handler: Handler | None
    public: bool = False


class _Node:
    def __init__(self) -> None:
        self.fixed: dict[str, _Node] = {}
        self.variable: _Node | None = None
        self.routes: dict[str, Route] = {}


def _grow(root: _Node, method: str, path: str, route: Route) -> None:
    node = root
    for segment in path.strip("/").split("/"):
        if segment.startswith("{"):
            node.variable = node.variable or _Node()
            node = node.variable
        else:
            node = node.fixed.setdefault(segment.lower(), _Node())
    node.routes[method] = route


def _plant() -> _Node:
    root = _Node()
    for method, path, handler in _GRAPH:
        _grow(root, method, f"v1.0{path}", Route(path, handler))
    _grow(root, "POST", "v1.0/$batch", Route("/$batch", None))
    for method, path, handler in _SIGN_IN:
        _grow(root, method, path, Route(path, handler, public=True))
    return root


_ROOT = _plant()
UNKNOWN = Route("(unknown)", None)


def find_route(method: str, segments: tuple[str, ...]) -> tuple[Route, tuple[str, ...]]:
    """The route and the variable segments; raises `Refusal` where there is none."""
    found = _walk(_ROOT, segments, 0)
    if found is None:
        last = segments[-1] if segments else ""
        raise Refusal(
            400, "BadRequest", f"Resource not found for the segment '{last}'."
        )
    node, params = found
    if method not in node.routes:
        raise Refusal(
            405,
            "Request_BadRequest",
            "Specified HTTP method is not allowed for the request target.",
            headers={"Allow": ", ".join(node.routes)},
        )
    return node.routes[method], params


def _walk(
    node: _Node, segments: tuple[str, ...], at: int
) -> tuple[_Node, tuple[str, ...]] | None:
    if at == len(segments):
        return (node, ()) if node.routes else None
    child = node.fixed.get(fixed(segments[at]))
    found = _walk(child, segments, at + 1) if child else None
    if found is None and node.variable is not None:
        below = _walk(node.variable, segments, at + 1)
        found = below and (below[0], (segments[at], *below[1]))
    return found
