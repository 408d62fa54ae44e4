"""What a fuzz run found: leaks, counts by what was planted where, and a page of it."""

from __future__ import annotations

import html
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Leak:
    """Some of a planted value that was seen again."""

    entity_type: str
    disguise: str
    boundary: str
    across: bool
    path: str
    where: str
    seen: str
    """The piece of the invented value that was seen; of nobody, so it can be shown."""
    reproducer: str = ""
    """A minimal file that leaks by the same way."""


@dataclass(slots=True)
class FuzzReport:
    """What was planted and what came of it."""

    seed: int
    trials: int = 0
    documents: int = 0
    words: int = 0
    words_kept: int = 0
    leaks: list[Leak] = field(default_factory=list)
    planted: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    """By entity type, disguise and boundary."""
    not_planted: dict[str, str] = field(default_factory=dict)
    """Files and entity types that nothing was planted in or of, each with its reason."""
    seconds: float = 0.0

    @property
    def share_kept(self) -> float:
        """Return the share of the documents' own words that was left."""
        return self.words_kept / self.words if self.words else 1.0

    def table(self, column: int) -> list[tuple[str, int, int]]:
        """Return (name, planted, leaked) by entity type (0), disguise (1) or boundary (2)."""
        planted: Counter[str] = Counter()
        for known, count in self.planted.items():
            planted[known[column]] += count
        leaked = Counter((o.entity_type, o.disguise, o.boundary)[column] for o in self.leaks)
        return [(name, count, leaked[name]) for name, count in sorted(planted.items())]

    def to_json(self) -> dict[str, Any]:
        """Return what `fuzz --json` prints."""
        tables = {
            name: {key: {"planted": p, "leaked": n} for key, p, n in self.table(column)}
            for column, name in enumerate(("by_entity", "by_disguise", "by_boundary"))
        }
        return {
            "seed": self.seed,
            "trials": self.trials,
            "documents": self.documents,
            "leaked": len(self.leaks),
            "words_kept": round(self.share_kept, 6),
            "seconds": round(self.seconds, 3),
            **tables,
            "leaks": [asdict(leak) for leak in self.leaks],
            "not_planted": self.not_planted,
        }


def page(report: FuzzReport) -> str:
    """Return the report as one HTML page that needs nothing else."""
    verdict = f"{len(report.leaks)} leaks" if report.leaks else "No leak"
    parts = [
        "<!doctype html><html lang=en><meta charset=utf-8><title>ingestd fuzz</title><style>",
        "body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}",
        "table{border-collapse:collapse;margin:0 0 2rem}td,th{padding:.2rem .8rem;text-align:left;",
        "border-bottom:1px solid #8884}td.n{text-align:right}tr.bad td{color:#b00020}</style>",
        f"<h1>{verdict} in {report.trials:,} plantings</h1>",
        (
            f"<p>{report.documents:,} documents, seed {report.seed}, {report.seconds:.0f} seconds; "
            f"{report.share_kept:.4f} of the documents' own words were left.</p>"
        ),
    ]
    for column, name in enumerate(("Entity", "Disguise", "Boundary")):
        counts = [(row, row[2] > 0) for row in report.table(column)]
        parts += [f"<h2>{name}</h2>", _table((name, "planted", "leaked"), counts)]
    if report.leaks:
        keys = ("entity_type", "disguise", "boundary", "across", "path", "where", "reproducer")
        rows = [(tuple(str(getattr(leak, key)) for key in keys), True) for leak in report.leaks]
        parts += ["<h2>Leaks</h2>", _table(keys, rows)]
    if report.not_planted:
        skipped = [((path, why), False) for path, why in sorted(report.not_planted.items())]
        parts += ["<h2>Not planted</h2>", _table(("what", "why"), skipped)]
    return "".join(parts)


def _table(head: Sequence[str], rows: Iterable[tuple[Sequence[object], bool]]) -> str:
    lines = ["<table><tr>", *(f"<th>{html.escape(name)}</th>" for name in head), "</tr>"]
    for row, is_bad in rows:
        lines.append("<tr class=bad>" if is_bad else "<tr>")
        for cell in row:
            number = " class=n" if isinstance(cell, int) else ""
            shown = f"{cell:,}" if isinstance(cell, int) else str(cell)
            lines.append(f"<td{number}>{html.escape(shown)}</td>")
        lines.append("</tr>")
    return "".join((*lines, "</table>"))
