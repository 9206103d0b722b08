"""Whom ``protected`` means: the person, by whatever they are called, in a snapshot and in the application."""

from pathlib import Path

import msgspec
import pytest

from jackfield_contracts import AccessState, Email, Item, Page, StateQuery, UserTrait

from .writable import Writable, WritableLine

NAMES = {
    "id": "u1",
    "identifier": "user:u1",
    "login": "ann@example.com",
    "second address": "ann.second@example.com",
    "external id": "HR-0017",
}
CHANGES = {
    "delete": ("account", "delete", "acme", "user:u1"),
    "disable": ("account", "disable", "acme", "user:u1"),
    "disable, by login": ("action", "run", "acme", "disable_user", "user_id=ANN@example.com"),
    "revoke": ("revoke", "acme", "group:g1/member", "user:u1"),
    "grant": ("grant", "acme", "group:g2/member", "user:u1"),
}


@pytest.fixture
def line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> WritableLine:
    """An application in which Ann has a second address and an external id, told where it is asked for."""
    page, state = Writable.all, Writable.read_state

    async def all_(self: Writable) -> Page:
        found = await page(self)
        return msgspec.structs.replace(found, items=tuple(map(_more, found.items)))

    async def read_state(self: Writable, query: StateQuery) -> AccessState:
        found = await state(self, query)
        accounts = tuple(
            msgspec.structs.replace(each, names=("ann.second@example.com", "HR-0017"))
            if each.account.id == "u1" and live
            else each
            for each in found.accounts
        )
        return msgspec.structs.replace(found, accounts=accounts)

    live: list[bool] = []
    made = WritableLine(tmp_path, monkeypatch, capsys)
    monkeypatch.setattr(all_, "_jackfield_family", page._jackfield_family, raising=False)  # type: ignore[attr-defined]
    monkeypatch.setattr(Writable, "all", all_)
    monkeypatch.setattr(read_state, "jackfield_impl", state.jackfield_impl, raising=False)  # type: ignore[attr-defined]
    monkeypatch.setattr(Writable, "read_state", read_state)
    made.live = live  # type: ignore[attr-defined]
    return made


def _more(item: Item) -> Item:
    if str(getattr(item, "id", "")) != "user:u1" or not isinstance(trait := getattr(item, "trait", None), UserTrait):
        return item
    trait = msgspec.structs.replace(
        trait,
        emails=(*trait.emails, Email(address="ann.second@example.com", verified=True)),
        external_ids={"hr": "HR-0017"},
    )
    return msgspec.structs.replace(item, trait=trait)


@pytest.mark.parametrize("known", ["by the snapshot", "by the application"])
@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("letters", [str, str.upper, str.title])
@pytest.mark.parametrize("name", NAMES)
def test_they_are_protected_by_every_name_in_any_letters(
    line: WritableLine, name: str, letters: type[str], change: str, known: str
) -> None:
    if known == "by the snapshot":
        line.published()
    else:
        line.live.append(True)  # type: ignore[attr-defined]
    line.configure(provisioning=True, protected=[letters(NAMES[name])])
    command = CHANGES[change]
    if "ANN@example.com" in command[-1] and known == "by the application":
        command = (*command[:-1], "user_id=ann@example.com")  # by other letters, this application finds nobody
    ran = line.run(*command, "--yes", "--output", "json")
    assert (ran.code, ran.json()["tag"]) == (5, "protected"), ran.err
    assert line.app.writes == []


@pytest.mark.parametrize("letters", [str, str.upper])
def test_others_are_not(line: WritableLine, letters: type[str]) -> None:
    line.published()
    line.configure(provisioning=True, protected=[letters("ann.second@example.com")])
    assert line.run("account", "delete", "acme", "user:u2", "--yes").code == 0


class TestTelling:
    def test_an_entry_that_means_nobody_is_told_by_check_and_by_each_plan(self, line: WritableLine) -> None:
        for published in (False, True):
            if published:
                line.published()
            line.configure(provisioning=True, protected=["Nobody@example.com", "user:u1"])
            told = "the protected 'nobody@example.com' means nobody"
            assert told in line.run("check", "acme").out
            (note,) = line.run("check", "acme", "--output", "json").json()["diagnostics"]
            assert note["path"] == "connections.acme.protected"
            planned = line.run("plan", "acme", "--grant", "group:g2/member", "user:u2", "--output", "json")
            assert [told in each for each in planned.json()["warnings"]] == [True]
            assert told in line.run("plan", "acme", "--grant", "group:g2/member", "user:u2").out
            ran = line.run("grant", "acme", "group:g2/member", "user:u2")
            assert (ran.code, f"WARNING: {told}" in ran.err) == (0, True)

    def test_one_that_means_several_is_told_and_protects_them_all(self, line: WritableLine) -> None:
        line.app.people["u2"].email = "u1"
        line.published()
        line.configure(provisioning=True, protected=["u1"])
        assert "means several, and protects them all: user:u1, user:u2" in line.run("check", "acme").out
        for id in ("u1", "u2"):
            ran = line.run("account", "delete", "acme", f"user:{id}", "--yes", "--output", "json")
            assert ran.json()["tag"] == "protected"
            assert "means several" in ran.err

    def test_one_that_means_one_person_is_not_told(self, line: WritableLine) -> None:
        line.published()
        line.configure(provisioning=True, protected=["ann.second@example.com", "hr-0017"])
        assert "the protected " not in line.run("check", "acme").out
        ran = line.run("grant", "acme", "group:g2/member", "user:u2")
        assert (ran.code, ran.err) == (0, "")


def test_a_snapshot_that_can_not_be_read_lets_nothing_through(line: WritableLine) -> None:
    run = line.published()
    line.configure(provisioning=True, protected=["ann.second@example.com"])
    (line.home / "snapshots" / "acme" / f"{run}.sqlite").write_bytes(b"no snapshot")
    ran = line.run("account", "delete", "acme", "user:u1", "--yes")
    assert ran.code != 0
    assert line.app.writes == []
