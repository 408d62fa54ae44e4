"""Fuzzing: invented personal data planted at every boundary of documents, and looked for again."""
