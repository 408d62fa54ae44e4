"""Truths that live outside, each read from the real thing, and what is said where it cannot be."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path

import openpyxl
import pytest

from ingestd.backends.http.client import Patience
from ingestd.backends.http.truth import HttpTruth
from ingestd.backends.sqlalchemy import SqlTruth
from ingestd.backends.tables import TableTruth
from ingestd.model.golden import CsvCell, HttpValue, SqlQuery

from . import servers

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def postgresql(tmp_path_factory: pytest.TempPathFactory):
    """A throw-away server."""
    with servers.postgresql(tmp_path_factory.mktemp("pg") / "server") as address:
        yield address


def test_a_cell_of_csv_and_xlsx(tmp_path: Path) -> None:
    """By column and row; a semicolon, a BOM and numbers are no matter."""
    (tmp_path / "p.csv").write_text("\ufeffArticle;Price\nHP-100;189,00\nHP-250;274,00\n", "utf-8")
    book = openpyxl.Workbook()
    book.active.append(["Article", "Pieces"])
    book.active.append(["HP-250", 62])
    book.save(tmp_path / "s.xlsx")
    reader = TableTruth(tmp_path)
    assert reader.read(CsvCell("p.csv", "Price", (("Article", "HP-250"),))).values == ("274,00",)
    assert reader.read(CsvCell("p.csv", "Price")).values == ("189,00",)
    assert reader.read(CsvCell("s.xlsx", "Pieces", (("Article", "HP-250"),))).values == ("62",)


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        (CsvCell("no.csv", "a"), "cannot be read"),
        (CsvCell("p.csv", "Prize"), "no column 'Prize'; there are Article, Price"),
        (CsvCell("p.csv", "Price", (("Article", "HP-1"),)), "no row with Article = HP-1"),
        (CsvCell("p.csv", "Price", (), 9), "no row with number 9"),
        (CsvCell("broken.xlsx", "a"), "not a table"),
    ],
)
def test_a_cell_that_is_not_there(tmp_path: Path, cell: CsvCell, said: str) -> None:
    """Each with the file and the reason."""
    (tmp_path / "p.csv").write_text("Article,Price\nHP-100,189.00\n")
    (tmp_path / "broken.xlsx").write_text("no workbook")
    found = TableTruth(tmp_path).read(cell)
    assert said in found.error
    assert cell.file in found.error


def test_sqlite_is_read_and_never_written(tmp_path: Path) -> None:
    """Also not made, where the path is wrong."""
    path = tmp_path / "erp.db"
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE prices (article TEXT, price TEXT)")
        database.execute("INSERT INTO prices VALUES ('HP-250', '274.00 EUR')")
    reader = SqlTruth(5.0)
    url = f"sqlite:///{path}"
    query = "SELECT price FROM prices WHERE article = 'HP-250'"
    assert reader.read(SqlQuery(url, query)).values == ("274.00 EUR",)
    for bad in (
        "DELETE FROM prices",
        "WITH x AS (SELECT 1) DELETE FROM prices",
        "SELECT nothing FROM prices",
    ):
        assert reader.read(SqlQuery(url, bad)).error
    assert reader.read(SqlQuery(url, query)).values == ("274.00 EUR",)
    assert reader.read(SqlQuery(f"sqlite:///{tmp_path}/none.db", query)).error
    assert not (tmp_path / "none.db").exists()


def test_a_sqlite_query_that_does_not_end_is_ended(tmp_path: Path) -> None:
    """After its time limit."""
    sqlite3.connect(tmp_path / "x.db").close()
    endless = "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT max(n) FROM c"
    began = time.monotonic()
    found = SqlTruth(1.0).read(SqlQuery(f"sqlite:///{tmp_path}/x.db", endless))
    assert "within 1 s" in found.error
    assert time.monotonic() - began < 5


def test_postgresql_is_read_and_never_written(postgresql: str) -> None:
    """In a read-only transaction, with a statement's time limit."""
    reader = SqlTruth(2.0)
    assert reader.read(SqlQuery(postgresql, "SELECT 25 * 2")).values == ("50",)
    made = reader.read(SqlQuery(postgresql, "WITH x AS (SELECT 1) SELECT * INTO t FROM x"))
    assert "read-only" in made.error
    began = time.monotonic()
    assert reader.read(SqlQuery(postgresql, "SELECT pg_sleep(30)")).error
    assert time.monotonic() - began < 10
    assert "syntax error" in reader.read(SqlQuery(postgresql, "SELECT FROM WHERE")).error


def test_a_database_that_is_not_there_says_no_password() -> None:
    """Neither in the error nor anywhere else."""
    url = f"postgresql://me:s3cr3t-word@127.0.0.1:{servers.free_port()}/x"
    found = SqlTruth(2.0).read(SqlQuery(url, "SELECT 1"))
    assert found.error
    assert "s3cr3t-word" not in found.error


def test_an_endpoint_and_its_faults() -> None:
    """JSON by JSONPath; HTML, redirects, errors and nothing are each named."""
    replies = {
        "/price": servers.says(
            200, {"items": [{"sku": "HP-250", "price": "274.00 EUR"}], "n": 62, "on": True}
        ),
        "/html": servers.says(200, b"<html><body>Log in</body></html>"),
        "/empty": servers.says(200, b""),
        "/moved": servers.says(302, b"", location="http://127.0.0.1/elsewhere?token=s3cr3t"),
        "/gone": servers.says(404, b"no"),
        "/broken": servers.cut_off,
        "/slow": servers.slow,
        "/huge": servers.says(200, b"[" + b"1," * 4_000_000 + b"1]"),
    }
    with servers.http(replies) as base:
        reader = HttpTruth(Patience(2.0, retries=1))

        def read(path: str, where: str = "$"):
            return reader.read(HttpValue(f"{base}{path}?token=s3cr3t", where))

        assert read("/price", "$.items[?@.sku=='HP-250'].price").values == ("274.00 EUR",)
        assert read("/price", "$.n").values == ("62",)
        assert read("/price", "$.on").values == ("yes",)
        said = {
            "/html": "answers HTML", "/empty": "empty body", "/moved": "redirects to",
            "/gone": "HTTP 404", "/broken": "in the middle", "/slow": "within 2 s",
            "/huge": "more than 5,000,000 bytes",
        }  # fmt: skip
        for path, words in said.items():
            error = read(path).error
            assert words in error, (path, error)
            assert "s3cr3t" not in error
        assert "no JSONPath" in read("/price", "$.[").error
        assert "nothing" in read("/price", "$.missing").error
    assert "cannot be connected to" in read("/price").error
