"""The doctor: what works on this machine under this config, and what to do about the rest."""

from __future__ import annotations

import os
import platform
import shutil
import time
from typing import Any

from ingestd.app.alerts.receivers import receivers
from ingestd.app.build import System
from ingestd.app.checking import golden
from ingestd.app.state import is_locked
from ingestd.errors import IngestdError
from ingestd.ingest.kinds import KINDS, Kind, Need
from ingestd.model.source import WatchMode
from ingestd.redaction.catalogue import OPTIONAL_ENTITIES

_WHOLE_CAGE = 3
"""Resource limits, seccomp and Landlock."""


def examine(system: System, *, quick: bool = False) -> list[dict[str, Any]]:
    """Return checks, each with its finding and, where it fails, its remedy."""
    checks = [_config(system), *_sources(system), _state(system), _watches(), _model(system)]
    if not quick:
        checks += [_embedding(system), _parser(system)]
    return [*checks, _golden(system), _alerts(system), *_formats(), *_masking(system)]


def _check(
    name: str, found: str, remedy: str = "", *, ok: bool = True, needed: bool = True
) -> dict[str, Any]:
    return {"name": name, "ok": ok, "found": found, "remedy": remedy, "needed": needed}


def _config(system: System) -> dict[str, Any]:
    origin = system.config.origin
    return _check(
        "config", str(origin) if origin else "none; every key has its default (ingestd init)"
    )


def _sources(system: System) -> list[dict[str, Any]]:
    from ingestd.backends.watchdog import is_remote

    checks = []
    for source in system.config.sources:
        readable = os.access(source.root, os.R_OK | os.X_OK)
        how = source.watch.value
        if source.watch is WatchMode.AUTO:
            how = "poll" if is_remote(source.root) else "inotify"
        checks.append(
            _check(
                f"source {source.name}",
                f"{source.root}, watched by {how}" if readable else f"{source.root}: not readable",
                "let the user that ingestd runs as read it",
                ok=readable,
            )
        )
    return checks


def _state(system: System) -> dict[str, Any]:
    folder = system.folder.path
    holder = is_locked(system.folder)
    there = folder if folder.exists() else next(p for p in folder.parents if p.exists())
    free = shutil.disk_usage(there).free
    writable = os.access(there, os.W_OK | os.X_OK)
    held = f", held by pid {holder}" if holder else ""
    return _check(
        "state folder",
        f"{folder}{held}, {free / 1e9:.1f} GB free" if writable else f"{folder}: not writable",
        "set state_dir to a folder that the user ingestd runs as can write",
        ok=writable,
    )


def _golden(system: System) -> dict[str, Any]:
    path = golden.golden_path(system)
    if not path.is_file():
        return _check(
            "golden questions", f"{path}: none", "begin with: ingestd golden add QUESTION",
            ok=False, needed=False,
        )  # fmt: skip
    try:
        found = golden.questions(system, path)
    except IngestdError as error:
        return _check("golden questions", str(error), "see: ingestd golden --help", ok=False)
    faults = [fault for question in found for fault in question.faults]
    said = f"{path}: {len(found)} questions, {len(faults)} faults"
    return _check("golden questions", said, "\n".join(faults), ok=not faults)


def _alerts(system: System) -> dict[str, Any]:
    try:
        found = receivers(system)
    except IngestdError as error:
        return _check(
            "alerts", str(error), "see: config/receivers, ingestd alerts --help", ok=False
        )
    if not found:
        return _check(
            "alerts", "no receiver: nobody hears of what fires",
            "add [[alerts.receivers]]; an example of each kind is in config/receivers",
            ok=False, needed=False,
        )  # fmt: skip
    names = ", ".join(one.name for one in found)
    return _check("alerts", f"{len(found)} receivers: {names}; try one: ingestd alerts test NAME")


def _watches() -> dict[str, Any]:
    try:
        with open("/proc/sys/fs/inotify/max_user_watches", encoding="ascii") as stream:
            limit = int(stream.read())
    except (OSError, ValueError):
        return _check("inotify", "not on this system; sources are polled", needed=False, ok=False)
    return _check(
        "inotify",
        f"{limit:,} folders may be watched",
        "sysctl fs.inotify.max_user_watches=524288; until then larger sources are polled",
        ok=limit >= 8192,
        needed=False,
    )


