"""From a page to a PDF file: Hebrew and Arabic shaped, tables from right to left."""

from __future__ import annotations

from threading import Lock

from provisioner.errors import PdfUnavailable

# Making one takes all of a processor for seconds: who else wants one waits.
_ONE = Lock()


def to_pdf(page: str) -> bytes:
    """An HTML page, which needs no other file, as PDF.

    Raises `PdfUnavailable` where this machine lacks what draws text.
    """
    # Only here: it takes a second to load, and needs libraries that few commands use.
    try:
        from weasyprint import HTML  # type: ignore[import-untyped]
        from weasyprint.urls import URLFetcher  # type: ignore[import-untyped]
    except OSError as error:
        raise PdfUnavailable from error
    # Whatever a page names, nothing is fetched.
    nothing = URLFetcher(allowed_protocols=())
    with _ONE:
        made: bytes = HTML(string=page, url_fetcher=nothing).write_pdf()
    return made
