"""What provisioner remembers: one small module per aggregate over SQLAlchemy Core."""
