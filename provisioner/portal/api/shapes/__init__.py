"""What the API says and takes, as typed JSON: a contract of its own beside the model."""
