"""The bytes of a CSV or XLSX file to rows of cells; what is no plain table is refused.

An upload comes from outside, so nothing of it is run or followed: no macros, no formulas,
no links, and no more bytes than were promised, packed or unpacked.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any, NamedTuple

from provisioner.errors import UploadRefused
from provisioner.inventory.encoding import recognise

UPLOAD_LIMIT = 5 << 20
ROWS_LIMIT = 2_000
_COLUMNS_LIMIT = 64
_UNPACKED_LIMIT = 40 << 20
_RATIO_LIMIT = 150
_MEMBERS_LIMIT = 300
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP = b"PK\x03\x04"
_MACROS = re.compile(r"vbaproject|macrosheets|activex|embeddings|externallinks", re.I)
_ENTITIES = re.compile(rb"<\0?!\0?(?:D\0?O\0?C\0?T\0?Y\0?P\0?E|E\0?N\0?T\0?I\0?T\0?Y)")
_ANEW = "Open it, and save it anew as XLSX or CSV UTF-8."
_DELIMITERS = ",;\t|"
_ENCODINGS = {"utf_16_le": "utf-16", "utf_16_be": "utf-16"}


class Cell(NamedTuple):
    """The text of a cell; `fault` says why it must not be used (`formula`, `error`)."""

    text: str
    fault: str = ""


class Sheet(NamedTuple):
    """Rows of cells with the number of each (from 1); empty rows are left out."""

    encoding: str
    rows: list[tuple[int, list[Cell]]]


def read_cells(name: str, data: bytes) -> Sheet:
    """The table in a file. Raises `UploadRefused` for what is none, or too much."""
    if len(data) > UPLOAD_LIMIT:
        raise UploadRefused(
            f"The file has {len(data) >> 20} MiB; the limit is {UPLOAD_LIMIT >> 20} MiB.",
            remedy="Leave out what is not about the people, such as pictures.",
        )
    if data.startswith(_OLE):
        raise UploadRefused(
            "The file is an old or an encrypted Excel file.",
            remedy="Save it as XLSX without a password, or as CSV.",
        )
    if data.startswith(_ZIP):
        return Sheet("", _bounded(_of_workbook(data)))
    if name.lower().endswith((".xlsx", ".xlsm", ".xls", ".ods")):
        raise UploadRefused(
            "The file is no XLSX file, whatever its name says.",
            remedy="Save it as CSV or XLSX.",
        )
    encoding, text = _decoded(data)
    return Sheet(encoding, _bounded(_of_text(text)))


def _bounded(rows: Iterator[tuple[int, list[Cell]]]) -> list[tuple[int, list[Cell]]]:
    kept: list[tuple[int, list[Cell]]] = []
    for number, cells in rows:
        if not any(one.text or one.fault for one in cells):
            continue
        if len(kept) > ROWS_LIMIT:
            raise UploadRefused(
                f"The file has more than {ROWS_LIMIT:,} rows.",
                remedy="Split it into several.",
            )
        kept.append((number, cells))
    if not kept:
        raise UploadRefused("The file has no rows.", remedy="Fill it in.")
    return kept


def _decoded(data: bytes) -> tuple[str, str]:
    """Python's name of the encoding, and the text."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16", _text_in(data, "utf-16")
    try:
        return "utf-8", data.decode("utf-8-sig")
    except UnicodeDecodeError:
        found = recognise(data)
    encoding = _ENCODINGS.get(found, found)
    if not encoding:
        raise UploadRefused(
            "The file's encoding is not known.", remedy="Save it as CSV UTF-8."
        )
    return encoding, _text_in(data, encoding)


