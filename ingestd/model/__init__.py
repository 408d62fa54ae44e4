"""The nouns: frozen dataclasses and NewType ids, without any behaviour that does I/O."""
