"""The recipe: by which rules a document became rows; what of it changed decides what is redone."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Recipe:
    """Fingerprints of the four steps, versions included."""

    parser: str
    redaction: str
    chunking: str
    model: str

    def __str__(self) -> str:
        """Write it as one word, as ledger and index keep it."""
        return ".".join((self.parser, self.redaction, self.chunking, self.model))

    @classmethod
    def parse(cls, word: str) -> Recipe:
        """Read what `str` wrote; a word of another form becomes a recipe that equals no other."""
        parts = word.split(".")
        return cls(*parts) if len(parts) == 4 else cls(word, "", "", "")

    def changes(self, new: Recipe) -> tuple[str, ...]:
        """Name the steps in which another recipe differs from this one."""
        steps = ("parser", "redaction", "chunking", "model")
        return tuple(step for step in steps if getattr(self, step) != getattr(new, step))
