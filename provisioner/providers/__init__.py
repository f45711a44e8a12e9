"""The outside world: Microsoft Graph, DNS, hosts."""
