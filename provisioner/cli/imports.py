"""`import`: what offices keep elsewhere, into the inventory by way of a request."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from provisioner.cli.ending import end_with
from provisioner.cli.requests import (
    Municipality,
    Start,
    day_of,
    desk_of,
    say_request,
)
from provisioner.cli.secrets import AsJson

if TYPE_CHECKING:
    from datetime import datetime

    from provisioner.model.upload import Preview

app = typer.Typer(no_args_is_help=True, help="Bring in what offices keep elsewhere.")


@app.command()
def people(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help="CSV or XLSX, columns named in row 1.")],
    municipality: Municipality,
    start: Start = "",
    preview: Annotated[
        bool, typer.Option("--preview", help="Print what was understood; send nothing.")
    ] = False,
    key: Annotated[
        str,
        typer.Option(
            help="The same key twice is one request; left out, the same file of one day is."
        ),
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Ask for a mailbox for each person of a list.

    Columns are known by their names in Hebrew, Arabic or English; missing addresses are
    proposed. With a fault in any cell nothing is sent, and the exit code is 1.

    Example: `provisioner import people new-staff.xlsx --municipality rameh --preview`
    """
    from provisioner.errors import UploadRefused

    try:
        data = file.read_bytes()
    except OSError as error:
        raise UploadRefused(f"{file}: {error.strerror}.") from error
    with desk_of(ctx) as (desk, me):
        key = key or _key_of(data, municipality, desk.now())
        known = None if preview else desk.store.requests.of_key(me.name, key)
        if known is not None:
            say_request(known, as_json=as_json)
            return
        found = desk.preview(me, municipality, file.name, data)
        if preview or not found.is_right:
            _print(found, as_json=as_json)
            end_with(0 if found.is_right else 1)
        request = desk.submit(
            me, municipality, found.wish, key=key, start=day_of(start)
        )
    say_request(request, as_json=as_json)


def _key_of(data: bytes, municipality: str, now: "datetime") -> str:
    import hashlib

    digest = hashlib.sha256(data).hexdigest()[:32]
    return f"import/{now.date().isoformat()}/{municipality}/{digest}"


def _print(preview: "Preview", *, as_json: bool) -> None:
    import json
    import sys

    import msgspec

    from provisioner.cli.listing import print_table

    if as_json:
        told = msgspec.to_builtins(preview) | {"is_right": preview.is_right}
        sys.stdout.write(json.dumps(told, ensure_ascii=False, indent=2) + "\n")
        return
    for column in preview.columns:
        if not column.field:
            near = f"; did you mean {column.suggestion}?" if column.suggestion else ""
            sys.stdout.write(f"Not read: column {column.heading!r}{near}\n")
    print_table(
        ("row", "address", "name", "department", "licence", "faults"),
        (
            (
                str(row.line),
                row.person.address,
                row.person.display_name,
                row.person.department,
                row.person.license,
                " ".join(f"{one.what} {one.remedy}" for one in row.faults),
            )
            for row in preview.rows
        ),
    )
