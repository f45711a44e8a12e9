"""What kinds with members share: forums and administrative units."""
