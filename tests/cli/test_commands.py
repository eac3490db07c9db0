"""The command line, on a directory whose server is not running."""

import asyncio
import json
import sqlite3
import time
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from fediserver.actions.sign_up import sign_up
from fediserver.app import opened
from fediserver.cli import cli, main
from fediserver.clock import isoformat
from fediserver.config import sources


class Shell:
    """Runs commands on one data directory."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def __call__(self, *words: str, text: str = "") -> str:
        done = CliRunner().invoke(cli, [*words, "--data-dir", str(self.directory)], input=text)
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        assert done.exit_code == 0, done.output
        return done.output.strip()

    def facts(self, *words: str) -> Any:
        return json.loads(self(*words, "--json"))


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    for name in ("FEDISERVER_DATA_DIR", "FEDISERVER_BASE_URL", "FEDISERVER_DOMAIN", "FEDISERVER_PORT"):
        monkeypatch.delenv(name, raising=False)
    return Shell(tmp_path / "data")


def test_an_account_is_made_and_gets_a_link_once(shell: Shell) -> None:
    made = shell.facts("account", "create", "Rose", "--email", "rose@mail.example")
    assert made["name"] == "rose"
    assert made["uri"] == "http://localhost:8000/users/rose"
    assert made["link"].startswith("http://localhost:8000/auth/password/")
    assert [one["name"] for one in shell.facts("account", "list")] == ["rose"]
    assert shell.facts("account", "show", "rose")["email"] == "rose@mail.example"


def test_a_password_can_be_given_at_once(shell: Shell) -> None:
    text = shell(
        "account", "create", "rose", "--email", "r@mail.example", "--password-stdin", text="a long password\n"
    )
    assert text == "@rose is ready."


def fails(
    shell: Shell, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *words: str
) -> str:
    """The one line on stderr of a command that exits with 1."""
    monkeypatch.setattr("sys.argv", ["fediserver", *words, "--data-dir", str(shell.directory)])
    with pytest.raises(SystemExit) as stopped:
        main()
    assert stopped.value.code == 1
    lines = capsys.readouterr().err.strip().splitlines()
    assert len(lines) == 1, lines
    return lines[0]


def test_an_existing_name_is_refused(
    shell: Shell, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    shell("account", "create", "rose", "--email", "rose@mail.example")
    line = fails(shell, capsys, monkeypatch, "account", "create", "ROSE", "--email", "other@mail.example")
    assert "taken" in line.lower()


def test_an_unknown_name_is_said_so(
    shell: Shell, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "there is no account nobody" in fails(shell, capsys, monkeypatch, "account", "token", "nobody")
    assert "nothing was ever sent" in fails(shell, capsys, monkeypatch, "queue", "retry", "elm.example")


def test_another_address_is_refused(
    shell: Shell, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    shell("account", "create", "rose", "--email", "rose@mail.example")
    monkeypatch.setenv("FEDISERVER_BASE_URL", "http://localhost:8002")
    line = fails(shell, capsys, monkeypatch, "account", "list")
    assert "this directory belongs to http://localhost:8000" in line


def test_a_token_stands_alone_on_its_line_and_can_be_revoked(shell: Shell) -> None:
    shell("account", "create", "rose", "--email", "rose@mail.example")
    token = shell("account", "token", "rose", "--scopes", "read", "--app", "radio", "--expires", "3")
    assert len(token) > 30
    assert " " not in token
    assert shell("account", "token", "rose", "--app", "radio", "--revoke") == "tokens revoked: 1"


def test_a_group_is_made_with_owner_members_and_a_token(shell: Shell) -> None:
    for name in ("rose", "sage"):
        shell("account", "create", name, "--email", f"{name}@mail.example")
    made = shell.facts("group", "create", "garden", "--title", "The garden", "--owner", "rose")
    assert made["uri"] == "http://localhost:8000/users/garden"
    assert shell.facts("group", "list")[0]["title"] == "The garden"
    shell("group", "member", "add", "garden", "sage")
    shell("group", "member", "role", "garden", "sage", "moderator")
    assert shell.facts("group", "show", "garden")["members"] == {"rose": "owner", "sage": "moderator"}
    assert len(shell("account", "token", "garden")) > 30
    assert shell("group", "post", "garden", "--text-stdin", text="First bed is dug").startswith(
        "http://localhost:8000/@garden/"
    )
    shell("group", "member", "remove", "garden", "sage")


def test_the_last_owner_stays(
    shell: Shell, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    shell("account", "create", "rose", "--email", "rose@mail.example")
    shell("group", "create", "garden", "--title", "The garden", "--owner", "rose")
    assert "only owner" in fails(shell, capsys, monkeypatch, "group", "member", "remove", "garden", "rose")


def test_groups_of_one_node_follow_each_other_at_once(shell: Shell) -> None:
    shell("account", "create", "rose", "--email", "rose@mail.example")
    for name in ("garden", "kitchen"):
        shell("group", "create", name, "--title", name, "--owner", "rose")
    shell("group", "follow", "garden", "@kitchen")
    assert shell.facts("group", "show", "garden")["following"] == 1
    shell("group", "unfollow", "garden", "kitchen@localhost:8000")
    assert shell.facts("group", "show", "garden")["following"] == 0


def test_rules_for_domains_are_kept_imported_and_exported(shell: Shell, tmp_path: Path) -> None:
    shell("domain", "block", "Spam.example", "--reason", "spam")
    shell("domain", "block", "loud.example", "--severity", "silence")
    blocked = tmp_path / "blocks.csv"
    blocked.write_text("#domain,#severity\nbad.example,suspend\nbücher.example\n")
    assert shell("domain", "import", str(blocked)) == "2 rules taken over"
    shell("domain", "unblock", "loud.example")
    assert {rule["domain"] for rule in shell.facts("domain", "list")} == {
        "spam.example",
        "bad.example",
        "xn--bcher-kva.example",
    }
    assert 'spam.example,suspend,False,False,"spam",False' in shell("domain", "export")


LATER = int(time.time() * 1000) + 3_600_000


class Queue:
    """Rows of deliveries, as a worker would have left them."""

    def __init__(self, shell: Shell) -> None:
        shell("account", "create", "rose", "--email", "rose@mail.example")
        self._file = sqlite3.connect(shell.directory / "fediserver.db", isolation_level=None)
        self._numbers = iter(range(1, 100))
        self._run(
            "insert into outgoing (id, verb, actor_id, object_uri, target_uri, facts, created_at)"
            " select 1, 'create', min(id), 'x', '', '{}', 0 from accounts"
        )

    def host(self, name: str, *, waiting: int, next_at: int = 0, **columns: Any) -> None:
        number = next(self._numbers)
        columns |= {"id": number, "name": name}
        marks = ", ".join("?" * len(columns))
        self._run(f"insert into hosts ({', '.join(columns)}) values ({marks})", *columns.values())
        for place in range(waiting):
            inbox = f"https://{name}/{place}"
            self._run("insert into deliveries values (1, ?, ?, 0, 0, ?, '', null)", inbox, number, next_at)

    def due(self, name: str) -> list[int]:
        found = self._file.execute(
            "select next_at from deliveries where host_id = (select id from hosts where name = ?)", (name,)
        )
        return [row[0] for row in found]

    def _run(self, text: str, *values: object) -> None:
        self._file.execute(text, values)


def test_the_queue_says_what_waits_when_and_why(shell: Shell) -> None:
    queue = Queue(shell)
    queue.host("elm.example", waiting=3, lease_until=LATER)
    queue.host(
        "gone.example",
        waiting=2,
        next_at=LATER,
        failures=7,
        opened_at=1_700_000_000_000,
        last_error="gone.example: x",
    )
    queue.host("new.example", waiting=1)
    queue.host("old.example", waiting=0, failures=1, last_error="it answers 410")
    queue.host("well.example", waiting=0)
    lines = shell("queue", "status").splitlines()
    assert lines == [
        "6 deliveries wait, 0 received activities are not handled yet, 0 wait for the key of their sender",
        "elm.example: 3 waiting; being tried now, no answer yet",
        f"gone.example: 2 waiting; next try {isoformat(LATER)}; "
        "held back since 2023-11-14T22:13:20.000Z after 7 failures in a row; the last one: x",
        "new.example: 1 waiting; due now",
        "old.example: 0 waiting; 1 failure; the last one: it answers 410",
    ]
    facts = shell.facts("queue", "status")["hosts"]
    assert [(one["host"], one["under_way"]) for one in facts][:2] == [
        ("elm.example", True),
        ("gone.example", False),
    ]


def test_what_waits_is_tried_now_and_nothing_is_promised_where_nothing_waits(shell: Shell) -> None:
    queue = Queue(shell)
    queue.host("elm.example", waiting=2, next_at=LATER)
    queue.host("fir.example", waiting=1, next_at=LATER)
    queue.host("well.example", waiting=0)
    assert shell("queue", "retry", "Elm.example") == "2 deliveries to elm.example: tried now"
    assert max(queue.due("elm.example")) < LATER
    assert queue.due("fir.example") == [LATER]
    assert shell("queue", "retry", "fir.example") == "1 delivery to fir.example: tried now"
    assert shell("queue", "retry", "well.example") == "nothing waits for well.example"


def test_the_queue_of_a_new_node_is_empty(shell: Shell) -> None:
    assert shell.facts("queue", "status") == {
        "unhandled": 0,
        "unverified": 0,
        "waiting": 0,
        "hosts": [],
        "mail": {"waiting": 0, "next_try": None, "last_error": None},
    }


def test_mail_that_waits_is_told_of_and_an_address_can_be_confirmed_without_it(
    shell: Shell, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FEDISERVER_MAIL_URL", "smtp://localhost")
    monkeypatch.setenv("FEDISERVER_REGISTRATIONS", "open")

    async def join() -> None:
        async with opened(sources(data_dir=shell.directory)) as ctx:
            await sign_up(ctx, name="rose", email="r@mail.example", password="a long password", address="")

    asyncio.run(join())
    waiting = shell.facts("queue", "status")["mail"]
    assert (waiting["waiting"], waiting["last_error"]) == (1, None)
    assert waiting["next_try"]
    assert "1 letter waits to be mailed" in shell("queue", "status")
    assert shell("account", "confirm", "rose") == "the address of @rose is confirmed"
    assert "no address that waits" in fails(shell, capsys, monkeypatch, "account", "confirm", "rose")


def test_a_mail_server_that_cannot_be_meant_is_told_at_once(
    shell: Shell, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FEDISERVER_MAIL_URL", "mail.example:25")
    assert "FEDISERVER_MAIL_URL" in fails(shell, capsys, monkeypatch, "account", "list")


def test_rules_are_added_listed_and_removed(
    shell: Shell, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert shell("rule", "add", "Be kind", "--hint", "Even on Mondays") == "rule 1: Be kind"
    assert shell.facts("rule", "list") == [{"id": 1, "text": "Be kind", "hint": "Even on Mondays"}]
    assert shell("rule", "remove", "1") == "rule 1 is gone"
    assert shell("rule", "list") == "no rules"
    assert "there is no rule 1" in fails(shell, capsys, monkeypatch, "rule", "remove", "1")
    assert "1 to 300 characters" in fails(shell, capsys, monkeypatch, "rule", "add", " ")


def test_what_is_decided_about_an_account_is_logged(shell: Shell) -> None:
    shell("account", "create", "rose", "--email", "rose@mail.example")
    shell("account", "suspend", "rose", "--reason", "spam")
    assert shell.facts("account", "list")[0]["suspended"] is True
    shell("account", "unsuspend", "rose")
    log = shell.facts("account", "log", "rose")
    assert [(one["deed"], one["by"], one["reason"]) for one in log] == [
        ("unsuspend", None, ""),
        ("suspend", None, "spam"),
    ]
    assert "command line  suspend  spam" in shell("account", "log", "rose")


def test_announcements_are_made_listed_published_and_removed(
    shell: Shell, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    words = (
        "--starts-at",
        "2100-05-01",
        "--ends-at",
        "2100-05-02",
        "--all-day",
        "--publish-at",
        "2100-01-01T10:00Z",
    )
    later = shell.facts("announcement", "create", "May Day", *words)
    assert (later["starts_at"], later["published_at"]) == ("2100-05-01T00:00:00.000Z", None)
    assert shell("announcement", "create", "The well is dry").endswith("is published")
    assert [one["text"] for one in shell.facts("announcement", "list")] == ["The well is dry", "May Day"]
    assert "comes at 2100-01-01T10:00:00.000Z  May Day" in shell("announcement", "list")
    assert shell("announcement", "publish", later["id"]).endswith("is published")
    assert "published already" in fails(shell, capsys, monkeypatch, "announcement", "publish", later["id"])
    assert shell("announcement", "remove", later["id"]).endswith("is gone")
    assert "there is no announcement" in fails(
        shell, capsys, monkeypatch, "announcement", "remove", later["id"]
    )
    assert len(shell.facts("announcement", "list")) == 1


def test_networks_are_blocked_listed_and_let_in_again(
    shell: Shell, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert shell("network", "block", "192.0.2.7/24") == "192.0.2.0/24: sign_up_block"
    words = ("--severity", "no_access", "--comment", "spam", "--expires", "3")
    assert shell("network", "block", "192.0.2.0/24", *words) == "192.0.2.0/24: no_access"
    (found,) = shell.facts("network", "list")
    assert (found["ip"], found["severity"], found["comment"]) == ("192.0.2.0/24", "no_access", "spam")
    assert "192.0.2.0/24  no_access  spam  (until 2" in shell("network", "list")
    assert shell("network", "unblock", "192.0.2.0/24") == "192.0.2.0/24: not blocked"
    assert shell("network", "list") == "no networks are blocked"
    assert "is not blocked" in fails(shell, capsys, monkeypatch, "network", "unblock", "192.0.2.0/24")
    assert "no address or network" in fails(shell, capsys, monkeypatch, "network", "block", "nowhere")
