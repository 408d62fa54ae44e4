"""The config: checked whole, each fault with its key and its remedy."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from ingestd.app.build import System
from ingestd.app.opening import reading
from ingestd.config import loading
from ingestd.config.schema import ConfigFile
from ingestd.errors import ConfigError, UsageError

EXAMPLE = Path(__file__).parents[2] / "config" / "ingestd.toml"


def loaded(folder: Path, text: str) -> loading.Config:
    """Load a config from a text."""
    path = folder / "ingestd.toml"
    path.write_text(text, encoding="utf-8")
    return loading.load(path)


def test_the_example_holds_every_key_with_its_default() -> None:
    """What `ingestd init` writes says nothing else than no config at all."""
    written = tomllib.loads(EXAMPLE.read_text(encoding="utf-8"))
    (source,) = written.pop("sources")
    defaults = ConfigFile(sources=[]).model_dump()
    defaults.pop("sources")
    assert defaults == written
    fields = ConfigFile.model_validate({"sources": [{"path": "."}]}).sources[0].model_dump()
    assert {**fields, "name": "docs"} == source


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("state_dri = 'x'", "state_dri: unknown key; did you mean 'state_dir'?"),
        ("[embedding]\nmodle = 'x'", "embedding.modle: unknown key; did you mean 'model'?"),
        ("[[sources]]\npath = '.'\nexlude = []", "sources[0].exlude: unknown key; did you mean"),
        ("[[sources]]\nname = 'x'", "sources[0].path: missing"),
        ("[[sources]]\npath = 'ingestd.toml'", "ingestd.toml: not a folder"),
        ("[parsing]\nworkers = 'two'", "parsing.workers: 'two': input should be a valid integer"),
        ("[parsing]\nworkers = 0", "parsing.workers: 0: input should be greater than or equal"),
        ("[chunking]\nmin_tokens = 200", "chunking.min_tokens: 200 is more than half"),
        ("[[sources]]\npath='.'\n[[sources]]\nname='b'\npath='.'", "is the path of two sources"),
        ("state_dir = ", "not TOML"),
    ],
)
def test_a_fault_names_its_key(tmp_path: Path, text: str, message: str) -> None:
    """Unknown, missing, of the wrong type or out of bounds."""
    with pytest.raises(ConfigError) as raised:
        loaded(tmp_path, text)
    assert str(tmp_path / "ingestd.toml") in str(raised.value)
    assert message in str(raised.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "entities = ['EMAIL']",
            "redaction.entities: unknown entity 'EMAIL'; did you mean 'EMAIL_",
        ),
        ("phone_regions = ['UK']", "unknown region 'UK'; ISO 3166 codes, like GB; the United King"),
        ("patterns = [{entity = 'X_Y', regex = '(a'}]", "patterns[0] (X_Y).regex: not a regular"),
        ("patterns = [{entity = 'X_Y', regex = '(a+)+b'}]", "(X_Y).regex: takes longer than 0.5"),
        ("patterns = [{entity = 'X_Y', regex = '(z|z)*$'}]", "write it without nested repeats"),
        (
            "patterns = [{entity = 'X_Y', regex = 'a', checksum = 'lun'}]",
            "unknown check 'lun'; did you mean 'luhn'?",
        ),
        ("patterns = [{entity = 'x y', regex = 'a'}]", "redaction.patterns[0].entity: 'x y'"),
        ("gazetteers = [{entity = 'PERSON', file = 'gone.txt'}]", "gone.txt: cannot be read: No s"),
        (
            "gazetteers = [{entity = 'PERSON', file = 'latin.txt'}]",
            "latin.txt: not utf-8 at byte 1",
        ),
        ("gazetteers = [{entity = 'PERSON', file = 'empty.txt'}]", "empty.txt: holds no phrase"),
        (
            "gazetteers = [{entity = 'PERSON', file = 'latin.txt', encoding = 'utf-9'}]",
            "gazetteers[0].encoding: unknown encoding 'utf-9'",
        ),
        ("actions = {EMAIL = 'mask'}", "actions.EMAIL: this policy finds no such entity; did you"),
        (
            "actions = {US_SSN = 'hide'}",
            "actions.US_SSN: 'hide': one of mask, pseudonym, keep_last",
        ),
        ("actions = {US_SSN = 'keep_last'}", "'keep_last': how many to keep, from 1 to 6"),
        ("actions = {US_SSN = 'pseudonym'}", "redaction.key_file: missing; pseudonyms need a key"),
        ("key_file = 'gone'\nactions = {US_SSN = 'pseudonym'}", "gone: cannot be read: No such"),
        ("key_file = 'empty.txt'\nactions = {US_SSN = 'pseudonym'}", "0 bytes are too few for a"),
        ("ner = {model = 'gone'}", "ner.model: "),
        ("ner = {model = '.'}", "neither a spaCy pipeline"),
    ],
)
def test_a_rule_that_cannot_work_names_its_key(tmp_path: Path, text: str, message: str) -> None:
    """Before anything is opened, and whatever the command."""
    (tmp_path / "latin.txt").write_bytes(b"J\xf8rgen\n")
    (tmp_path / "empty.txt").write_bytes(b"")
    with pytest.raises(ConfigError) as raised:
        System(loaded(tmp_path, f"[redaction]\n{text}\n")).policy  # noqa: B018
    assert str(tmp_path / "ingestd.toml") in str(raised.value)
    assert message in str(raised.value)


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    """Nobody fixes one key at a time."""
    with pytest.raises(ConfigError) as raised:
        loaded(tmp_path, "nmae = 1\n[daemon]\nscan_minutes = -1\n")
    assert len(str(raised.value).splitlines()) == 2


def test_a_bad_pattern_names_its_key(tmp_path: Path) -> None:
    """Patterns are gitignore's."""
    config = loaded(tmp_path, "[[sources]]\npath = '.'\nexclude = ['a', '!']\n")
    with pytest.raises(ConfigError, match=r"sources\[0\]\.exclude: '!'"), reading(config):
        pass


def test_inner_sources_and_the_state_folder_are_holes_of_the_outer_one(tmp_path: Path) -> None:
    """A document of two sources is the inner one's."""
    (tmp_path / "docs" / "hr").mkdir(parents=True)
    config = loaded(
        tmp_path,
        "state_dir = 'docs/.state'\n[[sources]]\npath = 'docs'\n[[sources]]\npath = 'docs/hr'\n",
    )
    outer, inner = config.sources
    assert outer.holes == (tmp_path / "docs/.state", tmp_path / "docs/hr")
    assert inner.holes == ()
    assert (outer.name, inner.name) == ("docs", "hr")


def test_folders_need_names_of_their_own(tmp_path: Path) -> None:
    """Two folders of one name cannot be told apart."""
    for parent in ("a", "b"):
        (tmp_path / parent / "docs").mkdir(parents=True)
    with pytest.raises(UsageError, match="'docs' is the name of two sources"):
        loading.for_folders(["a/docs", "b/docs"], tmp_path)
