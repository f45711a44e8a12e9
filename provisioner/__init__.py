"""provisioner: inventory → plan → approval → apply → proof for a cluster of municipalities."""

__version__ = "0.1.0"
