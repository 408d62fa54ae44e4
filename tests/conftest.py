"""Fixtures of the whole suite."""

from __future__ import annotations

import os
import tarfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def data() -> Path:
    """The folder of real documents, or a skip that says so."""
    folder = Path(os.environ.get("INGESTD_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip("no INGESTD_DATA")
    return folder


@pytest.fixture(scope="session")
def handbook(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The 216 files of a real staff handbook; tests copy what they change."""
    folder = tmp_path_factory.mktemp("handbook")
    with tarfile.open(data / "handbook-start.tar.xz") as archive:
        archive.extractall(folder, filter="data")
    return folder


@pytest.fixture(scope="session")
def models_dir(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """One folder of converted models for all tests, so that the conversion happens once."""
    base = tmp_path_factory.getbasetemp()
    folder = (base if worker_id == "master" else base.parent) / "models"
    folder.mkdir(exist_ok=True)
    return folder


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Where skipping is not allowed, a skipped test fails the run."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("INGESTD_NO_SKIPS") and reporter and reporter.stats.get("skipped"):
        for report in reporter.stats["skipped"]:
            reporter.write_line(f"skipped, which is not allowed here: {report.longreprtext}")
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
