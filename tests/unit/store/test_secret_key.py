"""The key of the one-time secrets: made once, private, and never shown."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from provisioner.errors import SettingsInvalid
from provisioner.settings import Settings
from provisioner.store.secret_key import load_key


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(var=tmp_path / "var")


def test_a_key_is_made_once_in_a_private_file(settings: Settings) -> None:
    key = load_key(settings)
    Fernet(key.strip())
    file = settings.var / "secret.key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert [one.name for one in file.parent.iterdir()] == ["secret.key"]
    assert load_key(settings) == key


def test_many_at_once_get_the_same_key(settings: Settings) -> None:
    with ThreadPoolExecutor(16) as pool:
        keys = set(pool.map(lambda _: load_key(settings), range(64)))
    assert len(keys) == 1


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644])
def test_a_key_that_others_may_read_is_refused(settings: Settings, mode: int) -> None:
    key = load_key(settings).decode().strip()
    (settings.var / "secret.key").chmod(mode)
    with pytest.raises(SettingsInvalid, match=f"{mode:04o}") as caught:
        load_key(settings)
    assert "chmod 600" in caught.value.remedy
    assert key not in str(caught.value)


def test_a_named_key_wins_and_makes_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = Fernet.generate_key().decode()
    monkeypatch.setenv("THE_KEY", key)
    settings = Settings(var=tmp_path / "var", secret_key="env/THE_KEY")
    assert load_key(settings) == key.encode()
    assert not settings.var.exists()


@pytest.mark.parametrize("text", ["", "password", "A" * 44 + "!", "zz" * 22])
def test_what_is_no_key_is_refused_with_how_to_make_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setenv("THE_KEY", text)
    with pytest.raises(SettingsInvalid, match="env/THE_KEY") as caught:
        load_key(Settings(var=tmp_path, secret_key="env/THE_KEY"))
    assert "openssl rand" in caught.value.remedy
    assert not text or text not in str(caught.value)


def test_an_empty_key_file_is_refused_and_not_replaced(settings: Settings) -> None:
    settings.var.mkdir()
    file = settings.var / "secret.key"
    file.touch(0o600)
    with pytest.raises(SettingsInvalid, match="holds no key"):
        load_key(settings)
    assert file.read_bytes() == b""


def test_a_var_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "var").write_text("in the way")
    with pytest.raises(SettingsInvalid, match="var"):
        load_key(Settings(var=tmp_path / "var" / "deeper"))
