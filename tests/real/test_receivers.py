"""Receivers over real sockets: what each kind is sent, every fault, signatures, addresses."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest
import svix.webhooks
from standardwebhooks.webhooks import Webhook

from ingestd.alerting.addresses import networks
from ingestd.alerting.backoff import verdict
from ingestd.alerting.grouping import drifts
from ingestd.alerting.lifecycle import next_alert, well
from ingestd.app.alerts.receivers import receivers
from ingestd.app.build import System
from ingestd.backends.http import request
from ingestd.config import loading
from ingestd.model.alert import Alert, Event, Fate, Line, Notice, Outcome, Rule, RuleKind
from ingestd.model.golden import Severity
from ingestd.ports.receiver import Receiver

from . import receiving, servers

EXAMPLES = sorted((Path(__file__).parents[2] / "config" / "receivers").glob("*.toml"))
RULE = Rule("drift", RuleKind.DRIFT)
OK = b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nthanks"


def secret() -> str:
    """A new secret of the right kind."""
    return f"whsec_{base64.b64encode(os.urandom(24)).decode()}"


def receiver(folder: Path, text: str) -> Receiver:
    """The first receiver of a config."""
    path = folder / "ingestd.toml"
    path.write_text(text, encoding="utf-8")
    return receivers(System(loading.load(path)))[0]


def hook(folder: Path, url: str, seconds: float = 2) -> Receiver:
    """A webhook."""
    (folder / "hook.secret").write_text(secret())
    return receiver(
        folder,
        f'[[alerts.receivers]]\nname = "ops"\nkind = "webhook"\nurl = "{url}"\n'
        f'secret_file = "hook.secret"\ntimeout_seconds = {seconds}',
    )


def story() -> list[Notice]:
    """An alert's life: it fires, its severity changes, it is repeated, it resolves."""
    now = datetime.now(UTC) - timedelta(seconds=10)
    line = Line(
        "leave", Severity.WARN, "ANSWER_DRIFT", "25 days", "27 days", "27 days is not 25 days",
        source="docs", path="leave <b>.md",
    )  # fmt: skip
    found = drifts([RULE], [line])[0]
    grave = replace(found, severity=Severity.PAGE)
    told: list[Notice] = []
    alert: Alert | None = None
    looks = [found, found, grave, grave, None]
    for number, one in enumerate(looks):
        at = now + timedelta(seconds=number)
        decision = (
            well(alert, at)
            if one is None
            else next_alert(alert, one, RULE, at, repeat=timedelta(seconds=1))
        )
        alert = decision.alert
        if decision.event is not None and alert is not None:
            told.append(Notice(f"msg_{number}", decision.event, at, alert, decision.reason))
    assert [n.event for n in told] == [Event.FIRING] * 4 + [Event.RESOLVED]
    return told


