"""A wish changes the fewest lines: every other byte of the file stays as it was."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioner.errors import RecordingHeld
from provisioner.inventory import load
from provisioner.inventory.definition.municipality import COLUMNS
from provisioner.inventory.write_back.rows import Rows
from provisioner.inventory.write_back.wishes import edited, seen
from provisioner.inventory.write_back.yaml_lines import YamlLines
from provisioner.model.municipality import Municipality, Names
from provisioner.model.wish import (
    NewMailboxes,
    NewPerson,
    NewSharedMailbox,
    PersonChange,
    PersonLeaves,
    WebsiteChange,
    Wish,
)
from provisioner.sandbox.sample import write_sample

HEADER = ",".join(COLUMNS)
BOM = b"\xef\xbb\xbf"
NEW = NewPerson("noor.halabi", "نور حلبي, أ.", "EXCHANGESTANDARD", "نور", "حلبي")
SITE = """\
# The town's own.
names: {he: ראמה, ar: الرامة, en: Rameh}   # as the ministry writes it
cbs_code: 0543
type: local_council
tenant: galil
domain: rameh.example
language: ar
seats: {EXCHANGESTANDARD: 4, SPB: 1}
websites:
    # the old one burnt down
    - name: main
      type: static
      host: web-1
      domain: www.rameh.example
      language: ar
      title: 'الرامة'   # short
      accessibility: {coordinator: Huda, phone: 04-999-0000, email: a@rameh.example}
