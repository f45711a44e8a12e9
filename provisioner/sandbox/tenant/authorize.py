"""`/authorize`: a person chosen on a page becomes a code at the application's address."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode, urlsplit

from provisioner.sandbox.tenant.call import Answer, Call
from provisioner.sandbox.tenant.delegation import code_for
from provisioner.sandbox.tenant.directory import Directory
from provisioner.sandbox.tenant.oauth_errors import described
from provisioner.sandbox.tenant.people_page import can_sign_in, choice
from provisioner.sandbox.tenant.signin import tenant_of_client
from provisioner.sandbox.tenant.signin_page import error_page, page, posting_page

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_MODES = ("query", "fragment", "form_post")


def authorize(call: Call) -> Answer:
    """GET shows the page, POST with `user` goes on to the application."""
    wishes = _wishes(call)
    directory = call.world.tenant_for(call.params[0])
    if directory is None and call.params[0].lower() in ("common", "organizations"):
        directory = tenant_of_client(call, wishes.get("client_id", ""))
    wrong = _untrusted(call, directory, wishes)
    if wrong or directory is None:
        return error_page(wrong)
    if refusal := _refusal(call, wishes):
        return _reply(wishes, {"error": refusal[0], "error_description": refusal[1]})
    chosen = wishes.get("user") if call.method == "POST" else None
    if chosen is None:
        return choice(directory, wishes)
    account = directory.accounts.get(chosen)
    if account is None or not can_sign_in(account):
        text = "The user account is disabled or does not exist in the directory."
        return error_page(described(call, 50057, text))
    return _reply(wishes, {"code": code_for(call, directory, account, wishes)})


def sign_out(call: Call) -> Answer:
    """Nothing is remembered here: on to where the application wants to go."""
    address = call.options.get("post_logout_redirect_uri", "")
    if _on_loopback(address):
        return Answer(302, b"", {"Location": address})
    return page("You are signed out", "<p>You can close this page.</p>")


def _wishes(call: Call) -> dict[str, str]:
    if call.method != "POST":
        return dict(call.options)
    form = parse_qsl(call.body.decode("utf-8", "replace"), keep_blank_values=True)
    return {**call.options, **dict(form)}


def _untrusted(call: Call, directory: Directory | None, wishes: dict[str, str]) -> str:
    """Why no answer may be sent to the address named; "" where one may.

    Only addresses on this machine are: the sandbox is for nobody else.
    """
    if directory is None:
        text = f"Tenant '{call.params[0]}' not found."
        return described(call, 90002, text)
    client_id = wishes.get("client_id", "")
    if client_id.lower() != directory.client_id.lower():
        text = (
            f"Application with identifier '{client_id}' was not found in the directory."
        )
        return described(call, 700016, text)
    address = wishes.get("redirect_uri", "")
    if not _on_loopback(address):
        text = (
            f"The redirect URI '{address}' specified in the request does not match the"
            f" redirect URIs configured for the application '{client_id}'."
        )
        return described(call, 50011, text)
    return ""


def _on_loopback(address: str) -> bool:
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and parts.hostname in _LOOPBACK


def _refusal(call: Call, wishes: dict[str, str]) -> tuple[str, str] | None:
    """Error and description that go back to the application."""
    if wishes.get("response_type") != "code":
        text = "The response_type is not supported: only 'code' is."
        return "unsupported_response_type", described(call, 700051, text)
    if wishes.get("response_mode", "query") not in _MODES:
        return "invalid_request", described(call, 900144, "Unknown response_mode.")
    if not wishes.get("scope"):
        text = "The request must contain the parameter 'scope'."
        return "invalid_request", described(call, 900144, text)
    if wishes.get("code_challenge_method", "S256") not in ("S256", "plain"):
        text = "The code_challenge_method is not supported."
        return "invalid_request", described(call, 501491, text)
    if wishes.get("prompt") == "none":
        text = "A silent sign-in request was sent but no user is signed in."
        return "login_required", described(call, 50058, text)
    return None


def _reply(wishes: dict[str, str], answer: dict[str, str]) -> Answer:
    """Send the browser back to the application in the way it wished for."""
    address = wishes["redirect_uri"]
    if "state" in wishes:
        answer = {**answer, "state": wishes["state"]}
    mode = wishes.get("response_mode", "query")
    if mode == "form_post":
        return posting_page(address, answer)
    mark = "#" if mode == "fragment" else "&" if "?" in address else "?"
    headers = {"Location": f"{address}{mark}{urlencode(answer)}"}
    headers["Cache-Control"] = "no-store"
    return Answer(302, b"", headers)
