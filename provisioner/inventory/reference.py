"""The reference page of the inventory's format, generated from models and codes.

`python -m provisioner.inventory.reference docs/reference/inventory.md` writes it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from provisioner.inventory.characters import NAME_PATTERN, TEXT_PATTERN
from provisioner.inventory.codes import CODES
from provisioner.inventory.definition import host_words, words
from provisioner.inventory.definition.municipality import COLUMNS
from provisioner.inventory.faults import KEPT
from provisioner.inventory.schemas import schemas
from provisioner.inventory.source import CSV_LIMIT, YAML_LIMIT

_INTRO = f"""\
# The inventory

<!-- Generated from the models; do not edit. -->

What every municipality shall have, as files. They are checked as one whole before
anything else happens: `provisioner check` lists every fault with its file, line and
remedy, and an inventory with a fault changes nothing anywhere.

```
inventory/
  cluster.yml                               the cluster, its tenants, roles and rules
  municipalities/<slug>/municipality.yml    one municipality
  municipalities/<slug>/mailboxes.csv       its people, one row each
```

Editors complete and check the YAML files with the JSON Schemas in
`provisioner/inventory/schemas/`, for example by this first line:
`# yaml-language-server: $schema=…/schemas/municipality.json`.

## All files

- UTF-8, with or without a byte order mark. Other encodings are recognised and refused.
- No invisible characters (direction marks, zero-width, control) and no template markers
  (`{{{{`, `{{%`, `{{#`), in comments neither.
- YAML holds mappings, lists and plain values. Anchors, aliases, tags and a key twice are
  faults. Every value is read as the text that is written: `0543` stays `0543`.
- Limits: {YAML_LIMIT >> 20} MiB for a YAML file, {CSV_LIMIT >> 20} MiB for a CSV file.
- Links that lead out of the inventory are not followed. Hidden files are passed over.
- At most {KEPT:,} faults are listed; the last line counts the rest.
"""

_ROWS = f"""\
The first line is exactly:

```
{",".join(COLUMNS)}
```

Values with a comma stand in quotes, and a quote inside them is doubled: `"מנכ""ל"`.
A row belongs on one line. Empty lines are passed over.

