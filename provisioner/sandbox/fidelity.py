"""Judges an answer of the sandbox tenant against the vendor's published schema.

The schema is that of microsoftgraph/msgraph-metadata (Microsoft Corporation, MIT
licence), see `schema_types`. What the schema cannot say (which fields a plain read
leaves out, what a message reads like) is not judged here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

import msgspec

from provisioner.sandbox.schema_paths import Answer, answer_of, answer_of_context
from provisioner.sandbox.schema_types import PREFIX, Types

_VERSION = re.compile(r"/+(?:v1\.0|beta)(?=/|$)(.*)", re.DOTALL)
_ONLY_COLLECTIONS = ("@odata.nextLink", "@odata.deltaLink", "@odata.count")
_FAULTS_TOLD = 50


class Validator:
    """Checks answers; one instance serves a whole process."""

    def __init__(self, types: Types) -> None:
        self._types = types
        self._of_path = lru_cache(4096)(lambda path: answer_of(types, path))
        self._of_context = lru_cache(4096)(lambda text: answer_of_context(types, text))

    @classmethod
    def load(cls) -> Validator:
        return cls(Types.load())

    def validate(
        self,
        method: str,
        path: str,
        status: int,
        body: object,
        request: bytes | None = None,
    ) -> list[str]:
        """What is wrong with one answer, empty if nothing is; at most 50 faults.

        `path` carries `/v1.0`, maybe an origin in front and a query behind; paths
        outside a version (tokens, admin) are not judged. `body` is the answer's bytes
        or its parsed JSON; `request` the bytes of a `$batch` request, which lets inner
        answers be judged by their own path and not only by their context.
        """
        versioned = _VERSION.search(path.partition("?")[0])
        if versioned is None:
            return []
        faults = self._judge(method.upper(), versioned[1], status, body, request)
        return [f"{method} {path}: {one}" for one in faults[:_FAULTS_TOLD]]

    def _judge(
        self, method: str, path: str, status: int, body: object, request: bytes | None
    ) -> list[str]:
        answer = self._of_path(path)
        if answer is not None and answer.form == "count" and status == 200:
            return _count(body)
        if answer is not None and answer.form == "file" and status == 200:
            return [] if body else ["a report without a body"]
        if isinstance(body, (bytes, bytearray, memoryview, str)):
            if not body:
                return _may_be_empty(status)
            try:
                body = msgspec.json.decode(body)
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                return [f"the body is no JSON: {error}"]
        if body is None:
            return _may_be_empty(status)
        if status in (204, 304):
            return [f"status {status} must not have a body"]
        if status >= 400:
            return self._error(body)
        if path.strip("/") == "$batch":
            return self._batch(body, request)
        return self._success(method, answer, path, body)

    def _success(
        self, method: str, answer: Answer | None, path: str, body: object
    ) -> list[str]:
        if not isinstance(body, dict):
            return ["the body is no JSON object"]
        context = body.get("@odata.context")
        announced = self._of_context(context) if isinstance(context, str) else None
        if answer is None:
            answer = announced
        elif method == "POST" and answer.collection and "value" not in body:
            answer = Answer(answer.type, form=answer.form)  # the one that was created
        if answer is None:
            return [f"no type of the schema is known for {path or 'an inner answer'}"]
        faults = self._context(answer, context, announced)
        return faults + self._content(answer, body)

    def _context(
        self, answer: Answer, context: object, announced: Answer | None
    ) -> list[str]:
        if context is None or answer.form in ("reference", "nothing"):
            return []
        if announced is None:
            return [f"@odata.context {context!r} names nothing of the schema"]
        same = announced.type == answer.type or (
            {announced.type, answer.type} <= self._types.declared.keys()
            and self._types.related(announced.type, answer.type)
        )
        if same and announced.collection == answer.collection:
            return []
        return [f"@odata.context announces {_told(announced)}, not {_told(answer)}"]

    def _content(self, answer: Answer, body: dict[str, Any]) -> list[str]:
        if answer.form == "nothing":
            return ["a body where none belongs"]
        if not answer.collection and answer.form == "object":
            stray = [
                f".{one}: not on one object" for one in _ONLY_COLLECTIONS if one in body
            ]
            return stray + _texts(self._types.check(answer.type)(body))
        faults = _envelope(body)
        if answer.form == "reference":
            return faults
        check = self._types.check(answer.type)
        if not answer.collection:
            return faults + _texts(check(body.get("value")), ".value")
        items = body.get("value")
        if not isinstance(items, list):
            return [*faults, ".value: no list"]
        for index, item in enumerate(items):
            found = check(item)
            if found is not None:
                faults += _texts(found, f".value[{index}]")
        return faults

    def _error(self, body: object) -> list[str]:
        if not isinstance(body, dict) or set(body) != {"error"}:
            return ["an error is an object with `error` alone"]
        error = body["error"]
        faults = _texts(self._types.check(PREFIX + "publicError")(error), ".error")
        if isinstance(error, dict):
            faults += [
                f".error.{name}: missing or empty"
                for name in ("code", "message")
                if not isinstance(error.get(name), str)
                or (name == "code" and not error[name])
            ]
        return faults

    def _batch(self, body: object, request: bytes | None) -> list[str]:
        answers = body.get("responses") if isinstance(body, dict) else None
        if not isinstance(answers, list):
            return ["a batch answers with `responses`"]
        asked = _asked(request)
        faults: list[str] = []
        for index, one in enumerate(answers):
            where = f".responses[{index}]"
            faults += [f"{where}{what}" for what in self._inner(one, asked)]
        return faults

    def _inner(self, one: Any, asked: Mapping[str, tuple[str, str]]) -> Iterable[str]:
        if not isinstance(one, dict) or not isinstance(one.get("id"), str):
            return [": without a string `id`"]
        if type(one.get("status")) is not int:
            return [".status: no integer"]
        stray = one.keys() - {"id", "status", "headers", "body"}
        faults = [f".{name}: not a part of a batch answer" for name in sorted(stray)]
        method, path = asked.get(one["id"].lower(), ("GET", ""))
        inner = self._judge(method, path, one["status"], one.get("body"), None)
        return faults + [f".body: {what}" for what in inner]


def _asked(request: bytes | None) -> dict[str, tuple[str, str]]:
    """Method and path of each inner request by its id in lower case."""
    if not request:
        return {}
    inner = msgspec.json.decode(request)["requests"]
    asked = {}
    for one in inner:
        path = str(one["url"]).partition("?")[0]
        versioned = _VERSION.search(path)
        asked[str(one["id"]).lower()] = (
            str(one["method"]).upper(),
            versioned[1] if versioned else path,
        )
    return asked


def _envelope(body: dict[str, Any]) -> list[str]:
    faults = [
        f".{name}: not a part of a list of answers"
        for name in body
        if name != "value" and not name.startswith("@odata.")
    ]
    links = [name for name in _ONLY_COLLECTIONS[:2] if name in body]
    faults += [f".{one}: no link" for one in links if not isinstance(body[one], str)]
    if len(links) > 1:
        faults.append(".@odata.deltaLink: beside a nextLink")
    if type(body.get("@odata.count", 0)) is not int:
        faults.append(".@odata.count: no integer")
    return faults


def _may_be_empty(status: int) -> list[str]:
    ends = status in (202, 204, 304) or 300 <= status < 400
    return [] if ends else [f"status {status} without a body"]


def _count(body: object) -> list[str]:
    text = bytes(body).decode() if isinstance(body, (bytes, bytearray)) else str(body)
    return [] if text.lstrip("\ufeff").isdecimal() else ["a count is a plain number"]


def _told(answer: Answer) -> str:
    return f"a list of {answer.type}" if answer.collection else answer.type


def _texts(found: Iterable[tuple[str, str]] | None, where: str = "") -> list[str]:
    return [f"{where}{inside}: {what}" for inside, what in found or ()]
