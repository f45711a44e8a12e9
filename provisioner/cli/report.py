"""`provisioner report`: the last run, or another, as HTML, JSON, Markdown or CSV."""

from pathlib import Path
from typing import Annotated, Literal

import typer

Format = Literal["html", "json", "md", "csv", "pdf"]
Language = Literal["he", "ar", "en"]


def report(
    ctx: typer.Context,
    format: Annotated[
        Format, typer.Option("--format", "-f", help="What to make of it.")
    ] = "html",
    lang: Annotated[
        Language, typer.Option("--lang", "-l", help="Language of HTML and Markdown.")
    ] = "he",
    output: Annotated[
        str,
        typer.Option(
            "--output", "-o", help="A file, a folder, or - for standard output."
        ),
    ] = "-",
    last: Annotated[
        bool, typer.Option("--last", help="The run that ended last (the default).")
    ] = False,
    run: Annotated[str | None, typer.Option("--run", help="The id of a run.")] = None,
    json: Annotated[
        bool, typer.Option("--json", help="Short for --format json.")
    ] = False,
) -> None:
    """Show again what a run found and did.

    From what was saved of it; nothing is read anew.

    The exit code says whether the report could be made, not what it tells.

    Example: provisioner report --format html --lang he --output report.he.html
    """
    from provisioner.errors import ProvisionerError
    from provisioner.renderers import render, write
    from provisioner.renderers.saved import load
    from provisioner.renderers.written import write_whole

    chosen = "json" if json else format
    if chosen == "pdf":
        raise ProvisionerError(
            "PDF comes later; the HTML report prints well from any browser.",
            remedy="Make it with: provisioner report --output report.html",
        )
    if last and run is not None:
        raise typer.BadParameter("give --last or --run, not both", param_hint="--last")
    found = load(ctx.obj.settings.var / "reports", run)
    target = Path(output)
    if output == "-":
        typer.echo(render(found, chosen, lang).encode(), nl=False)
    elif target.is_dir():
        typer.echo(write(found, target, [chosen], [lang])[0], err=True)
    else:
        write_whole(target, render(found, chosen, lang).encode())
