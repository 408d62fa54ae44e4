"""Running the real command, as its user would."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any


def environment() -> dict[str, str]:
    """The test's environment, with tracebacks off: users see none."""
    return {k: v for k, v in os.environ.items() if not k.startswith("INGESTD_")}


def run(
    *arguments: str, cwd: Path, prefix: tuple[str, ...] = ()
) -> subprocess.CompletedProcess[str]:
    """Run `ingestd` and return what it printed; no output ever holds a traceback."""
    done = subprocess.run(
        [*prefix, sys.executable, "-m", "ingestd", *arguments],
        cwd=cwd, env=environment(), capture_output=True, text=True, timeout=240, check=False,
    )  # fmt: skip
    assert "Traceback" not in done.stderr + done.stdout, done.stderr
    return done


def run_json(*arguments: str, cwd: Path, code: int = 0, **more: Any) -> dict[str, Any]:
    """Run `ingestd` with `--json` and return the document it printed."""
    done = run(*arguments, "--json", cwd=cwd, **more)
    assert done.returncode == code, (done.returncode, done.stderr, done.stdout)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def config(folder: Path, models: Path, source: Path, more: str = "") -> None:
    """Write a config for one source, with the models that all tests share."""
    (folder / "ingestd.toml").write_text(
        f'[embedding]\nmodels_dir = "{models}"\n\n'
        f'[[sources]]\nname = "docs"\npath = "{source}"\n{more}',
        encoding="utf-8",
    )
