"""Settings: read once at start from defaults, then `outlay.toml`, then `OUTLAY_…` variables, then the command line.

Every setting is a field of `Settings` with its meaning beside it; docs/reference/settings.md is made from here. What is
in the file or on the command line must be a setting; a variable need not, as others may set some that begin alike.
"""

import os
import tomllib
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from email.utils import parseaddr
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta, Struct

from outlay.kit.mail_server import parse_mail_server
from outlay.kit.period import parse_zone
from outlay.kit.sealing import parse_sealing_keys

PREFIX: Final = "OUTLAY_"
CONFIG_VARIABLE: Final = "OUTLAY_CONFIG"
_HIDDEN: Final = ("secret_key", "control_url", "smtp_url")  # never in a message


class SettingInvalid(ValueError):
    """A setting is unknown or has a value it can't have; the message names it, where it was set and what it takes."""


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All settings of one Outlay process."""

    data: Annotated[
        str, Meta(min_length=1, description="Data directory: ledger, control database and secret key live in it.")
    ] = "./data"
    host: Annotated[str, Meta(min_length=1, description="Address to listen on.")] = "127.0.0.1"
    port: Annotated[int, Meta(ge=1, le=65535, description="Port to listen on.")] = 8400
    root_path: Annotated[
        str,
        Meta(
            pattern=r"^(/[A-Za-z0-9._~-]+)*$",
            description="URL prefix when served behind a proxy under a path, such as /tools/outlay. No trailing slash.",
        ),
    ] = ""
    public_url: Annotated[
        str,
        Meta(
            pattern=r"^(https?://[^\s/]+)?$",
            description="Scheme and host people use, such as https://outlay.example.com. Needed behind a proxy.",
        ),
    ] = ""
    allowed_hosts: Annotated[
        str,
        Meta(
            description="Host names, with commas between, under which Outlay answers besides that of `public_url` and "
            "this machine's own; * stands for any. Without it and without `public_url` every name is answered."
        ),
    ] = ""
    trusted_proxies: Annotated[
        str,
        Meta(
            description="Addresses or networks, with commas between, of the proxies whose X-Forwarded-For and "
            "X-Forwarded-Proto count. Without it everyone behind a proxy shares one limit on failed sign-ins.",
        ),
    ] = ""
    zone: Annotated[str, Meta(description="IANA time zone of the organisation made at the first start.")] = "UTC"
    organisation: Annotated[
        str, Meta(min_length=1, max_length=100, description="Name of the organisation made at the first start.")
    ] = "My organisation"
    secret_key: Annotated[
        str,
        Meta(
            description="Key that credentials of upstreams are encrypted with: 32 random bytes as base64. Without it "
            "one is made in `secret.key` in the data directory. Several, newest first, with commas between, while a "
            "new one takes over (`outlay secrets rotate`)."
        ),
    ] = ""
    control_url: Annotated[
        str,
        Meta(
            pattern=r"^(postgres(ql)?://\S+)?$",
            description="Postgres database for members, keys and settings, such as "
            "postgresql://outlay:password@db.example.com/outlay. Without it they are in a SQLite file in the data "
            "directory. Holds a password: best set as a variable.",
        ),
    ] = ""
    private_upstreams: Annotated[
        bool,
        Meta(
            description="Admins may add upstreams in the private network and on this machine on the page, too. Without "
            "it only `outlay upstreams` may."
        ),
    ] = False
    smtp_url: Annotated[
        str,
        Meta(
            description="Mail server for invitations, sign-in links and new passwords, such as "
            "smtps://user:password@mail.example.com:465, or smtp://…:587 for STARTTLS. Without it admins hand links "
            "over."
        ),
    ] = ""
    mail_from: Annotated[
        str,
        Meta(description="Address that mail comes from, such as Outlay <outlay@example.com>. Needed with `smtp_url`."),
    ] = ""
    session_hours: Annotated[int, Meta(ge=1, le=8760, description="Hours a sign-in lasts.")] = 336
    secure_cookies: Annotated[
        bool, Meta(description="Mark cookies Secure. Set it wherever people reach Outlay over https.")
    ] = False
    max_body_mb: Annotated[
        int, Meta(ge=1, le=1024, description="Largest body of one intake request after decompression, in MiB.")
    ] = 32
    otlp_body_mb: Annotated[
        int, Meta(ge=1, le=1024, description="Largest body of one OpenTelemetry export after decompression, in MiB.")
    ] = 64
    max_upload_mb: Annotated[
        int, Meta(ge=1, le=65_536, description="Largest file that can be uploaded on the Imports page, in MiB.")
    ] = 256
    max_batch_events: Annotated[int, Meta(ge=1, le=1_000_000, description="Most events in one intake request.")] = (
        10_000
    )
    queue_events: Annotated[
        int, Meta(ge=1, le=10_000_000, description="Most events waiting to be committed before intake answers 503.")
    ] = 100_000
    commit_events: Annotated[int, Meta(ge=1, le=1_000_000, description="Most events in one ledger transaction.")] = (
        8_000
    )
    max_tags: Annotated[int, Meta(ge=0, le=1000, description="Most tags on one event.")] = 32
    max_field_chars: Annotated[
        int, Meta(ge=16, le=4096, description="Longest identifier (user, agent, model, tag …) in characters.")
    ] = 256
    max_metadata_bytes: Annotated[
        int, Meta(ge=0, le=65536, description="Largest metadata of one event as JSON, in bytes.")
    ] = 4096
    max_new_entities: Annotated[
        int,
        Meta(
            ge=1,
            description="Most distinct users, agents, models … of one kind that one organisation may register; "
            "events that would add another are refused.",
        ),
    ] = 100_000
    ledger_memory_mb: Annotated[
        int, Meta(ge=128, description="Memory the ledger engine may use for queries and commits, in MiB.")
    ] = 2048
    ledger_threads: Annotated[
        int, Meta(ge=0, le=256, description="Threads of the ledger engine; 0 uses one per core.")
    ] = 0
    live_streams: Annotated[
        int, Meta(ge=0, le=100_000, description="Most live pages open at once; 0 switches live mode off.")
    ] = 1000
    live_streams_per_member: Annotated[
        int, Meta(ge=1, le=10_000, description="Most live pages one member has open at once.")
    ] = 12
    gateway_calls: Annotated[
        int, Meta(ge=0, le=100_000, description="Most model calls on their way through the gateway at once.")
    ] = 2000
    gateway_body_mb: Annotated[
        int, Meta(ge=1, le=1024, description="Largest JSON body of a model call, in MiB; other bodies pass unlimited.")
    ] = 64
    gateway_wait_for_disk: Annotated[
        bool,
        Meta(
            description="Send a model call out only once its record survives a power cut too. Costs each call a sync "
            "of the disk; without it the record follows within milliseconds, and survives the end of the process."
        ),
    ] = False
    key_requests_a_minute: Annotated[
        int, Meta(ge=0, description="Most requests in a minute with one API key, gateway included; 0 is any number.")
    ] = 0
    address_requests_a_minute: Annotated[
        int, Meta(ge=0, description="Most requests in a minute from one address; 0 is any number.")
    ] = 0
    address_failures_a_minute: Annotated[
        int,
        Meta(
            ge=0,
            description="Most requests in a minute from one address that end as not signed in; beyond it only "
            "browsers and keys that are in use already are answered. 0 is any number.",
        ),
    ] = 600
    log_format: Annotated[
        str, Meta(pattern="^(text|json)$", description="How log lines are written: text or json.")
    ] = "text"

    @property
    def data_dir(self) -> Path:
        return Path(self.data).expanduser()

    def __repr__(self) -> str:
        return f"Settings(data={self.data!r})"  # a traceback or a log must not show the secret key


def load_settings(
    file: Path | None = None, environ: Mapping[str, str] | None = None, overrides: Mapping[str, Any] | None = None
) -> Settings:
    """Return the settings in force; SettingInvalid names the first one that can't be used and where it was set.

    `file` is a TOML file (`outlay.toml` in the working directory when None and present); `overrides` are command-line
    values, of which None means "not given".
    """
    values: dict[str, Any] = {}
    origin: dict[str, str] = {}
    for where, found in _layers(file, os.environ if environ is None else environ, overrides or {}):
        for name, value in found.items():
            if name not in Settings.__struct_fields__:
                raise SettingInvalid(f"unknown setting {name!r} in {where}; docs/reference/settings.md lists all")
            values[name] = value
            origin[name] = where
    return _checked(values, origin)


def unknown_variables(environ: Mapping[str, str]) -> dict[str, str | None]:
    """Return the variables that look like settings and are none, each with the setting that may be meant."""
    known = [_variable(name) for name in Settings.__struct_fields__]
    unknown = [name for name in sorted(environ) if name.startswith(PREFIX) and name not in (*known, CONFIG_VARIABLE)]
    return {name: next(iter(get_close_matches(name, known, n=1, cutoff=0.8)), None) for name in unknown}


def _variable(setting: str) -> str:
    return f"{PREFIX}{setting.upper()}"


def _layers(
    file: Path | None, environ: Mapping[str, str], overrides: Mapping[str, Any]
) -> list[tuple[str, dict[str, Any]]]:
    named = {name: environ[variable] for name in Settings.__struct_fields__ if (variable := _variable(name)) in environ}
    path = file or (Path(environ[CONFIG_VARIABLE]) if CONFIG_VARIABLE in environ else None)
    if path is None and Path("outlay.toml").is_file():
        path = Path("outlay.toml")
    given = {name: value for name, value in overrides.items() if value is not None}
    return [
        (str(path), _read_toml(path) if path else {}),
        ("the environment", named),
        ("the command line", given),
    ]


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingInvalid(f"can't read the settings file {path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingInvalid(f"{path} is not valid TOML: {error}") from error


def _checked(values: dict[str, Any], origin: dict[str, str]) -> Settings:
    for name, value in values.items():
        try:
            msgspec.convert({name: value}, Settings, strict=origin[name] != "the environment")
        except msgspec.ValidationError as error:
            reason = str(error).split(" - at ")[0]
            shown = "…" if name in _HIDDEN else repr(value)
            raise SettingInvalid(f"setting {name} = {shown} (from {origin[name]}): {reason}") from None
    settings = msgspec.convert(values, Settings, strict=False)
    for name, parse in _PARSED.items():
        try:
            parse(getattr(settings, name))
        except ValueError as error:
            raise SettingInvalid(f"setting {name} (from {origin[name]}): {error}") from None
    if settings.smtp_url and not settings.mail_from:
        raise SettingInvalid(
            f"setting smtp_url (from {origin['smtp_url']}): mail_from says whom mail comes from; set it"
        )
    return settings


def _parse_networks(text: str) -> list[IPv4Network | IPv6Network]:
    return [ip_network(each.strip()) for each in text.split(",")] if text else []


def _parse_sender(text: str) -> None:
    if text and not (text.isprintable() and "@" in parseaddr(text)[1]):
        raise ValueError("write an address such as outlay@example.com or Outlay <outlay@example.com>")


_PARSED: Final[Mapping[str, Callable[[str], object]]] = MappingProxyType(
    {
        "zone": parse_zone,
        "trusted_proxies": _parse_networks,
        "secret_key": parse_sealing_keys,
        "smtp_url": parse_mail_server,
        "mail_from": _parse_sender,
    }
)
