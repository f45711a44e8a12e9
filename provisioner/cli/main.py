"""The program `provisioner`: global options, commands, and how it ends."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from provisioner import __version__
from provisioner.cli import (
    audit,
    backups,
    imports,
    notices,
    report,
    requests,
    runs,
    sandbox,
    secrets,
)
from provisioner.cli.check import check
from provisioner.cli.context import Context
from provisioner.cli.demo import demo
from provisioner.cli.ending import MISUSE, end_with, explain_misuse
from provisioner.cli.ending import explain as tell
from provisioner.cli.explain import explain
from provisioner.cli.people import adopt
from provisioner.cli.schedules import schedules
from provisioner.cli.seats import seats
from provisioner.cli.serve import serve
from provisioner.cli.steps import apply, drift, plan
from provisioner.cli.worker import worker
from provisioner.errors import ProvisionerError

# What Typer makes of Ctrl-C.
_INTERRUPTED = 130

app = typer.Typer(
    name="provisioner",
    no_args_is_help=True,
    # Plain help: the rich one imports a Markdown parser and doubles the time of --help.
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="""Plan, approve, apply and prove the IT base of a cluster of municipalities.

    Exit codes: 0 nothing to do, or all proven; 2 changes, drift or still waiting;
    1 an error, or something could not be read.

    Example: `provisioner --sandbox plan --municipality rameh`
    """,
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"provisioner {__version__}")
        raise typer.Exit


@app.callback()
def options(
    ctx: typer.Context,
    inventory: Annotated[
        Path | None,
        typer.Option(help="Folder of the inventory (default: inventory/)."),
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option(help="Settings file (default: provisioner.toml)."),
    ] = None,
    use_sandbox: Annotated[
        bool,
        typer.Option("--sandbox", help="Work on the running sandbox."),
    ] = False,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Log each step to standard error.")
    ] = False,
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    """Options before the command hold for every command."""
    ctx.obj = Context(inventory, config, use_sandbox)
    if verbose:
        _log_to_stderr()


def _log_to_stderr() -> None:
    import logging

    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    # The SDK's transport logs whole URLs at INFO; ours say what matters.
    logging.getLogger("httpx").setLevel(logging.WARNING)


app.command()(check)
app.command()(plan)
app.command()(apply)
app.command()(drift)
app.command("report")(report.report)
app.command()(explain)
app.command()(seats)
app.command()(adopt)
app.command()(schedules)
app.command()(serve)
app.command()(worker)
sandbox.app.command()(demo)
app.add_typer(sandbox.app, name="sandbox")
app.add_typer(secrets.app, name="secrets")
app.add_typer(runs.app, name="runs")
app.add_typer(audit.app, name="audit")
app.add_typer(notices.app, name="notices")
app.add_typer(requests.app, name="requests")
app.add_typer(imports.app, name="import")
app.add_typer(backups.app, name="backups")


def main() -> None:
    """Run the command line; whatever goes wrong is a message and exit code 1.

    That a command was called wrongly is an error like any other: 2 would say "changes".
    """
    try:
        code = app(standalone_mode=False)
    except ProvisionerError as error:
        tell(error)
        end_with(1)
    except MISUSE as error:
        explain_misuse(error)
        end_with(1)
    except typer.Abort:
        sys.stderr.write("Stopped: there was no answer.\n")
        end_with(1)
    except KeyboardInterrupt:
        code = _INTERRUPTED
    except BrokenPipeError:
        # Somebody closed the pipe (`| head`): nothing is wrong, and nothing can be said.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        end_with(0)
    if code == _INTERRUPTED:
        sys.stderr.write("Stopped; run the same command again to go on.\n")
    end_with(code or 0)


if __name__ == "__main__":
    main()
