"""Bytes to text: UTF-8 with or without a mark; other encodings are named, not guessed.

A file in a legacy encoding is never read as if it were right: two code pages give two
different names from the same bytes, and both look like names.
"""

from __future__ import annotations

import codecs
import re

from provisioner.inventory.faults import Faults
from provisioner.model.place import Place

_BITE = 65536  # enough to recognise an encoding; the rest of a large file adds nothing
_MOST = 0.9
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_LETTERS = {
    "windows-1255": re.compile(r"[א-ת]"),
    "windows-1256": re.compile(r"[ء-ي]"),
}
_NAMES = {
    "windows-1255": "Windows-1255 (Hebrew)",
    "windows-1256": "Windows-1256 (Arabic)",
    "utf_16": "UTF-16",
    "utf_16_le": "UTF-16",
    "utf_16_be": "UTF-16",
}


def decode(data: bytes, file: str, faults: Faults) -> str | None:
    """The text of a file, or None with a fault that names its encoding."""
    if data.startswith(_UTF_16) or b"\0" in data[:4]:
        _fault(faults, Place(file, 1), file, "utf_16")
        return None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        start = data.rfind(b"\n", 0, error.start) + 1
        column = len(data[start : error.start].decode("utf-8", "replace")) + 1
        _fault(faults, Place(file, line, column), file, recognise(data))
        return None
    if not text or text.isspace():
        what, remedy = "The file is empty.", "Write it; see the sample inventory."
        faults.add(Place(file), "empty-file", what, remedy)
        return None
    return text


def recognise(data: bytes) -> str:
    """Python's name of the encoding that bytes, which are not UTF-8, are likely in.

    charset-normalizer tells families of encodings apart but takes short Arabic text for
    Hebrew; there, what counts is in which of the two all foreign bytes are letters.
    """
    from charset_normalizer import from_bytes

    bite = _foreign_lines(data)
    foreign = sum(byte > 127 for byte in bite)
    shares = {
        name: len(letters.findall(bite.decode(name, "replace"))) / max(1, foreign)
        for name, letters in _LETTERS.items()
    }
    likely = max(shares, key=shares.__getitem__)
    if shares[likely] >= _MOST:
        return likely
    best = from_bytes(bite).best()
    return best.encoding if best else ""


def _foreign_lines(data: bytes) -> bytes:
    """Lines that say something of the encoding: those that are not plain ASCII."""
    lines = data[: _BITE * 8].splitlines(keepends=True)
    return b"".join(line for line in lines if not line.isascii())[:_BITE]


def _fault(faults: Faults, place: Place, file: str, encoding: str) -> None:
    name = _NAMES.get(encoding, encoding.replace("_", "-"))
    source = (
        f"iconv -f {encoding.replace('_', '-').upper()}" if encoding else "iconv -f …"
    )
    base = file.rpartition("/")[2]
    faults.add(
        place,
        "wrong-encoding",
        "The file is not UTF-8" + (f"; it looks like {name}." if name else "."),
        f"Save it as UTF-8 (Excel: CSV UTF-8), or: {source} -t UTF-8 {base}"
        f" > {base}.utf8, look at the names, and put it in its place.",
    )
