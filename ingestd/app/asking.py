"""Asking: a running daemon answers, warm; this process does where none runs under these rules."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from ingestd.backends import unix
from ingestd.config import written

SOCKET = "socket"
_SECONDS = 30.0


def search(config: Path | None, question: str, k: int) -> dict[str, Any]:
    """Return what `search --json` prints."""
    told = _told(config, {"ask": "search", "question": question, "k": k})
    if told is not None:
        return told
    # Heavy, and not needed where the daemon has answered.
    from concurrent.futures import ThreadPoolExecutor

    from ingestd.app.opening import reading
    from ingestd.config import loading

    with reading(loading.loaded(config, Path.cwd())) as system, ThreadPoolExecutor(1) as beside:
        if system.folder.exists:
            # While LanceDB is imported. What fails is told when the model is used.
            beside.submit(system.embedder.load)
        from ingestd.app import answering

        return answering.search(system, question, k)


def ask(config: Path | None, question: str, k: int | None, kind: str | None) -> dict[str, Any]:
    """Return what `ask --json` prints."""
    told = _told(config, {"ask": "answer", "question": question, "k": k, "kind": kind})
    if told is not None:
        return told
    from ingestd.app import answering
    from ingestd.app.checking.running import asking
    from ingestd.config import loading

    with asking(loading.loaded(config, Path.cwd())) as system:
        return answering.answer(system, question, k, kind)


def _told(config: Path | None, question: dict[str, Any]) -> dict[str, Any] | None:
    """Ask the daemon; what it cannot answer is asked again here, and said in full."""
    known = written.daemon(config, Path.cwd())
    if known is None or not os.path.exists(known[0] / SOCKET):
        return None
    found = unix.ask(known[0] / SOCKET, {**question, "rules": known[1]}, _SECONDS)
    answer = (found or {}).get("answer")
    return answer if isinstance(answer, dict) else None
