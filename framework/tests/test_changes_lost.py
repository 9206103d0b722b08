"""Changes whose requests or answers are lost, whose jobs go on, and whose process ends."""

from collections.abc import Callable

import pytest

from jackfield.changes.session import Session
from jackfield.errors import MissingPermission, Transient
from jackfield_contracts import (
    Change,
    CreateAccount,
    DeleteAccount,
    GrantAccess,
    JournalStatus,
    OutcomeKind,
    RevokeAccess,
    RunAction,
)

from .making import make, one, told, within
from .office import group, user
from .office_connector import Site

CHANGES: dict[str, Change] = {
    "grant": GrantAccess(entitlement=group("g1", "owner"), principal=user("u2")),
    "revoke": RevokeAccess(entitlement=group("g1", "owner"), principal=user("u1")),
    "create_account": CreateAccount(arguments={"email": "new@x.org"}),
    "delete_account": DeleteAccount(account=user("u4")),
    "disable": RunAction(name="disable", arguments={"user_id": "u4"}),
    "rename": RunAction(name="rename", arguments={"user_id": "u4", "name": "Someone"}),
}


WITH_GROUP = CreateAccount(arguments={"email": "new@x.org", "groups": ("g2",)})


@pytest.mark.parametrize("lag", [0.0, 3.0])
@pytest.mark.parametrize("stumble", ["before", "after", "busy"])
@pytest.mark.parametrize("kind", CHANGES)
def test_a_lost_call_is_found_out_and_nothing_is_doubled(site: Site, kind: str, stumble: str, lag: float) -> None:
    site.office.stumbles = [stumble]
    site.office.lag = lag
    (entry,) = make(site, CHANGES[kind])
    assert told((entry,)) == [("changed", None)]
    assert entry.outcome is not None
    assert entry.outcome.confirmed_by is not None
    assert [count for name, count in site.office.effects.items() if name.split()[0] != "rename"] in ([1], [])
    assert not site.state.changes(undecided=True)


@pytest.mark.parametrize(
    ("stumble", "tag"), [("before", "transient"), ("after", "transient"), ("busy", "rate_limited")]
)
def test_what_nothing_can_be_read_of_is_asked_once(site: Site, stumble: str, tag: str) -> None:
    site.office.stumbles = [stumble]
    assert one(make(site, RunAction(name="greet", arguments={"user_id": "u4"}))) == ("unverified", tag)
    assert site.office.calls["greet"] == 1
    (entry,) = make(site, RunAction(name="greet", arguments={"user_id": "u4"}))
    assert entry.outcome is not None
    assert entry.outcome.confirmed_by is not None
    assert entry.outcome.confirmed_by.value == "answer"


def test_a_call_that_is_always_lost_fails_as_not_made(site: Site) -> None:
    site.office.stumbles = ["before"] * 50
    (entry,) = make(site, CHANGES["grant"])
    assert told((entry,)) == [("failed", "transient")]
    assert entry.outcome is not None
    assert entry.outcome.retryable
    assert site.office.calls["grant"] == 4


def test_an_answer_that_reads_contradict_is_unverified(site: Site) -> None:
    site.office.lag = 60.0
    assert one(make(site, CHANGES["grant"])) == ("unverified", None)


@pytest.mark.parametrize(("wait", "outcome"), [(60.0, "changed"), (2.0, "pending")])
def test_a_job_is_followed_as_long_as_is_waited(site: Site, wait: float, outcome: str) -> None:
    site.office.by_job = True
    assert one(make(site, CHANGES["create_account"], wait=wait)) == (outcome, None)
    (entry,) = site.state.changes()
    if outcome == "pending":
        assert entry.status is JournalStatus.PENDING
        site.clock.pass_by(10)
        within(site, _nothing)
        (entry,) = site.state.changes()
    assert entry.status is JournalStatus.SETTLED
    assert entry.outcome is not None
    assert entry.outcome.outcome is OutcomeKind.CHANGED
    assert site.office.effects == {"invite new@x.org": 1}


def test_what_goes_on_is_not_asked_for_twice(site: Site) -> None:
    site.office.by_job = True
    assert one(make(site, CHANGES["create_account"], wait=0.0)) == ("pending", None)
    assert one(make(site, CHANGES["create_account"], wait=0.0)) == ("pending", "goes_on")
    assert site.office.calls["create_account"] == 1
    # Nor does it go on for ever: it ends as the one that it is the same as.
    assert len(site.state.changes(undecided=True)) == 2
    site.clock.pass_by(10)
    within(site, _nothing)
    assert sorted(told(site.state.changes())) == [("already", None), ("changed", None)]
    assert site.office.effects == {"invite new@x.org": 1}


