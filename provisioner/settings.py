"""Settings from `PROVISIONER_*`, `provisioner.toml` and secret files; secrets by reference."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from provisioner.errors import SettingsInvalid
from provisioner.shipped import sample_inventory


class Settings(BaseSettings):
    """How this installation works; what the municipalities want is in the inventory.

    Each setting can be given as `PROVISIONER_<NAME>` or in `provisioner.toml`.
    """

    model_config = SettingsConfigDict(
        env_prefix="PROVISIONER_",
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
    )

    profile: Literal["production", "sandbox"] = Field(
        "production",
        description="`sandbox` points every command at the running sandbox.",
    )
    inventory: Path = Field(
        Path("inventory"),
        description="Folder of the inventory; a sandbox without one works on the sample.",
    )
    var: Path = Field(
        Path("var"), description="Folder for all that provisioner writes."
    )
    store_url: str = Field(
        "", description="SQLAlchemy URL of the store; empty is SQLite in `var`."
    )
    secret_key: str = Field(
        "",
        description="Reference (`env/NAME`, `file/PATH`) to the key that encrypts one-time"
        " secrets; empty is a private file in `var`.",
    )
    graph_url: str = Field(
        "https://graph.microsoft.com/v1.0", description="Base URL of Microsoft Graph."
    )
    exchange_url: str = Field(
        "https://outlook.office365.com",
        description="Base URL of Exchange Online, for tenants with `exchange` on.",
    )
    authority: str = Field(
        "https://login.microsoftonline.com",
        description="Base URL of the token endpoint.",
    )
    nameservers: str = Field(
        "", description="`host:port` list asked for DNS records; empty is the system's."
    )
    settings_per_run: int = Field(
        400,
        ge=0,
        description="Mailboxes whose settings a drift run reads, oldest first.",
    )
    mailbox_patience: float = Field(
        900.0, gt=0, description="Seconds an apply waits for new mailboxes to answer."
    )
    dns_patience: float = Field(
        15.0, ge=0, description="Seconds an apply waits for DNS records to appear."
    )
    pictures: bool = Field(
        True,
        description="Whether the report of an apply shows how websites look, where this"
        " machine has Chromium.",
    )
    lab_images: str = Field(
        "",
        description="Folder of the images of the sandbox's hosts; empty is `lab-images` in"
        " `var`.",
    )
    lab_debian: Literal["trixie", "bookworm"] = Field(
        "trixie", description="Debian release of the sandbox's hosts."
    )
    lease_seconds: float = Field(
        60.0,
        ge=1,
        description="Seconds after which a run whose process went silent is given up,"
        " and a leader replaced, which waits for 15 at most.",
    )
    queue: Literal["in_process", "procrastinate"] = Field(
        "in_process",
        description="How workers hear of runs; `procrastinate` needs a store on PostgreSQL.",
    )
    runs_keep_days: float = Field(
        730.0, gt=0, description="Days for which ended runs are kept."
    )
    runs_keep_newest: int = Field(
        1000, ge=0, description="Newest runs that are kept however old they are."
    )
    runs_keep_most: int = Field(
        1_000_000, gt=0, description="Ended runs that are kept at most."
    )
    heartbeat: str = Field(
        "",
        description="Reference (`env/NAME`, `file/PATH`) to a URL that the leader calls once"
        " a minute, where somebody waits for it (healthchecks); empty is nobody.",
    )
    approval_hours: float = Field(
        72.0, gt=0, description="Hours for which a held plan waits for a second person."
    )
    actor: str = Field(
        "", description="Who acts, for the audit; empty is the login name."
    )
    portal_url: str = Field(
        "",
        description="Where people reach the portal (`https://portal.example`); empty is no"
        " portal, but in a sandbox this machine.",
    )
    portal_authority: str = Field(
        "",
        description="Issuer of the tenant that signs people in"
        " (`https://login.microsoftonline.com/TENANT/v2.0`).",
    )
    portal_client_id: str = Field(
        "", description="Client id of the portal's own application in that tenant."
    )
    portal_client_secret: str = Field(
        "", description="Reference (`env/NAME`, `file/PATH`) to that client's secret."
    )
    portal_groups: str = Field(
        "",
        description="Groups that give roles where app roles do not:"
        " `GROUP-ID=ROLE`, separated by space.",
    )
    portal_idle_minutes: float = Field(
        60.0,
        gt=0,
        description="Minutes after which a person who did nothing signs in anew.",
    )
    portal_session_hours: float = Field(
        10.0, gt=0, description="Hours after which everybody signs in anew."
    )

    @property
    def sandbox_dir(self) -> Path:
        return self.var / "sandbox"

    @property
    def lab_images_dir(self) -> Path:
        return Path(self.lab_images) if self.lab_images else self.var / "lab-images"

    @property
    def database(self) -> str:
        return self.store_url or f"sqlite:///{(self.var / 'provisioner.db').absolute()}"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        file = os.environ.get("PROVISIONER_CONFIG", "provisioner.toml")
        toml = TomlConfigSettingsSource(settings_cls, toml_file=Path(file))
        return init_settings, env_settings, toml


def load_settings(config: Path | None = None, **given: object) -> Settings:
    """The settings with `given` values over environment over file.

    Raises `SettingsInvalid` naming every faulty setting, never its value.
    """
    if config is not None:
        if not config.is_file():
            raise SettingsInvalid(f"{config}: no such settings file.")
        os.environ["PROVISIONER_CONFIG"] = str(config)
    try:
        settings = Settings(**{k: v for k, v in given.items() if v is not None})  # type: ignore[arg-type]
    except ValidationError as error:
        faults = "; ".join(
            f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()
        )
        raise SettingsInvalid(
            f"Settings are wrong: {faults}.", remedy="See docs/reference/settings.md."
        ) from None
    if settings.profile == "production":
        return settings
    return settings.model_copy(update={"inventory": rehearsed_inventory(settings)})


def rehearsed_inventory(settings: Settings) -> Path:
    """What a sandbox works on: without an inventory named or here, the sample cluster."""
    named = "inventory" in settings.model_fields_set or settings.inventory.exists()
    return settings.inventory if named else sample_inventory()


def resolve_secret(reference: str) -> str:
    """The secret a reference names: `env/NAME` or `file/PATH` (surrounding space cut).

    Raises `SettingsInvalid` that names the reference, never the secret.
    """
    source, _, name = reference.partition("/")
    if source == "env" and name:
        if name in os.environ:
            return os.environ[name]
        raise SettingsInvalid(f"The environment variable {name} is not set.")
    if source == "file" and name:
        try:
            return Path(name).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise SettingsInvalid(f"Secret file {name}: {error.strerror}.") from None
    raise SettingsInvalid(
        f"{reference.split('/')[0]!r} is no secret reference.",
        remedy="Write env/NAME or file/PATH; a secret itself never stands in a file.",
    )
