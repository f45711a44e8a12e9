"""`python -m provisioner.cli` is `provisioner`."""

from provisioner.cli.main import main

main()
