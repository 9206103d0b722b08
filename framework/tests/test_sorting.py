"""Names are sorted as people look for them; identifiers as they are."""

import random
from pathlib import Path

import pytest

from jackfield.snapshots.sorting import name_key

from .writable import Person, WritableLine

PEOPLE = (
    "adam", "Ærø", "Äsa", "Asa B", "Åsa C", "Björn", "bjorn a", "Çelik", "Chloe", "Chloé", "CHLOE B", "Đorđe", "Émile", "Emile Z",
    "İnci", "Jose", "José", "Łukasz", "Luke", "Öz", "oz b", "Ștefan", "Straße", "strasse b", "Zoe", "Zoë", "Żaneta",
)  # fmt: skip
IN_ORDER = (
    "adam", "Ærø", "Äsa", "Asa B", "Åsa C", "Björn", "bjorn a", "Çelik", "Chloe", "Chloé", "CHLOE B", "Đorđe", "Émile", "Emile Z",
    "İnci", "Jose", "José", "Łukasz", "Luke", "Öz", "oz b", "Ștefan", "Straße", "strasse b", "Żaneta", "Zoe", "Zoë",
)  # fmt: skip


@pytest.mark.parametrize("seed", range(5))
def test_case_and_marks_do_not_part_letters(seed: int) -> None:
    shuffled = random.Random(seed).sample(PEOPLE, len(PEOPLE))
    assert sorted(shuffled, key=name_key) == list(IN_ORDER)


def test_composed_and_decomposed_letters_are_beside_each_other() -> None:
    both = sorted(["Zoe\u0308", "Zo\u00eb", "Zof", "Zod"], key=name_key)
    assert both[0] == "Zod"
    assert both[-1] == "Zof"


def test_other_alphabets_keep_their_letters() -> None:
    assert sorted(["Яна", "анна", "Борис"], key=name_key) == ["анна", "Борис", "Яна"]
    assert sorted(["김", "가"], key=name_key) == ["가", "김"]


@pytest.fixture
def line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> WritableLine:
    made = WritableLine(tmp_path, monkeypatch, capsys)
    names = ("zoe", "Émile", "Ada", "Åsa", "eve", "Zoë")
    made.app.people = {
        f"{'uU'[at % 2]}{at}": Person(name=name, email=f"p{at}@example.com") for at, name in enumerate(names)
    }
    made.app.held = set()
    made.published()
    return made


def _column(line: WritableLine, *words: str) -> list[str]:
    ran = line.run("resources", "acme", "--type", "user", "--no-header", *words)
    assert ran.code == 0
    return [each.split()[0] for each in ran.out.splitlines()]


@pytest.mark.parametrize("more", [(), ("--sort", "name")])
def test_a_table_of_people_is_in_the_order_of_names(line: WritableLine, more: tuple[str, ...]) -> None:
    assert _column(line, "--columns", "name", *more) == ["Ada", "Åsa", "Émile", "eve", "zoe", "Zoë"]


def test_identifiers_are_sorted_as_they_are(line: WritableLine) -> None:
    found = _column(line, "--columns", "id", "--sort", "id")
    assert found == sorted(found)
    assert found[0].startswith("user:U") or found[0].startswith("U")
