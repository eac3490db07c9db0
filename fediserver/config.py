"""Configuration: flags, then environment, then the TOML file, then what the data directory remembers.

Names and defaults are listed in docs/configuration.md.
"""

import ipaddress
import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import msgspec

from fediserver.errors import ConfigError

_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}
# A host name or address, with or without port.
_LABEL = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_HOST = re.compile(rf"({_LABEL}(\.{_LABEL})*|\[[0-9a-f:.]+\])(:[0-9]{{1,5}})?")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Z]{2})?")
_NUMBER_OF_BYTES = re.compile(r"(\d+)\s*([KMGT]?)(?:i?B)?", re.IGNORECASE)


class Config(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that can be set, settled and checked; made by `load`."""

    data_dir: Path
    base_url: str
    domain: str
    database_url: str
    host: str = "127.0.0.1"
    port: int = 8000
    trusted_proxies: tuple[str, ...] = ()
    allowed_private_networks: tuple[str, ...] = ()
    rate_limits: Literal["on", "off"] = "on"
    media_budget: int = 2 << 30
    video_limit: int = 99 << 20
    media_base_url: str = ""
    mail_url: str = ""
    mail_from: str = ""
    outbound_proxy: str = ""
    registrations: Literal["open", "approval", "invite", "closed"] = "approval"
    federation: Literal["open", "allowlist", "off"] = "open"
    secure_fetch: Literal["on", "off"] = "off"
    domain_blocks_shown: Literal["nobody", "members", "everybody"] = "members"
    trends_review: Literal["on", "off"] = "off"
    language: str = ""

    @property
    def web_host(self) -> str:
        """Host[:port] of the base URL; differs from `domain` where handles are on another name."""
        return urlsplit(self.base_url).netloc

    @property
    def https(self) -> bool:
        """Whether members reach the node over TLS."""
        return self.base_url.startswith("https://")

    @property
    def media_url(self) -> str:
        """Where uploads are served, with a closing slash."""
        return (self.media_base_url or self.base_url + "/media").rstrip("/") + "/"


class Sources(msgspec.Struct, kw_only=True):
    """What was said about the configuration, before the data directory is asked: raw texts by name."""

    data_dir: Path
    values: dict[str, str]

    @property
    def database_url(self) -> str:
        """Which database is meant: asked before anything else, for it remembers the address."""
        return self.values.get("database_url") or f"sqlite:///{self.data_dir / 'fediserver.db'}"

    def settle(self, stored: Mapping[str, str]) -> Config:
        """The configuration, given the address that the data directory remembers (empty on first use).

        Raises ConfigError when another address is asked for than the one the directory belongs to.
        """
        values = dict(self.values)
        settled = _address(values, stored)
        for name in ("base_url", "domain"):
            if name in stored and settled[name] != stored[name]:
                raise ConfigError(
                    f"this directory belongs to {stored['base_url']} (handles end in @{stored['domain']}); "
                    f"start with that, or move it"
                )
        listening = {"port": _port_of(settled["base_url"])} | values
        return _build(self.data_dir, listening | settled | {"database_url": self.database_url})


def sources(
    *,
    data_dir: Path | None = None,
    file: Path | None = None,
    flags: Mapping[str, object] | None = None,
    environ: Mapping[str, str] | None = None,
) -> Sources:
    """Collect what flags, environment and file say; unknown names are refused."""
    environ = os.environ if environ is None else environ
    directory = data_dir or Path(environ.get("FEDISERVER_DATA_DIR") or "data")
    values = _from_file(file or directory / "fediserver.toml", must_exist=file is not None)
    values |= _from_environment(environ)
    values |= {name: str(value) for name, value in (flags or {}).items() if value not in (None, "")}
    values.pop("data_dir", None)
    return Sources(data_dir=directory.absolute(), values=values)


_NAMES = frozenset(Config.__struct_fields__)


def _from_environment(environ: Mapping[str, str]) -> dict[str, str]:
    prefix = "FEDISERVER_"
    found = {key[len(prefix) :].lower(): value for key, value in environ.items() if key.startswith(prefix)}
    unknown = sorted(set(found) - _NAMES)
    if unknown:
        names = ", ".join(prefix + name.upper() for name in unknown)
        raise ConfigError(f"unknown setting in the environment: {names}; see docs/configuration.md")
    return {name: value for name, value in found.items() if value != ""}


def _from_file(path: Path, *, must_exist: bool) -> dict[str, str]:
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        if must_exist:
            raise ConfigError(f"there is no configuration file {path}") from None
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as problem:
        raise ConfigError(f"{path} cannot be read: {problem}") from None
    found: dict[str, str] = {}
    for key, value in document.items():
        section = (
            {f"{key}_{name}": item for name, item in value.items()}
            if isinstance(value, dict)
            else {key: value}
        )
        found |= {name: _text(item) for name, item in section.items()}
    unknown = sorted(set(found) - _NAMES)
    if unknown:
        raise ConfigError(f"{path} has unknown settings: {', '.join(unknown)}; see docs/configuration.md")
    return found


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)


def _address(values: Mapping[str, str], stored: Mapping[str, str]) -> dict[str, str]:
    """Base URL and domain from what is said, else from what is stored, else from the port."""
    port = values.get("port", "8000")
    if not port.isascii() or not port.isdigit() or not 0 < int(port[:6]) < 65_536:
        raise ConfigError(f"FEDISERVER_PORT wants a number from 1 to 65535, not {port[:40]!r}")
    base_url, domain = values.get("base_url"), values.get("domain")
    if base_url is None and domain is None and stored:
        return {name: stored[name] for name in ("base_url", "domain")}
    if base_url is None:
        if domain is None:
            base_url = f"http://localhost:{port}"
        elif domain == stored.get("domain"):
            base_url = stored["base_url"]
        else:
            base_url = f"https://{domain}"
    parts = urlsplit(base_url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/") or parts.query:
        raise ConfigError(f"FEDISERVER_BASE_URL must look like https://garden.example, not {base_url!r}")
    base_url = f"{parts.scheme}://{parts.netloc.lower()}"
    if domain is None:
        domain = stored["domain"] if base_url == stored.get("base_url") else parts.netloc
    for name in (parts.netloc.lower(), domain.lower()):
        if _HOST.fullmatch(name) is None:
            raise ConfigError(
                f"{name!r} is no name for a node: it wants letters, digits, dots and hyphens, such as "
                f"garden.example, with other scripts in their xn-- form"
            )
    return {"base_url": base_url, "domain": domain.lower()}


def _port_of(base_url: str) -> str:
    """Where a node on plain http has to listen to be found; behind TLS something else stands in front."""
    parts = urlsplit(base_url)
    return str(parts.port or 8000) if parts.scheme == "http" else "8000"


def _build(data_dir: Path, values: Mapping[str, str]) -> Config:
    fields: dict[str, Any] = dict(values)
    fields.setdefault("trusted_proxies", "127.0.0.1/32,::1/128")
    for name in ("trusted_proxies", "allowed_private_networks"):
        fields[name] = _networks(name, fields.get(name, ""))
    for name in ("media_budget", "video_limit"):
        if name in fields:
            fields[name] = _bytes(name, fields[name])
    if "language" in fields:
        fields["language"] = _language(fields["language"])
    fields["data_dir"] = data_dir
    try:
        return msgspec.convert(fields, Config, strict=False)
    except msgspec.ValidationError as problem:
        raise ConfigError(f"a setting is wrong: {problem}; see docs/configuration.md") from None


def _networks(name: str, text: str) -> tuple[str, ...]:
    try:
        return tuple(str(ipaddress.ip_network(part.strip())) for part in text.split(",") if part.strip())
    except ValueError as problem:
        raise ConfigError(f"FEDISERVER_{name.upper()} wants networks such as 10.0.0.0/8: {problem}") from None


def _language(text: str) -> str:
    if _LANGUAGE.fullmatch(text) is None:
        raise ConfigError(f"FEDISERVER_LANGUAGE wants a language such as en, de or pt-BR, not {text[:40]!r}")
    return text


def _bytes(name: str, text: str) -> int:
    found = _NUMBER_OF_BYTES.fullmatch(text.strip())
    if found is None:
        raise ConfigError(
            f"FEDISERVER_{name.upper()} wants a number of bytes such as 2147483648 or 2GiB, not {text!r}"
        )
    return int(found[1]) * _UNITS[found[2].upper()]