def test_a_hook_hears_the_ids_of_the_journal_and_the_same_ones_again(site: Site) -> None:
    site.office.stumbles = ["before"]
    wanted = [GrantAccess(entitlement=group("g2", "member"), principal=user(each)) for each in ("u5", "u6")]
    entries = make(site, *wanted)
    assert told(entries) == [("changed", None)] * 2
    assert site.office.ids == [tuple(entry.id for entry in entries)] * 2


async def _nothing(_: Session) -> None:
    """Opening alone settles what is undecided."""


class TestHalves:
    """What ends in its middle."""

    def test_of_several_in_one_call_those_that_were_made_are_not_told_as_failed(self, site: Site) -> None:
        site.office.breaks = MissingPermission("the app lacks a scope", permission="write")
        grants = [GrantAccess(entitlement=group("g2", "member"), principal=user(f"u{n}")) for n in (3, 4, 5)]
        entries = make(site, *grants)
        assert site.office.groups["g2"] == {"u3": "member"}
        assert told(entries) == [("changed", None), ("failed", "missing_permission"), ("failed", "missing_permission")]

    def test_an_account_that_is_there_is_not_told_as_not_made(self, site: Site) -> None:
        site.office.breaks = Transient("the request was lost")
        site.office.stumbles = ["", "before", "before", "before"]
        (entry,) = make(site, WITH_GROUP)
        assert told((entry,)) == [("unverified", "transient")]
        assert entry.outcome is not None
        assert "another groups" in (entry.outcome.reason or "")
        assert entry.after is not None
        assert entry.after.exists

    def test_an_account_is_led_to_its_groups_by_the_next_process(self, site: Site) -> None:
        site.office.breaks = Killed()
        with pytest.raises(Killed):
            make(site, WITH_GROUP)
        within(site, _nothing)
        (entry,) = site.state.changes()
        assert told((entry,)) == [("changed", None)]
        assert len(site.office.groups["g2"]) == 1
        assert site.office.effects == {"invite new@x.org": 1}

    def test_after_an_hour_it_is_left_to_a_person(self, site: Site) -> None:
        site.office.breaks = Killed()
        with pytest.raises(Killed):
            make(site, WITH_GROUP)
        site.clock.pass_by(3700)
        within(site, _nothing)
        assert one(tuple(site.state.changes())) == ("unverified", None)


class Killed(KeyboardInterrupt):
    """The process ends here."""


def test_what_somebody_changed_after_the_process_ended_is_not_told_as_never_made(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def killed(*_: object, **__: object) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr("jackfield.changes.call._call_once", killed)
        with pytest.raises(Killed):
            make(site, GrantAccess(entitlement=group("g2", "owner"), principal=user("u5")))
    # It came to the application all the same, and somebody else has changed it since.
    site.office.groups["g2"]["u5"] = "member"
    within(site, _nothing)
    (entry,) = site.state.changes()
    assert told((entry,)) == [("unverified", None)]
    assert site.office.calls["grant"] == 0


@pytest.mark.parametrize("lag", [0.0, 3.0])
@pytest.mark.parametrize("where", ["before", "after", "answered"])
@pytest.mark.parametrize("kind", [*CHANGES, "greet"])
def test_what_an_ended_process_left_is_settled_by_the_next(
    site: Site, monkeypatch: pytest.MonkeyPatch, kind: str, where: str, lag: float
) -> None:
    change = CHANGES.get(kind) or RunAction(name="greet", arguments={"user_id": "u4"})
    site.office.lag = lag
    with monkeypatch.context() as patch:
        if where == "answered":

            async def killed(*_: object, **__: object) -> None:
                raise Killed

            patch.setattr("jackfield.changes.apply.confirm", killed)
        else:
            stumble = type(site.office).stumble

            def end(office: object) -> str:
                site.office.stumbles = []
                if where == "before":
                    raise Killed
                return stumble(site.office)

            patch.setattr(type(site.office), "stumble", end)
            if where == "after":
                patch.setattr("jackfield.changes.call.Recorder.save", _save_once())
        with pytest.raises(Killed):
            make(site, change)
    (entry,) = site.state.changes(undecided=True)
    within(site, _nothing)
    (entry,) = site.state.changes()
    assert entry.outcome is not None
    expected = "unverified" if kind == "greet" and where != "answered" else "changed"
    assert entry.outcome.outcome.value == expected
    assert not site.state.changes(undecided=True)
    assert all(count == 1 for name, count in site.office.effects.items() if not name.startswith("rename"))
    if expected == "changed":
        assert len(site.office.effects) == 1


def _save_once() -> Callable[..., None]:
    from jackfield.changes.session import Recorder

    save = Recorder.save
    calls: list[int] = []

    def saved(*arguments: object, **named: object) -> None:
        calls.append(1)
        if len(calls) > 1:
            raise Killed
        save(*arguments, **named)  # type: ignore[arg-type]

    return saved
