"""The sample's hosts: one for the web, one for backups, one to manage from.

Addresses and keys are made up; in a sandbox those of its lab take their place.
"""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from provisioner.sandbox.sample.places import Place

_TYPE = b"ssh-ed25519"
_NET = "galil.example"
_WEB, _BACKUP, _MANAGE = "web-1", "backup-1", "manage-1"


class Clock(str):
    """A time of day, always quoted: some YAML readers take 16:00 for a number."""


def cluster_machines() -> dict[str, Any]:
    """What `cluster.yml` says of zones, hosts and the cluster's own servers."""
    return {
        "zones": [{"name": "galil", "key": "file/galil-ssh-key"}],
        "hosts": [
            {
                "name": name,
                "zone": "galil",
                "address": f"{name}.{_NET}",
                "host_keys": [public_key(name)],
            }
            for name in (_WEB, _BACKUP, _MANAGE)
        ],
        "servers": [
            _server(_WEB),
            _server(
                _BACKUP,
                backup_store={
                    "sources": ["10.77.0.0/16"],
                    "ca": "file/galil-backup-ca.pem",
                },
            ),
        ],
        # Away from the nights, in which jobs save and the store thins out.
        "schedules": [
            {
                "name": "restore-drills",
                "what": "backup_drill",
                "at": Clock("11:00"),
                "days": ["monday"],
            }
        ],
    }


def machines_of(place: Place) -> dict[str, Any]:
    """What one place wants of hosts; most want nothing."""
    return _WANTED.get(place.slug, {})


def public_key(seed: str) -> str:
    """A well-formed public key that nobody has the private half of."""
    body = hashlib.sha256(f"sample {seed}".encode()).digest()
    raw = b"".join(len(one).to_bytes(4, "big") + one for one in (_TYPE, body))
    return f"{_TYPE.decode()} {base64.b64encode(raw).decode()}"


def _server(host: str, **more: Any) -> dict[str, Any]:
    return {
        "host": host,
        "hostname": f"{host}.{_NET}",
        "admins": [
            {"name": "oren", "keys": [public_key("oren")]},
            {"name": "yasmin", "keys": [public_key("yasmin")]},
        ],
        "metrics_from": ["10.77.0.0/16"],
        **more,
    }


def _statement(coordinator: str, place: str, number: int) -> dict[str, str]:
    return {
        "coordinator": coordinator,
        "phone": f"04-999-00{number}",
        "email": f"access@{place}.example",
    }


def _backup(name: str, host: str, place: str, **what: Any) -> dict[str, Any]:
    return {
        "name": name,
        "host": host,
        "repository": f"rest:https://{_BACKUP}.{_NET}:8000/{place}/{name}",
        "password": f"env/{place.upper()}_BACKUP_PASSWORD",
        **what,
    }


_WANTED: dict[str, dict[str, Any]] = {
    "karmiel": {
        "servers": [_server(_MANAGE)],
        "websites": [
            {
                "name": "main",
                "type": "wordpress",
                "host": _WEB,
                "domain": "www.karmiel.example",
                "aliases": ["karmiel-city.example"],
                "language": "he",
                "title": "עיריית כרמיאל",
                "about": "ברוכים הבאים לאתר העירייה: שירותים לתושב, פרויקטים ופנייה"
                " למוקד.",
                "accessibility": _statement("תמר אבן", "karmiel", 11),
            }
        ],
        "backups": [
            _backup("sites", _WEB, "karmiel", websites=["main"]),
            _backup("manage", _MANAGE, "karmiel", paths=["/etc", "/home"]),
        ],
    },
    "sakhnin": {
        "websites": [
            {
                "name": "main",
                "type": "wordpress",
                "host": _WEB,
                "domain": "www.sakhnin.example",
                "language": "ar",
                "title": "بلدية سخنين",
                "about": "أهلًا بكم في موقع البلدية: الخدمات والمشاريع والتوجه إلى مركز"
                " البلدية.",
                "accessibility": _statement("ياسمين السندان", "sakhnin", 12),
            },
            {
                "name": "learning",
                "type": "static",
                "host": _WEB,
                "domain": "learning.sakhnin.example",
                "language": "ar",
                "title": "نتعلم معًا: دورات رقمية لكبار السن",
                "about": "دورات مجانية في استخدام الهاتف والحاسوب والخدمات الرقمية"
                " للبلدية، الأحد والأربعاء في المركز الجماهيري.",
                "accessibility": _statement("ياسمين السندان", "sakhnin", 12),
            },
        ],
        "backups": [
            _backup("sites", _WEB, "sakhnin", at="03:00", websites=["learning"])
        ],
    },
}
