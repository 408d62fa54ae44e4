"""Alerts as their user meets them: the daemon, the commands, bad input, kills."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook

from ingestd.app.alerts.observing import Observer, Running
from ingestd.app.alerts.rules import rules
from ingestd.app.build import System
from ingestd.backends.sqlite.database import Database
from ingestd.config import loading
from tests.benchmarks.facts import NAMES

from . import command, servers
from .daemons import running
from .test_receivers import secret

pytestmark = pytest.mark.real
GOLDEN = """questions:
  - {id: leave, question: "How many days of annual leave does a new employee get?",
     truth: 25 days, type: duration, source: "docs:leave.md", severity: page}
  - {id: notice, question: "How long is the notice period?", truth: 3 months, type: duration}
"""
TEXT = """# Leave

A new employee gets {} days of annual leave.

# Notice

The notice period is three months.
"""


class Office:
    """A folder with a document, golden questions and a webhook that keeps what it gets."""

    def __init__(self, folder: Path, models: Path) -> None:
        self.folder = folder
        self.secret = secret()
        self.got: list[dict[str, Any]] = []
        self.ids: list[str] = []
        docs = folder / "docs"
        docs.mkdir()
        self.leave = docs / "leave.md"
        self.days(25)
        (folder / "golden.yaml").write_text(GOLDEN)
        (folder / "hook.secret").write_text(self.secret)
        self.models = models

    def days(self, number: int) -> None:
        """Say in the document how many days of leave there are."""
        self.leave.write_text(TEXT.format(number))

    def config(self, base: str, more: str = "") -> None:
        """Write a config with one webhook."""
        command.config(
            self.folder, self.models, self.folder / "docs",
            '[[alerts.receivers]]\nname = "ops"\nkind = "webhook"\nsecret_file = "hook.secret"\n'
            f'url = "{base}/hook?token=s3cr3t"\n{more}',
        )  # fmt: skip

    def receive(self, handler: Any, body: bytes) -> None:
        """Take a webhook whose signature is right."""
        headers = {k.lower(): v for k, v in handler.headers.items()}
        self.got.append(Webhook(self.secret).verify(body, headers))
        self.ids.append(headers["webhook-id"])
        servers.says(200, b"thanks")(handler, body)

    def wait_for(self, count: int, seconds: float = 60) -> None:
        """Wait until so many have come."""
        deadline = time.monotonic() + seconds
        while len(self.got) < count:
            assert time.monotonic() < deadline, (self.folder / "log").read_text()
            time.sleep(0.1)

    def daemon(self) -> AbstractContextManager[subprocess.Popen[bytes]]:
        """Run the daemon, and wait until it has scanned."""
        return running(self.folder)


@pytest.fixture
def office(tmp_path: Path, models_dir: Path) -> Office:
    """The same for every test."""
    return Office(tmp_path, models_dir)


def test_an_edit_fires_and_its_correction_resolves_over_a_kill(office: Office) -> None:
    """Killed while the alert fires, mended while it is down: the next start resolves it."""
    with servers.http({"/hook": office.receive}) as base:
        office.config(base)
        with office.daemon() as daemon:
            office.days(27)
            office.wait_for(1)
            status = command.run_json("status", cwd=office.folder)
            shown = command.run("alerts", "ls", cwd=office.folder).stdout
            arguments = Path(f"/proc/{daemon.pid}/cmdline").read_bytes()
            daemon.kill()
        office.days(25)
        with office.daemon():
            office.wait_for(2)
    fired, resolved = office.got
    assert (fired["type"], resolved["type"]) == ("alert.firing", "alert.resolved")
    assert fired["data"]["fingerprint"] == resolved["data"]["fingerprint"]
    assert fired["data"]["severity"] == "page"
    assert [one["id"] for one in fired["data"]["questions"]] == ["leave"]
    assert fired["data"]["caused_by"]["path"] == "leave.md"
    assert "27 days" in fired["data"]["caused_by"]["after"]
    assert status["alerts"]["firing"] == 1
    log = (office.folder / "log").read_text()
    for hidden in ("s3cr3t", office.secret, office.secret[6:]):
        assert hidden not in log + shown + json.dumps(status)
        assert hidden.encode() not in arguments
    assert "http://127.0.0.1:" in shown
    assert len(set(office.ids)) == 2


def test_a_receiver_that_was_down_hears_after_a_restart_too(office: Office) -> None:
    """The fire waits in the outbox through the end of the daemon; its id is one."""
    port = servers.free_port()
    office.config(f"http://127.0.0.1:{port}")
    with office.daemon():
        office.days(27)
        deadline = time.monotonic() + 60
        while not command.run_json("alerts", "ls", cwd=office.folder)["alerts"]:
            assert time.monotonic() < deadline
            time.sleep(0.3)
    with servers.http({"/hook": office.receive}) as base:
        office.config(base)  # It moved meanwhile.
        with office.daemon():
            office.wait_for(1)
    assert office.got[0]["type"] == "alert.firing"


def test_thirty_answers_broken_by_one_document_are_one_message(office: Office) -> None:
    """However many slices the check takes, and however often it is looked meanwhile."""
    rooms = NAMES[:30]

    def write(more: int) -> None:
        said = "".join(
            f"\nIn the {name} room there are {n + more} chairs.\n" for n, name in enumerate(rooms)
        )
        office.leave.write_text(f"# Rooms\n{said}")

    write(3)
    asked = "".join(
        f"  - {{id: {name}, question: 'How many chairs are there in the {name} room?',"
        f" truth: {n + 3} chairs, type: number, source: 'docs:leave.md'}}\n"
        for n, name in enumerate(rooms)
    )
    (office.folder / "golden.yaml").write_text(f"questions:\n{asked}")
    with servers.http({"/hook": office.receive}) as base:
        office.config(base)
        assert command.run("sync", cwd=office.folder).returncode == 0
        assert command.run_json("check", cwd=office.folder)["passed"] == 30
        with office.daemon():
            write(60)
            office.wait_for(1)
            time.sleep(12)  # Longer than from one look to the next.
    (fired,) = office.got
    assert fired["data"]["questions_total"] == 30
    assert fired["data"]["labels"] == {"document": "docs:leave.md"}


def test_check_tells_the_receivers_when_asked(office: Office) -> None:
    """Where no daemon runs; it repeats nothing, and resolves what it fired."""
    with servers.http({"/hook": office.receive}) as base:
        office.config(base)
        assert command.run("sync", cwd=office.folder).returncode == 0
        assert command.run("check", "--alert", cwd=office.folder).returncode == 0
        office.days(30)
        command.run("sync", cwd=office.folder)
        for _ in range(2):
            done = command.run("check", "--alert", cwd=office.folder)
            assert done.returncode == 4
        (alert,) = command.run_json("alerts", "ls", cwd=office.folder)["alerts"]
        shown = command.run_json("alerts", "show", alert["fingerprint"][:5], cwd=office.folder)
        office.days(25)
        command.run("sync", cwd=office.folder)
        command.run("check", "--alert", cwd=office.folder)
    assert [one["type"] for one in office.got] == ["alert.firing", "alert.resolved"]
    assert [one["state"] for one in shown["deliveries"]] == ["delivered"]
    assert [one["id"] for one in shown["questions"]] == ["leave"]


def test_a_silence_holds_the_fire_back(office: Office) -> None:
    """Until it is ended."""
    with servers.http({"/hook": office.receive}) as base:
        office.config(base)
        office.days(30)
        command.run("sync", cwd=office.folder)
        made = command.run_json(
            "alerts",
            "silence",
            "rule=drift",
            "--for",
            "2h",
            "--comment",
            "known",
            cwd=office.folder,
        )
        command.run("check", "--alert", cwd=office.folder)
        assert office.got == []
        listed = command.run_json("alerts", "ls", cwd=office.folder)
        assert [a["silenced"] for a in listed["alerts"]] == [True]
        command.run_json("alerts", "silence", "--end", str(made["id"]), cwd=office.folder)
        command.run("check", "--alert", cwd=office.folder)
    assert [one["type"] for one in office.got] == ["alert.firing"]


def test_what_was_given_up_is_told_and_replayed(office: Office) -> None:
    """A receiver that says 410 is disabled, and says so, until `replay`."""
    gone = [True]

    def reply(handler: Any, body: bytes) -> None:
        if gone[0]:
            servers.says(410, b"")(handler, body)
        else:
            office.receive(handler, body)

    with servers.http({"/hook": reply}) as base:
        office.config(base)
        office.days(30)
        command.run("sync", cwd=office.folder)
        command.run("check", "--alert", cwd=office.folder)
        (one,) = command.run_json("alerts", "ls", cwd=office.folder)["receivers"]
        assert (one["dead"], one["disabled"]) == (1, "HTTP 410")
        assert "disabled: HTTP 410" in command.run("alerts", "ls", cwd=office.folder).stdout
        gone[0] = False
        command.run("check", "--alert", cwd=office.folder)
        assert office.got == []
        assert command.run_json("alerts", "replay", cwd=office.folder) == {"replayed": 1}
        command.run("check", "--alert", cwd=office.folder)
    assert [one["type"] for one in office.got] == ["alert.firing"]


def test_a_receiver_is_tried(office: Office) -> None:
    """A firing and its resolve; what the server said is printed, good or bad."""
    with servers.http({"/hook": office.receive, "/no": servers.says(403, b"who?")}) as base:
        office.config(base)
        done = command.run("alerts", "test", "ops", cwd=office.folder)
        assert done.returncode == 0
        assert done.stdout.splitlines() == [
            "firing: taken: HTTP 200: thanks", "resolved: taken: HTTP 200: thanks",
        ]  # fmt: skip
        text = (office.folder / "ingestd.toml").read_text().replace("/hook", "/no")
        (office.folder / "ingestd.toml").write_text(text)
        done = command.run("alerts", "test", "ops", cwd=office.folder)
    assert (done.returncode, done.stdout) == (1, "firing: not taken: HTTP 403: who?\n")
    missing = command.run("alerts", "test", "obs", cwd=office.folder)
    assert missing.returncode == 2
    assert "obs: no such receiver; did you mean 'ops'?" in missing.stderr


def test_a_part_of_the_daemon_that_has_stopped_is_seen(office: Office) -> None:
    """By name; outside the daemon nothing is known of it, and nothing of it resolves."""
    office.config("http://127.0.0.1:1")
    system = System(loading.load(office.folder / "ingestd.toml"), writing=True)
    system.folder.create()
    observer = Observer(system, Database(system.folder.ledger), rules(system))
    found = observer.look(Running(lanes={"checks": "it ended", "deliveries ops": ""}))
    assert [(p.rule, p.labels) for p in found.problems] == [("lane", {"lane": "checks"})]
    assert "lane" in observer.look(Running()).blind


RULES = """
[freshness.lag]
p95 = "1ms"
""" + "".join(
    f'[[alerts.rules]]\nname = "{kind}"\nkind = "{kind}"\nfor = "0s"\n{more}\n'
    for kind, more in {
        "check_error": "", "lag": "", "source": "", "deletion": "", "quarantine": "threshold = 1",
        "disk": "threshold = 1.0",
    }.items()
)  # fmt: skip


def test_everything_that_can_be_wrong_fires_and_resolves(office: Office, tmp_path: Path) -> None:
    """A full disk, a late source, broken files, held deletions, a check that cannot run."""
    wanted = {"check_error", "lag", "source", "deletion", "quarantine", "disk"}
    other = tmp_path / "other"
    other.mkdir()
    for number in range(40):
        (office.folder / f"docs/page-{number}.md").write_text(f"# Page {number}\n\nNo more.\n")
    (office.folder / "golden.yaml").write_text(
        f'{GOLDEN}  - {{id: price, question: "What does it cost?", type: currency,\n'
        "     truth: {csv: no.csv, column: P}}\n"
    )
    with servers.http({"/hook": office.receive}) as base:
        office.config(base, f'[[sources]]\nname = "other"\npath = "{other}"\n{RULES}')
        text = (office.folder / "ingestd.toml").read_text()
        (office.folder / "ingestd.toml").write_text(text + "[daemon]\nscan_minutes = 0.05\n")
        with office.daemon():
            office.leave.write_text("# Leave\n\nNothing is said of it.\n")
            (office.folder / "docs/broken.pdf").write_bytes(b"%PDF-1.4 not so")
            for number in range(30):
                (office.folder / f"docs/page-{number}.md").unlink()
            other.rmdir()
            _until(lambda: wanted <= _firing(office), office)
            other.mkdir()
            for number in range(30):
                (office.folder / f"docs/page-{number}.md").write_text("# Back\n\nAgain.\n")
            _until(lambda: not {"source", "deletion"} & _firing(office), office)
    told = [(one["data"]["rule"], one["data"]["state"]) for one in office.got]
    for rule in ("source", "deletion"):
        assert told.index((rule, "firing")) < told.index((rule, "resolved"))


def _firing(office: Office) -> set[str]:
    """The rules that fire by what was received."""
    last = {one["data"]["rule"]: one["data"]["state"] for one in office.got}
    return {rule for rule, state in last.items() if state == "firing"}


def _until(holds: Callable[[], bool], office: Office) -> None:
    deadline = time.monotonic() + 90
    while not holds():
        assert time.monotonic() < deadline, (_firing(office), (office.folder / "log").read_text())
        time.sleep(0.2)
