"""Names: from the bytes of a file system to identities, and which of them are ignored."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence

from pathspec import GitIgnoreSpec
from pathspec.patterns.gitignore import GitIgnorePatternError

from ingestd.errors import ConfigError
from ingestd.model.ids import DocPath
from ingestd.model.source import Source

Question = Callable[[str], bool]
"""About a path."""
IGNORED_FOLDERS = frozenset(
    {b".git", b".hg", b".svn", b"node_modules", b"__pycache__", b".venv", b".ingestd"}
)
"""Never descended into."""

_IGNORED_ENDS = ("~", ".part", ".crdownload")
"""Of Emacs, and of downloads under way."""
_IGNORED_FILES = re.compile(
    r"""
    \#.*\# | \.\#.* | \..*\.sw[a-p] | 4913              # Emacs, Vim
    | ~\$.* | \.~lock\..*\#                             # Microsoft Office, LibreOffice
    | \.DS_Store | Thumbs\.db                            # desktops
    """,
    re.VERBOSE | re.DOTALL,
)


def identity(real_path: bytes) -> DocPath:
    """Write a path as its identity: NFC, and `%XX` for bytes that are not UTF-8."""
    if real_path.isascii():
        return DocPath(real_path.decode("ascii"))
    try:
        return DocPath(unicodedata.normalize("NFC", real_path.decode("utf-8")))
    except UnicodeDecodeError:
        escaped = real_path.replace(b"%", b"%25").decode("utf-8", "surrogateescape")
        text = re.sub(r"[\udc80-\udcff]", lambda m: f"%{ord(m.group()) - 0xDC00:02X}", escaped)
        return DocPath(unicodedata.normalize("NFC", text))


def is_ignored_file(name: str) -> bool:
    """Say whether a file is an editor's, an office suite's or a desktop's own."""
    # In this order: every file of a source comes here at every scan, and `.*` takes its time.
    return name.endswith(_IGNORED_ENDS) or _IGNORED_FILES.fullmatch(name) is not None


def check_patterns(patterns: Sequence[str], key: str) -> None:
    """Raise ConfigError, naming the key, where a pattern is not one of gitignore's."""
    for pattern in patterns:
        try:
            GitIgnoreSpec.from_lines([pattern])
        except (GitIgnorePatternError, ValueError) as error:
            raise ConfigError(
                f"{key}: {pattern!r} is not a pattern in gitignore's style: {error}"
            ) from error


def filters(source: Source) -> tuple[Question | None, Question | None]:
    """Return two questions: does a file's path count, and can a folder be left out whole.

    None in place of one to which every path has the same answer: each counts, none is left out.
    """
    include = GitIgnoreSpec.from_lines(source.include)
    exclude = GitIgnoreSpec.from_lines(source.exclude)
    everything = not source.include or any(p in ("**/*", "**", "*") for p in source.include)
    nothing_excluded = not source.exclude
    # A later "!pattern" may take a file of an excluded folder in again: then look inside.
    takes_back = any(pattern.startswith("!") for pattern in source.exclude)

    def counts(path: str) -> bool:
        return (everything or include.match_file(path)) and (
            nothing_excluded or not exclude.match_file(path)
        )

    def skipped(folder: str) -> bool:
        return exclude.match_file(folder + "/")

    return (
        None if everything and nothing_excluded else counts,
        None if nothing_excluded or takes_back else skipped,
    )
