"""An authority that speaks ACME (RFC 8555), as far as certbot asks; runs on a lab host.

It checks no signatures of requests. What it does check is what the site has to do: it
fetches the answer to its challenge by the name that is asked for, over port 80.

usage: python3 acme_authority.py FOLDER PORT  with ca.pem and ca.key in the folder
"""

from __future__ import annotations

import base64
import hashlib
import json
import subprocess
import sys
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

FOLDER, PORT = Path(sys.argv[1]), int(sys.argv[2])
HOME = f"http://127.0.0.1:{PORT}"
ORDERS: list[list[str]] = []
VALID: set[str] = set()


def unpacked(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def order(number: int, status: str) -> dict[str, Any]:
    return {
        "status": status,
        "identifiers": [{"type": "dns", "value": name} for name in ORDERS[number]],
        "authorizations": [f"{HOME}/authz/{name}" for name in ORDERS[number]],
        "finalize": f"{HOME}/finalize/{number}",
        **({"certificate": f"{HOME}/cert/{number}"} if status == "valid" else {}),
    }


def token(name: str) -> str:
    digest = hashlib.sha256(name.encode()).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def challenge(name: str) -> dict[str, str]:
    status = "valid" if name in VALID else "pending"
    return {
        "type": "http-01",
        "status": status,
        "url": f"{HOME}/answer/{name}",
        "token": token(name),
    }


def looked(name: str) -> None:
    """Fetch the answer as the world would, from whoever serves the name."""
    path = f"/.well-known/acme-challenge/{token(name)}"
    web = HTTPConnection("127.0.0.1", 80, timeout=5)
    web.request("GET", path, headers={"Host": name})
    if web.getresponse().read().startswith(f"{token(name)}.".encode()):
        VALID.add(name)


def signed(number: int, request: bytes) -> None:
    words = "openssl x509 -req -inform DER -days 90 -copy_extensions copy"
    made = subprocess.run(
        [*words.split(), "-CA", FOLDER / "ca.pem", "-CAkey", FOLDER / "ca.key"],
        input=request,
        capture_output=True,
        check=True,
    )
    chain = made.stdout + (FOLDER / "ca.pem").read_bytes()
    (FOLDER / f"{number}.pem").write_bytes(chain)


class Handler(BaseHTTPRequestHandler):
    """Each path is one step of an order."""

    def do_GET(self) -> None:
        words = ("newNonce", "newAccount", "newOrder", "revokeCert", "keyChange")
        self._answer(200, {word: f"{HOME}/{word}" for word in words})

    def do_HEAD(self) -> None:
        self._answer(200, b"")

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        given = json.loads(unpacked(body["payload"]) or b"{}")
        _, step, *rest = self.path.split("/")
        name = rest[0] if rest else ""
        if step == "newAccount":
            self._answer(201, {"status": "valid"}, f"{HOME}/account/1")
        elif step == "newOrder":
            ORDERS.append([one["value"] for one in given["identifiers"]])
            number = len(ORDERS) - 1
            self._answer(201, order(number, "pending"), f"{HOME}/order/{number}")
        elif step == "authz":
            one = challenge(name)
            identifier = {"type": "dns", "value": name}
            status = {"status": one["status"], "identifier": identifier}
            self._answer(200, {**status, "challenges": [one]})
        elif step == "answer":
            looked(name)
            self._answer(200, challenge(name))
        elif step in ("finalize", "order"):
            if step == "finalize":
                signed(int(name), unpacked(given["csr"]))
            self._answer(200, order(int(name), "valid"), f"{HOME}/order/{name}")
        else:
            self._answer(200, (FOLDER / f"{name}.pem").read_bytes())

    def _answer(
        self, status: int, body: dict[str, Any] | bytes, place: str = ""
    ) -> None:
        whole = body if isinstance(body, bytes) else json.dumps(body).encode()
        kind = "pem-certificate-chain" if isinstance(body, bytes) else "json"
        self.send_response(status)
        self.send_header("Content-Type", f"application/{kind}")
        self.send_header("Content-Length", str(len(whole)))
        self.send_header("Replay-Nonce", "bm9uY2U")
        self.send_header("Link", f'<{HOME}/authz>;rel="up"')
        if place:
            self.send_header("Location", place)
        self.end_headers()
        self.wfile.write(whole)


if __name__ == "__main__":
    HTTPServer(("127.0.0.1", PORT), Handler).serve_forever()
