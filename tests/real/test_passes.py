"""Sync, plan and reindex through the real command, on documents that the demo writes."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from ingestd.app import sample_company
from ingestd.app.build import System
from ingestd.backends.sqlite.database import Database
from ingestd.backends.sqlite.ledger import SqliteLedger
from ingestd.config import loading
from ingestd.model.ledger import KnownSource

from . import command

pytestmark = pytest.mark.real

SYNC_KEYS = {
    "added", "modified", "deleted", "renamed", "unchanged", "failed", "quarantined", "skipped",
    "chunks", "tokens_embedded", "index_version", "seconds",
}  # fmt: skip
HIT_KEYS = {
    "rank", "score", "source", "path", "chunk_id", "text", "heading", "page", "start", "end",
    "modified_at", "indexed_at", "why",
}  # fmt: skip


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, models_dir: Path) -> Path:
    """The sample company, indexed."""
    folder = tmp_path_factory.mktemp("company")
    sample_company.write(folder / "docs")
    command.config(folder, models_dir, folder / "docs")
    report = command.run_json("sync", cwd=folder)
    assert report["added"] == 8
    return folder


@pytest.fixture
def copy(home: Path, tmp_path: Path) -> Path:
    """The indexed company, to change."""
    folder = tmp_path / "company"
    shutil.copytree(home, folder, symlinks=True)
    path = folder / "ingestd.toml"
    path.write_text(path.read_text().replace(str(home / "docs"), str(folder / "docs")))
    # As if the whole company had moved: where it was before is not a second source of that name.
    ledger = SqliteLedger(Database(folder / ".ingestd/ledger.db"))
    ledger.record_source(KnownSource("docs", bytes(folder / "docs")))
    return folder


def test_the_json_shapes_are_those_promised(home: Path) -> None:
    """Programs rely on these names."""
    report = command.run_json("sync", cwd=home)
    assert report.keys() >= SYNC_KEYS
    assert report["chunks"].keys() >= {"total", "embedded", "reused", "removed"}
    found = command.run_json("search", "How long is the notice period?", "-k", "3", cwd=home)
    assert found.keys() >= {"query", "index_version", "seconds", "hits"}
    hit = found["hits"][0]
    assert hit.keys() >= HIT_KEYS
    assert hit["path"] == "people/handbook.md"
    assert set(hit["why"]["vector"]) == {"rank", "score"}
    status = command.run_json("status", cwd=home)
    assert status.keys() >= {
        "documents", "chunks", "pending", "quarantined", "index_version", "lag_seconds",
        "sources", "alerts",
    }  # fmt: skip
    assert status["sources"][0].keys() >= {"name", "path", "documents", "watching", "last_scan_at"}
    assert command.run_json("quarantine", "ls", cwd=home) == {"documents": []}


def test_json_and_config_may_stand_anywhere(home: Path) -> None:
    """Before the arguments, after them, and before a word that looks like an option."""
    for arguments in (
        ("search", "--json", "notice"),
        ("--config", "ingestd.toml", "search", "notice", "--json"),
        ("search", "--json", "--", "--json"),
    ):
        done = command.run(*arguments, cwd=home)
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["hits"]


def test_plan_says_what_sync_then_does(copy: Path) -> None:
    """To the chunk and the token, and changes nothing."""
    docs = copy / "docs"
    handbook = docs / "people/handbook.md"
    handbook.write_text(handbook.read_text().replace("25 days", "27 days"))
    (docs / "new.md").write_text("# New\n\nA new document.\n")
    (docs / "sales/prices.csv").rename(docs / "sales/list.csv")
    (docs / "people/travel.html").unlink()
    keys = ("added", "modified", "deleted", "renamed", "unchanged", "tokens_embedded")

    planned = command.run_json("plan", cwd=copy)
    again = command.run_json("plan", cwd=copy)
    done = command.run_json("sync", cwd=copy)

    assert [planned[k] for k in keys] == [again[k] for k in keys] == [done[k] for k in keys]
    assert [done[k] for k in keys[:5]] == [1, 1, 1, 1, 5]
    assert planned["chunks"]["embedded"] == done["chunks"]["embedded"] == 2
    assert {s["action"] for s in planned["steps"]} == {"add", "modify", "delete", "rename"}


def test_reindex_builds_anew_and_finds_the_same(copy: Path) -> None:
    """Same ids and offsets, versions go on growing, only one generation is left."""
    system = System(loading.load(copy / "ingestd.toml"))
    before = {
        r.chunk_id: (r.path, r.start, r.end) for rows in system.store.all_rows() for r in rows
    }
    version = system.store.index_version
    cost = command.run_json("reindex", "--dry-run", cwd=copy)
    report = command.run_json("reindex", cwd=copy)
    assert report["added"] == cost["documents"] == 8
    assert report["chunks"]["embedded"] == cost["chunks"] == len(before)
    assert report["tokens_embedded"] == cost["tokens"]
    assert report["index_version"] > version
    system = System(loading.load(copy / "ingestd.toml"))
    after = {r.chunk_id: (r.path, r.start, r.end) for rows in system.store.all_rows() for r in rows}
    assert before == after
    assert len(list((copy / ".ingestd/generations").iterdir())) == 1
    assert command.run_json("sync", cwd=copy)["unchanged"] == 8

    one = command.run_json("reindex", "--path", "people/handbook.md", cwd=copy)
    assert (one["modified"], one["chunks"]["embedded"] > 0) == (1, True)


def test_reindex_keeps_what_it_cannot_read_and_what_is_not_its_own(
    copy: Path, tmp_path: Path
) -> None:
    """A broken file's last good version goes on answering, and so does a source left out."""
    path = copy / "ingestd.toml"
    text = path.read_text()
    other = tmp_path / "other"
    other.mkdir()
    (other / "o.md").write_text("# Other\n\nThe okapi is elsewhere.\n")
    path.write_text(f'{text}\n[[sources]]\nname = "other"\npath = "{other}"\n')
    command.run_json("sync", cwd=copy)
    path.write_text(text)
    contract = copy / "docs/legal/supply-agreement.docx"
    contract.write_bytes(contract.read_bytes()[:400])

    report = command.run_json("reindex", cwd=copy, code=3)

    assert (report["added"], report["quarantined"]) == (7, 1)
    for question, expected in (
        ("How long does the agreement run?", "24 months"),
        ("okapi", "The okapi is elsewhere."),
    ):
        hits = command.run_json("search", question, "-k", "1", cwd=copy)["hits"]
        assert expected in hits[0]["text"]
    again = command.run_json("sync", cwd=copy, code=3)
    assert (again["unchanged"], again["chunks"]["removed"]) == (7, 0)


