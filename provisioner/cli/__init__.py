"""The command line, one module per command group; `provisioner --help` shows them all.

Modules here import only Typer and the standard library at the top: everything else is
imported by the command that needs it, so that `--help` and completion stay quick.
"""
