"""A list from the HR office: understood in three languages, and mistrusted."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from openpyxl import Workbook

from provisioner.errors import UploadRefused
from provisioner.inventory import load
from provisioner.inventory.upload import cells
from provisioner.inventory.upload.headings import read_headings
from provisioner.inventory.upload.preview import read_upload
from provisioner.model.cluster import Cluster
from provisioner.model.upload import Preview

Read = Callable[..., Preview]
HEBREW = "שם פרטי,שם משפחה,מחלקה,תפקיד,פורום,מס' עובד\nנועה,לוי,חינוך,רכזת,ראש,2001\n"
ARABIC = "الاسم الشخصي;اسم العائلة;القسم;المسمى الوظيفي;اللغة\nنور;حلبي;التربية;مركزة;العربية\n"


@pytest.fixture
def cluster(written: Callable[..., Path]) -> Cluster:
    return load(written())


@pytest.fixture
def read(cluster: Cluster) -> Read:
    def go(
        data: bytes, name: str = "people.csv", taken: set[str] | None = None
    ) -> Preview:
        town = cluster.municipality("rameh")
        return read_upload(name, data, cluster, town, taken or set())

    return go


def workbook(*rows: list[Any], **change: Any) -> bytes:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(row)
    for place, value in change.items():
        sheet[place] = value
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def repacked(data: bytes, name: str, content: bytes) -> bytes:
    """The workbook with one member more, or in the place of its own."""
    target = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as old,
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for member in old.namelist():
            if member != name:
                new.writestr(member, old.read(member))
        new.writestr(name, content)
    return target.getvalue()


def faults(preview: Preview) -> list[tuple[int, str, str]]:
    return [
        (row.line, one.column, one.code) for row in preview.rows for one in row.faults
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "windows-1255", "utf-16"])
def test_hebrew_columns_in_each_encoding_that_offices_use(
    encoding: str, read: Read
) -> None:
    preview = read(HEBREW.encode(encoding))
    (row,) = preview.rows
    assert preview.is_right, faults(preview)
    person = row.person
    assert (person.display_name, person.department) == ("נועה לוי", "חינוך")
    assert (person.job_title, person.role, person.employee_id) == (
        "רכזת",
        "head",
        "2001",
    )
    assert person.address == "nvah.lvy@rameh.example"
    assert (person.license, row.line) == ("EXCHANGESTANDARD", 2)
    assert set(row.assumed) == {"display_name", "license", "address"}


def test_arabic_columns_with_semicolons_in_windows_1256(read: Read) -> None:
    (row,) = read(ARABIC.encode("windows-1256")).rows
    assert (row.person.given_name, row.person.language) == ("نور", "ar")
    assert row.person.job_title == "مركزة"
    assert not row.faults


def test_headings_are_known_whatever_their_points_quotes_and_case() -> None:
    written = ["דוא״ל", "E-MAIL ", "First_Name", "الإسم العائلة", "מחלקא", "Shoe size"]
    found = read_headings(written)
    assert [one.field for one in found] == ["address", "", "given_name", "", "", ""]
    assert found[3].suggestion
    assert found[4].suggestion
    assert found[5].suggestion == ""


def test_a_workbook_reads_like_a_table_and_numbers_stay_whole(read: Read) -> None:
    data = workbook(
        ["שם מלא", "מספר עובד", "תפקיד"],
        ["נועה לוי", 2001.0, "רכזת"],
        [None, None, None],
        ["דן לוי", 2002, None],
    )
    preview = read(data, "people.xlsx")
    assert preview.is_right, faults(preview)
    assert [(one.line, one.person.employee_id) for one in preview.rows] == [
        (2, "2001"),
        (4, "2002"),
    ]
    assert preview.rows[1].person.surname == "לוי"


def test_each_wrong_cell_is_named_with_its_fault(read: Read) -> None:
    text = (
        "address,name,employee_id,role,license,state\n"
        "huda,הודה,1,,SPB,\n"
        "hu da,הודה,1002,pilot,NONE,\n"
        "x@other.example,א,2,,SPB,leaver\n"
        "x2,=1+1,2,,SPB,\n"
        "x3,@SUM(A1),3,,SPB,\n"
        "huda,הודה ב,4,,SPB,\n"
    )
    preview = read(text.encode(), taken={"huda@rameh.example"})
    assert not preview.is_right
    assert set(faults(preview)) == {
        (2, "address", "duplicate-address"),
        (3, "address", "bad-address"),
        (3, "employee_id", "duplicate-employee"),
        (3, "role", "unknown-role"),
        (3, "license", "license-not-offered"),
        (4, "address", "foreign-address"),
        (4, "", "unknown-value"),
        (5, "display_name", "formula"),
        (5, "employee_id", "duplicate-employee"),
        (6, "display_name", "formula"),
        (7, "address", "duplicate-address"),
    }


def test_hidden_marks_and_template_markers_are_faults_of_their_cell(read: Read) -> None:
    text = "name,department\nנועה\u202e לוי,{{ x }}\n"
    assert {code for _, _, code in faults(read(text.encode()))} == {
        "bidi-control",
        "template-marker",
    }


def test_people_of_one_name_get_two_addresses_and_written_ones_are_kept(
    read: Read,
) -> None:
    text = "name,email\nנועה לוי,\nנועה לוי,\nאחרת,nvah.lvy2\n"
    found = [one.person.address for one in read(text.encode()).rows]
    assert found == [
        "nvah.lvy@rameh.example",
        "nvah.lvy3@rameh.example",
        "nvah.lvy2@rameh.example",
    ]


def test_formulas_and_errors_of_a_workbook_are_never_computed(read: Read) -> None:
    data = workbook(
        ["name", "department"], ["x", "y"], B2='=HYPERLINK("http://x","y")', A2="#REF!"
    )
    assert set(faults(read(data))) == {
        (2, "department", "formula"),
        (2, "display_name", "formula"),
    }


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("xl/vbaProject.bin", b"x", "macros"),
        ("xl/externalLinks/externalLink1.xml", b"<x/>", "links to other files"),
        ("xl/embeddings/oleObject1.bin", b"x", "embedded"),
        ("xl/bomb.xml", b"0" * (60 << 20), "unpacks to more"),
        ("xl/ratio.xml", b"0" * (30 << 20), "unpacks to more"),
        (
            "xl/sharedStrings.xml",
            b'<!DOCTYPE x [<!ENTITY a "aaaa">]><x>&a;</x>',
            "entities",
        ),
        (
            "[Content_Types].xml",
            b'<Types ContentType="application/vnd.ms-excel.sheet.macroEnabled.main+xml"/>',
            "macros",
        ),
        ("xl/worksheets/sheet1.xml", b"<worksheet><sheetData><row", "cannot be read"),
    ],
)
def test_a_workbook_with_anything_but_a_table_is_refused_unopened(
    name: str, content: bytes, told: str, read: Read
) -> None:
    data = repacked(workbook(["name"], ["x"]), name, content)
    with pytest.raises(UploadRefused, match=told):
        read(data, "people.xlsx")


def test_a_sheet_that_claims_a_million_rows_is_bounded(read: Read) -> None:
    far = (
        b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        b'<dimension ref="A1:XFD1048576"/><sheetData>'
        b'<row r="1"><c r="A1" t="inlineStr"><is><t>name</t></is></c></row>'
        b'<row r="1048576"><c r="A1048576"><v>1</v></c></row>'
        b"</sheetData></worksheet>"
    )
    data = repacked(workbook(["name"], ["x"]), "xl/worksheets/sheet1.xml", far)
    with pytest.raises(UploadRefused, match="no rows of people"):
        read(data, "people.xlsx")


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 99, "old or an encrypted"),
        (b"PK\x03\x04 broken", "no whole workbook"),
        (b"name\n" + b"x" * (50 << 20), "the limit is 5 MiB"),
        (b"name\nx\0y\n", "no text"),
        (b"", "no rows"),
        (b"\n\n", "no rows"),
        (b"age,height\n3,4\n", "No column of names"),
        (b"name" + b",x" * 99 + b"\n", "columns"),
    ],
)
def test_what_is_no_list_of_people_is_refused_with_a_word(
    data: bytes, told: str, read: Read
) -> None:
    with pytest.raises(UploadRefused, match=told):
        read(data)


def test_a_list_too_long_is_refused(read: Read) -> None:
    rows = "".join(f"x{n}\n" for n in range(cells.ROWS_LIMIT + 1))
    with pytest.raises(UploadRefused, match="2,000 rows"):
        read(f"name\n{rows}".encode())


def test_a_path_for_a_name_is_a_name_and_a_preview_is_plain_json(read: Read) -> None:
    preview = read(HEBREW.encode(), "../../etc/passwd.csv")
    assert msgspec.json.decode(msgspec.json.encode(preview), type=Preview) == preview
    with pytest.raises(UploadRefused, match="no XLSX file"):
        read(b"name\nx\n", "people.xlsx")


def test_a_workbook_has_only_the_columns_that_somebody_wrote(read: Read) -> None:
    data = workbook(["שם", "מחלקה", None, "תפקיד"], ["נועה לוי", "חינוך", None, "רכזת"])
    headings = [one.heading for one in read(data, "people.xlsx").columns]
    assert headings == ["שם", "מחלקה", "תפקיד"]


def test_a_value_below_no_name_is_a_column_that_is_not_read(read: Read) -> None:
    data = workbook(["שם", None], ["נועה לוי", "7"])
    assert [one.field for one in read(data, "people.xlsx").columns] == [
        "display_name",
        "",
    ]


def test_each_role_is_named_once(read: Read) -> None:
    (row,) = read("name,role\nנועה לוי,zzzzzz\n".encode()).rows
    (fault,) = row.faults
    known = fault.remedy.removeprefix("Known roles: ").rstrip(".").split(", ")
    assert known
    assert len(known) == len(set(known))


def test_names_alone_are_no_list_of_people(read: Read) -> None:
    with pytest.raises(UploadRefused, match="no rows of people"):
        read("שם,מחלקה\n".encode())


def test_the_same_name_twice_is_remarked_and_no_fault(read: Read) -> None:
    preview = read("name\nנועה לוי\nדן לוי\nנועה  לוי\n".encode())
    assert [one.same_name for one in preview.rows] == [0, 0, 2]
    assert preview.is_right
    assert preview.needed == {"EXCHANGESTANDARD": 3}