def test_a_changed_rule_redoes_exactly_what_it_touches(copy: Path) -> None:
    """Redaction: parsed again, embedded only where the text changed. Chunking: cut again."""
    path = copy / "ingestd.toml"
    path.write_text(path.read_text() + '\n[redaction]\ndeny = ["circulation pump"]\n')
    done = command.run("sync", cwd=copy)
    assert "Rules changed since the last pass: redaction (8 documents)" in done.stderr
    found = command.run_json("search", "circulation pump", "-k", "20", cwd=copy)
    assert found["query"] == "<DENIED_PHRASE>"
    assert "irculation" not in json.dumps(found["hits"])
    status = command.run_json("status", cwd=copy)
    assert status["masked"]["docs"]["DENIED_PHRASE"] >= 3
    assert command.run_json("sync", cwd=copy)["chunks"]["embedded"] == 0

    path.write_text(path.read_text() + "\n[chunking]\nmin_tokens = 20\nmax_tokens = 80\n")
    report = command.run_json("sync", cwd=copy)
    assert report["modified"] == 8
    assert report["chunks"]["total"] > 8


def test_another_model_embeds_again_and_parses_nothing(copy: Path, tmp_path: Path) -> None:
    """A tiny model with the same tokenizer: texts stay, vectors and their length change."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    from transformers import AutoTokenizer, BertConfig, BertModel

    known = System(loading.load(copy / "ingestd.toml")).model.path
    tokenizer = AutoTokenizer.from_pretrained(str(known))
    body = tmp_path / "body"
    BertModel(
        BertConfig(
            vocab_size=len(tokenizer), hidden_size=48, num_hidden_layers=1,
            num_attention_heads=4, intermediate_size=64,
        )
    ).save_pretrained(body)  # fmt: skip
    tokenizer.save_pretrained(body)
    transformer = Transformer(str(body), max_seq_length=256)
    tiny = SentenceTransformer(modules=[transformer, Pooling(48)])
    tiny.save(str(tmp_path / "tiny"))
    shutil.copy(known / "tokenizer.json", tmp_path / "tiny/tokenizer.json")
    path = copy / "ingestd.toml"
    text = path.read_text().replace("[embedding]\n", f'[embedding]\nmodel = "{tmp_path}/tiny"\n')
    path.write_text(text)

    refused = command.run("search", "notice", cwd=copy)
    assert refused.returncode == 2
    assert "the index was made with 'all-MiniLM-L6-v2'" in refused.stderr
    before = command.run_json("status", cwd=copy)["chunks"]
    report = command.run_json("sync", cwd=copy)
    assert (report["modified"], report["unchanged"]) == (0, 8)
    assert report["chunks"]["embedded"] == before
    assert command.run_json("search", "notice", cwd=copy)["hits"]
    system = System(loading.load(copy / "ingestd.toml"))
    assert system.store.generation.dimensions == 48


def test_a_model_that_is_not_there_says_where_to_get_it(copy: Path) -> None:
    """Nothing is downloaded, nothing is started."""
    path = copy / "ingestd.toml"
    path.write_text(path.read_text().replace("[embedding]\n", '[embedding]\nmodel = "no/such"\n'))
    done = command.run("sync", cwd=copy)
    assert done.returncode == 2
    assert "SentenceTransformer('no/such').save('FOLDER')" in done.stderr


def test_explain_and_doctor(home: Path) -> None:
    """What was masked is told by type and place; every format is told of."""
    found = command.run_json("explain", "people/handbook.md", cwd=home)["documents"][0]
    assert found["masked"] == {"EMAIL_ADDRESS": 2, "PHONE_NUMBER": 1}
    assert {p["entity_type"] for p in found["placeholders"]} == {"EMAIL_ADDRESS", "PHONE_NUMBER"}
    chunk = found["chunks"][0]["chunk_id"]
    assert command.run_json("explain", chunk, cwd=home)["documents"][0]["path"] == found["path"]
    checks = command.run_json("doctor", cwd=home)["checks"]
    names = {check["name"]: check for check in checks}
    assert names["parser"]["ok"]
    assert names["embedding"]["ok"]
    assert names["format Word"]["ok"]
    assert "names of people" in names["masking names"]["found"]


def test_sync_of_one_folder_leaves_another_alone(tmp_path: Path, home: Path) -> None:
    """Folders on the command line, state beside; a folder that moved keeps its name and vectors."""
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.md").write_text(f"# {name}\n\nThe {name} speaks.\n")
    command.run_json("sync", "first", cwd=tmp_path)
    report = command.run_json("sync", "second", cwd=tmp_path)
    assert (report["added"], report["deleted"], report["chunks"]["total"]) == (1, 0, 2)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "first").rename(tmp_path / "elsewhere/first")
    report = command.run_json("sync", "elsewhere/first", cwd=tmp_path)
    assert (report["unchanged"], report["chunks"]["embedded"]) == (1, 0)
    (tmp_path / "first").mkdir()
    assert "another folder of that name" in command.run("sync", "first", cwd=tmp_path).stderr
    assert {s["name"] for s in command.run_json("status", cwd=tmp_path)["sources"]} == {
        "first", "second",
    }  # fmt: skip
