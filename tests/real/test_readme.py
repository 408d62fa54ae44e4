"""The README is true: its commands are run, and print what it says they print."""

from __future__ import annotations

import doctest
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from ingestd.cli.main import app
from ingestd.config.golden import loading as golden
from ingestd.config.schema import ConfigFile
from ingestd.ingest.kinds import KINDS
from ingestd.model.check import Diagnosis

from . import command

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.real
def test_the_tour_prints_what_it_says(tmp_path: Path) -> None:
    """Each command in one folder after another; `...` in its output stands for anything."""
    (tour,) = re.findall(r"```console\n(.*?)```", README, re.DOTALL)
    steps = re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", tour, re.MULTILINE)
    assert len(steps) >= 8
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    folder = tmp_path
    for line, expected in steps:
        done = subprocess.run(
            ["bash", "-c", f"{line}\necho; echo AT $PWD"],
            cwd=folder, env={**command.environment(), "PATH": path},
            capture_output=True, text=True, timeout=240, check=False,
        )  # fmt: skip
        printed, _, at = done.stdout.rpartition("\nAT ")
        folder = Path(at.strip())
        flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
        same = doctest.OutputChecker().check_output(expected, printed, flags)
        assert same, f"$ {line}\n{printed}\n{done.stderr}\ninstead of\n{expected}"


def test_the_table_of_formats_names_every_kind() -> None:
    """Every suffix that is read stands in it, source code aside."""
    for kind in KINDS:
        if kind.name.startswith("Source code"):
            continue
        for suffix in kind.suffixes:
            assert re.search(rf"[` ]{re.escape(suffix)}[` ]", README), suffix


def test_the_short_config_is_a_config() -> None:
    """And so is that of the alerts; checked against the schema, folders aside."""
    texts = re.findall(r"```toml\n(.*?)```", README, re.DOTALL)
    alerts, short = (ConfigFile.model_validate(tomllib.loads(text)) for text in texts)
    assert [source.name for source in short.sources] == ["handbook"]
    assert [receiver.kind for receiver in alerts.alerts.receivers] == ["webhook"]


def test_every_command_has_an_example_and_a_sentence() -> None:
    """`--help` shows how, not only what."""
    commands = list(app.registered_commands)
    for group in app.registered_groups:
        assert group.typer_instance is not None
        commands += group.typer_instance.registered_commands
    for one in commands:
        assert one.epilog is not None
        assert "Example" in one.epilog
        assert one.callback is not None
        assert one.callback.__doc__


def test_the_golden_file_is_one(tmp_path: Path) -> None:
    """Every key of the example is known, and every truth fits its type."""
    (text,) = re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)
    (tmp_path / "golden.yaml").write_text(text, encoding="utf-8")
    questions = golden.load(tmp_path / "golden.yaml")
    assert [()] * 2 == [question.faults for question in questions]


def test_every_cause_is_named() -> None:
    """As the checks print them."""
    for code in Diagnosis:
        assert f"`{code.value}`" in README
