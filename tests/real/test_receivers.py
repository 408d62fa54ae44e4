"""Receivers over real sockets: what each kind is sent, every fault, signatures, addresses."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
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
    "ok": (receiving.answers(OK), Fate.DELIVERED, "HTTP 200"),
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
        assert time.monotonic() - began < 10
    assert said in outcome.told
    assert len(outcome.told) < 100
    assert len(outcome.said) <= 200
    assert outcome.said == "thanks" if name == "ok" else "thanks" not in outcome.told
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
const crypto = require("crypto");
const given = JSON.parse(require("fs").readFileSync(0, "utf8"));
const plain = ({ secret, headers, body }) => {
  const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
  const signed = `${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${body}`;
  const right = "v1," + crypto.createHmac("sha256", key).update(signed).digest("base64");
  if (!headers["webhook-signature"].split(" ").includes(right)) throw new Error("signature");
};
const ways = [plain];
try {
  const { Webhook } = require("standardwebhooks");
  ways.push(({ secret, headers, body }) => new Webhook(secret).verify(body, headers));
} catch { /* The registry was out of reach. */ }
for (const verify of ways) {
  let refused = 0;
  for (const one of given) {
    verify(one);
    try { verify({ ...one, body: one.body + " " }); } catch { refused += 1; }
  }
  console.log(given.length, refused);
}
"""


def test_signatures_hold_in_javascript(tmp_path: Path) -> None:
    """By the specification's own words, and by npm's library where its registry is there."""
    npm, node = shutil.which("npm"), shutil.which("node")
    if node is None:
        pytest.skip("no node")
    if npm is not None:
        subprocess.run(
            [npm, "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(tmp_path),
             "--fetch-timeout=20000", "--fetch-retries=1", "standardwebhooks@1"],
            capture_output=True, timeout=120, check=False,
        )  # fmt: skip
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
    by_way = said.stdout.splitlines()
    assert by_way == [f"{len(given)} {len(given)}"] * (2 if _is_installed(tmp_path) else 1)


def _is_installed(folder: Path) -> bool:
    return (folder / "node_modules/standardwebhooks/package.json").is_file()
