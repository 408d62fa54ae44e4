"""Asking: a running daemon answers, warm; this process does where none runs under these rules."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

from ingestd.backends import unix
from ingestd.config.loading import Config

SOCKET = "socket"
_SECONDS = 30.0


def search(config: Config, question: str, k: int) -> dict[str, Any]:
    """Return what `search --json` prints."""
    told = _told(config, {"ask": "search", "question": question, "k": k})
    if told is not None:
        return told
    # Heavy, and not needed where the daemon has answered.
    from ingestd.app import answering
    from ingestd.app.opening import reading

    with reading(config) as system:
        return answering.search(system, question, k)


def ask(config: Config, question: str, k: int | None, kind: str | None) -> dict[str, Any]:
    """Return what `ask --json` prints."""
    told = _told(config, {"ask": "answer", "question": question, "k": k, "kind": kind})
    if told is not None:
        return told
    from ingestd.app import answering
    from ingestd.app.checking.running import asking

    with asking(config) as system:
        return answering.answer(system, question, k, kind)


def _told(config: Config, question: dict[str, Any]) -> dict[str, Any] | None:
    """Ask the daemon; what it cannot answer is asked again here, and said in full."""
    path = config.state_dir / SOCKET
    if not os.path.exists(path):
        return None
    found = unix.ask(path, {**question, "rules": rules(config)}, _SECONDS)
    answer = (found or {}).get("answer")
    return answer if isinstance(answer, dict) else None


def rules(config: Config) -> str:
    """Name what an answer depends on beside the index: a config that was changed answers itself.

    A daemon has what it read at its start; the files of its rules count by their times.
    """
    section = config.file.redaction
    files = [config.base / Path(one.file).expanduser() for one in section.gazetteers]
    if section.key_file:
        files.append(config.base / Path(section.key_file).expanduser())
    said = [config.file.model_dump_json(exclude={"sources", "daemon", "alerts"})]
    for path in files:
        try:
            found = path.stat()
            said.append(f"{path} {found.st_size} {found.st_mtime_ns}")
        except OSError:
            said.append(f"{path} -")
    return hashlib.sha256("\n".join(said).encode()).hexdigest()
