"""Digests of files: any damage is seen, and a single flipped bit is put right, never another."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ingestd.backends.lancedb.digests import BLOCK, Digests

NAME = "chunks.lance/data/a.lance"
CONTENT = st.one_of(
    st.binary(min_size=1, max_size=300),
    st.binary(min_size=1, max_size=64).map(lambda unit: unit * (3 * BLOCK // len(unit) + 1)),
)


def kept(folder: str, content: bytes) -> tuple[Digests, Path]:
    """A file whose digest is known."""
    path = Path(folder) / NAME
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    digests = Digests(Path(folder))
    digests.add()
    return Digests(Path(folder)), path


@settings(max_examples=150, deadline=None)
@given(CONTENT, st.integers(0))
def test_any_single_bit_is_found_and_put_right(content: bytes, place: int) -> None:
    """Wherever it is, in the last and shorter block too."""
    with tempfile.TemporaryDirectory() as folder:
        digests, path = kept(folder, content)
        assert list(digests.check()) == [None]
        bit = place % (len(content) * 8)
        damaged = bytearray(content)
        damaged[bit // 8] ^= 1 << bit % 8
        path.write_bytes(damaged)
        (fault,) = digests.check()
        assert (fault.path, fault.what) == (NAME, "is not as it was written")
        assert digests.mend(NAME)
        assert path.read_bytes() == content


@settings(max_examples=100, deadline=None)
@given(CONTENT, CONTENT)
@example(b"\x00", b"\x01")
def test_what_is_more_than_that_is_never_made_up(content: bytes, other: bytes) -> None:
    """Mended means as it was written; anything else is left as it is found."""
    with tempfile.TemporaryDirectory() as folder:
        digests, path = kept(folder, content)
        path.write_bytes(other)
        found = [fault for fault in digests.check() if fault]
        assert bool(found) == (content != other)
        mended = digests.mend(NAME)
        assert path.read_bytes() == (content if mended else other)


def test_files_come_and_go_and_a_damaged_line_is_no_digest(tmp_path: Path) -> None:
    """One that is gone was compacted away; one that nobody knows is told."""
    digests, path = kept(str(tmp_path), b"one")
    other = path.with_name("b.lance")
    other.write_bytes(b"two")
    assert [f.what for f in digests.check() if f] == ["has no digest"]
    digests.add()
    assert [f for f in digests.check() if f] == []
    path.unlink()
    assert [f for f in digests.check() if f] == []
    lines = tmp_path / "digests.jsonl"
    lines.write_bytes(lines.read_bytes().replace(b"b.lance", b"c.lance"))
    assert [f.path for f in Digests(tmp_path).check() if f] == ["chunks.lance/data/b.lance"]


def test_a_line_that_a_full_disk_cut_short_spoils_no_other(tmp_path: Path) -> None:
    """What comes after it begins on a line of its own."""
    digests, path = kept(str(tmp_path), b"one")
    with (tmp_path / "digests.jsonl").open("ab") as stream:
        stream.write(b'0a0b0c0d ["chunks.lance/data/b')
    path.with_name("b.lance").write_bytes(b"two")
    digests.add()
    assert [f for f in Digests(tmp_path).check() if f] == []


def test_what_a_failed_rewrite_did_not_keep_is_added_the_next_time(tmp_path: Path) -> None:
    """The file of all lines could not be written anew: nothing counts as known by that."""
    digests, path = kept(str(tmp_path), b"one")
    path.unlink()
    path.with_name("b.lance").write_bytes(b"two")
    in_its_place = tmp_path / "digests.new"
    in_its_place.mkdir()
    with pytest.raises(IsADirectoryError):
        digests.add()
    in_its_place.rmdir()
    digests.add()
    assert [f for f in Digests(tmp_path).check() if f] == []
