"""The demo: the main job on a small company's documents, each step shown and checked."""

from __future__ import annotations

import base64
import secrets
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from ingestd.app import demo_receiver, passes, sample_company
from ingestd.app.alerts.lane import Alerting
from ingestd.app.build import System
from ingestd.app.checking import checks, golden
from ingestd.app.demo_receiver import Received
from ingestd.app.opening import writing
from ingestd.backends.sqlite.database import Database
from ingestd.backends.sqlite.history import SqliteHistory
from ingestd.config import loading
from ingestd.config.loading import Config
from ingestd.config.schema import AlertsSection, ReceiverSection
from ingestd.errors import IngestdError, UsageError
from ingestd.model.check import Status
from ingestd.model.index import Hit
from ingestd.model.passes import PassReport

_MARK = ".ingestd-demo"
_SIGNED_WITH = "webhook.secret"
Say = Callable[[str], None]


class _NotAsPromised(IngestdError):
    """A step of the demo did not do what it says it does."""


def play(folder: Path, say: Say) -> int:
    """Write the documents anew and go through the main job; return the exit code."""
    folder = folder.expanduser().absolute()
    if folder.exists():
        if any(folder.iterdir()) and not (folder / _MARK).exists():
            raise UsageError(f"{folder}: not empty, and not of an earlier demo; name a new folder")
        shutil.rmtree(folder)
    company = folder / "company"
    company.mkdir(parents=True)
    (folder / _MARK).touch()
    sample_company.write(company)
    secret = f"whsec_{base64.b64encode(secrets.token_bytes(24)).decode()}"
    (folder / _SIGNED_WITH).write_text(secret, encoding="ascii")
    with demo_receiver.listening(secret) as received:
        config = _told(loading.for_folders([str(company)], folder), received.url)
        with writing(config) as system:
            _index(system, say)
            _ask(system, say)
            _masked(system, say)
            _edit(system, company, say)
            _rename(system, company, say)
            _delete(system, company, say)
            _drift(system, company, received, say)
    say("")
    say("What next:")
    say(f"  cd {folder} && ingestd ask 'How long is the notice period?'")
    say("  ingestd check                    the golden questions; ingestd golden --help")
    say("  ingestd run ~/Documents          watch a folder of your own; Ctrl-C stops")
    say("  ingestd init && ingestd doctor   a config with every key, and what works here")
    return 0


def _index(system: System, say: Say) -> None:
    say("1. Index seven documents in seven formats, and the file attached to an e-mail")
    report = passes.sync(system)
    _expect(report.added == 8 and not report.quarantined, "eight documents are indexed")
    for name in sorted({entry.shown_path for entry in system.ledger.entries()}):
        say(f"     {name}")
    say(f"   {_summary(report)}")


def _ask(system: System, say: Say) -> None:
    say("")
    say("2. Ask, and get passages with citations")
    for question, expected in (
        ("How many days of annual leave does a new employee get?", "25 days"),
        ("What does the 250 W circulation pump cost?", "274.00"),
        ("When must the seal kit be replaced?", "8000 hours"),
    ):
        hit = _best(system, question)
        _expect(expected in hit.row.text, f"{expected!r} answers {question!r}")
        say(f"   {question}")
        say(f"     {_sentence(hit, expected)}")
        say(f"     [{_citation(hit)}]")


def _masked(system: System, say: Say) -> None:
    say("")
    say("3. Personal data was masked before anything was stored")
    text = " ".join(row.text for rows in system.store.all_rows() for row in rows)
    for secret in ("ingrid.dahl", "7946 0958", "4111 1111", "NWBK", "22 12 34 56"):
        _expect(secret not in text, f"{secret!r} is nowhere in the index")
    for question, placeholder in (
        ("Who answers pay questions?", "<EMAIL_ADDRESS>"),
        ("Which card is on file?", "<CREDIT_CARD>"),
    ):
        hit = _best(system, question)
        _expect(placeholder in hit.row.text, f"{placeholder} stands in the answer")
        say(f"     {_sentence(hit, placeholder)}")


def _edit(system: System, company: Path, say: Say) -> None:
    say("")
    say("4. Edit one sentence of the handbook: 25 days of leave become 27")
    handbook = company / "people/handbook.md"
    text = handbook.read_text(encoding="utf-8")
    handbook.write_text(text.replace("25 days of annual", "27 days of annual"), encoding="utf-8")
    report = passes.sync(system)
    say(f"   {_summary(report)}")
    _expect(report.chunks_embedded == 1, "one chunk is embedded")
    hit = _best(system, "How many days of annual leave does a new employee get?")
    _expect("27 days" in hit.row.text, "the new sentence is found")
    say(f"     {_sentence(hit, '27 days')}")


