"""Every error that ingestd raises on purpose, in one tree.

    IngestdError                    something to tell the user, never a traceback
    ├── UsageError          (2)     the command line asks for what cannot be done
    │   └── ConfigError     (2)     a key of the config is unknown, missing or wrong
    ├── StateInUse          (5)     another ingestd holds the state folder
    ├── StateCorrupt        (1)     ledger or index cannot be read; nothing was guessed
    ├── ModelUnavailable    (2)     the embedding model is not on this machine
    ├── Unavailable         (1)     something outside did not answer; trying again may help
    │   └── SourceUnavailable       the root of a source cannot be read at the moment
    ├── RuleTooSlow         (1)     a pattern of the config took longer than its time limit
    └── ParserStopped       (1)     the parser pool was closed while it worked

The number is the exit code of a command that ends with the error.
"""

from __future__ import annotations


class IngestdError(Exception):
    """Base of all; `str(error)` is a sentence that says what happened and what to do."""

    exit_code = 1


class UsageError(IngestdError):
    """The command line asks for something that cannot be done."""

    exit_code = 2


class ConfigError(UsageError):
    """A key of the config is unknown, missing or wrong; the message names file and key."""


class StateInUse(IngestdError):
    """Another ingestd process holds the state folder."""

    exit_code = 5


class StateCorrupt(IngestdError):
    """The ledger or the index cannot be read; it was left as it is."""


class ModelUnavailable(IngestdError):
    """The embedding model is not on this machine, and nothing is ever downloaded."""

    exit_code = 2


class Unavailable(IngestdError):
    """Something outside this process did not answer."""


class SourceUnavailable(Unavailable):
    """The root of a source cannot be read; its documents stay as they are."""


class RuleTooSlow(IngestdError):
    """A pattern of the user's own went over its time limit; nothing it should mask gets by."""


class ParserStopped(IngestdError):
    """The parser pool was closed while documents were being parsed."""
