"""How a message reaches somebody: plain SMTP, Graph's sendMail, or apprise for the rest."""

from __future__ import annotations

import smtplib
import ssl
import tempfile
from collections.abc import Callable, Iterable
from email.message import EmailMessage
from email.utils import make_msgid
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from provisioner.errors import ProviderError, TransientProviderError
from provisioner.model.cluster import Cluster
from provisioner.model.mail import GraphMail, Message

_PATIENCE = 30.0  # seconds


class Refused(Exception):
    """A channel did not take a notice."""


class Uncertain(Exception):
    """It may have arrived, or not; it is not sent again."""


SendByGraph = Callable[[Cluster, GraphMail], None]
"""Sends through the tenant of that name. Raises `ProviderError`."""


class Channels:
    """Delivers messages by the form of the address; `by_graph` is None where it cannot."""

    def __init__(self, by_graph: SendByGraph | None = None) -> None:
        self._by_graph = by_graph

    def send(self, address: str, message: Message, cluster: Cluster) -> str:
        """Deliver; returns who of several did not get it, "" where all did.

        Raises `Refused`, or `Uncertain`, with a reason that shows no secret.
        """
        scheme = address.partition(":")[0].lower()
        if scheme in ("smtp", "smtps"):
            return by_smtp(address, message)
        if scheme == "graph":
            self._through_a_tenant(address, message, cluster)
        else:
            by_apprise(address, message)
        return ""

    def _through_a_tenant(
        self, address: str, message: Message, cluster: Cluster
    ) -> None:
        parts = urlsplit(address)
        mail = GraphMail(
            parts.netloc, unquote(parts.path.strip("/")), _people(parts.query), message
        )
        if self._by_graph is None:
            raise Refused("no tenant can be reached from here")
        if mail.tenant not in [one.name for one in cluster.tenants]:
            raise Refused("the inventory has no such tenant")
        if "@" not in mail.sender or not mail.to:
            raise Refused("the address is not graph://TENANT/SENDER?to=ADDRESS")
        try:
            self._by_graph(cluster, mail)
        except TransientProviderError as error:
            wrong = Uncertain if error.ambiguous else Refused
            raise wrong(str(error)) from error
        except ProviderError as error:
            raise Refused(str(error)) from error


def by_smtp(address: str, message: Message) -> str:
    """Deliver to a mail server: `smtp[s]://[USER:PASSWORD@]HOST[:PORT]/?from=…&to=…`.

    `smtps` speaks TLS from the start; `smtp` turns to it where the server offers, and
    gives no password without it. Returns who was refused where others were not. Raises
    `Refused` and `Uncertain`.
    """
    parts = urlsplit(address)
    sender = parse_qs(parts.query).get("from", [""])[0]
    people = _people(parts.query)
    if not parts.hostname or "@" not in sender or not people:
        raise Refused("the address is not smtp://HOST/?from=ADDRESS&to=ADDRESS")
    mail = _mail(message, sender, people)
    context = ssl.create_default_context()
    try:
        with _server(parts.scheme, parts.hostname, parts.port, context) as server:
            if parts.scheme == "smtp" and server.has_extn("starttls"):
                server.starttls(context=context)
                server.ehlo()
            if parts.username:
                if not isinstance(server.sock, ssl.SSLSocket):
                    raise Refused("the mail server offers no TLS for the password")
                server.login(unquote(parts.username), unquote(parts.password or ""))
            refused = _handed_over(server, mail)
    except (smtplib.SMTPException, OSError, ValueError) as error:
        raise Refused(f"the mail server: {_first_line(error)}") from error
    # The others have it; to send it once more would reach them twice.
    return f"not taken for {', '.join(sorted(refused))}" if refused else ""


def _handed_over(server: smtplib.SMTP, mail: EmailMessage) -> Iterable[str]:
    """Send; what ends without an answer may have arrived."""
    try:
        return server.send_message(mail)
    except (smtplib.SMTPServerDisconnected, OSError) as error:
        if isinstance(
            error, smtplib.SMTPResponseException | smtplib.SMTPRecipientsRefused
        ):
            raise
        raise Uncertain(f"the mail server: {_first_line(error)}") from error


def _server(
    scheme: str, host: str, port: int | None, context: ssl.SSLContext
) -> smtplib.SMTP:
    if scheme == "smtps":
        server: smtplib.SMTP = smtplib.SMTP_SSL(
            host, port or 465, timeout=_PATIENCE, context=context
        )
    else:
        server = smtplib.SMTP(host, port or 25, timeout=_PATIENCE)
    server.ehlo()
    return server


def _mail(message: Message, sender: str, people: tuple[str, ...]) -> EmailMessage:
    mail = EmailMessage()
    mail["Subject"], mail["From"], mail["To"] = message.title, sender, ", ".join(people)
    mail["Message-ID"] = make_msgid(domain=sender.partition("@")[2])
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(message.text)
    if message.html:
        mail.add_alternative(message.html, subtype="html")
    for one in message.attachments:
        main, _, sub = one.media_type.partition("/")
        mail.add_attachment(one.content, maintype=main, subtype=sub, filename=one.name)
    return mail


def by_apprise(address: str, message: Message) -> None:
    """Deliver through apprise, which knows a hundred kinds of address. Raises `Refused`."""
    from apprise import Apprise

    channel = Apprise()
    if not channel.add(address):
        raise Refused("apprise does not know this kind of address")
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for one in message.attachments:
            path = Path(folder) / one.name
            path.write_bytes(one.content)
            paths.append(str(path))
        taken = channel.notify(
            title=message.title, body=message.text, attach=paths or None
        )
    if not taken:
        raise Refused("the channel did not take it")


def _people(query: str) -> tuple[str, ...]:
    named = parse_qs(query).get("to", [])
    return tuple(one.strip() for some in named for one in some.split(",") if one)


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0][:200] or type(error).__name__
