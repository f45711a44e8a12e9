"""A rehearsal with two WordPress sites of one town on one host, for tests of the lab."""

from __future__ import annotations

import ssl
from copy import deepcopy
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import yaml
from lab import Lab
from made import Made
from rehearsal import Ended, Rehearsal

from provisioner import inventory
from provisioner.kinds.host.websites import desired_websites
from provisioner.providers.ansible.hosts import Authority
from provisioner.sandbox.folder import Folder
from provisioner.sandbox.lab.state import lab_folder

KIND = ("--kind", "website")
HEBREW, ARABIC = "www.karmiel.example", "nashim.karmiel.example"
DATABASE, OTHER_DATABASE = "wp-karmiel-main", "wp-karmiel-women"


class SignIn(NamedTuple):
    """A first sign-in: the password, what was answered, and a second look at the secret."""

    password: str
    answer: httpx.Response
    editor: httpx.Response
    again: Ended


class World:
    """A rehearsal with one host and two sites of one town on it, made by the program."""

    def __init__(self, rehearsal: Rehearsal, image: Path) -> None:
        self.rehearsal = rehearsal
        self.lab = Lab(lab_folder(rehearsal.var / "sandbox"), image)
        self.host = self.lab.host("web-1")
        town = rehearsal.inventory / "municipalities" / "karmiel" / "municipality.yml"
        self._town = town
        self.amend(self._second)
        self.planned = rehearsal.run("plan", *KIND, "--all")
        self.applied = self.apply()
        # At once: other tests remove the account, and it comes back with another password.
        self.first = self._first_sign_in()

    def _first_sign_in(self) -> SignIn:
        return self.sign_in(self.applied.outcomes()[0]["secret_id"])

    def sign_in(self, secret_id: str) -> SignIn:
        """Sign in as a person does who was handed the password."""
        shown = self.rehearsal.run("secrets", "show", secret_id, "--json")
        password = httpx.Response(200, text=shown.out).json()["secret"]
        with self.browser(base_url=f"https://{HEBREW}") as browser:
            browser.get("/wp-login.php")
            given = {"log": "webmaster", "pwd": password, "testcookie": "1"}
            answer = browser.post("/wp-login.php", data=given)
            editor = browser.get("/wp-admin/post-new.php?post_type=page")
        again = self.rehearsal.run("secrets", "show", secret_id)
        return SignIn(password, answer, editor, again)

    def amend(self, change: Any) -> None:
        content = yaml.safe_load(self._town.read_text(encoding="utf-8"))
        change(content)
        self._town.write_text(yaml.safe_dump(content, allow_unicode=True), "utf-8")

    @staticmethod
    def _second(content: dict[str, Any]) -> None:
        (first,) = content["websites"]
        del first["aliases"]
        women = {"name": "women", "domain": ARABIC, "language": "ar"}
        second = {**deepcopy(first), **women, "title": "نساء في كرميئيل"}
        content["websites"].append(second)

    def apply(self, *kind: str) -> Ended:
        words = ("apply", *(kind or KIND), "--yes", "--json")
        return self.rehearsal.run(*words, timeout=500)

    @property
    def files(self) -> Folder:
        return Folder(self.rehearsal.var / "sandbox")

    def made(self) -> Made:
        """Both sites as parts of their host, to be looked at and repaired."""
        authority = Authority(str(self.files.authority), str(self.files.authority_key))
        cluster = inventory.load(self.rehearsal.inventory)
        (town,) = cluster.municipalities
        first, *others = [one.spec for one in desired_websites(cluster, town)]
        return Made(self.lab, self.host, first, authority, tuple(others))

    def browser(self, **options: Any) -> httpx.Client:
        trusted = ssl.create_default_context(cafile=self.files.authority)
        return self.lab.browser(verify=trusted, **options)

    def as_site(self, script: str) -> int:
        """How a line of shell ends that one site's account runs."""
        words = f"sudo runuser -u {DATABASE} -- sh -c '{script}'"
        return self.lab.run(self.host, words, check=False).returncode
