"""The key that encrypts one-time secrets: named by a setting, or a private file in `var`."""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path

from cryptography.fernet import Fernet

from provisioner.errors import SettingsInvalid
from provisioner.settings import Settings, resolve_secret

_HOW = (
    "A key is 32 random bytes in URL-safe base64; make one with:"
    " openssl rand -base64 32 | tr '+/' '-_'."
)


def load_key(settings: Settings) -> bytes:
    """The key (several, separated by space, after a rotation: the first one encrypts).

    From the reference `settings.secret_key`, else from `var/secret.key`, which is made when
    it is not there. Raises `SettingsInvalid` for a key that is none and for a file that
    others may read.
    """
    if settings.secret_key:
        key = resolve_secret(settings.secret_key).encode()
        return _checked(key, settings.secret_key)
    path = settings.var / "secret.key"
    if not path.exists():
        _create(path)
    return _checked(_read_private(path), str(path))


def _checked(key: bytes, where: str) -> bytes:
    try:
        for one in key.split():
            Fernet(one)
        if key.split():
            return key
    except ValueError:
        pass
    raise SettingsInvalid(f"{where} holds no key for one-time secrets.", remedy=_HOW)


def _create(path: Path) -> None:
    """All of it or nothing, and the first of two that come at once wins."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=".secret.", dir=path.parent)  # 0600
        draft = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(Fernet.generate_key() + b"\n")
                file.flush()
                os.fsync(file.fileno())
            _publish(draft, path)
        finally:
            draft.unlink(missing_ok=True)
    except OSError as error:
        raise SettingsInvalid(f"{path}: {error.strerror}.") from error


def _publish(draft: Path, path: Path) -> None:
    try:
        path.hardlink_to(draft)
    except FileExistsError:
        return


def _read_private(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            if mode & 0o077:
                raise SettingsInvalid(
                    f"{path} may be read by others (mode {mode:04o}).",
                    remedy=f"Make it private: chmod 600 {path}; then think of a new key.",
                )
            return file.read()
    except OSError as error:
        raise SettingsInvalid(f"{path}: {error.strerror}.") from error
