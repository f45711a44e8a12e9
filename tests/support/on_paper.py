"""PDF files read back, by poppler's programs."""

from __future__ import annotations

import re
import shutil
import subprocess
import zlib
from html import unescape

import pytest

_STREAM = re.compile(rb"stream\r?\n(.*?)\r?\nendstream", re.DOTALL)
_WORD = re.compile(r'<word xMin="([\d.]+)" yMin="([\d.]+)"[^>]*>([^<]*)</word>')
_GLYPH = re.compile(r"<([0-9a-fA-F]{4})>\s*<([0-9a-fA-F]+)>")
# What poppler puts around text that runs from right to left.
_EMBEDDING = dict.fromkeys(map(ord, "\u202a\u202b\u202c\u200e\u200f"))


def text_of(pdf: bytes) -> str:
    """All of its text, in the order in which it is read."""
    return _read(pdf).translate(_EMBEDDING)


def words_of(pdf: bytes) -> list[tuple[float, float, str]]:
    """Each word with its place from the left and from the top of its page, in points."""
    return [
        (float(left), float(top), unescape(word).translate(_EMBEDDING))
        for left, top, word in _WORD.findall(_read(pdf, "-bbox"))
    ]


def shapes_of(pdf: bytes, letter: str) -> set[str]:
    """The glyphs that stand for a letter: more than one where it is joined to others."""
    wanted = letter.encode("utf-16-be").hex()
    return {
        glyph
        for stream in _STREAM.findall(pdf)
        for glyph, code in _GLYPH.findall(_plain(stream))
        if code.lower() == wanted
    }


def _plain(stream: bytes) -> str:
    """A map of glyphs, where the stream is one."""
    try:
        text = zlib.decompress(stream)
    except zlib.error:
        return ""
    return text.decode("latin-1") if b"beginbf" in text else ""


def _read(pdf: bytes, *how: str) -> str:
    if shutil.which("pdftotext") is None:
        pytest.skip("no pdftotext here; install it with: apt-get install poppler-utils")
    ended = subprocess.run(
        ["pdftotext", *how, "-", "-"], input=pdf, capture_output=True, check=True
    )
    return ended.stdout.decode()
