"""Markdown, with what python-markdown and lxml would drop kept: front matter and unknown tags."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from ingestd.model.document import ElementKind, RawElement

_FRONT_MATTER = re.compile(r"\A---[ \t]*\n(.*?\n)(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_TITLE = re.compile(r"""^title:[ \t]*(["']?)(.+?)\1[ \t]*$""", re.MULTILINE)
_TAG = re.compile(r"<(/?)([A-Za-z][\w:-]*)(?=[\s/>])")
_COMMENT = re.compile(r"<!--(?!.*?-->)", re.DOTALL)
_STAND_IN = "\ufdd0"  # a noncharacter: no document has it
_CODE = re.compile(r"(```.*?```|`[^`\n]*`)", re.DOTALL)
_ENTITY = re.compile(r"&#(?:\d{1,7}|[xX][0-9a-fA-F]{1,6});")
_INNER = "\ufdd2"
_UNDERSCORE = re.compile(
    "(?<=[\\w;\u00ad\u200b-\u200f\u2060\ufeff])_(?=[\\w&\u00ad\u200b-\u200f\u2060\ufeff])"
)
_ORG_WORD = re.compile(r"[ \t]*#\+\w")
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

    And one for an underscore inside a word, which would vanish as emphasis where what is beside it
    is an entity or not to be seen. Stand-ins pass code blocks unharmed, where an entity would show.
    """
    text = "".join(
        piece if number % 2 else _ENTITY.sub(_plain, piece)
        for number, piece in enumerate(_CODE.split(text))
    )
    text = keep_underscores(text)
    text = _TAG.sub(
        lambda m: m.group() if m.group(2).lower() in _HTML else _STAND_IN + m.group()[1:], text
    )
    return _COMMENT.sub(_STAND_IN + "!--", text)


def keep_underscores(text: str) -> str:
    """Put a stand-in for underscores inside words: Markdown and Org would make markup of them.

    Not in Org's own words, such as `#+BEGIN_SRC`.
    """
    return "".join(
        line if _ORG_WORD.match(line) else _UNDERSCORE.sub(_INNER, line)
        for line in text.splitlines(keepends=True)
    )


def _plain(entity: re.Match[str]) -> str:
    """Return the letter or digit that a numeric entity stands for; parsers lose some of them.

    A full stop, a hyphen and a colon, too, but only inside a word: elsewhere they may be markup.
    """
    character = html.unescape(entity.group())
    beside = (
        entity.string[entity.start() - 1 : entity.start()],
        entity.string[entity.end() : entity.end() + 1],
    )
    inside = beside[0].isalnum() or beside[0] == ";"
    inside = inside and (beside[1].isalnum() or beside[1] == "&")
    plain = character.isalnum() or character == "@" or (inside and character in (".", "-", ":"))
    return character if plain else entity.group()


def unguard(elements: Iterable[RawElement]) -> Iterator[RawElement]:
    """Put `<` and underscores back."""
    for element in elements:
        yield replace(element, text=element.text.replace(_STAND_IN, "<").replace(_INNER, "_"))
