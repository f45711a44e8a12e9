"""Values of `municipality.yml` changed in place: comments, order and style stay.

A round-trip library writes the whole file anew and moves what people have aligned. Here
PyYAML says where a value stands, that piece of text is replaced, and the result is parsed
again: it must be the old value with exactly the one change, or nothing is written.
"""

from __future__ import annotations

import codecs
import copy
import json
import re
from collections.abc import Mapping
from typing import Any

import yaml

from provisioner.inventory.faults import Faults
from provisioner.inventory.yaml_tree import parse

Path = tuple[int | str, ...]
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9@._-]*\Z")
_WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})


class CannotEdit(Exception):
    """The file is written in a way in which this value cannot be put in by a program."""


class YamlLines:
    """One file that parses without a fault; `data` is what it is by now."""

    def __init__(self, data: bytes) -> None:
        self._mark = codecs.BOM_UTF8 if data.startswith(codecs.BOM_UTF8) else b""
        self._text = data[len(self._mark) :].decode("utf-8")
        self.value = _value(self._text)
        self._end = "\r\n" if "\r\n" in self._text else "\n"

    @property
    def data(self) -> bytes:
        return self._mark + self._text.encode("utf-8")

    def replace(self, path: Path, value: str) -> None:
        """Write another text at `path`; a key that its mapping lacks is added there.

        Raises `CannotEdit`.
        """
        wanted = copy.deepcopy(self.value)
        holder = _at(wanted, path[:-1])
        known = path[-1] in holder if isinstance(holder, dict) else True
        holder[path[-1]] = value
        self._become(
            self._put(path, value) if known else self._add(path, value), wanted
        )

    def append(self, key: str, entry: Mapping[str, Any]) -> None:
        """Add an entry to the list under a top-level key, or make that list.

        Raises `CannotEdit`.
        """
        wanted = copy.deepcopy(self.value)
        entries = wanted.get(key) or []
        wanted[key] = [*entries, copy.deepcopy(dict(entry))]
        if key not in self.value:
            self._become(self._with_list(key, entry), wanted)
        elif entries:
            self._become(self._with_entry(key, entry), wanted)
        else:
            raise CannotEdit(f"The list {key} is empty; take the key out.")

    def _become(self, text: str, wanted: dict[str, Any]) -> None:
        try:
            found = _value(text)
        except ValueError:
            found = {}
        if found != wanted:
            raise CannotEdit(
                "The file is written in a way that only a person can edit."
            )
        self._text, self.value = text, found

    def _put(self, path: Path, value: str) -> str:
        start, end, node = self._span(path)
        tail = self._end if getattr(node, "style", None) in ("|", ">") else ""
        return self._text[:start] + _scalar(value) + tail + self._text[end:]

    def _add(self, path: Path, value: str) -> str:
        """A new key before the first one of its mapping, in the mapping's own style."""
        start, _, node = self._span(path[:-1])
        line = f"{path[-1]}: {_scalar(value)}"
        if node.flow_style:
            return self._text[: start + 1] + f"{line}, " + self._text[start + 1 :]
        indent = " " * int(node.start_mark.column)
        return self._text[:start] + line + self._end + indent + self._text[start:]

    def _with_list(self, key: str, entry: Mapping[str, Any]) -> str:
        text = self._text
        if text and not text.endswith(("\n", "\r")):
            text += self._end
        lines = [f"{key}:", *_item(entry, "  ")]
        return text + self._end.join(lines) + self._end

    def _with_entry(self, key: str, entry: Mapping[str, Any]) -> str:
        _, _, node = self._span((key,))
        if node.flow_style:
            last = node.value[-1].end_mark.index
            return f"{self._text[:last]}, {_flow(entry)}{self._text[last:]}"
        # A block ends where the next thing begins: step back over blank and comment lines.
        last = _end_of_content(node.value[-1])
        stop = self._text.find("\n", last)
        lines = _item(entry, " " * node.start_mark.column)
        if stop < 0:
            return self._text + self._end + self._end.join(lines) + self._end
        written = "".join(one + self._end for one in lines)
        return self._text[: stop + 1] + written + self._text[stop + 1 :]

    def _span(self, path: Path) -> tuple[int, int, Any]:
        """Where the node at `path` begins and ends in the text."""
        node: Any = yaml.compose(self._text, Loader=yaml.SafeLoader)
        for part in path:
            if isinstance(part, int):
                node = node.value[part]
            else:
                node = next(one for name, one in node.value if name.value == part)
        return node.start_mark.index, node.end_mark.index, node


def _value(text: str) -> dict[str, Any]:
    """What the inventory's own reader makes of a text; `ValueError` where it has a fault."""
    faults = Faults()
    document = parse(text, "", faults)
    if document is None or faults.count:
        raise ValueError("The file has faults.")
    return document.value


def _at(value: Any, path: Path) -> Any:
    for part in path:
        value = value[part]
    return value


def _end_of_content(node: Any) -> int:
    """Where the last scalar (or flow collection) of a node ends."""
    if isinstance(node, yaml.ScalarNode) or node.flow_style or not node.value:
        return int(node.end_mark.index) - (getattr(node, "style", "") in ("|", ">"))
    last = node.value[-1]
    return _end_of_content(last[1] if isinstance(last, tuple) else last)


def _item(entry: Mapping[str, Any], indent: str) -> list[str]:
    """An entry of a block list: its keys below each other, what is in them on one line."""
    lines = [f"{key}: {_flow(value)}" for key, value in entry.items()]
    first, *rest = lines
    return [f"{indent}- {first}", *(f"{indent}  {one}" for one in rest)]


def _flow(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{k}: {_flow(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_flow, value)) + "]"
    return _scalar(str(value))


def _scalar(value: str) -> str:
    """Bare where that cannot be misread, else in double quotes, which JSON's are."""
    bare = _PLAIN.match(value) and value.lower() not in _WORDS
    digits = value.replace(".", "").replace("_", "").isdigit()
    return value if bare and not digits else json.dumps(value, ensure_ascii=False)
