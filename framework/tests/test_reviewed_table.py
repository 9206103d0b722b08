"""A reviewed table is held against the snapshot that it was made of: who a line shows is who is meant."""

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from .writable import WritableLine, held

Row = dict[str, str]


@pytest.fixture
def line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> WritableLine:
    line = WritableLine(tmp_path, monkeypatch, capsys)
    line.app.held.add(held("group:g2/member", "u3"))
    line.published()
    return line


@pytest.fixture
def reviewed(line: WritableLine, tmp_path: Path) -> Callable[[Callable[[Row], Row]], str]:
    """Export the table, mark the line about Ann as it is changed, and save it."""

    def save(change: Callable[[Row], Row]) -> str:
        assert line.run("export", "acme", "--format", "csv", "-o", str(tmp_path / "e.csv")).code == 0
        with (tmp_path / "e.csv").open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        (ann,) = (row for row in rows if row["principal"] == "user:u1")
        ann.update(change({**ann, "decision": "revoke"}))
        with (tmp_path / "r.csv").open("w", encoding="utf-8", newline="") as file:
            table = csv.DictWriter(file, rows[0])
            table.writeheader()
            table.writerows(rows)
        return str(tmp_path / "r.csv")

    return save


def test_a_table_as_it_was_exported_is_taken(line: WritableLine, reviewed: Callable[[Callable[[Row], Row]], str]):
    ran = line.run("plan", "acme", reviewed(lambda row: row), "--output", "json")
    assert (ran.code, [each["title"] for each in ran.json()["changes"]]) == (
        0,
        ["revoke Design member (group:g1/member) from Ann <ann@example.com>"],
    )


@pytest.mark.parametrize(
    "other",
    [
        {"principal": "user:u3"},
        {"principal": "user:u3", "principal_id": "u3"},
        {"principal_email": "bob@example.com"},
        {"principal_name": "Bob"},
        {"entitlement": "group:g2/member", "resource_id": "g2"},
        {"resource_name": "Sales"},
    ],
)
def test_one_whose_columns_were_mixed_up_is_refused(
    line: WritableLine, reviewed: Callable[[Callable[[Row], Row]], str], other: Row
):
    ran = line.run("plan", "acme", reviewed(lambda row: {**row, **other}))
    assert (ran.code, ran.out) == (2, "")
    assert "line 2, " in ran.err


def test_who_is_called_otherwise_by_now_is_meant_all_the_same(
    line: WritableLine, reviewed: Callable[[Callable[[Row], Row]], str]
):
    file = reviewed(lambda row: row)
    line.app.people["u1"].name = "Ann Other"
    line.published()
    assert line.run("plan", "acme", file).code == 0


def test_a_table_of_another_connection_is_refused(line: WritableLine, reviewed: Callable[[Callable[[Row], Row]], str]):
    file = reviewed(lambda row: row)
    line.config.write_text(line.config.read_text() + '[connections.other]\nconnector = "writable"\n')
    ran = line.run("plan", "other", file)
    assert (ran.code, ran.out) == (2, "")
    assert "the table is of the connection 'acme', not of 'other'" in ran.err
