"""Names as people type them: found past accents and case, offered where they are near, and never guessed."""

import csv
import io
from pathlib import Path

import pytest

from .imaginary import Line


@pytest.fixture
def line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Line:
    made = Line(tmp_path, monkeypatch, capsys)
    made.published()
    return made


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


class TestNames:
    """A name that is not written as it stands is found by a search, and offered instead; a type may stand before it."""

    @pytest.fixture
    def line(self, line: Line) -> Line:
        line.world.users |= {"u5": "Jörg  Ångström", "u6": "ZOË"}
        line.world.names |= {"g1": "Recherche: Équipe"}
        line.published()
        return line

    @pytest.mark.parametrize("text", ["angstrom", "JORG ANG", "jörg  ång", "A\u030angstrom", "zoe", "Zoë"])
    def test_a_search_looks_past_accents_case_and_blanks(self, line: Line, text: str):
        for command in ("resources", "grants"):
            line.world.groups["g2"] = {"u5", "u6"}
            line.published()
            assert len(line.run(command, "acme", "--search", text, "--no-header").out.splitlines()) == 1

    def test_so_does_one_of_entitlements(self, line: Line):
        assert len(line.run("entitlements", "acme", "--search", "equipe", "--no-header").out.splitlines()) == 1

    @pytest.mark.parametrize(
        ("words", "near"),
        [
            (("access", "acme", "jorg angstrom"), "Jörg  Ångström"),
            (("access", "acme", "Jörg Ångström"), "Jörg  Ångström"),
            (("who", "acme", "recherche: equipe"), "Recherche: Équipe"),
            (("who", "acme", "group:equipe recherche:"), "jackfield resources acme --search"),
        ],
    )
    def test_what_is_near_is_offered_and_not_taken(self, line: Line, words: tuple[str, ...], near: str):
        ran = line.run(*words)
        assert (ran.code, ran.out) == (5, "")
        assert near in ran.err

    @pytest.mark.parametrize(
        "words",
        [
            ("who", "acme", "group:Sales"),
            ("who", "acme", "group:sales/member"),
            ("access", "acme", "user:Person 3"),
            ("access", "acme", "user:u3@example.com"),
            ("grants", "acme", "--resource", "group:Sales"),
            ("grants", "acme", "--entitlement", "group:Sales/member"),
            ("grants", "acme", "--principal", "user:Person 3"),
            ("entitlements", "acme", "--resource", "group:Sales"),
        ],
    )
    def test_a_type_may_stand_before_a_name(self, line: Line, words: tuple[str, ...]):
        ran = line.run(*words, "--output", "csv")
        assert (ran.code, len(rows(ran.out))) == (0, 1)

    def test_an_id_goes_before_a_name_with_its_type(self, line: Line):
        line.world.names["g2"] = "g1"
        line.published()
        found = line.run("who", "acme", "group:g1", "--output", "json").json()
        assert found["target"] == "group:g1"

    def test_of_another_type_a_name_is_not_found(self, line: Line):
        assert line.run("who", "acme", "user:Sales").code == 5

    def test_several_are_called_what_they_are(self, line: Line):
        line.world.users |= {"u7": "Sam", "u8": "Sam"}
        line.world.names |= {"g1": "Team", "g2": "Team"}
        line.published()
        assert "'Sam' means several people" in line.run("access", "acme", "Sam").err
        assert "'Team' means several resources" in line.run("who", "acme", "Team").err
        line.world.users["u9"] = "Team"
        line.published()
        told = line.run("grants", "acme", "--principal", "Team").err
        assert "'Team' means several resources, one of them a person" in told
        line.world.users["u10"] = "Team"
        line.published()
        assert "'Team' means several people and other resources" in line.run("who", "acme", "Team").err

    def test_a_holder_that_is_not_there_is_called_what_it_is(self, line: Line):
        ran = line.run("grants", "acme", "--principal", "nobody")
        assert (ran.code, "the snapshot has no person or group 'nobody'" in ran.err) == (5, True)
