"""Reads of the state that fail while changes are planned and made."""

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from jackfield.changes.kinds.access import GrantRequest
from jackfield.changes.requests import changes_of
from jackfield.changes.session import Session
from jackfield.errors import BadCredentials, JackfieldError, PluginBug, RateLimited, RemoteContract, Transient
from jackfield.state import open_state
from jackfield_contracts import Change, GrantAccess, RunAction

from .making import make, told, within
from .office import role, user
from .office_connector import Site

HELPER = GrantAccess(entitlement=role("helper"), principal=user("u3"))
CHANGES = (
    HELPER,
    GrantAccess(entitlement=role("helper"), principal=user("u4")),
    RunAction(name="disable", arguments={"user_id": "u3"}),
)
PASSING: tuple[Callable[[], JackfieldError], ...] = (
    lambda: Transient("lost"),
    lambda: RateLimited("a pause", after=3.0),
    lambda: RateLimited("a pause"),
    lambda: RemoteContract("no JSON"),
)


def slowly(site: Site) -> None:
    """Let each writing call take so long that the state is read again before the next one."""
    real = site.office.stumble

    def stumble() -> str:
        site.clock.pass_by(5.0)
        return real()

    site.office.stumble = stumble


def reads_of(site: Site) -> int:
    """How many reads it takes to make the changes if nothing fails."""
    slowly(site)
    assert told(make(site, *CHANGES)) == [("changed", None)] * len(CHANGES)
    return site.office.calls["read_state"]


def test_any_read_may_fail_for_a_while(tmp_path: Path) -> None:
    with open_state(tmp_path / "first.db") as state:
        reads = reads_of(Site(tmp_path, state))
    assert reads >= 4, "for the plan, between two calls, before the second wave, and to confirm"
    for number in range(reads):
        for error in PASSING:
            with open_state(tmp_path / f"{number}-{PASSING.index(error)}.db") as state:
                site = Site(tmp_path, state)
                slowly(site)
                site.office.unread = [*[None] * number, error(), error()]
                assert told(make(site, *CHANGES)) == [("changed", None)] * len(CHANGES), (number, error())
                assert site.office.effects == {"grant u3": 1, "grant u4": 1, "disable u3": 1}


def test_what_lasts_ends_it_at_the_deadline_and_what_was_made_is_told(site: Site) -> None:
    slowly(site)
    site.host = msgspec.structs.replace(site.host, retry_deadline=30.0)
    site.office.unread = [None, *[Transient("lost") for _ in range(1000)]]
    before = site.clock.monotonic()
    with pytest.raises(Transient):
        make(site, *CHANGES)
    # Confirming the change that was made is tried for its own ten seconds.
    assert 30 <= site.clock.monotonic() - before < 60
    (entry,) = site.state.changes("acme", limit=None)
    assert entry.outcome is not None
    assert entry.outcome.outcome.value == "unverified"
    assert site.office.calls["grant"] == 1


@pytest.mark.parametrize(
    ("error", "reads"),
    [
        (lambda: BadCredentials("refused"), 1),
        (lambda: PluginBug("a bug"), 1),
        (lambda: RateLimited("a pause", after=3600.0), 1),
        (lambda: RemoteContract("no JSON"), 3),
    ],
)
def test_what_no_patience_helps_ends_it_at_once(site: Site, error: Callable[[], JackfieldError], reads: int) -> None:
    site.office.unread = [error() for _ in range(10)]
    before = site.clock.monotonic()
    with pytest.raises(type(error())):
        make(site, HELPER)
    assert site.office.calls["read_state"] == reads
    assert site.clock.monotonic() - before < 5
    assert not site.state.changes("acme", limit=None)


@pytest.mark.parametrize("error", PASSING)
def test_looking_names_up_may_fail_for_a_while(site: Site, error: Callable[[], JackfieldError]) -> None:
    async def look(session: Session) -> tuple[Change, ...]:
        asked = GrantRequest(entitlement=str(HELPER.entitlement), principal="u3@x.org")
        return await changes_of(session, (asked,), None)

    site.office.unread = [error(), error()]
    assert within(site, look) == (HELPER,)
