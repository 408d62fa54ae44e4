"""Redaction from end to end: vetoes, tightened policies, models of names, and what is on disk."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ingestd.app import redactors
from ingestd.app.build import System
from ingestd.config import loading

from . import command

pytestmark = pytest.mark.real

SSN = "536-90-4399"
SECRETS = ("zulaqar.vexlin", "4111 1111 1111 1111", "GB29 NWBK 6016 1331 9268 19", "qx81kFh2pQz77")


@pytest.fixture
def home(tmp_path: Path, models_dir: Path) -> Path:
    """Three documents and a config."""
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "clean.md").write_text("# Notice\n\nThe notice period is three months.\n")
    (docs / "staff.md").write_text(f"# Staff\n\nOle's number is {SSN}; the badge is blue.\n")
    (docs / "mail.md").write_text("# Mail\n\nWrite to ann@example.com about the orange boat.\n")
    (tmp_path / "ingestd.toml").write_text(
        f'[[sources]]\npath = "docs"\n[embedding]\nmodels_dir = "{models_dir}"\n'
    )
    return tmp_path


def rules(home: Path, text: str) -> None:
    """Put rules at the end of the config."""
    path = home / "ingestd.toml"
    path.write_text(f"{path.read_text()}\n{text}\n")


def test_a_vetoed_document_never_comes_back(home: Path) -> None:
    """Not before the pass that takes it out, not after; it is listed with its reason."""
    command.run_json("sync", cwd=home)
    assert "badge" in command.run_json("search", "badge", "-k", "1", cwd=home)["hits"][0]["text"]

    rules(home, '[redaction.actions]\nUS_SSN = "veto"\nEMAIL_ADDRESS = "drop"')
    hits = command.run_json("search", "blue badge", "-k", "9", cwd=home)["hits"]
    assert {hit["path"] for hit in hits} == {"clean.md", "mail.md"}
    assert [hit["rank"] for hit in hits] == [1, 2]

    report = command.run_json("sync", cwd=home)
    assert (report["vetoed"], report["quarantined"], report["modified"]) == (1, 0, 2)
    listed = command.run_json("quarantine", "ls", cwd=home)["documents"]
    (vetoed,) = [one for one in listed if one["state"] == "vetoed"]
    assert (vetoed["path"], vetoed["reason"]) == (
        "staff.md", "it holds 1 US_SSN, and redaction.actions vetoes that",
    )  # fmt: skip
    system = System(loading.load(home / "ingestd.toml"))
    texts = [row.text for rows in system.store.all_rows() for row in rows if row.live]
    assert not any("badge" in text or "boat" in text for text in texts)
    assert command.run_json("sync", cwd=home)["vetoed"] == 1

    (home / "docs/staff.md").write_text("# Staff\n\nOle has no number; the badge is blue.\n")
    assert command.run_json("sync", cwd=home)["vetoed"] == 0


def test_a_tightened_policy_masks_at_once_and_says_what_it_newly_masked(home: Path) -> None:
    """The way out first, then the index; counts, never values."""
    rules(home, '[redaction]\nentities = ["US_SSN"]')
    command.run_json("sync", cwd=home)
    question = ("search", "orange boat", "-k", "1")
    assert "ann@example.com" in command.run_json(*question, cwd=home)["hits"][0]["text"]

    path = home / "ingestd.toml"
    path.write_text(path.read_text().replace('["US_SSN"]', '["US_SSN", "EMAIL_ADDRESS"]'))
    assert "<EMAIL_ADDRESS>" in command.run_json(*question, cwd=home)["hits"][0]["text"]

    report = command.run_json("sync", cwd=home)
    assert report["newly_masked"] == {"docs": {"EMAIL_ADDRESS": 1}}
    assert report["masked"]["docs"] == {"EMAIL_ADDRESS": 1, "US_SSN": 1}
    assert report["chunks"]["embedded"] == 1
    assert command.run_json("sync", cwd=home)["newly_masked"] == {}


def test_pseudonyms_are_stable_and_show_in_explain(home: Path) -> None:
    """Over runs and documents; the key is a file, and a new key is a new policy."""
    key = home / "pseudonym.key"
    key.write_text("0123456789abcdef" * 2)
    rules(home, '[redaction]\nkey_file = "pseudonym.key"\nactions = {EMAIL_ADDRESS = "pseudonym"}')
    (home / "docs/other.md").write_text("# Other\n\nANN@example.com has a canoe.\n")
    command.run_json("sync", cwd=home)
    hits = command.run_json("search", "boat canoe", "-k", "9", cwd=home)["hits"]
    tokens = [t for hit in hits for t in re.findall("<EMAIL_ADDRESS:[0-9a-f]{16}>", hit["text"])]
    assert len(tokens) == 2
    assert len(set(tokens)) == 1
    assert command.run_json("sync", cwd=home)["unchanged"] == 4
    (explained,) = command.run_json("explain", "other.md", cwd=home)["documents"]
    (place,) = explained["placeholders"]
    assert (place["entity_type"], place["end"] - place["start"]) == ("EMAIL_ADDRESS", 32)
    key.write_text("fedcba9876543210" * 2)
    assert command.run_json("sync", cwd=home)["chunks"]["embedded"] == 2


def test_a_rule_that_cannot_work_ends_every_command_at_its_start(home: Path) -> None:
    """Exit code 2, the key and the remedy; nothing is made."""
    rules(home, "[redaction]\npatterns = [{entity = 'SLOW', regex = '(a+)+$'}]")
    for name in ("sync", "plan", "search", "fuzz", "doctor"):
        done = command.run(name, *(["x"] if name == "search" else []), cwd=home)
        assert done.returncode == 2
        assert "redaction.patterns[0] (SLOW).regex: takes longer than 0.5 seconds" in done.stderr
    assert not (home / ".ingestd").exists()


def spacy_model(folder: Path) -> Path:
    """A pipeline whose one component knows two names."""
    import spacy

    pipeline = spacy.blank("en")
    ruler = pipeline.add_pipe("entity_ruler")
    ruler.add_patterns([  # type: ignore[attr-defined]
        {"label": "PERSON", "pattern": "Ole Nordmann"}, {"label": "GPE", "pattern": "Drammen"},
    ])  # fmt: skip
    pipeline.to_disk(folder)
    return folder


def transformers_model(folder: Path) -> Path:
    """A classifier of one layer, trained until it knows one name in one sentence."""
    import torch
    from transformers import BertConfig, BertForTokenClassification, BertTokenizerFast

    folder.mkdir()
    words = "[PAD] [UNK] [CLS] [SEP] [MASK] ole nordmann lives in drammen and sails".split()
    (folder / "vocab.txt").write_text("\n".join(words))
    tokenizer = BertTokenizerFast(vocab_file=str(folder / "vocab.txt"))
    torch.manual_seed(0)
    model = BertForTokenClassification(
        BertConfig(
            vocab_size=len(words), hidden_size=32, num_hidden_layers=1, num_attention_heads=2,
            intermediate_size=32, max_position_embeddings=64, num_labels=3,
            id2label={0: "O", 1: "B-PER", 2: "I-PER"}, label2id={"O": 0, "B-PER": 1, "I-PER": 2},
        )
    )  # fmt: skip
    known = "ole nordmann lives in drammen and sails"
    batch = tokenizer([known, f"x {known}", "a b c d e f g"], padding=True, return_tensors="pt")
    one, two, none = [0, 1, 2, 0, 0, 0, 0, 0, 0, 0], [0, 0, 1, 2, 0, 0, 0, 0, 0, 0], [0] * 10
    labels = torch.tensor([one, two, none])
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    for _ in range(150):
        optimizer.zero_grad()
        model(**batch, labels=labels).loss.backward()
        optimizer.step()
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.mark.parametrize(
    ("build", "expected"),
    [
        (spacy_model, "<PERSON> lives in <LOCATION> and sails"),
        (transformers_model, "<PERSON> lives in Drammen and sails"),
    ],
)
def test_names_are_masked_by_a_model_of_the_users(home: Path, build, expected: str) -> None:  # type: ignore[no-untyped-def]
    """Loaded from its folder in the parser child; doctor says what it masks."""
    model = build(home / "model")
    rules(home, f'[redaction.ner]\nmodel = "{model}"\nthreshold = 0.8')
    (home / "docs/ole.md").write_text("# Sailing\n\nOle Nordmann lives in Drammen and sails\n")
    report = command.run_json("sync", cwd=home)
    assert report["masked"]["docs"]["PERSON"] >= 1
    hit = command.run_json("search", "sails", "-k", "1", cwd=home)["hits"][0]
    assert expected in hit["text"]
    checks = {c["name"]: c for c in command.run_json("doctor", "--offline", cwd=home)["checks"]}
    assert "PERSON" in checks["masking names"]["found"]
    assert command.run_json("sync", cwd=home)["unchanged"] == 4


def test_planted_values_are_nowhere_on_disk_in_logs_or_in_the_main_process(home: Path) -> None:
    """The daemon indexes them; then every byte of its state, its log and its memory is read."""
    text = (
        "# Contact\n\nWrite to {}@host-of-mail.example. Card {}.\n\nAccount {}; password: {}\n"
    ).format(*SECRETS)
    (home / "docs/secret.md").write_text(text)
    log = (home / "log").open("wb")
    daemon = subprocess.Popen(
        [sys.executable, "-m", "ingestd", "run"], cwd=home, stdout=log, stderr=log
    )
    try:
        deadline = time.monotonic() + 90
        while time.monotonic() < deadline:
            done = command.run("status", "--json", cwd=home)
            if done.returncode == 0 and json.loads(done.stdout)["documents"] >= 4:
                break
            time.sleep(0.5)
        hit = command.run_json("search", "password account", "-k", "1", cwd=home)["hits"][0]
        assert "<IBAN_CODE>; password: <SECRET>" in hit["text"]
        (home / "docs/secret.md").write_text(text.replace("Contact", "Contacts"))
        time.sleep(3)
        (home / "docs/secret.md").touch()  # The same bytes: the main process itself hashes them.
        time.sleep(3)
        core = _core(daemon.pid)
    finally:
        daemon.send_signal(signal.SIGTERM)
        daemon.wait(timeout=30)
        log.close()
    assert b"notice period" in core  # It is this process's memory, and documents pass through it.
    forms = [form for s in SECRETS for form in (s, s.replace(" ", ""))]
    state = [p for p in (home / ".ingestd").rglob("*") if p.is_file() and not p.is_symlink()]
    for form in forms:
        raw = form.encode()
        assert raw not in core
        assert raw not in (home / "log").read_bytes()
        for path in state:
            assert raw not in path.read_bytes(), path
    system = System(loading.load(home / "ingestd.toml"))
    stored = [r.text + r.prefix for rows in system.store.all_rows() for r in rows]
    stored += [v.redacted_text for versions in system.store.all_versions() for v in versions]
    assert not any(form in text for form in forms for text in stored)


def _core(pid: int) -> bytes:
    """Return what a core dump of a process holds: its readable memory, region by region."""
    pieces: list[bytes] = []
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for line in maps:
            span, rights, *_, name = [*line.split(), ""][:7] if len(line.split()) > 5 else [
                *line.split(), "",
            ]  # fmt: skip
            if "w" not in rights or name.startswith("[v"):
                continue
            start, end = (int(x, 16) for x in span.split("-"))
            try:
                memory.seek(start)
                pieces.append(os.read(memory.fileno(), end - start))
            except OSError:
                continue
    return b"\0".join(pieces)


def test_the_main_process_masks_by_the_same_rules_as_the_child() -> None:
    """What a policy finds on the way in it finds on the way out."""
    policy = System(loading.for_folders([], Path.cwd())).policy
    text = f"ann@example.com {SSN} +44 20 7946 0958 AKIAIOSFODNN7EXAMPLE DOB: 1985-03-12"
    assert redactors.in_main(policy).redact_text(text) == redactors.in_child(policy).redact_text(
        text
    )
