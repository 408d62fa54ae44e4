"""Names of files: identities, and what is ignored."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Mapping
from pathlib import Path

import pytest

from ingestd.backends.filesystem.files import LocalFiles, file_stat
from ingestd.backends.filesystem.names import identity, is_ignored_file
from ingestd.errors import SourceUnavailable
from ingestd.model.ids import DocPath
from ingestd.model.ledger import Settled
from ingestd.model.source import FileStat, FoundFile, Source


def test_identities_are_nfc_and_escape_only_what_is_no_utf8() -> None:
    """A name that is UTF-8 keeps its percent signs; in another, they are escaped too."""
    assert identity(unicodedata.normalize("NFD", "Büro/é.md").encode()) == "Büro/é.md"
    assert identity(b"100%.md") == "100%.md"
    assert identity(b"100%/caf\xe9.md") == "100%25/caf%E9.md"


@pytest.mark.parametrize(
    "name",
    ["a.md~", ".#a.md", "#a.md#", ".a.md.swp", "~$a.docx", ".~lock.a.odt#", "4913", "a.pdf.part"],
)
def test_files_of_editors_are_ignored(name: str) -> None:
    """Swap, backup and lock files are nobody's documents."""
    assert is_ignored_file(name)


def test_hidden_files_count_and_patterns_are_gitignores(tmp_path: Path) -> None:
    """Only `.git`, `node_modules` and the like are left out by themselves."""
    for name in (".hidden.md", "a.md", "drafts/b.md", "drafts/keep.md", ".git/c.md", "x/d.bak"):
        (tmp_path / name).parent.mkdir(exist_ok=True, parents=True)
        (tmp_path / name).write_text("text")

    def found(**rules: tuple[str, ...]) -> list[str]:
        files = LocalFiles().scan(Source("s", tmp_path, **rules))  # type: ignore[arg-type]
        return sorted(file.path for file in files)

    assert found() == [".hidden.md", "a.md", "drafts/b.md", "drafts/keep.md", "x/d.bak"]
    assert found(include=("*.md",), exclude=("drafts/",)) == [".hidden.md", "a.md"]
    assert found(exclude=("drafts/*", "!drafts/keep.md", "*.bak")) == [
        ".hidden.md", "a.md", "drafts/keep.md",
    ]  # fmt: skip
    assert found(include=("/drafts/**",)) == ["drafts/b.md", "drafts/keep.md"]


def test_a_scan_below_some_paths_sees_only_those(tmp_path: Path) -> None:
    """A folder that was moved in is listed whole; what is gone gives nothing."""
    for name in ("a/x.md", "a/deep/y.md", "b/z.md"):
        (tmp_path / name).parent.mkdir(exist_ok=True, parents=True)
        (tmp_path / name).write_text("text")
    found = LocalFiles().scan(Source("s", tmp_path), [b"a", b"a/deep", b"b/gone.md"])
    assert [file.path for file in found] == ["a/x.md", "a/deep/y.md"]


def test_a_missing_root_is_unavailable_and_not_empty(tmp_path: Path) -> None:
    """Otherwise an unmounted disk would look like thousands of deletions."""
    with pytest.raises(SourceUnavailable, match="its documents stay"):
        list(LocalFiles().scan(Source("s", tmp_path / "gone")))


def test_a_link_inside_the_root_is_a_document_of_its_own(tmp_path: Path) -> None:
    """As in a mounted config map, where every file is a link into a hidden folder."""
    (tmp_path / "..data").mkdir()
    (tmp_path / "..data/policy.md").write_text("text")
    os.symlink("..data/policy.md", tmp_path / "policy.md")
    found = [f.path for f in LocalFiles().scan(Source("s", tmp_path)) if isinstance(f, FoundFile)]
    assert sorted(found) == ["..data/policy.md", "policy.md"]


def met(source: Source, known: Mapping[DocPath, Settled]) -> set[DocPath]:
    """The documents that a scan finds to be as they are known; each of the others it tells of."""
    unmet = dict(known)
    told = {one.path for one in LocalFiles().scan(source, expected=unmet)}
    assert not told & (known.keys() - unmet.keys())
    return known.keys() - unmet.keys()


def test_a_file_that_is_as_expected_is_not_told_of(tmp_path: Path) -> None:
    """Whatever its name; not of one that differs, has become a link, or is left out."""
    decomposed = unicodedata.normalize("NFD", "é.md")
    names = ["a.md", "100%.md", decomposed, os.fsdecode(b"caf\xe9/100%.md"), "b/c d.md"]
    for name in [*names, "link.md", "changed.md"]:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name, errors="surrogateescape")
    source = Source("s", tmp_path)
    known = {
        one.path: (one.path, *one.stat, "indexed")
        for one in LocalFiles().scan(source)
        if isinstance(one, FoundFile)
    }
    (tmp_path / "link.md").rename(tmp_path / "target.md")
    os.symlink("target.md", tmp_path / "link.md")
    (tmp_path / "changed.md").chmod(0o600)
    assert met(source, known) == {
        "100%.md", "a.md", "b/c d.md", "caf%E9/100%25.md", "é.md",
    }  # fmt: skip
    assert {one.path for one in LocalFiles().scan(source, expected=dict(known))} == {
        "changed.md", "link.md", "target.md",
    }  # fmt: skip
    without = Source("s", tmp_path, exclude=("b/*", "1*"))
    assert met(without, known) == {"a.md", "é.md"}


def test_a_link_is_as_expected_while_it_leads_to_the_same_inside(tmp_path: Path) -> None:
    """Not once its file was written, or it leads out, were it to a file of the same numbers."""
    root = tmp_path / "root"
    root.mkdir()
    (root / "target.md").write_text("text")
    os.symlink("target.md", root / "link.md")
    source = Source("s", root)
    files = [one for one in LocalFiles().scan(source) if isinstance(one, FoundFile)]
    known = {one.path: (one.path, *one.stat, "indexed") for one in files}
    assert met(source, known) == {"link.md", "target.md"}
    (root / "target.md").chmod(0o600)
    assert not met(source, known)
    (root / "link.md").unlink()
    (tmp_path / "out.md").write_text("text")
    os.symlink("../out.md", root / "link.md")
    out = file_stat((tmp_path / "out.md").stat())
    known = {DocPath("link.md"): (DocPath("link.md"), *out, "indexed")}
    assert not met(source, known)


@pytest.mark.parametrize("number", range(1, 5))
def test_a_file_of_which_one_number_differs_is_looked_at(tmp_path: Path, number: int) -> None:
    """Size, either time, or the inode: a copy put in place with its old times, for one."""
    (tmp_path / "a.md").write_text("text")
    (found,) = LocalFiles().scan(Source("s", tmp_path))
    assert isinstance(found, FoundFile)
    stat: list[int] = list(found.stat)
    stat[number - 1] += 1
    known = {DocPath("a.md"): (DocPath("a.md"), *FileStat(*stat), "indexed")}
    assert list(LocalFiles().scan(Source("s", tmp_path), expected=known)) == [found]
    assert known
