"""Guards that do not take hold, or that a variable loosens, are told."""

import re
from pathlib import Path

import pytest

from jackfield.config.load import Settings
from jackfield.config.variables import ALONE, strange_variables
from jackfield.visible import has_visible

from .writable import WritableLine

LIMITS = "JACKFIELD_CONNECTIONS__ACME__LIMITS"


@pytest.fixture
def line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> WritableLine:
    return WritableLine(tmp_path, monkeypatch, capsys)


def told(line: WritableLine) -> list[tuple[str, str]]:
    ran = line.run("check", "acme", "--output", "json")
    assert ran.code == 0, ran.err
    return [(each["code"], each["summary"]) for each in ran.json()["diagnostics"]]


class TestProtected:
    @pytest.mark.parametrize("entry", ["group:g1", "role:r1", "GROUP:G1", "group:gone"])
    @pytest.mark.parametrize("synced", [True, False])
    def test_what_is_no_person_protects_none_of_its_members(self, line: WritableLine, entry: str, synced: bool):
        if synced:
            line.run("sync", "acme")
        line.configure(provisioning=True, protected=[entry])
        ((code, summary),) = told(line)
        assert code == "protected"
        assert f"the protected {entry.casefold()!r} is no person" in summary
        ran = line.run("revoke", "acme", "group:g1/member", "user:u1", "--dry-run")
        assert "is no person" in ran.err + ran.out

    def test_a_person_is_taken_without_a_word(self, line: WritableLine):
        line.run("sync", "acme")
        line.configure(provisioning=True, protected=["user:u1", "bob@example.com"])
        assert told(line) == []


class TestVariables:
    def test_one_that_takes_the_place_of_a_guard_is_told(self, line: WritableLine, monkeypatch: pytest.MonkeyPatch):
        line.config.write_text(
            '[connections.acme]\nconnector = "writable"\nlimits = { delete = 2, disable = 2 }\nread_only = true\n'
        )
        assert told(line) == []
        monkeypatch.setenv(LIMITS, '{"revoke": 9}')
        monkeypatch.setenv("JACKFIELD_CONNECTIONS__ACME__READ_ONLY", "false")
        assert told(line) == [
            (
                "replaced",
                "the variable JACKFIELD_CONNECTIONS__ACME__READ_ONLY is in force, in place of all that the file has there: true",
            ),
            (
                "replaced",
                f"the variable {LIMITS} is in force, in place of all that the file has there: {{ delete = 2, disable = 2 }}",
            ),
        ]

    @pytest.mark.parametrize("text", ['{"revoke": 1, "revoke": 999}', "{ revoke = 1, revoke = 999 }"])
    def test_a_key_twice_is_refused(self, line: WritableLine, monkeypatch: pytest.MonkeyPatch, text: str):
        monkeypatch.setenv(LIMITS, text)
        ran = line.run("check", "acme")
        assert ran.code == 2
        assert "connections.acme.limits" in ran.err

    def test_two_spellings_of_one_are_refused(self, line: WritableLine, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setenv("JACKFIELD_CONNECTIONS__ACME__READ_ONLY", "true")
        monkeypatch.setenv("JACKFIELD_CONNECTIONS__acme__READ_ONLY", "false")
        ran = line.run("check", "acme")
        assert ran.code == 2
        assert "JACKFIELD_CONNECTIONS__acme__READ_ONLY are spellings of one" in ran.err

    @pytest.mark.parametrize(
        ("variable", "message"),
        [
            (
                "JACKFIELD_CONNECTION__ACME__READ_ONLY",
                "the variable JACKFIELD_CONNECTION__ACME__READ_ONLY is no setting. Did you mean 'JACKFIELD_CONNECTIONS'?",
            ),
            ("JACKFIELD_ACTR", "the variable JACKFIELD_ACTR is no setting. Did you mean 'JACKFIELD_ACTOR'?"),
            (
                "JACKFIELD_CONNECTIONS__ACMEE__READ_ONLY",
                "JACKFIELD_CONNECTIONS__ACMEE__READ_ONLY sets keys of the connection 'acmee', which has no connector.",
            ),
        ],
    )
    def test_one_that_means_nothing_is_told_once(
        self, line: WritableLine, monkeypatch: pytest.MonkeyPatch, variable: str, message: str
    ):
        monkeypatch.setenv(variable, "true")
        ran = line.run("check", "acme")
        assert ran.code == 0
        assert ran.err.count(f"WARNING: {message}") == 1

    def test_what_the_configuration_refers_to_is_meant(self, line: WritableLine, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setenv("JACKFIELD_OWN_URL", "http://127.0.0.1:9")
        line.configure(url="env:JACKFIELD_OWN_URL")
        ran = line.run("check", "acme")
        assert (ran.code, "WARNING" in ran.err) == (0, False)


def test_every_variable_that_is_read_anywhere_is_known():
    root = Path(__file__).parents[2]
    sources = [each for folder in ("framework", "plugins") for each in (root / folder).glob("**/src/**/*.py")]
    named = {name for file in sources for name in re.findall(r'"(JACKFIELD_[A-Z_]+)"', file.read_text())}
    prefixes = tuple(name for name in named if name.endswith("__"))
    assert {name for name in named if not name.startswith(prefixes)} == set(ALONE)
    assert len(prefixes) == 3


@pytest.mark.parametrize(
    "name",
    ["JACKFIELD_SERVICE_HOST", "JACKFIELD_PORT", "JACKFIELD_PORT_8081_TCP_ADDR", "JACKFIELD_HEALTH_SERVICE_PORT_HTTP"],
)
def test_what_kubernetes_sets_is_passed_over(name: str):
    assert strange_variables(Settings(), {name: "tcp://10.0.0.1:80", "JACKFIELD_ACTOR": "me"}) == ()


@pytest.mark.parametrize("reason", ["", " ", "\u200b", "\u2800\u3164", "\u202e \ufe0f", "\u0301"])
def test_a_reason_that_nobody_sees_is_none(line: WritableLine, tmp_path: Path, reason: str):
    assert not has_visible(reason)
    line.configure(provisioning=True, require_reason=True)
    ran = line.run("grant", "acme", "group:g2/member", "user:u1", "--reason", reason)
    assert (ran.code, line.app.writes) == (2, [])
    (tmp_path / "asked.csv").write_text(f"kind,entitlement,principal,reason\ngrant,group:g2/member,user:u1,{reason}\n")
    line.run("plan", "acme", str(tmp_path / "asked.csv"), "-o", str(tmp_path / "p.plan"))
    assert line.run("apply", str(tmp_path / "p.plan"), "--yes").code == 2
    assert line.run("grant", "acme", "group:g2/member", "user:u1", "--reason", f"{reason}a").code == 0
