"""Configuration: precedence, refusals, and the address that a directory belongs to."""

from pathlib import Path

import pytest

from fediserver.config import sources
from fediserver.errors import ConfigError

STORED = {"base_url": "http://localhost:8001", "domain": "localhost:8001"}


def test_without_a_word_a_node_serves_localhost(tmp_path: Path) -> None:
    config = sources(data_dir=tmp_path, environ={}).settle({})
    assert (config.base_url, config.domain) == ("http://localhost:8000", "localhost:8000")
    assert config.database_url == f"sqlite:///{tmp_path}/fediserver.db"


def test_the_port_names_the_address(tmp_path: Path) -> None:
    config = sources(data_dir=tmp_path, environ={}, flags={"port": 8001}).settle({})
    assert config.base_url == "http://localhost:8001"
    assert config.port == 8001


def test_a_domain_means_https(tmp_path: Path) -> None:
    config = sources(data_dir=tmp_path, environ={"FEDISERVER_DOMAIN": "Garden.example"}).settle({})
    assert (config.base_url, config.domain) == ("https://garden.example", "garden.example")


def test_handles_may_be_on_another_name_than_the_node(tmp_path: Path) -> None:
    flags = {"domain": "garden.example", "base_url": "https://social.garden.example"}
    config = sources(data_dir=tmp_path, environ={}, flags=flags).settle({})
    assert config.domain == "garden.example"
    assert config.web_host == "social.garden.example"


def test_flags_win_over_environment_over_file_over_what_is_stored(tmp_path: Path) -> None:
    (tmp_path / "fediserver.toml").write_text('port = 1\nhost = "10.0.0.1"\nregistrations = "open"\n')
    found = sources(
        data_dir=tmp_path, environ={"FEDISERVER_PORT": "2", "FEDISERVER_HOST": "10.0.0.2"}, flags={"port": 3}
    )
    config = found.settle(STORED)
    assert (config.port, config.host, config.registrations) == (3, "10.0.0.2", "open")


def test_a_directory_keeps_its_address_without_being_told(tmp_path: Path) -> None:
    config = sources(data_dir=tmp_path, environ={}).settle(STORED)
    assert config.base_url == "http://localhost:8001"


@pytest.mark.parametrize(
    "flags",
    [
        {"base_url": "http://localhost:8002"},
        {"domain": "garden.example"},
        {"base_url": "https://localhost:8001"},
    ],
)
def test_a_directory_refuses_another_address(tmp_path: Path, flags: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match="this directory belongs to http://localhost:8001"):
        sources(data_dir=tmp_path, environ={}, flags=flags).settle(STORED)


def test_a_node_on_plain_http_listens_where_its_address_says(tmp_path: Path) -> None:
    assert sources(data_dir=tmp_path, environ={}).settle(STORED).port == 8001
    behind = {"base_url": "https://garden.example", "domain": "garden.example"}
    assert sources(data_dir=tmp_path, environ={}).settle(behind).port == 8000


def test_another_port_to_listen_on_is_no_other_address(tmp_path: Path) -> None:
    config = sources(data_dir=tmp_path, environ={}, flags={"port": 9000}).settle(STORED)
    assert (config.base_url, config.port) == ("http://localhost:8001", 9000)


def test_unknown_settings_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="FEDISERVER_COLOUR"):
        sources(data_dir=tmp_path, environ={"FEDISERVER_COLOUR": "green"})
    (tmp_path / "fediserver.toml").write_text("[media]\ncolour = 1\n")
    with pytest.raises(ConfigError, match="media_colour"):
        sources(data_dir=tmp_path, environ={})


def test_a_section_and_its_key_make_one_name(tmp_path: Path) -> None:
    (tmp_path / "fediserver.toml").write_text('[media]\nbudget = "500 MiB"\n')
    assert sources(data_dir=tmp_path, environ={}).settle({}).media_budget == 500 << 20


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("FEDISERVER_PORT", "many"),
        ("FEDISERVER_REGISTRATIONS", "perhaps"),
        ("FEDISERVER_MEDIA_BUDGET", "a lot"),
        ("FEDISERVER_LANGUAGE", "German"),
        ("FEDISERVER_ALLOWED_PRIVATE_NETWORKS", "10.0.0.0/99"),
        ("FEDISERVER_BASE_URL", "garden.example"),
        ("FEDISERVER_BASE_URL", "https://garden.example/below"),
    ],
)
def test_what_cannot_be_is_refused_with_a_reason(tmp_path: Path, name: str, value: str) -> None:
    with pytest.raises(ConfigError, match=r"FEDISERVER|setting"):
        sources(data_dir=tmp_path, environ={name: value}).settle({})
