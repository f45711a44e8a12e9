"""A YAML file held against its model: every fault, and the parts that are right.

The right parts of a wrong file still serve the checks across files, so that one round
of mending is enough.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any, Generic, TypeVar, get_args, get_type_hints

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from provisioner.inventory.characters import shown, stains
from provisioner.inventory.encoding import decode
from provisioner.inventory.faults import Faults, suggestion
from provisioner.inventory.source import YAML_LIMIT, Folder
from provisioner.inventory.wording import worded
from provisioner.inventory.yaml_tree import Document, parse
from provisioner.model.place import Place

ModelT = TypeVar("ModelT", bound=BaseModel)


@dataclass(frozen=True)
class Checked(Generic[ModelT]):
    """A file after its check.

    `entry` is the whole when all of it is right; `parts` are the top-level values that
    are, by key.
    """

    document: Document
    entry: ModelT | None
    parts: dict[str, Any]


def read_document(
    folder: Folder, relative: str, model: type[ModelT], faults: Faults
) -> Checked[ModelT] | None:
    """Read and check one YAML file; None when nothing of it can be used."""
    file = folder.place_name(relative)
    data = folder.read(relative, YAML_LIMIT)
    text = None if data is None else decode(data, file, faults)
    if text is None:
        return None
    find_stains(text, file, faults)
    document = parse(text, file, faults)
    return None if document is None else check(document, model, faults)


def find_stains(text: str, file: str, faults: Faults) -> None:
    """Every invisible character and template marker in a file, comments included."""
    for stain in stains(text):
        start = text.rfind("\n", 0, stain.position) + 1
        line = text.count("\n", 0, stain.position) + 1
        place = Place(file, line, stain.position - start + 1)
        faults.add(place, stain.code, f"The line {stain.what}.", stain.remedy)


def check(document: Document, model: type[ModelT], faults: Faults) -> Checked[ModelT]:
    """The document as its model, or its right parts and a fault for each wrong one."""
    try:
        entry = model.model_validate(document.value)
    except ValidationError as error:
        errors = [
            one
            for one in error.errors(include_url=False)
            if not _follows(one, error) and one["loc"] not in document.spoilt
        ]
        for one in errors:
            _report(one, document, model, faults)
        wrong = {one["loc"][0] for one in error.errors() if one["loc"]}
        return Checked(document, None, _right_parts(document.value, model, wrong))
    return Checked(
        document, entry, {name: getattr(entry, name) for name in _hints(model)}
    )


def _follows(one: ErrorDetails, error: ValidationError) -> bool:
    """Whether a list is called too short only because its items are wrong."""
    path = one["loc"]
    return one["type"] == "too_short" and any(
        other["loc"][: len(path)] == path and len(other["loc"]) > len(path)
        for other in error.errors()
    )


def _right_parts(
    value: dict[str, Any], model: type[BaseModel], wrong: set[int | str]
) -> dict[str, Any]:
    hints = _hints(model)
    return {
        key: TypeAdapter(hints[key]).validate_python(part)
        for key, part in value.items()
        if key in hints and key not in wrong
    }


def _report(
    error: ErrorDetails, document: Document, model: type[BaseModel], faults: Faults
) -> None:
    path = tuple(one for one in error["loc"] if one != "[key]")
    label = _label(path)
    if error["type"] == "missing":
        place = document.place(*path[:-1])
        what = f"The key {label} is not there."
        faults.add(place, "missing-key", what, "Add it; see the reference page.")
    elif error["type"] == "extra_forbidden":
        key = str(path[-1])
        known = _keys_at(model, path[:-1])
        otherwise = f"Known here: {', '.join(known)}."
        place = document.place_of_key(*path)
        what = f"The key {shown(key)} is not known."
        faults.add(place, "unknown-key", what, suggestion(key, known, otherwise))
    else:
        is_key = len(path) != len(error["loc"])
        place = (document.place_of_key if is_key else document.place)(*path)
        value = path[-1] if is_key else error["input"]
        faults.add(place, *worded(error, label, value))


def _label(path: tuple[int | str, ...]) -> str:
    """`tenants[0].licenses` with the count that people use: from 1."""
    label = ""
    for part in path:
        if isinstance(part, int):
            label += f"[{part + 1}]"
        else:
            label += f".{shown(part)[1:-1]}" if label else shown(part)[1:-1]
    return label or "The file"


def _keys_at(model: type[BaseModel], path: tuple[int | str, ...]) -> list[str]:
    """The keys that the mapping at `path` may have."""
    annotation: Any = model
    for part in path:
        if isinstance(part, str):
            annotation = _hints(annotation)[part]
        annotation = _inner_model(annotation)
    return list(annotation.model_fields)


def _inner_model(annotation: Any) -> Any:
    """The model inside `tuple[Model, ...]`, inside `Annotated[…]`, or itself."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return _inner_model(get_args(annotation)[0])


@cache
def _hints(model: type[BaseModel]) -> dict[str, Any]:
    hints = get_type_hints(model, include_extras=True)
    return {name: hints[name] for name in model.model_fields}