Addresses are kept in lower case; those without `@` get the municipality's domain. The
part before `@` has at most {words.LOCAL_PART_MAX} characters of `a-z`, `0-9`, `.`, `_`
and `-`, the domain {words.DOMAIN_MAX}, the whole {words.ADDRESS_MAX}. An address, an
alias included, is there once in a whole tenant.
"""

# What a pattern asks for, where its bare text would tell nobody.
_IN_WORDS: dict[str, str] = {
    TEXT_PATTERN: "text",
    NAME_PATTERN: "text without `??`",
    words.ADDRESS_PATTERN: "address",
    words.ACCOUNT_PATTERN: "whole address",
    words.DOMAIN_PATTERN: "domain",
    words.GUID_PATTERN: "id (GUID)",
    words.REFERENCE_PATTERN: "`env/NAME` or `file/PATH`",
    words.CERTIFICATE_PATTERN: "`file/PATH`",
    words.HOUR_PATTERN: "`HH:MM`",
    words.LOCALE_PATTERN: "locale such as `he-IL`",
    words.SLUG_PATTERN: "slug: `a-z`, then `a-z`, `0-9` and `-`",
    words.ROLE_PATTERN: "`a-z`, then `a-z`, `0-9`, `-` and `_`",
    f"^$|{words.ROLE_PATTERN}": "name of a role, or empty",
    words.LICENSE_PATTERN: "SKU part number",
    words.EMPLOYEE_ID_PATTERN: "`a-z`, `0-9`, `.`, `_`, `/` and `-`, or empty",
    words.COUNTRY_PATTERN: "two capital letters",
    words.CBS_PATTERN: "1 to 4 digits",
    host_words.HOST_PATTERN: "name of a host: `a-z`, then `a-z`, `0-9` and inner `-`",
    host_words.NAME_ON_NET_PATTERN: "IP address or name on the network",
    host_words.ACCOUNT_NAME_PATTERN: "account: `a-z`, then `a-z`, `0-9`, `-` and `_`",
    host_words.PUBLIC_KEY_PATTERN: "public SSH key",
    host_words.NETWORK_PATTERN: "address or network",
    host_words.PATH_PATTERN: "whole path",
    host_words.DATABASE_PATTERN: "name of a database",
    host_words.REPOSITORY_PATTERN: "path, `sftp:…`, `rest:https://…` or `s3:…`",
    host_words.PHONE_PATTERN: "telephone number",
}


def page() -> str:
    """The whole page as Markdown."""
    made = schemas()
    parts = [_INTRO]
    for name, heading in (
        ("cluster", "`cluster.yml`"),
        ("municipality", "`municipality.yml`"),
    ):
        parts += [f"## {heading}\n", *_tables(made[name], known="NamesEntry")]
    parts += ["## `mailboxes.csv`\n", _ROWS, _table(made["mailboxes"], {}, "column")]
    parts += ["### Names in three languages\n", _names(made["cluster"])]
    codes = [f"| `{code}` | {meaning} |" for code, meaning in CODES.items()]
    parts += [
        "## Faults\n",
        "| code | meaning |\n|---|---|\n" + "\n".join(codes) + "\n",
    ]
    return "\n".join(parts)


def _names(schema: dict[str, Any]) -> str:
    return _table(schema["$defs"]["NamesEntry"], schema["$defs"], "key")


def _tables(schema: dict[str, Any], known: str) -> Iterator[str]:
    """The table of a file, then one for each mapping inside it."""
    inner = schema.get("$defs", {})
    yield _table(schema, inner, "key")
    for name, one in inner.items():
        if name != known:
            yield f"### {_heading(name)}\n\n{one['description']}\n"
            yield _table(one, inner, "key")


def _heading(name: str) -> str:
    return name.removesuffix("Entry")


def _table(schema: dict[str, Any], inner: dict[str, Any], first: str) -> str:
    needed = set(schema.get("required", ()))
    lines = [f"| {first} | form | left out | meaning |", "|---|---|---|---|"]
    for name, one in schema["properties"].items():
        default = "a fault" if name in needed else _default(one)
        meaning = str(one.get("description", "")).replace("\n", " ")
        lines.append(f"| `{name}` | {_form(one, inner)} | {default} | {meaning} |")
    return "\n".join(lines) + "\n"


def _default(schema: dict[str, Any]) -> str:
    default = schema.get("default")
    if default in (None, [], {}) or isinstance(default, dict):
        return "nothing" if default in (None, [], ()) else "its defaults"
    if isinstance(default, bool):
        return _yes_or_no(default)
    shown = ", ".join(default) if isinstance(default, list) else default
    return f"`{shown}`"


def _yes_or_no(value: bool) -> str:
    return f"`{str(value).lower()}`"


def _form(schema: dict[str, Any], inner: dict[str, Any]) -> str:
    """What may be written, in a few words."""
    if "$ref" in schema:
        return f"mapping: {_heading(schema['$ref'].rpartition('/')[2])}"
    if "anyOf" in schema:
        real = [one for one in schema["anyOf"] if one.get("type") != "null"]
        return _form(real[0], inner)
    if "enum" in schema:
        choices = [f"`{one}`" if one else "empty" for one in schema["enum"]]
        return " or ".join(choices)
    kind = schema.get("type")
    if kind == "array":
        return f"list of: {_form(schema['items'], inner)}"
    if kind == "object":
        return "mapping"
    if kind == "boolean":
        return _yes_or_no(schema["const"]) if "const" in schema else "`true` or `false`"
    return _number(schema) if kind in ("integer", "number") else _text(schema)


def _text(schema: dict[str, Any]) -> str:
    pattern = schema.get("pattern", "")
    form = _IN_WORDS.get(pattern) or (
        f"`{pattern}`".replace("|", "\\|") if pattern else "text"
    )
    longest = schema.get("maxLength")
    return f"{form}, up to {longest}" if longest else form


def _number(schema: dict[str, Any]) -> str:
    low = schema.get("minimum", schema.get("exclusiveMinimum"))
    high = schema.get("maximum")
    kind = "whole number" if schema["type"] == "integer" else "number"
    over = "above" if "exclusiveMinimum" in schema else "from"
    return f"{kind} {over} {low}" + ("" if high is None else f" to {high:,}")


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(page(), encoding="utf-8")
