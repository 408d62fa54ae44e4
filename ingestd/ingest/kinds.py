"""Kinds of files by suffix: what is read, what needs something more, and what holds no text."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Need(StrEnum):
    """What a kind needs besides ingestd's own packages."""

    NOTHING = "nothing"
    SOFFICE = "soffice"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of document that ingestd reads."""

    name: str
    suffixes: tuple[str, ...]
    mime: str
    need: Need = Need.NOTHING
    container: bool = False


_OFFICE = "application/vnd.openxmlformats-officedocument."

KINDS = (
    Kind("CSV", (".csv",), "text/csv"),
    Kind("E-mail", (".eml",), "message/rfc822", container=True),
    Kind("EPUB", (".epub",), "application/epub+zip"),
    Kind("Excel", (".xlsx", ".xlsm"), _OFFICE + "spreadsheetml.sheet"),
    Kind("Excel 97", (".xls",), "application/vnd.ms-excel"),
    Kind("HTML", (".html", ".htm", ".xhtml"), "text/html"),
    Kind("JSON", (".json",), "application/json"),
    Kind("JSON lines", (".ndjson", ".jsonl"), "application/x-ndjson"),
    Kind("Markdown", (".md", ".markdown", ".mdx"), "text/markdown"),
    Kind("OpenDocument text", (".odt",), "application/vnd.oasis.opendocument.text"),
    Kind("Org mode", (".org",), "text/org"),
    Kind("Outlook message", (".msg",), "application/vnd.ms-outlook", container=True),
    Kind("PDF with a text layer", (".pdf",), "application/pdf"),
    Kind("Plain text", (".txt", ".text", ".log"), "text/plain"),
    Kind("PowerPoint", (".pptx", ".pptm"), _OFFICE + "presentationml.presentation"),
    Kind("PowerPoint 97", (".ppt",), "application/vnd.ms-powerpoint", Need.SOFFICE),
    Kind("reStructuredText", (".rst",), "text/x-rst"),
    Kind("RTF", (".rtf",), "text/rtf"),
    Kind("TSV", (".tsv", ".tab"), "text/tab-separated-values"),
    Kind("Word", (".docx", ".docm"), _OFFICE + "wordprocessingml.document"),
    Kind("Word 97", (".doc",), "application/msword", Need.SOFFICE),
    Kind("XML", (".xml",), "application/xml"),
    Kind(
        "Source code and configuration",
        (
            ".bash", ".c", ".cc", ".cfg", ".conf", ".cpp", ".cs", ".css", ".env", ".go", ".h",
            ".hpp", ".ini", ".java", ".js", ".jsx", ".kt", ".lua", ".php", ".pl", ".properties",
            ".ps1", ".py", ".r", ".rb", ".rs", ".scala", ".sh", ".sql", ".swift", ".tf", ".toml",
            ".ts", ".tsx", ".yaml", ".yml", ".zsh",
        ),
        "text/x-source",
    ),
)  # fmt: skip

_BY_SUFFIX = {suffix: kind for kind in KINDS for suffix in kind.suffixes}

_NO_TEXT = {
    "archive; what is inside is not indexed": (
        ".7z .bz2 .cab .dmg .gz .iso .jar .rar .tar .tgz .whl .xz .zip .zst"
    ),
    "image; its text would need OCR, which ingestd does not do": (
        ".avif .bmp .gif .heic .ico .jpeg .jpg .png .svg .tif .tiff .webp"
    ),
    "sound or film; it holds no text": (
        ".aac .avi .flac .m4a .m4v .mkv .mov .mp3 .mp4 .mpeg .mpg .ogg .opus .wav .webm .wmv"
    ),
    "program or binary file; it holds no text": (
        ".a .bin .class .dat .db .dll .dylib .exe .lib .node .o .obj .parquet .pdb .pkl .pyc"
        " .pyo .so .sqlite .sqlite3 .wasm .woff .woff2 .ttf .otf .eot"
    ),
}
_REFUSED = {suffix: reason for reason, suffixes in _NO_TEXT.items() for suffix in suffixes.split()}


def suffix(path: str) -> str:
    """Return a path's last suffix in lower case, its dot included, or nothing."""
    name = path.rsplit("/", 1)[-1]
    dot = name.rfind(".")
    return name[dot:].lower() if dot > 0 else ""


def kind(path: str) -> Kind | None:
    """Return the kind that a path's suffix names; `None`: only its content can tell."""
    return _BY_SUFFIX.get(suffix(path))


def refusal(path: str) -> str | None:
    """Say why a path's kind holds nothing to index, if it does not."""
    return _REFUSED.get(suffix(path))


def is_container(path: str) -> bool:
    """Say whether files of this kind hold further files that are documents of their own."""
    found = kind(path)
    return found is not None and found.container