def _rename(system: System, company: Path, say: Say) -> None:
    say("")
    say("5. Rename the price list")
    (company / "sales/prices.csv").rename(company / "sales/prices-2027.csv")
    report = passes.sync(system)
    say(f"   {_summary(report)}")
    _expect(report.renamed == 1 and report.chunks_embedded == 0, "nothing is embedded")
    hit = _best(system, "What does the 250 W circulation pump cost?")
    _expect(hit.row.path == "sales/prices-2027.csv", "the citation has the new name")
    say(f"     now cited as [{_citation(hit)}]")


def _delete(system: System, company: Path, say: Say) -> None:
    say("")
    say("6. Delete the travel policy")
    (company / "people/travel.html").unlink()
    report = passes.sync(system)
    say(f"   {_summary(report)}")
    hits = system.searcher.search("How much may a hotel cost?", 50)
    _expect(all("hotel" not in h.row.text.lower() for h in hits), "it answers no more")
    say("     no passage speaks of hotels any more")


def _told(config: Config, url: str) -> Config:
    """Add a receiver of alerts to a config."""
    receiver = ReceiverSection(name="demo", kind="webhook", url=url, secret_file=_SIGNED_WITH)
    alerts = AlertsSection(receivers=[receiver])
    return replace(config, file=config.file.model_copy(update={"alerts": alerts}))


def _drift(system: System, company: Path, received: Received, say: Say) -> None:
    say("")
    say("7. Golden questions hold; then a price is mistyped in one document")
    golden_file = company.parent / "golden.yaml"
    golden_file.write_text(sample_company.GOLDEN, encoding="utf-8")
    history = SqliteHistory(Database(system.folder.ledger))
    alerting = Alerting(system)
    questions = golden.questions(system, golden_file)
    before = checks.check(system, history, questions, golden_file)
    _expect(before.count(Status.PASS) == len(questions), "every golden question holds")
    say(f"   {len(questions)} questions asked, {before.count(Status.PASS)} hold")
    prices = company / "sales/prices-2027.csv"
    text = prices.read_text(encoding="utf-8")
    prices.write_text(text.replace("274.00", "247.00"), encoding="utf-8")
    passes.sync(system)
    after = checks.check(system, history, questions, golden_file)
    failed = [result for result in after.results if result.status is Status.FAIL]
    _expect([r.question.id for r in failed] == ["pump-price"], "the wrong price is found")
    (drifted,) = failed
    cause = drifted.caused_by
    _expect(cause is not None and cause.path == "sales/prices-2027.csv", "its cause is named")
    say(f"     {drifted.question.id}: {drifted.diagnosis}: {drifted.reason}")
    if cause is not None:
        say(f"     caused by version {cause.index_version} of {cause.path}")
        say(f"       before: {cause.before}")
        say(f"       after:  {cause.after}")
    alerting.round()
    alerting.deliver()
    _arrived(received, "alert.firing", say)
    prices.write_text(text, encoding="utf-8")
    passes.sync(system)
    last = checks.check(system, history, questions, golden_file)
    _expect(last.count(Status.PASS) == len(questions), "it holds again once it is mended")
    say("   mended, and all of them hold again")
    alerting.round()
    alerting.deliver()
    _arrived(received, "alert.resolved", say)


def _arrived(received: Received, kind: str, say: Say) -> None:
    _expect(not received.refused, "every signature is right")
    _expect(bool(received.bodies), "a webhook is received")
    body = received.bodies[-1]
    _expect(body["type"] == kind, f"{kind} is received")
    say(f"   webhook received, its signature is right: {kind} {body['data']['fingerprint']}")
    say(f"     {body['data']['summary']}")


def _best(system: System, question: str) -> Hit:
    return system.searcher.search(question, 1)[0]


def _sentence(hit: Hit, expected: str) -> str:
    """Return the line of a hit that holds what was looked for."""
    lines = hit.row.text.replace(". ", ".\n").splitlines()
    return next((line.strip() for line in lines if expected in line), lines[0])


def _citation(hit: Hit) -> str:
    page = f", page {hit.row.page}" if hit.row.page is not None else ""
    return f"{hit.row.source}:{hit.row.path}{page}, {hit.row.start}-{hit.row.end}"


def _summary(report: PassReport) -> str:
    counts = {
        "added": report.added,
        "modified": report.modified,
        "renamed": report.renamed,
        "deleted": report.deleted,
        "unchanged": report.unchanged,
    }
    said = ", ".join(f"{count} {name}" for name, count in counts.items() if count)
    return (
        f"{said}; {report.chunks_embedded} chunks embedded, {report.chunks_reused} reused; "
        f"{report.seconds:.1f} s"
    )


def _expect(holds: bool, promise: str) -> None:
    if not holds:
        raise _NotAsPromised(f"demo: promised that {promise}, and it is not so")
