"""Mails as pages: one column, in the reader's language and direction, nothing loaded."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from provisioner.renderers.language import translator
from provisioner.shipped import templates


def to_mail(template: str, language: str, title: str, text: str) -> str:
    """A mail from `templates/mail/<template>.html`; `text` is shown line by line.

    Raises what Jinja2 raises for a template with a fault.
    """
    page = _environment(templates() / "mail").get_template(f"{template}.html")
    return page.render(
        title=title, lines=text.splitlines(), language=translator(language)
    )


@lru_cache(maxsize=4)
def _environment(folder: Path) -> Environment:
    return Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
