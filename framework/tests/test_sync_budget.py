"""A listing without an end ends: by rows, by bytes, and in a number of notes that people can read."""

from collections.abc import Callable
from pathlib import Path

import pytest

from jackfield.hookspecs import family
from jackfield.snapshots.reader import read_snapshot
from jackfield_contracts import (
    AccountStatus,
    Diagnostic,
    Page,
    Resource,
    ResourceId,
    RowKind,
    Scope,
    Severity,
    UserTrait,
)

from . import imaginary
from .imaginary import Imaginary, Line

USERS = Scope(name="user", family="users", rows=RowKind.RESOURCES, lists="user")
MB = 1_048_576


@pytest.fixture
def line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Line:
    return Line(tmp_path, monkeypatch, capsys)


def person(number: int, name: str = "N") -> Resource:
    trait = UserTrait(status=AccountStatus.ENABLED)
    return Resource(id=ResourceId(type="user", id=f"u{number}"), scope="user", display_name=name, trait=trait)


class Endless(Imaginary):
    """Its listing of users never ends; it counts its pages."""

    pages = 0
    make: Callable[[int], tuple[Resource, ...]]

    @family("users", scopes=(USERS,))
    async def users(self, cursor: str | None) -> Page:
        type(self).pages += 1
        assert self.pages < 5000, "nobody stopped it"
        at = int(cursor or 0)
        return Page(items=type(self).make(at), next=str(at + 1), tenant=self._world.tenant)


@pytest.fixture
def endless(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[int], tuple[Resource, ...]]], type[Endless]]:
    def play(make: Callable[[int], tuple[Resource, ...]]) -> type[Endless]:
        kind = type("Played", (Endless,), {"make": staticmethod(make), "pages": 0})
        monkeypatch.setattr(imaginary, "Imaginary", kind)
        return kind

    return play


def fresh(at: int) -> tuple[Resource, ...]:
    return tuple(person(at * 10 + number) for number in range(10))


def same(at: int) -> tuple[Resource, ...]:
    return fresh(0)


@pytest.mark.parametrize(
    ("make", "reason", "most"),
    [
        (fresh, "the application gives more than 500 rows", 52),
        (same, "the application gave 30 pages in a row, each the same as the one before", 4 * 32),
    ],
)
def test_endless_pages_end_in_a_snapshot_that_is_not_complete(
    line: Line,
    endless,  # type: ignore[no-untyped-def]
    make: Callable[[int], tuple[Resource, ...]],
    reason: str,
    most: int,
):
    line.published()
    line.write_config(max_snapshot_rows=500)  # type: ignore[arg-type]
    played = endless(make)
    ran = line.run("sync", "acme")
    assert ran.code == 8
    assert reason in ran.out
    assert "max_snapshot_rows" not in ran.err
    assert played.pages <= most
    assert "NOT COMPLETE" in ran.out


def test_endless_pages_of_all_that_there_is_end_in_an_error_that_names_the_bound(
    line: Line,
    endless,  # type: ignore[no-untyped-def]
):
    line.write_config(max_snapshot_rows=500)  # type: ignore[arg-type]
    line.world.groups = {f"g{number}": {"u1"} for number in range(300)}
    endless(fresh)
    ran = line.run("sync", "acme")
    assert ran.code == 6
    assert "more than 500 rows" in ran.err
    assert "max_snapshot_rows" in ran.err
    assert not list(line.home.rglob("*.sqlite"))


def test_names_of_any_length_end_at_the_size_of_the_file(line: Line, endless):  # type: ignore[no-untyped-def]
    line.write_config(max_snapshot_bytes=4 * MB)  # type: ignore[arg-type]
    endless(lambda at: (person(at, "x" * 200_000),))
    ran = line.run("sync", "acme")
    assert ran.code == 8
    assert "the snapshot grows larger than 4,194,304 bytes" in ran.out
    (file,) = line.home.rglob("*.sqlite")
    assert file.stat().st_size < 8 * MB


def test_a_sync_within_the_bounds_is_complete(line: Line):
    line.write_config(max_snapshot_rows=30, max_snapshot_bytes=2 * MB)  # type: ignore[arg-type]
    assert line.run("sync", "acme").code == 0


def note(number: int, **other: str) -> Diagnostic:
    words = {"code": "unknown_tag", "summary": f"the tag 'invented_{number}' is not known"} | other
    return Diagnostic(severity=Severity.WARNING, **words)  # type: ignore[arg-type]


def test_a_thousand_invented_tags_are_one_warning_with_a_count(line: Line):
    line.world.notes = (*map(note, range(1000)), note(0), note(1, code="other", summary="another kind"))
    ran = line.run("sync", "acme")
    assert ran.code == 0
    told = [row.strip() for row in ran.out.splitlines() if "warning:" in row]
    assert told == [
        "warning: the tag 'invented_0' is not known, and others of this kind (1,001 times)",
        "warning: another kind",
    ]
    (file,) = line.home.rglob("*.sqlite")
    with read_snapshot(file) as snapshot:
        assert [times for _, times in snapshot.diagnostics()] == [1001, 1]


@pytest.mark.parametrize(("most", "told"), [(5, 5), (4, 1)])
def test_how_many_alike_notes_are_kept_is_a_setting(line: Line, most: int, told: int):
    line.write_config(max_alike_notes=most)  # type: ignore[arg-type]
    line.world.notes = tuple(map(note, range(5)))
    ran = line.run("sync", "acme")
    assert ran.out.count("warning:") == told


def test_the_same_note_at_many_places_counts_as_different_ones(line: Line):
    line.world.notes = tuple(note(0, path=f"row {number}") for number in range(100))
    assert line.run("sync", "acme").out.count("warning:") == 1


def test_foreign_words_of_any_length_are_cut(line: Line):
    line.world.notes = (note(0, summary="x" * 500_000, path="p" * 500_000, hint="h" * 500_000),)
    assert len(line.run("sync", "acme").out) < 10_000
    line.world.error = ValueError("x" * 500_000)
    ran = line.run("sync", "acme")
    assert (ran.code, len(ran.err) < 10_000) == (70, True)
