"""Each kind of receiver is sent what its service documents, through a life of an alert."""

from __future__ import annotations

import json
import subprocess
import sys
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest

from ingestd.alerting.backoff import verdict
from ingestd.model.alert import Fate

from . import receiving, servers
from .test_receivers import EXAMPLES, receiver, secret, story


def test_alertmanager_fires_changes_repeats_and_resolves(tmp_path: Path) -> None:
    """Through its API v2: a changed severity leaves no second alert behind."""
    manager = receiving.Alertmanager()
    with servers.http({"/api/v2/alerts": manager}) as base:
        one = receiver(
            tmp_path,
            f'[[alerts.receivers]]\nname = "am"\nkind = "alertmanager"\nurl = "{base}"',
        )
        firing = []
        for notice in story():
            assert one.send(notice).accepted, notice.why
            firing.append([labels["severity"] for labels in manager.firing()])
    assert firing[:4] == [["warn"], ["warn"], ["page"], ["page"]]
    assert manager.firing() == []
    assert {labels["document"] for labels in (a["labels"] for a in manager.alerts.values())} == {
        "docs:leave <b>.md"
    }


def test_alertmanager_s_own_webhook_body(tmp_path: Path) -> None:
    """Version 4, as its documentation has it, at any address that is not its API."""
    got: list[Any] = []

    def keep(handler: Any, body: bytes) -> None:
        got.append(json.loads(body))
        servers.says(200, b"")(handler, body)

    with servers.http({"/relay": keep}) as base:
        one = receiver(
            tmp_path,
            f'[[alerts.receivers]]\nname = "am"\nkind = "alertmanager"\nurl = "{base}/relay"',
        )
        assert all(one.send(notice).accepted for notice in story())
    assert [body["status"] for body in got] == ["firing"] * 4 + ["resolved"]
    for body in got:
        assert set(body) == {
            "version", "groupKey", "truncatedAlerts", "status", "receiver", "groupLabels",
            "commonLabels", "commonAnnotations", "externalURL", "alerts",
        }  # fmt: skip
        assert body["version"] == "4"
        (alert,) = body["alerts"]
        assert set(alert) == {
            "status", "labels", "annotations", "startsAt", "endsAt", "generatorURL", "fingerprint",
        }  # fmt: skip
    assert got[0]["alerts"][0]["endsAt"] == "0001-01-01T00:00:00Z"
    assert len({body["groupKey"] for body in got}) == 1


def test_pagerduty_triggers_and_resolves_one_incident(tmp_path: Path) -> None:
    """Under one dedup_key; a wrong routing key is refused, and told."""
    service = receiving.PagerDuty("R0UTINGKEY")
    (tmp_path / "key").write_text("R0UTINGKEY\n")
    (tmp_path / "other").write_text("another\n")
    with servers.http({"/v2/enqueue": service}) as base:
        text = (
            '[[alerts.receivers]]\nname = "pd"\nkind = "pagerduty"\nsecret_file = "{}"\n'
            f'url = "{base}/v2/enqueue"'
        )
        one = receiver(tmp_path, text.format("key"))
        severities = []
        for notice in story():
            assert one.send(notice).status == 202
            severities.append(list(service.incidents.values()))
        refused = receiver(tmp_path, text.format("other")).send(story()[0])
    assert severities == [["warning"], ["warning"], ["critical"], ["critical"], []]
    assert [action for action, _ in service.log] == ["trigger"] * 4 + ["resolve"]
    assert len({key for _, key in service.log}) == 1
    assert "routing_key is unknown" in refused.said
    assert verdict(refused, 1, 0.5).fate is Fate.DEAD


@pytest.mark.parametrize("kind", ["slack", "teams", "discord", "ntfy"])
def test_chats_are_sent_what_they_take(tmp_path: Path, kind: str) -> None:
    """The fields that each documents; what a document says mentions nobody and is no markup."""
    got: list[tuple[Any, bytes]] = []

    def keep(handler: Any, body: bytes) -> None:
        got.append((handler.headers, body))
        servers.says(200, b"ok")(handler, body)

    (tmp_path / "token").write_text("tk_123")
    more = 'secret_file = "token"' if kind == "ntfy" else ""
    with servers.http({"/it": keep}) as base:
        (tmp_path / "url").write_text(f"{base}/it\n")
        one = receiver(
            tmp_path,
            f'[[alerts.receivers]]\nname = "x"\nkind = "{kind}"\nurl_file = "url"\n{more}\n'
            'title = "Ärger: {{ summary }}"\n'
            'body = "{{ state }} {% for one in questions %}{{ one.reason }}{% endfor %}"',
        )
        assert one.send(story()[0]).accepted
    headers, body = got[0]
    if kind == "ntfy":
        assert body.decode() == "firing 27 days is not 25 days"
        assert headers["authorization"] == "Bearer tk_123"
        assert headers["title"].startswith("=?utf-8?")
        return
    found = json.loads(body)
    text = json.dumps(found, ensure_ascii=False)
    assert "27 days is not 25 days" in text
    assert "Ärger" in text
    match kind:
        case "slack":
            assert "leave &lt;b&gt;.md" in found["text"]
        case "discord":
            assert found["allowed_mentions"] == {"parse": []}
        case "teams":
            (card,) = found["attachments"]
            assert card["contentType"] == "application/vnd.microsoft.card.adaptive"
            assert card["content"]["type"] == "AdaptiveCard"


def test_apprise_sends_mail_and_shows_its_address_nowhere(tmp_path: Path) -> None:
    """Through a child process, so that an attempt can be ended and `ps` shows nothing."""
    with receiving.smtp() as (port, taken):
        (tmp_path / "url").write_text(
            f"mailto://127.0.0.1:{port}?from=a@example.org&to=b@example.org&mode=insecure"
        )
        text = '[[alerts.receivers]]\nname = "mail"\nkind = "apprise"\nurl_file = "url"\n'
        one = receiver(tmp_path, text + "timeout_seconds = 20")
        outcome = one.send(story()[0])
    assert outcome.accepted, outcome.told
    message = message_from_bytes(taken[0])
    assert "FIRING" in str(message["subject"])
    assert b"27 days is not 25 days" in taken[0]
    assert not one.send(story()[0]).accepted, "nobody listens any more"


def test_apprise_sends_nothing_to_metadata_addresses(tmp_path: Path) -> None:
    """Every connection is looked at before it is made."""
    text = (
        '[[alerts.receivers]]\nname = "x"\nkind = "apprise"\nurl = "json://169.254.169.254/x"\n'
        "timeout_seconds = 20"
    )
    outcome = receiver(tmp_path, text).send(story()[0])
    assert "link-local or metadata address" in outcome.told


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_examples_of_each_kind_are_right(tmp_path: Path, path: Path) -> None:
    """Each is taken as it stands, its files made."""
    for name in ("hook.secret", "pagerduty.key", "ntfy.token"):
        (tmp_path / name).write_text(secret())
    for name in ("slack.url", "teams.url", "discord.url"):
        (tmp_path / name).write_text("https://hooks.example.com/services/T0/B0/x")
    (tmp_path / "mail.url").write_text("mailtos://u:p@mail.example.com?to=oncall@example.com")
    assert receiver(tmp_path, path.read_text(encoding="utf-8")).name


def test_no_module_of_apprise_is_in_the_main_process() -> None:
    """It is the child's alone."""
    code = "import ingestd.app.alerts.lane, sys; sys.exit('apprise' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
