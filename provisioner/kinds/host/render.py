"""Files of hosts from `templates/hosts/`, by Jinja2 in its sandbox.

Values of the inventory are data here and nowhere else a template: what is rendered goes
to the host as it is.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from jinja2 import FileSystemLoader, StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from provisioner.shipped import templates

MANAGED = "Managed by provisioner; what you change here is changed back."


@cache
def _environment(*, escape: bool) -> ImmutableSandboxedEnvironment:
    made = ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(templates() / "hosts"),
        autoescape=escape,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
    )
    made.filters["php"] = _php
    return made


def _php(text: str) -> str:
    """A text as PHP writes it between single quotes."""
    quoted = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{quoted}'"


def render(template: str, **values: Any) -> str:
    """The text of `templates/hosts/<template>`; HTML templates escape their values."""
    escape = template.endswith((".html.j2", ".html"))
    made = _environment(escape=escape).get_template(template)
    return made.render(managed=MANAGED, **values)
