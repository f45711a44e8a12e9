"""Two WordPress sites on a real host, through the whole program: made, used, broken."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from made import Checked, Made
from rehearsal import rehearsing
from site_world import ARABIC, DATABASE, HEBREW, KIND, OTHER_DATABASE, World

from provisioner.errors import ProviderError
from provisioner.kinds.host.narrow import narrowed
from provisioner.providers.ansible.hosts import HostSeen
from provisioner.sandbox.lab import process

SITES = "/etc/nginx/sites-enabled"
VHOST, OTHER_VHOST = f"{SITES}/karmiel-main.conf", f"{SITES}/karmiel-women.conf"
POOL = "/etc/php/8.4/fpm/pool.d/karmiel-main.conf"
CONFIG = f"/etc/wordpress/config-{HEBREW}.php"
SALTS = "/etc/wordpress/salts-karmiel-main.php"
PLUGINS = "/srv/www/karmiel-main/wp-content/plugins"
UPLOADS = "/srv/www/karmiel-main/wp-content/uploads"
TIMER = f"wordpress-cron@{DATABASE}.timer"


def _sql(statement: str, database: str = DATABASE) -> str:
    return f"mariadb {database} <<'SQL'\n{statement};\nSQL"


def _option(name: str, value: str) -> str:
    set_to = f"SET option_value = '{value}' WHERE option_name = '{name}'"
    return _sql(f"UPDATE wp_options {set_to}")


FAULTS: dict[str, tuple[str, set[str]]] = {
    "another title": (_option("blogname", "x"), {f"site {HEBREW} blogname"}),
    "everybody may register": (
        _option("users_can_register", "1"),
        {f"site {HEBREW} users_can_register"},
    ),
    "a database of an older version": (
        _option("db_version", "57155"),
        {f"site {HEBREW} database"},
    ),
    "a statement that names nobody": (
        _sql(
            "UPDATE wp_posts SET post_content = 'x' WHERE post_name = 'accessibility'"
        ),
        {f"site {HEBREW} statement"},
    ),
    "an administrator no more": (
        _sql(
            "UPDATE wp_usermeta SET meta_value = '' WHERE meta_key = 'wp_capabilities'"
        ),
        {f"site {HEBREW} administrator"},
    ),
    "another front page": (
        _option("page_on_front", "2"),
        {f"site {HEBREW} page_on_front"},
    ),
    "a right more": (
        _sql(f"GRANT FILE ON *.* TO '{DATABASE}'@'localhost'"),
        {f"database {DATABASE} privileges"},
    ),
    "salts that everybody reads": (f"chmod 0644 {SALTS}", {f"salts {SALTS}"}),
    "a configuration that all may write": (
        f"chmod 0666 {CONFIG}",
        {f"file {CONFIG} mode"},
    ),
    "plugins of one's own": (
        f"rm {PLUGINS}; mkdir {PLUGINS}",
        {f"link {PLUGINS}"},
    ),
    "a pool that runs as another": (
        f"sed -i 's/^user = .*/user = www-data/' {POOL}",
        {f"file {POOL} content", "service php8.4-fpm current"},
    ),
    "a vhost that nginx refuses": (
        f"echo 'listen many;' >>{VHOST}",
        {f"file {VHOST} content", "service nginx current"},
    ),
    "another one, too": (
        f"echo 'server {{' >>{OTHER_VHOST}",
        {f"file {OTHER_VHOST} content"},
    ),
    "no more cron": (
        f"systemctl disable -q --now {TIMER}",
        {f"service {TIMER} enabled", f"service {TIMER} running"},
    ),
}
# Check mode does not ask for rights, nor for who may read salts; a reload leaves no trace.
UNSEEN_BY_CHECK = {
    f"database {DATABASE} privileges",
    f"salts {SALTS}",
    "service nginx current",
    "service php8.4-fpm current",
}

ADDED: dict[str, str] = {
    "file /etc/php/8.4/fpm/pool.d/x.conf": f"cp {POOL} /etc/php/8.4/fpm/pool.d/x.conf",
    f"file {SITES}/x.conf": f"echo '# x' >{SITES}/x.conf",
    "file /etc/wordpress/config-x.php": "touch /etc/wordpress/config-x.php",
    f"program {UPLOADS}/2026/door.php": (
        f"mkdir -p {UPLOADS}/2026; echo '<?php echo 7*6;' >{UPLOADS}/2026/door.php"
    ),
    f"administrator mallory of {HEBREW}": _sql(
        "INSERT INTO wp_users (user_login) VALUES ('mallory');"
        " INSERT INTO wp_usermeta (user_id, meta_key, meta_value) SELECT ID,"
        " 'wp_capabilities', 'a:1:{s:13:\"administrator\";b:1;}' FROM wp_users"
        " WHERE user_login = 'mallory'"
    ),
    "database spare": _sql("CREATE DATABASE spare"),
    "database user guest@%": _sql("CREATE USER guest@'%'"),
    "packaged file /usr/share/wordpress/wp-login.php": (
        "echo >>/usr/share/wordpress/wp-login.php"
    ),
}
UNDONE = (
    "rm /etc/php/8.4/fpm/pool.d/x.conf /etc/wordpress/config-x.php",
    f"rm -r {SITES}/x.conf {UPLOADS}/2026",
    _sql("DELETE FROM wp_users WHERE user_login = 'mallory'"),
    _sql("DROP DATABASE spare; DROP USER guest"),
    "sed -i '$ d' /usr/share/wordpress/wp-login.php",
)


@pytest.fixture(scope="module")
def world(lab_image: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with rehearsing(tmp_path_factory.mktemp("sites")) as rehearse:
        one = World(rehearse(municipalities=1, people=12), lab_image)
        yield one
        process.down(one.lab.folder, purge=True)


@pytest.fixture(scope="module")
def made(world: World) -> Made:
    return world.made()


def test_a_plan_shows_what_will_be_and_an_apply_proves_it(world: World) -> None:
    assert world.planned.code == 2, world.planned.err
    assert "+user = wp-karmiel-main" in world.planned.out
    assert world.applied.code == 0, world.applied.err + world.applied.out[-3000:]
    outcomes = {one["name"]: one for one in world.applied.outcomes()}
    assert {one["status"] for one in outcomes.values()} == {"done"}
    (town,) = world.applied.report["municipalities"]
    checks = {one["name"]: one["holds"] for p in town["proofs"] for one in p["checks"]}
    assert len(checks) > 12
    assert all(checks.values()), checks


def test_after_an_apply_neither_the_module_nor_check_mode_says_anything(
    made: Made,
) -> None:
    assert made.differs() == {}
    # Files, folders and links are asked one by one; `test_website` does that already.
    rest = {**made.state, "files": [], "directories": [], "links": []}
    assert made.check_mode(rest) == Checked(set(), set())


def test_who_administers_a_site_gets_a_password_once_and_nobody_else_sees_it(
    world: World,
) -> None:
    """Signed in as a person does; the password stands in no log, plan or report."""
    first = world.first
    assert first.answer.status_code == 302, first.answer.text
    assert 'dir="rtl" lang="he-IL"' in first.editor.text
    assert first.again.code == 1
    assert first.password not in world.planned.out + world.applied.out
    assert first.password not in world.applied.err
    kept = "sudo sh -c 'journalctl -q; cat /var/log/*.log; cat /var/log/nginx/*'"
    assert first.password not in world.lab.run(world.host, kept).stdout


def test_a_site_speaks_its_language_and_loads_nothing_foreign(world: World) -> None:
    with world.browser() as browser:
        arabic = browser.get(f"https://{ARABIC}/")
        hebrew = browser.get(f"https://{HEBREW}/accessibility/")
        missing = browser.get(f"https://{ARABIC}/nothing")
        feed = browser.get(f"https://{ARABIC}/feed/")
    assert '<html dir="rtl" lang="ar">' in arabic.text
    assert "<h1>نساء في كرميئيل</h1>" in arabic.text
    assert "הצהרת נגישות" in hebrew.text
    assert "access@karmiel.example" in hebrew.text
    assert missing.status_code == 404
    assert "الصفحة غير موجودة" in missing.text
    assert "<language>ar</language>" in feed.text
    foreign = {link for link in _links(arabic.text) if ARABIC not in link}
    assert foreign == set()
    assert "<script" not in arabic.text


def _links(text: str) -> set[str]:
    return set(re.findall(r"""(?:src|href)=["'](https?://[^"']+)""", text))


def test_no_site_can_touch_another(world: World) -> None:
    assert world.as_site(f"cat {CONFIG} {SALTS}") == 0
    assert world.as_site("ls /srv/www/karmiel-women") != 0
    assert world.as_site("cat /etc/wordpress/salts-karmiel-women.php") != 0
    asked = 'mariadb -u {} {} -e "SELECT 1"'
    assert world.as_site(asked.format(DATABASE, DATABASE)) == 0
    assert world.as_site(asked.format(OTHER_DATABASE, OTHER_DATABASE)) != 0
    assert world.as_site(asked.format(DATABASE, OTHER_DATABASE)) != 0
    assert world.as_site(f"touch {PLUGINS}/x /usr/share/wordpress/x") != 0


def test_what_is_due_is_done_by_a_timer(world: World) -> None:
    unit = TIMER.replace(".timer", ".service")
    world.lab.run(world.host, f"sudo systemctl start {unit}")


def test_every_fault_made_by_hand_is_found_named_and_repaired(made: Made) -> None:
    made.as_root(*(script for script, _ in FAULTS.values()))
    expected = {field for _, some in FAULTS.values() for field in some}
    found = made.differs()
    assert set(found) == expected
    narrow = narrowed(made.state, found.values())
    checked = made.check_mode(narrow).changed
    seen = expected - UNSEEN_BY_CHECK
    missed = {one for one in seen if not any(one.split()[1] in it for it in checked)}
    assert missed == set()
    # Check mode has nothing to ask in a database that is gone.
    made.as_root(_sql(f"DROP DATABASE `{OTHER_DATABASE}`", ""))
    gone = {f"database {OTHER_DATABASE}", f"site {ARABIC} installed"}
    told = made.differs()
    assert set(told) == expected | gone
    assert told[f"database {OTHER_DATABASE}"].before == "gone"
    assert made.repair() is None
    assert made.differs() == {}


def test_a_database_that_sleeps_is_woken_and_not_written(made: Made) -> None:
    made.as_root("systemctl stop mariadb")
    asleep = made.differs()
    assert asleep.pop("service mariadb running").before == "inactive"
    assert set(asleep) == {
        *(f"database {name}" for name in (DATABASE, OTHER_DATABASE)),
        *(f"site {name} installed" for name in (HEBREW, ARABIC)),
    }
    assert {one.before for one in asleep.values()} == {"cannot be read"}
    assert made.repair() is None
    assert made.differs() == {}


def test_what_nobody_declared_is_told_and_does_not_run(
    made: Made, world: World
) -> None:
    before = made.seen()
    made.as_root(*ADDED.values())
    seen = made.seen()
    assert isinstance(seen, HostSeen)
    assert isinstance(before, HostSeen)
    assert set(seen.undeclared) - set(before.undeclared) == set(ADDED)
    with world.browser() as browser:
        door = browser.get(f"https://{HEBREW}/wp-content/uploads/2026/door.php")
    assert (door.status_code, "42" in door.text) == (403, False)
    made.as_root(*UNDONE)


def test_a_file_that_nginx_refuses_stays_out_and_the_other_site_is_served(
    made: Made, world: World
) -> None:
    good = {one["path"]: one for one in made.state["files"]}
    units = [one for one in made.state["services"] if one["name"] == "nginx"]
    broken = {**good[VHOST], "content": "server { listen many; }\n"}
    text = good[OTHER_VHOST]["content"].replace("max-age=86400", "max-age=7")
    changed = {**good[OTHER_VHOST], "content": text}
    failed = made.apply({"files": [broken, changed], "services": units})
    assert isinstance(failed, ProviderError)
    assert VHOST in str(failed)
    assert set(made.differs()) == {f"file {OTHER_VHOST} content"}
    with world.browser() as browser:
        assert browser.get(f"https://{HEBREW}/").status_code == 200
        told = browser.get(f"https://{ARABIC}/").headers["strict-transport-security"]
    assert told == "max-age=7"
    assert made.repair() is None


def test_who_guesses_passwords_is_slowed_down(world: World) -> None:
    wrong = {"log": "webmaster", "pwd": "x", "testcookie": "1"}
    with world.browser(base_url=f"https://{ARABIC}") as browser:
        answers = [browser.post("/wp-login.php", data=wrong) for _ in range(8)]
        assert browser.get("/wp-login.php").status_code == 200
    assert answers[0].status_code == 200
    assert "اسم المستخدم أو كلمة المرور غير صحيحة" in answers[0].text
    assert answers[-1].status_code == 429


def test_under_maintenance_visitors_are_told_and_that_is_proven(world: World) -> None:
    def change(content: dict[str, Any]) -> None:
        content["websites"][0]["maintenance"] = True

    world.amend(change)
    ended = world.apply()
    assert ended.code == 0, ended.err + ended.out[-3000:]
    with world.browser() as browser:
        page = browser.get(f"https://{HEBREW}/about/")
    assert (page.status_code, page.headers["retry-after"]) == (503, "600")
    assert "האתר בתחזוקה" in page.text
    assert world.rehearsal.run("drift", *KIND).code == 0


PAGE = Path(__file__).parents[2] / "docs" / "howto" / "restore.md"
BOTH = ("--kind", "website", "--kind", "backup_job")
STATE = "/var/lib/provisioner/backup/karmiel-sites"
LOADED = "set -a; . /etc/provisioner/backup/karmiel-sites/environment; set +a"


def _documented() -> Iterator[str]:
    """The commands for the site's host, block by block, as the page has them."""
    text = PAGE.read_text(encoding="utf-8")
    section = text.partition("\n## A whole website\n")[2].partition("\n## ")[0]
    for block in re.findall(r"```\n(.*?)```", section, re.DOTALL):
        if not block.startswith("provisioner "):
            yield block


def _saved(content: dict[str, Any]) -> None:
    content["websites"][0]["maintenance"] = False
    password = "env/KARMIEL_BACKUP_PASSWORD"
    job = {"name": "sites", "host": "web-1", "repository": "/srv/copies"}
    content["backups"] = [{**job, "password": password, "websites": ["main"]}]


def test_a_lost_website_comes_back_by_the_documented_commands(
    made: Made, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KARMIEL_BACKUP_PASSWORD", "made up")
    world.amend(_saved)
    made.as_root(
        f"echo seal >{UPLOADS}/seal.txt; chown {DATABASE}: {UPLOADS}/seal.txt",
        _sql("UPDATE wp_posts SET post_content = 'ours' WHERE post_name = 'about'"),
    )
    first = world.apply(*BOTH)
    assert first.code == 0, first.err + first.out[-3000:]

    # As a machine that was made anew: nothing of the site, nor of the job's past.
    made.as_root(f"rm -r {UPLOADS} {STATE}", _sql(f"DROP DATABASE `{DATABASE}`", ""))
    told = " ".join(world.rehearsal.run("plan", *BOTH).out.split())
    assert f"the database {DATABASE} is gone: restore it from a backup" in told
    empty = world.apply(*BOTH)
    assert "restore first, then run" in empty.out
    assert empty.code != 0
    copies = f"sudo sh -c '{LOADED}; restic snapshots --json'"
    found = httpx.Response(200, text=world.lab.run(world.host, copies).stdout).json()
    assert len(found) == 2, "nothing was saved over the copies"

    ids = {
        "files" if one["paths"][0] == "/srv/www/karmiel-main" else "database": one["id"]
        for one in found
    }
    environment, chosen, restored, new_password = _documented()
    chosen = " ".join(f"{name}={ids[name]}" for name in ("files", "database"))
    made.as_root(environment, chosen, restored)
    told = "SELECT post_content FROM wp_posts WHERE post_name = 'about' AND"
    ask = f"sudo mariadb -NBe \"{told} post_type = 'page'\" {DATABASE}"
    assert world.lab.run(world.host, ask).stdout == "ours\n"
    assert world.as_site(f"cat {UPLOADS}/seal.txt; touch {UPLOADS}/seal.txt") == 0
    made.as_root(new_password)
    ended = world.apply()
    (handed,) = [one["secret_id"] for one in ended.outcomes() if one["secret_id"]]
    assert world.sign_in(handed).answer.status_code == 302

    made.as_root("provisioner-backup anew karmiel-sites")
    assert world.rehearsal.run("plan", *BOTH).code == 0