RESPONSES: dict[str, tuple[receiving.Behaviour, Fate, str]] = {
    "ok": (receiving.answers(OK), Fate.DELIVERED, "HTTP 200: thanks"),
    "slow head": (receiving.answers(OK, pause=1), Fate.AGAIN, "no answer within 2 s"),
    "slow body": (
        receiving.answers(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n"), Fate.DELIVERED, "200",
    ),
    "silent": (receiving.hangs, Fate.AGAIN, "no answer within 2 s"),
    "reset": (receiving.resets, Fate.AGAIN, "ended the connection"),
    "nonsense": (receiving.answers(b"\x00\x01\x02 what\r\n\r\n"), Fate.AGAIN, "ended"),
    "429": (
        receiving.answers(
            b"HTTP/1.1 429 Slow Down\r\nretry-after: 120\r\ncontent-length: 0\r\n\r\n"
        ),
        Fate.AGAIN, "HTTP 429",
    ),
    "500": (
        receiving.answers(b"HTTP/1.1 500 Oh\r\ncontent-length: 0\r\n\r\n"), Fate.AGAIN, "500",
    ),
    "404": (
        receiving.answers(b"HTTP/1.1 404 No\r\ncontent-length: 0\r\n\r\n"), Fate.DEAD, "404",
    ),
    "410": (
        receiving.answers(b"HTTP/1.1 410 Gone\r\ncontent-length: 0\r\n\r\n"), Fate.GONE, "410",
    ),
    "redirect": (
        receiving.answers(
            b"HTTP/1.1 302 Found\r\nlocation: http://169.254.169.254/\r\ncontent-length: 0\r\n\r\n"
        ),
        Fate.AGAIN, "a redirect, which is not followed",
    ),
    "10 MB": (
        receiving.answers(
            b"HTTP/1.1 200 OK\r\ncontent-length: 10000000\r\n\r\n" + b"x" * 10_000_000
        ),
        Fate.DELIVERED, "HTTP 200",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", RESPONSES)
def test_every_answer_has_its_fate_within_the_deadline(tmp_path: Path, name: str) -> None:
    """Slow, huge, broken or hostile: one attempt ends in time, and its outcome is told."""
    behave, fate, said = RESPONSES[name]
    with receiving.raw(behave) as url:
        began = time.monotonic()
        outcome = hook(tmp_path, url).send(story()[0])
        assert time.monotonic() - began < 4
    assert said in outcome.told
    assert len(outcome.told) < 300
    after = verdict(outcome, 1, 0.5)
    assert after.fate is fate
    if name == "429":
        assert after.again_in == timedelta(minutes=2)


def test_a_receiver_that_is_down_was_not_reached(tmp_path: Path) -> None:
    """So that a fire it cannot have heard of is dropped when it resolves."""
    outcome = hook(tmp_path, f"http://127.0.0.1:{servers.free_port()}/x").send(story()[0])
    assert outcome == Outcome(accepted=False, told="cannot be connected to", reached=False)
    unknown = hook(tmp_path, "http://no-such-name.invalid/x").send(story()[0])
    assert (unknown.told, unknown.reached) == ("its name cannot be resolved", False)


def test_tls_is_verified(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A certificate that nobody vouches for is refused; one's own authority can be named."""
    with receiving.tls(tmp_path / "tls", receiving.answers(OK)) as (url, certificate):
        outcome = hook(tmp_path, url).send(story()[0])
        assert (outcome.told, outcome.reached) == ("its TLS certificate is not trusted", False)
        plain = hook(tmp_path, url.replace("https", "http")).send(story()[0])
        assert not plain.accepted
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        request._trusted.cache_clear()
        assert hook(tmp_path, url).send(story()[0]).accepted
    monkeypatch.undo()
    request._trusted.cache_clear()
    with receiving.raw(lambda connection: connection.sendall(OK)) as url:
        outcome = hook(tmp_path, url.replace("http:", "https:")).send(story()[0])
        assert (outcome.told, outcome.reached) == ("does not speak TLS as it should", False)


@pytest.mark.parametrize("address", ["169.254.169.254", "[::ffff:169.254.169.254]", "0.0.0.0"])
def test_nothing_is_sent_to_metadata_addresses(tmp_path: Path, address: str) -> None:
    """However they are written; trying again cannot help."""
    outcome = hook(tmp_path, f"http://{address}:9/latest").send(story()[0])
    assert "link-local or metadata address" in outcome.told
    assert verdict(outcome, 1, 0.5).fate is Fate.DEAD


def test_an_address_is_allowed_by_the_config(tmp_path: Path) -> None:
    """0.0.0.0 is this machine, and refused unless it is named."""
    with receiving.raw(receiving.answers(OK)) as url:
        port = url.split(":")[2]
        (tmp_path / "hook.secret").write_text(secret())
        text = (
            f'[alerts]\nallow_addresses = ["0.0.0.0/32"]\n[[alerts.receivers]]\nname = "ops"\n'
            f'kind = "webhook"\nurl = "http://0.0.0.0:{port}"\nsecret_file = "hook.secret"'
        )
        assert receiver(tmp_path, text).send(story()[0]).accepted
    assert networks(["10.0.0.1"])


def received(folder: Path, secrets: list[str]) -> list[tuple[dict[str, str], bytes]]:
    """Send the story to a webhook that knows some secrets; return heads and bodies."""
    got: list[tuple[dict[str, str], bytes]] = []

    def keep(handler: Any, body: bytes) -> None:
        got.append(({k.lower(): v for k, v in handler.headers.items()}, body))
        servers.says(204, b"")(handler, body)

    (folder / "hook.secret").write_text("\n".join(secrets) + "\n")
    with servers.http({"/hook": keep}) as base:
        one = receiver(
            folder,
            f'[[alerts.receivers]]\nname = "ops"\nkind = "webhook"\nurl = "{base}/hook"\n'
            'secret_file = "hook.secret"',
        )
        assert all(one.send(notice).accepted for notice in story())
    return got


def test_signatures_hold_by_other_implementations(tmp_path: Path) -> None:
    """Two of Python; while secrets are rotated, each of the two opens every message."""
    secrets = [secret(), secret()]
    for headers, body in received(tmp_path, secrets):
        for one in secrets:
            assert Webhook(one).verify(body, headers)["type"].startswith("alert.")
            svix.webhooks.Webhook(one).verify(body, headers)
        with pytest.raises(svix.webhooks.WebhookVerificationError):
            svix.webhooks.Webhook(secret()).verify(body, headers)
        with pytest.raises(svix.webhooks.WebhookVerificationError):
            svix.webhooks.Webhook(secrets[0]).verify(body.replace(b"leave", b"leafe"), headers)


VERIFY = """
const { Webhook } = require("standardwebhooks");
const given = JSON.parse(require("fs").readFileSync(0, "utf8"));
for (const { secret, headers, body } of given) new Webhook(secret).verify(body, headers);
let refused = 0;
for (const { secret, headers, body } of given) {
  try { new Webhook(secret).verify(body + " ", headers); } catch { refused += 1; }
}
console.log(given.length, refused);
"""


def test_signatures_hold_in_javascript(tmp_path: Path) -> None:
    """By the library of another language, from the npm registry."""
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm is None or node is None:
        pytest.skip("no node and npm")
    done = subprocess.run(
        [npm, "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(tmp_path),
         "standardwebhooks@1"],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        pytest.skip(f"npm has no registry here: {done.stderr[-200:]}")
    secrets = [secret(), secret()]
    given = [
        {"secret": one, "headers": headers, "body": body.decode()}
        for headers, body in received(tmp_path, secrets)
        for one in secrets
    ]
    said = subprocess.run(
        [node, "-e", VERIFY], input=json.dumps(given), cwd=tmp_path, capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    assert said.stdout.split() == [str(len(given)), str(len(given))]


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
    assert "routing_key is unknown" in refused.told
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
