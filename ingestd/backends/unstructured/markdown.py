"""Markdown, with what python-markdown and lxml would drop kept: front matter and unknown tags."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from ingestd.model.document import ElementKind, RawElement

_FRONT_MATTER = re.compile(r"\A---[ \t]*\n(.*?\n)(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_TITLE = re.compile(r"""^title:[ \t]*(["']?)(.+?)\1[ \t]*$""", re.MULTILINE)
_TAG = re.compile(r"<(/?)([A-Za-z][\w:-]*)(?=[\s/>])")
_COMMENT = re.compile(r"<!--(?!.*?-->)", re.DOTALL)
_STAND_IN = "\ufdd0"  # a noncharacter: no document has it
_HTML = frozenset(
    """
    a abbr address area article aside audio b base bdi bdo blockquote body br button canvas
    caption center cite code col colgroup data datalist dd del details dfn dialog div dl dt em
    embed fieldset figcaption figure font footer form h1 h2 h3 h4 h5 h6 head header hgroup hr html
    i iframe img input ins kbd label legend li link main map mark menu meta meter nav noscript
    object ol optgroup option output p param picture pre progress q rp rt ruby s samp script
    section select slot small source span strike strong style sub summary sup table tbody td
    template textarea tfoot th thead time title tr track tt u ul var video wbr
    """.split()
)


def split(text: str) -> tuple[str, list[RawElement], str]:
    """Return the title that the front matter gives, the front matter, and the rest."""
    found = _FRONT_MATTER.match(text)
    if found is None:
        return "", [], text
    title = _TITLE.search(found.group(1))
    element = RawElement(ElementKind.CODE, found.group(1))
    return title.group(2) if title else "", [element], text[found.end() :]


def guard(text: str) -> str:
    """Put a stand-in for the `<` of what only looks like a tag, `<unk>`: as a tag it would vanish.

    The stand-in passes code blocks unharmed, where an entity would show.
    """
    text = _TAG.sub(
        lambda m: m.group() if m.group(2).lower() in _HTML else _STAND_IN + m.group()[1:], text
    )
    return _COMMENT.sub(_STAND_IN + "!--", text)


def unguard(elements: Iterable[RawElement]) -> Iterator[RawElement]:
    """Put the `<` back."""
    for element in elements:
        yield replace(element, text=element.text.replace(_STAND_IN, "<"))
