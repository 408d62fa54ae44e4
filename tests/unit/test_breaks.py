"""Line breaks inside paragraphs are marked; those of a table's rows are not."""

from __future__ import annotations

import pytest

from ingestd.backends.unstructured.breaks import mark


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ("one two\nthree four\n", 1),
        ("call 170.209.2\n29.187 `a | b | c` now\n", 1),
        ("`a | b` and 170.2\n09.2.9 again\n", 1),
        ("a | b\n--- | ---\n1 | 2\n3 | 4\n", 0),
        ("| a | b |\n| --- | --- |\n| 1 | 2 |\n", 0),
        ("words here\n\na | b\n--- | ---\n1 | 2\n\nmore words\nand more\n", 2),
        ("- item one\n  goes on\n", 1),
        ("```\ncode one\ncode two\n```\n", 1),
    ],
)
def test_lines_that_a_parser_joins_are_marked(text, marked):
    """A pipe in prose does not make a row of it; a row of dashes does, up to a line without one."""
    assert marked == mark(text).count("\ufdd1")
