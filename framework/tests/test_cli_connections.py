"""``jackfield connections``: how each stands, without a request, and one that is broken hides no other."""

from pathlib import Path

import pytest

from jackfield.errors import BadCredentials

from .imaginary import Line


@pytest.fixture
def line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Line:
    return Line(tmp_path, monkeypatch, capsys)


def one(line: Line, name: str = "acme") -> dict[str, object]:
    found = {each["connection"]: each for each in line.run("connections", "--output", "json").json()["connections"]}
    return found[name]


def test_before_the_first_sync(line: Line) -> None:
    found = one(line)
    assert (found["snapshot"], found["sign_in_needed"], found["problem"]) == (None, None, None)
    assert found["limits"] == {"delete": 10, "disable": 25, "revoke": 200, "privileged": 5}
    assert "no sync yet" in line.run("connections").out


def test_after_a_sync_and_after_a_sign_in_that_was_refused(line: Line) -> None:
    run = line.published()
    found = one(line)
    assert (found["snapshot"]["run"], found["sign_in_needed"]) == (run, False)  # type: ignore[index]
    assert "just now" in line.run("connections").out
    line.world.error = BadCredentials("the token was refused")
    assert line.run("sync", "acme").code == 3
    found = one(line)
    assert (found["snapshot"]["run"], found["sign_in_needed"]) == (run, True)  # type: ignore[index]
    assert "sign-in needed" in line.run("connections").out
    assert "jackfield authorize acme" in line.run("connections", "acme").out


def test_one_that_is_broken_hides_no_other(line: Line) -> None:
    with line.config.open("a") as file:
        file.write('[connections.beta]\nconnector = "imaginary"\ntoken = "file:none"\nurl = "http://127.0.0.1:9"\n')
        file.write('[connections.gamma]\nconnector = "nix"\n')
    ran = line.run("connections")
    assert ran.code == 0
    for text in ("acme", "beta", "none does not exist", "gamma", "no plugin 'nix'"):
        assert text in ran.out
    assert len(line.run("connections", "--output", "csv").out.splitlines()) == 4
    assert line.run("connections", "delta").code == 2


def test_what_guards_changes_is_shown(line: Line) -> None:
    line.config.write_text(
        f'[connections.acme]\nconnector = "imaginary"\nurl = "http://127.0.0.1:9"\ntoken = "file:{line.token}"\n'
        'provisioning = true\nprotected = ["ceo@x.org"]\nlimits = { delete = 0 }\nrequire_reason = true\n'
    )
    told = line.run("connections", "acme").out
    for text in ("allowed, each with a reason", "delete 0, disable 25", "ceo@x.org"):
        assert text in told


def test_none_is_configured(line: Line) -> None:
    line.config.write_text("")
    ran = line.run("connections")
    assert (ran.code, "jackfield init" in ran.err) == (0, True)
