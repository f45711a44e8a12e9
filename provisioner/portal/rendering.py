"""From a template and what it shows to a page in the person's language and theme."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment
from markupsafe import Markup

from provisioner.errors import ProvisionerError
from provisioner.portal.preferences import language_of, theme_of
from provisioner.portal.surroundings import cluster_of, portal_of
from provisioner.portal.told import field_of, for_a_page, names_a_file, set_apart
from provisioner.portal.visit import Visit
from provisioner.portal.words import (
    ACTS,
    ASKED,
    DONE,
    LANGUAGE_NAMES,
    PAGES,
    REQUEST_STATES,
    ROLES,
    RUN_STATES,
    SORTS,
    THEMES,
    WAITS,
    WAITS_FOR_WHOM,
)
from provisioner.renderers.language import clock, translator
from provisioner.renderers.schedule_words import schedule_in_words
from provisioner.renderers.templating import environment
from provisioner.renderers.values import plain

STATIC = Path(__file__).parent / "static"


def page(
    request: Request,
    template: str,
    *,
    status: int = 200,
    visit: Visit | None = None,
    **shown: Any,
) -> HTMLResponse:
    """A whole page; `shown` are the names that the template uses beside those of all."""
    language = language_of(request)
    context = {
        "theme": theme_of(request),
        "visit": visit,
        "viewer": visit.viewer if visit else None,
        "csrf": visit.csrf if visit else "",
        "here": _here(request),
        "path": request.url.path,
        "now": portal_of(request).now(),
        "cluster": _cluster(request, language),
        "done": DONE.get(request.query_params.get("done", ""), ""),
        "menu": [
            (path, label)
            for path, label, what in PAGES
            if visit is not None and visit.viewer.may(what)
        ],
    }
    text = _environment(language).get_template(template).render(context | shown)
    return HTMLResponse(text, status)


def part(template: str, language: str, **shown: Any) -> Markup:
    """A part of a page in a language of its own, whatever the viewer reads."""
    return Markup(_environment(language).get_template(template).render(shown))  # noqa: S704  escaped there


@lru_cache(maxsize=3)
def _environment(language: str) -> Environment:
    env = environment(language, ("portal", "reports"))
    env.globals.update(
        run_states=RUN_STATES,
        request_states=REQUEST_STATES,
        sorts=SORTS,
        acts=ACTS,
        waits=WAITS,
        waits_for_whom=WAITS_FOR_WHOM,
        names_a_file=names_a_file,
        field_of=field_of,
        asked=ASKED,
        roles=ROLES,
        themes=THEMES,
        language_names=LANGUAGE_NAMES,
        asset=_asset,
    )
    sentence = env.filters["sentence"]
    env.filters["told"] = lambda text: set_apart(sentence(for_a_page(text)))
    env.filters["name"] = lambda names: names.in_language(language)
    words = translator(language)
    env.filters["day"] = words.day
    env.filters["when"] = lambda schedule: schedule_in_words(schedule, words)
    env.filters["clock"] = clock
    env.filters["plain"] = plain
    return env


@lru_cache(maxsize=16)
def _asset(name: str) -> str:
    """The address of a static file; it changes with the file, so that it can be cached."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()
    return f"/static/{name}?{digest[:12]}"


def _here(request: Request) -> str:
    """The address of this page, to come back to; of a sent form, the overview."""
    if request.method != "GET":
        return "/"
    query = request.url.query
    return f"{request.url.path}?{query}" if query else request.url.path


def _cluster(request: Request, language: str) -> str:
    """The cluster's name; "" where the inventory cannot be read, which pages say."""
    try:
        return cluster_of(request).names.in_language(language)
    except ProvisionerError:
        return ""
