"""Options that several commands share."""

from typing import Annotated

import typer

Municipalities = Annotated[
    list[str] | None,
    typer.Option(
        "--municipality",
        "-m",
        metavar="SLUG",
        help="Only this municipality; may be given more than once.",
    ),
]
Kinds = Annotated[
    list[str] | None,
    typer.Option(
        "--kind",
        "-k",
        metavar="KIND",
        help="Only this kind, such as mailbox, forum, server or website; may be given"
        " more than once.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the whole report as JSON.")]
Deep = Annotated[
    bool,
    typer.Option(
        "--deep", help="Read the settings of every mailbox, not only of some."
    ),
]
Full = Annotated[
    bool,
    typer.Option("--full", help="Read the whole directory, not only what changed."),
]
Verbose = Annotated[
    bool, typer.Option("--all", help="Print every change, however many there are.")
]