"""


@pytest.fixture
def town(written: Callable[..., Path]) -> Municipality:
    return load(written()).municipality("rameh")


def people_of(base: dict[str, str]) -> bytes:
    return base["municipalities/rameh/mailboxes.csv"].encode()


def noted(wish: Wish, data: bytes, town: Municipality) -> Wish:
    return seen(wish, data, town)


def test_a_new_person_is_one_line_at_the_end_quoted_where_needed(
    town: Municipality, base: dict[str, str]
) -> None:
    before = people_of(base)
    after = edited(NewMailboxes((NEW,)), before, town)
    assert (
        after
        == before
        + (
            'noor.halabi@rameh.example,"نور حلبي, أ.",نور,حلبي,,,,,EXCHANGESTANDARD,,,\n'
        ).encode()
    )
    assert edited(NewMailboxes((NEW,)), after, town) == after, "twice is once"


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
@pytest.mark.parametrize("mark", [b"", BOM])
@pytest.mark.parametrize("last", [True, False])
def test_mark_and_line_ends_stay_as_the_file_has_them(
    end: str, mark: bytes, last: bool, town: Municipality, base: dict[str, str]
) -> None:
    text = people_of(base).decode().replace("\n", end)
    before = mark + (text if last else text.removesuffix(end)).encode()
    added = edited(NewMailboxes((NEW,)), before, town)
    assert added.startswith(before + (b"" if last else end.encode()))
    assert added.endswith(end.encode())
    assert added.count(end.encode()) == text.count(end) + 1
    leaves = noted(PersonLeaves("huda"), before, town)
    gone = edited(leaves, before, town)
    assert gone == before.replace(b",he,,active", b",he,,leaver")


def test_blank_lines_at_the_end_stay_there(
    town: Municipality, base: dict[str, str]
) -> None:
    before = people_of(base) + b"\n\n"
    after = edited(NewMailboxes((NEW,)), before, town)
    assert after.endswith(b"EXCHANGESTANDARD,,,\n\n\n")
    assert after.startswith(people_of(base))


def test_a_change_touches_its_own_fields_and_no_quotes_beside_them(
    town: Municipality, base: dict[str, str]
) -> None:
    before = people_of(base).replace("إدارة".encode(), '"إدارة"'.encode())
    wish = noted(PersonChange("huda", {"surname": 'ח"נא, ב'}), before, town)
    after = edited(wish, before, town)
    assert after == before.replace(",هدى,حنا,".encode(), ',هدى,"ח""נא, ב",'.encode())


def test_a_change_that_is_there_already_changes_nothing(
    town: Municipality, base: dict[str, str]
) -> None:
    before = people_of(base)
    wish = noted(PersonChange("huda", {"department": "חינוך"}), before, town)
    after = edited(wish, before, town)
    assert edited(wish, after, town) == after


def test_another_persons_line_may_have_changed_meanwhile(
    town: Municipality, base: dict[str, str]
) -> None:
    before = people_of(base)
    wish = noted(PersonChange("huda", {"department": "חינוך"}), before, town)
    moved = before.replace("سليم نصر".encode(), "سليم النصر".encode())
    after = edited(wish, moved, town)
    assert "سليم النصر".encode() in after
    assert "חינוך".encode() in after


def test_the_same_person_changed_meanwhile_is_a_conflict_that_says_what(
    town: Municipality, base: dict[str, str]
) -> None:
    before = people_of(base)
    wish = noted(PersonChange("huda", {"department": "חינוך"}), before, town)
    with pytest.raises(RecordingHeld, match="license 'EXCHANGESTANDARD' → 'SPB'"):
        edited(wish, before.replace(b",,EXCHANGESTANDARD,he", b",,SPB,he"), town)
    without = b"\n".join(one for one in before.split(b"\n") if b"huda" not in one)
    with pytest.raises(RecordingHeld, match=r"has no person huda@rameh\.example"):
        edited(wish, without, town)


SHARED = NewSharedMailbox(
    "moked@rameh.example", Names("מוקד", "مركز", "Centre: all"), ("huda",), ("106x",)
)


def test_the_first_shared_mailbox_makes_its_list_at_the_end(town: Municipality) -> None:
    before = SITE.replace("\n", "\r\n").encode()
    after = edited(SHARED, before, town)
    assert (
        after
        == before
        + (
            "shared_mailboxes:\r\n"
            "  - address: moked\r\n"
            '    names: {he: "מוקד", ar: "مركز", en: "Centre: all"}\r\n'
            "    members: [huda]\r\n"
            "    aliases: [106x]\r\n"
        ).encode()
    )
    assert edited(SHARED, after, town) == after


@pytest.mark.parametrize(
    "there",
    [
        "shared_mailboxes:\n- address: info\n  names: {he: א, ar: ب, en: c}\n\n# end\n",
        "shared_mailboxes: [{address: info, names: {he: א, ar: ب, en: c}}] # one\n",
        "shared_mailboxes:\n    - address: info\n      names:\n        he: א\n"
        "        ar: ب\n        en: |\n          c\nmanagers: {}\n",
    ],
)
def test_a_further_shared_mailbox_is_put_below_in_the_style_of_the_list(
    there: str, town: Municipality
) -> None:
    before = SITE + there
    after = edited(SHARED, before.encode(), town).decode()
    kept = iter(after)
    assert all(character in kept for character in before), "nothing is lost or moved"
    assert after.index("moked") > after.index("info")
    assert edited(SHARED, after.encode(), town).decode() == after


def test_a_websites_title_changes_where_it_stands(town: Municipality) -> None:
    before = SITE.encode()
    fields = {"title": "الرامة: البلد", "accessibility.phone": "04-999-1111"}
    after = edited(noted(WebsiteChange("main", fields), before, town), before, town)
    assert after.decode() == SITE.replace("'الرامة'", '"الرامة: البلد"').replace(
        "04-999-0000", "04-999-1111"
    )


def test_what_a_website_did_not_say_is_added_to_it(town: Municipality) -> None:
    before = SITE.encode()
    wish = noted(WebsiteChange("main", {"about": "كل شيء عن البلد"}), before, town)
    after = edited(wish, before, town).decode()
    assert '    - about: "كل شيء عن البلد"\n      name: main\n' in after
    assert after.replace('about: "كل شيء عن البلد"\n      ', "") == SITE


def test_a_website_that_is_gone_is_a_conflict(town: Municipality) -> None:
    wish = noted(WebsiteChange("main", {"title": "x"}), SITE.encode(), town)
    gone = SITE.partition("websites:")[0].encode()
    with pytest.raises(RecordingHeld, match="has no website main"):
        edited(wish, gone, town)


def test_in_every_file_of_the_sample_lines_are_only_added(tmp_path: Path) -> None:
    root = tmp_path / "inventory"
    write_sample(root)
    for one in load(root).municipalities:
        folder = root / "municipalities" / one.slug
        wish = NewSharedMailbox("moked-2", Names("מוקד", "مركز", "Centre"))
        for name, asked in (
            ("municipality.yml", wish),
            ("mailboxes.csv", NewMailboxes((NEW,))),
        ):
            before = (folder / name).read_bytes()
            lines = before.splitlines(keepends=True)
            after = edited(asked, before, one).splitlines(keepends=True)
            kept = iter(after)
            assert all(line in kept for line in lines), (one.slug, name)
            assert 1 <= len(after) - len(lines) <= 3


ANYTHING = st.text(
    st.characters(codec="utf-8", exclude_categories=("C", "Z")) | st.just(" "),
    max_size=20,
)


@given(ANYTHING, ANYTHING, st.sampled_from(["\n", "\r\n"]))
def test_whatever_is_written_reads_back_and_nothing_else_moves(
    name: str, title: str, end: str
) -> None:
    before = end.join(
        [HEADER, 'huda,"H, ""x""",,,,"a","b",,SPB,,,', "zz,Z,,,,,,,SPB,,,"]
    )
    rows = Rows(before.encode(), "rameh.example")
    rows.change("huda@rameh.example", {"surname": name, "job_title": title})
    after = rows.data.decode()
    first, second, third = after.split(end)
    assert (first, third) == (HEADER, "zz,Z,,,,,,,SPB,,,")
    assert second.startswith('huda,"H, ""x""",,')
    found = Rows(after.encode(), "rameh.example").of("huda@rameh.example")
    assert found is not None
    assert (found["surname"], found["job_title"]) == (name.strip(), title.strip())
    assert (found["display_name"], found["department"]) == ('H, "x"', "a")


@given(ANYTHING)
def test_whatever_a_title_is_the_file_stays_the_same_but_for_it(title: str) -> None:
    lines = YamlLines(SITE.encode())
    wanted = lines.value | {}
    lines.replace(("websites", 0, "title"), title)
    (site,) = lines.value["websites"]
    assert site["title"] == title
    assert {**site, "title": "الرامة"} == wanted["websites"][0]
    text = lines.data.decode()
    assert text.startswith(SITE.partition("title: ")[0])
    assert text.endswith(SITE.partition("'الرامة'")[2])
