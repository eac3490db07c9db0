"""The documents say what is: settings, commands, targets, links and dependencies that they name exist."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from fediserver.activitypub.handlers import HANDLERS
from fediserver.cli import cli
from fediserver.config import Config, sources

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
NAMES = [str(path.relative_to(ROOT)) for path in DOCUMENTS]
# Read by the program, but not settings of the node.
_OTHER_VARIABLES = {"SSL_CERT_FILE", "LOG_LEVEL"}


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def rows(text: str) -> list[list[str]]:
    """The cells of every table, without its heads."""
    lines = [line for line in text.splitlines() if line.startswith("|") and not line.startswith("|---")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def targets() -> set[str]:
    return set(re.findall(r"^([a-z]+):", read("Makefile"), re.MULTILINE))


def documented_settings() -> dict[str, list[str]]:
    found = [row for row in rows(read("docs/configuration.md")) if row[0].startswith("`FEDISERVER_")]
    return {row[0].strip("`"): row[1:] for row in found}


def test_every_setting_is_documented_and_no_other() -> None:
    expected = {f"FEDISERVER_{name.upper()}" for name in Config.__struct_fields__}
    assert set(documented_settings()) == expected


def test_settings_are_documented_under_the_names_that_the_file_takes(tmp_path: Path) -> None:
    for variable, (in_file, *_) in documented_settings().items():
        name = variable.removeprefix("FEDISERVER_").lower()
        assert in_file.strip("`") == ("—" if name == "data_dir" else name)
    example = re.findall(r"```toml\n(.*?)```", read("docs/configuration.md"), re.DOTALL)
    (tmp_path / "fediserver.toml").write_text("\n".join(example), encoding="utf-8")
    settled = sources(data_dir=tmp_path, environ={}).settle({})
    assert settled.media_budget == 4 << 30
    assert settled.registrations == "closed"


def test_documented_defaults_are_those_of_the_program(tmp_path: Path) -> None:
    said = {variable: row[-1].strip("`") for variable, row in documented_settings().items()}
    settled = sources(data_dir=tmp_path, environ={}).settle({})
    for name in ("host", "port", "rate_limits", "registrations", "federation", "secure_fetch"):
        assert said[f"FEDISERVER_{name.upper()}"] == str(getattr(settled, name))
    assert said["FEDISERVER_TRUSTED_PROXIES"] == ",".join(settled.trusted_proxies)
    assert said["FEDISERVER_MEDIA_BUDGET"] == "2GiB"
    assert settled.media_budget == 2 << 30
    assert said["FEDISERVER_VIDEO_LIMIT"] == "99MiB"
    assert settled.video_limit == 99 << 20


@pytest.mark.parametrize("name", NAMES)
def test_variables_that_documents_name_exist(name: str) -> None:
    known = {f"FEDISERVER_{field.upper()}" for field in Config.__struct_fields__} | _OTHER_VARIABLES
    found = set(re.findall(r"\bFEDISERVER_[A-Z_]*[A-Z]\b", read(name)))
    assert found - known <= {"FEDISERVER_SECTION_KEY"}


@pytest.mark.parametrize("name", ["deploy/fediserver.service", "deploy/Caddyfile", "deploy/nginx.conf"])
def test_variables_that_deployment_files_name_exist(name: str) -> None:
    known = {f"FEDISERVER_{field.upper()}" for field in Config.__struct_fields__}
    assert set(re.findall(r"\bFEDISERVER_[A-Z_]*[A-Z]\b", read(name))) <= known


@pytest.mark.parametrize("name", NAMES)
def test_links_lead_to_files(name: str) -> None:
    here = (ROOT / name).parent
    for link in re.findall(r"\]\(([^)\s]+)\)", read(name)):
        if not link.startswith(("http://", "https://", "#")):
            assert (here / link.partition("#")[0]).exists(), f"{name} links {link}"


@pytest.mark.parametrize("name", NAMES)
def test_targets_that_documents_name_exist(name: str) -> None:
    if not (ROOT / "Makefile").exists():
        pytest.skip("there is no Makefile")
    found = set(re.findall(r"(?:^|`)make (?:-C \S+ )?([a-z]+)\b", read(name), re.MULTILINE))
    assert found <= targets()


def test_the_readme_has_both_commands() -> None:
    assert {"run", "test"} <= set(re.findall(r"^make ([a-z]+)", read("README.md"), re.MULTILINE))


@pytest.mark.parametrize("name", NAMES)
def test_commands_that_documents_name_exist(name: str) -> None:
    for words in commands(read(name)):
        checked(words, name)


def commands(text: str) -> Iterator[list[str]]:
    """What follows `fediserver` (or the alias `node`) in code, up to the end of the line or of the code."""
    code = re.findall(r"```sh\n(.*?)```", text, re.DOTALL) + re.findall(r"`([^`\n]+)`", text)
    for piece in code:
        for line in piece.splitlines():
            found = re.search(r"(?:^|/bin/|\| )(?:fediserver|node) ([a-z].*)$", line.strip())
            if found:
                yield found[1].split()


def checked(words: list[str], where: str) -> None:
    """Fail unless the words are a command with options that it has."""
    command: click.Command = cli
    context = click.Context(cli)
    rest = list(words)
    while rest and isinstance(command, click.Group):
        found = command.get_command(context, rest[0])
        assert found is not None, f"{where}: there is no `fediserver {' '.join(words)}`"
        command = found
        rest.pop(0)
    options = {option for parameter in command.params for option in parameter.opts}
    for word in rest:
        if word.startswith("--"):
            assert word.partition("=")[0] in options, f"{where}: {command.name} has no {word}"


def test_every_command_is_in_a_document() -> None:
    told = {tuple(words[:2]) for name in NAMES for words in commands(read(name))}
    for noun, group in cli.commands.items():
        if isinstance(group, click.Group):
            assert any(words[0] == noun for words in told), f"no document tells of `fediserver {noun}`"


def test_every_dependency_has_its_reason() -> None:
    project = tomllib.loads(read("pyproject.toml"))["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["test"]]
    names = {re.split(r"[<>=!~\[; ]", line)[0] for line in wanted}
    reasons = {row[0]: row[1] for row in rows(read("docs/decisions/0007-dependencies.md"))}
    reasons.pop("package")
    assert set(reasons) == names
    assert all(reasons.values())


def test_every_handled_activity_is_in_the_federation_document() -> None:
    text = read("FEDERATION.md")
    assert {kind for kind in HANDLERS if f"`{kind}`" not in text} == set()


def test_files_that_documents_name_exist() -> None:
    for name in ("FEDERATION.md", "ARCHITECTURE.md", "CONTRIBUTING.md"):
        for path in re.findall(r"`((?:tests|fediserver|deploy|docs)/[\w/.-]+)`", read(name)):
            assert (ROOT / path).exists(), f"{name} names {path}"


def test_the_licence_is_the_whole_agpl() -> None:
    text = read("LICENSE")
    assert text.lstrip().startswith("GNU AFFERO GENERAL PUBLIC LICENSE")
    assert "END OF TERMS AND CONDITIONS" in text
    assert len(text.splitlines()) == 661


@pytest.mark.parametrize("name", NAMES)
def test_lines_are_short_but_in_tables(name: str) -> None:
    assert [line for line in read(name).splitlines() if len(line) > 120 and not line.startswith("|")] == []


def test_the_picture_is_small() -> None:
    assert (ROOT / "docs/front.png").stat().st_size < 200_000
