"""A report as text for a terminal, JSON, Markdown, HTML and CSV."""