def _model(system: System) -> dict[str, Any]:
    try:
        model = system.model
    except IngestdError as error:
        return _check("model", "not found", str(error), ok=False)
    return _check(
        "model",
        f"{model.name}: {model.dimensions} dimensions, {model.max_tokens} tokens, {model.path}",
    )


def _embedding(system: System) -> dict[str, Any]:
    from ingestd.backends.openvino.embedder import OpenvinoEmbedder, has_bf16

    try:
        embedder = system.embedder
        embedder.embed(["one"])
        began = time.monotonic()
        embedder.embed([f"sentence number {n} of a short test" for n in range(64)])
        speed = 64 / (time.monotonic() - began)
    except IngestdError as error:
        return _check("embedding", "does not work", str(error), ok=False)
    how = type(embedder).__name__.removesuffix("Embedder")
    if isinstance(embedder, OpenvinoEmbedder):
        how = f"OpenVINO on {platform.machine()}, {'bf16' if has_bf16() else 'f32'}"
    return _check("embedding", f"{how}, {speed:.0f} short texts a second")


def _parser(system: System) -> dict[str, Any]:
    import tempfile
    from pathlib import Path

    from ingestd.model.ids import DocPath
    from ingestd.model.parsing import ParseRequest, Rejection

    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "probe.md"
        path.write_text("# Probe\n\nWrite to probe@example.com.\n", encoding="utf-8")
        request = ParseRequest(
            "doctor", DocPath("probe.md"), os.fsencode(path), 10_000, os.fsencode(scratch)
        )
        try:
            (outcome,) = system.parser.parse([request])
            held = system.parser.held_by
        except IngestdError as error:
            return _check("parser", "does not start", str(error), ok=False)
    if isinstance(outcome.outcome, Rejection):
        return _check("parser", outcome.outcome.reason, "install ingestd again", ok=False)
    masked = "<EMAIL_ADDRESS>" in outcome.outcome.text or not system.policy.enabled
    if not masked:
        return _check("parser", "does not mask", "install ingestd again", ok=False)
    return _check(
        "parser",
        f"parses and masks in a process of its own, held by {', '.join(held)}",
        "a kernel with Landlock (5.13 or newer, and switched on: lsm=landlock,...) and seccomp "
        "keeps a document that takes a parser over from other files and the network",
        ok=len(held) == _WHOLE_CAGE,
        needed=False,
    )


def _formats() -> list[dict[str, Any]]:
    checks = [_format(kind) for kind in KINDS]
    checks.append(
        _check(
            "format Images, scanned PDF",
            "no OCR",
            "run them through an OCR program, ocrmypdf for instance, and index its output",
            ok=False,
            needed=False,
        )
    )
    return checks


def _format(kind: Kind) -> dict[str, Any]:
    missing = kind.need is Need.SOFFICE and not (
        shutil.which("soffice") or shutil.which("libreoffice")
    )
    return _check(
        f"format {kind.name}",
        f"{' '.join(kind.suffixes)}" + (" needs LibreOffice's soffice" if missing else ""),
        "apt install libreoffice-writer-nogui libreoffice-impress-nogui",
        ok=not missing,
        needed=False,
    )


def _masking(system: System) -> list[dict[str, Any]]:
    policy = system.policy
    if not policy.enabled:
        return [
            _check(
                "masking", "off (redaction.enabled)", "every text is stored as it is", ok=False,
                needed=False,
            )
        ]  # fmt: skip
    optional = [entity for entity in OPTIONAL_ENTITIES if entity not in policy.entities]
    masked = f"{len(policy.entities)} kinds of identifiers, {len(policy.deny)} phrases of your own"
    found = [
        _check("masking", f"{masked}; not masked: {', '.join(optional) or 'none of the rest'}")
    ]
    if policy.ner is None:
        found.append(
            _check(
                "masking names",
                "names of people, places and organisations are not masked: there is no model",
                "set redaction.ner.model to a spaCy pipeline or a transformers token classifier",
                ok=False,
                needed=False,
            )
        )
    else:
        labels = ", ".join(sorted(set(policy.ner.labels.values())))
        found.append(
            _check("masking names", f"{policy.ner.kind} model {policy.ner.path}: {labels}")
        )
    return found
