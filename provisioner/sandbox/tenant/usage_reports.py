"""`/reports/getMailboxUsageDetail`: one row of CSV for every mailbox there is."""

from __future__ import annotations

import csv
import io
import zlib
from datetime import UTC, datetime

from provisioner.sandbox.tenant.account import Account
from provisioner.sandbox.tenant.call import Answer, Call
from provisioner.sandbox.tenant.refusal import Refusal

_PERIODS = ("D7", "D30", "D90", "D180")
_HEAD = (
    "Report Refresh Date,User Principal Name,Display Name,Is Deleted,Deleted Date,"
    "Created Date,Last Activity Date,Item Count,Storage Used (Byte),"
    "Issue Warning Quota (Byte),Prohibit Send Quota (Byte),"
    "Prohibit Send/Receive Quota (Byte),Deleted Item Count,Deleted Item Size (Byte),"
    "Deleted Item Quota (Byte),Has Archive,Recipient Type,Report Period"
)
_GIGABYTE = 1 << 30
_QUOTAS = (49 * _GIGABYTE, int(49.5 * _GIGABYTE), 50 * _GIGABYTE)


def mailbox_usage(call: Call) -> Answer:
    """The report as of two days ago, as the vendor's lag behind; always 200 with the
    CSV itself, where the vendor sends a 302 to a file."""
    period = call.params[0].partition("=")[2].strip("'")
    if period not in _PERIODS:
        raise Refusal(
            400,
            "InvalidArgument",
            f"Invalid period value specified: {period}. Supported values: D7, D30, D90,"
            " D180.",
        )
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    refreshed = _day(call.now - 2 * 86400)
    for account in call.reader.live(0):
        if account.mailbox is not None and account.mailbox.ready:
            writer.writerow(_row(account, refreshed, period[1:]))
    body = f"\ufeff{_HEAD}\n{text.getvalue()}".encode()
    return Answer(200, body, content_type="application/octet-stream")


def _row(account: Account, refreshed: str, period: str) -> list[object]:
    # Every mailbox has a size of its own, the same one at each look.
    items = zlib.crc32(account.id.encode()) % 20_000
    return [
        refreshed,
        account.name,
        account.properties.get("displayName", ""),
        "False",
        "",
        _day(account.created),
        "",
        items,
        items * 65_536,
        *_QUOTAS,
        items // 20,
        items * 3_277,
        30 * _GIGABYTE,
        "False",
        "User",
        period,
    ]


def _day(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d")
