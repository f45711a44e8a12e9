"""Microsoft Graph through the official SDK's adapter, with raw JSON on bulk paths."""