def _text_in(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except (UnicodeDecodeError, LookupError) as error:
        raise UploadRefused(
            f"The file is not whole as {encoding}.", remedy="Save it as CSV UTF-8."
        ) from error


def _of_text(text: str) -> Iterator[tuple[int, list[Cell]]]:
    if "\0" in text:
        raise UploadRefused("The file is no text.", remedy="Save it as CSV or XLSX.")
    first = text.partition("\n")[0]
    delimiter = max(_DELIMITERS, key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        for row in reader:
            if len(row) > _COLUMNS_LIMIT:
                raise _too_wide()
            yield reader.line_num, [_of_csv(one) for one in row]
    except csv.Error as error:
        raise UploadRefused(
            f"Line {reader.line_num} cannot be read.",
            remedy="Look for a quotation mark that is not closed, or save it as XLSX.",
        ) from error


def _of_csv(value: str) -> Cell:
    text = value.strip()
    begins = text.startswith(("=", "@")) or re.match(r"[+-](?![\d\s()-]*\Z)", text)
    return Cell(text, "formula" if begins else "")


def _too_wide() -> UploadRefused:
    return UploadRefused(
        f"The file has more than {_COLUMNS_LIMIT} columns.",
        remedy="Leave out columns that are not about the people.",
    )


def _of_workbook(data: bytes) -> Iterator[tuple[int, list[Cell]]]:
    """The first sheet of a workbook, read as a stream."""
    # A third of a second that only an upload pays.
    from openpyxl import load_workbook  # type: ignore[import-untyped]

    _require_harmless(data)
    try:
        book = load_workbook(
            io.BytesIO(data), read_only=True, data_only=False, keep_links=False
        )
        sheet = book.worksheets[0]
        sheet.reset_dimensions()  # what a file says of its own size may be anything
        rows = sheet.iter_rows(
            max_row=ROWS_LIMIT * 2, max_col=_COLUMNS_LIMIT, values_only=False
        )
        for number, row in enumerate(rows, 1):
            yield number, [_of_workbook_cell(one) for one in row]
    except UploadRefused:
        raise
    except Exception as error:  # a broken file raises whatever its parser stumbled over
        raise UploadRefused(
            "The file cannot be read as a workbook.",
            remedy=_ANEW,
        ) from error


def _require_harmless(data: bytes) -> None:
    """Raises `UploadRefused` for macros, foreign parts, entities and bombs, unopened."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            if any(_MACROS.search(one.filename) for one in members):
                raise UploadRefused(
                    "The workbook has macros, links to other files or embedded objects.",
                    remedy="Save it as XLSX without them, or as CSV UTF-8.",
                )
            if not any(one.filename == "[Content_Types].xml" for one in members):
                raise UploadRefused(
                    "The file is an archive, no workbook.",
                    remedy="Upload the XLSX or CSV file itself.",
                )
            if len(members) > _MEMBERS_LIMIT:
                raise _bomb()
            unpacked = 0
            for one in members:
                unpacked += _unpacked(archive, one, _UNPACKED_LIMIT - unpacked)
            if unpacked > len(data) * _RATIO_LIMIT:
                raise _bomb()
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError) as error:
        raise UploadRefused("The file is no whole workbook.", remedy=_ANEW) from error


def _unpacked(archive: zipfile.ZipFile, member: zipfile.ZipInfo, allowed: int) -> int:
    """The true size of a member, whatever its header says."""
    size, last = 0, b""
    with archive.open(member) as stream:
        while chunk := stream.read(1 << 16):
            size += len(chunk)
            if size > allowed:
                raise _bomb()
            if _ENTITIES.search(last + chunk):
                raise UploadRefused(
                    "The workbook declares entities of its own.", remedy=_ANEW
                )
            if b"macroEnabled" in last + chunk:
                raise UploadRefused(
                    "The workbook has macros.", remedy="Save it as XLSX."
                )
            last = chunk[-32:]
    return size


def _bomb() -> UploadRefused:
    return UploadRefused(
        "The workbook unpacks to more than any list of people is.",
        remedy="Save only the sheet with the people, as CSV UTF-8.",
    )


def _of_workbook_cell(cell: Any) -> Cell:
    value = cell.value
    if value is None:
        return Cell("")
    if cell.data_type == "f":
        return Cell("", "formula")
    if cell.data_type == "e":
        return Cell("", "error")
    if isinstance(value, float) and value.is_integer():
        return Cell(str(int(value)))
    if isinstance(value, datetime):
        return Cell(value.date().isoformat())
    if isinstance(value, date):
        return Cell(value.isoformat())
    return _of_csv(str(value)) if isinstance(value, str) else Cell(str(value))
