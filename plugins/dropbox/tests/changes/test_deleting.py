"""Removals, over HTTP."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from jackfield_contracts import AccessState, OutcomeKind
from jackfield_dropbox import routes

from .support import Team, over_http

CHANGED, ALREADY, REFUSED, FAILED, PENDING = (
    OutcomeKind.CHANGED,
    OutcomeKind.ALREADY,
    OutcomeKind.REFUSED,
    OutcomeKind.FAILED,
    OutcomeKind.PENDING,
)


class Noon:
    """A clock that stands still."""

    def now(self) -> datetime:
        return datetime(2026, 11, 24, 12, 0, 0, 999, tzinfo=UTC)

    def monotonic(self) -> float:
        return 0.0

    async def sleep(self, seconds: float) -> None:
        raise AssertionError("nothing waits here")


@over_http(clock=Noon())
async def test_a_removed_account_can_be_recovered_for_seven_days_and_nothing_is_wiped(team: Team) -> None:
    user = team.people()[0]
    end = await team.delete(user)
    assert (end.outcome, end.results) == (CHANGED, {"recoverable_until": "2026-12-01T12:00:00Z"})
    assert (team.true(user)["status"], team.true(user)["is_recoverable"]) == ("removed", True)
    assert team.sim.effects()["wipes"] == {}
    [sent] = team.sent(routes.REMOVE)
    assert sent["wipe_data"] is False


@over_http()
async def test_devices_are_wiped_where_that_is_said(team: Team) -> None:
    user = team.people()[0]
    await team.delete(user, wipe_data=True)
    assert team.sim.effects()["wipes"] == {user: 1}


@pytest.mark.parametrize("terms", [{"keep_account": True}, {"permanently_delete_files": True}, {"transfer": True}])
@over_http()
async def test_on_other_terms_it_can_not_be_recovered(team: Team, terms: dict[str, Any]) -> None:
    user, heir = team.people()[:2]
    if terms.pop("transfer", False):
        admin = team.sim.truth()["team"]["authoriser"]
        terms = {"transfer_to": team.true(heir)["email"], "transfer_admin": admin}
    end = await team.delete(user, **terms)
    assert (end.outcome, end.results, team.true(user)["is_recoverable"]) == (CHANGED, {}, False)
    assert "can't be recovered" in (end.reason or "")


@over_http()
async def test_an_invitation_is_cancelled(team: Team) -> None:
    user = team.someone("invited")
    end = await team.delete(user)
    assert (end.outcome, end.results) == (CHANGED, {})
    assert "cancelled" in (end.reason or "")


@pytest.mark.parametrize(
    ("terms", "tag"),
    [
        ({"keep_account": True, "wipe_data": True}, "cannot_keep_account_and_delete_data"),
        ({"keep_account": True, "permanently_delete_files": True}, "cannot_keep_account_and_permanently_delete"),
        (
            {"keep_account": True, "transfer_to": "a@b.example", "transfer_admin": "c@d.example"},
            "cannot_keep_account_and_transfer",
        ),
        ({"retain_team_shares": True}, "cannot_retain_shares_when_no_account_kept"),
        ({"retain_team_shares": True, "wipe_data": True}, "cannot_retain_shares_when_data_wiped"),
        (
            {"permanently_delete_files": True, "transfer_to": "a@b.example", "transfer_admin": "c@d.example"},
            "cannot_permanently_delete_and_transfer",
        ),
        ({"transfer_to": "a@b.example"}, "unspecified_transfer_admin_id"),
    ],
)
@over_http()
async def test_terms_that_exclude_each_other_are_refused_before_any_call(
    team: Team, terms: dict[str, Any], tag: str
) -> None:
    user = team.people()[0]
    team.sim.reset_requests()
    end = await team.delete(user, AccessState(), **terms)
    assert (end.outcome, end.tag, team.sim.requests()["total"]) == (REFUSED, tag, 0)


@over_http()
async def test_an_invitation_has_no_account_to_keep(team: Team) -> None:
    end = await team.delete(team.someone("invited"), keep_account=True)
    assert (end.outcome, end.tag, team.calls()) == (REFUSED, "cannot_keep_invited_user_account", {})


@over_http()
async def test_the_people_of_a_transfer_are_looked_up(team: Team) -> None:
    user, other = team.people()[:2]
    gone, admin = team.someone("recoverable"), team.sim.truth()["team"]["authoriser"]
    own = team.true(user)["email"]
    for heir, by, tag in (
        ("nobody@team.example", admin, "transfer_dest_user_not_found"),
        ("dbmid:nobody", admin, "transfer_dest_user_not_found"),
        (other, "nobody@team.example", "transfer_admin_user_not_found"),
        (own, admin, "removed_and_transfer_dest_should_differ"),
        (other, own, "removed_and_transfer_admin_should_differ"),
        (gone, admin, "transfer_dest_user_not_in_team"),
        (other, gone, "transfer_admin_user_not_in_team"),
    ):
        end = await team.delete(user, transfer_to=heir, transfer_admin=by)
        assert (end.outcome, end.tag) == (REFUSED, tag)
    assert team.calls() == {}
    end = await team.delete(user, transfer_to=other, transfer_admin=other)
    assert (end.outcome, end.tag) == (REFUSED, "transfer_admin_is_not_admin")


@over_http()
async def test_the_last_admin_stays(team: Team) -> None:
    role = team.admin_role()
    admins = [one["team_member_id"] for one in team.sim.truth()["users"] if role in one["roles"]]
    for user in admins[1:]:
        team.do("set_role", user, role=None)
    end = await team.delete(admins[0])
    assert (end.outcome, end.tag, team.true(admins[0])["status"]) == (REFUSED, "remove_last_admin", "active")


@over_http(clock=Noon(), async_jobs=True, job_polls=2, job_seconds=0.0)
async def test_a_removal_by_a_job_is_followed_to_its_end(team: Team) -> None:
    user = team.people()[0]
    team.sim.settings(job_effect="end")
    end = await team.delete(user)
    assert (end.outcome, team.true(user)["status"]) == (PENDING, "active")
    polled = 0
    job = end.job or ""
    while (end := await team.connection.job_status(job)).outcome is PENDING:
        polled += 1
        assert end.job == job
    assert (polled, end.outcome, team.true(user)["status"]) == (2, CHANGED, "removed")
    assert end.results == {"recoverable_until": "2026-12-01T12:00:00Z"}


@over_http(async_jobs=True)
async def test_a_job_that_fails_is_a_failure(team: Team) -> None:
    user = team.people()[0]
    team.sim.settings(job_fails="something broke")
    end = await team.delete(user)
    end = await team.connection.job_status(end.job or "")
    assert (end.outcome, end.tag, end.retryable, team.true(user)["status"]) == (
        FAILED,
        "internal_error",
        True,
        "active",
    )


@over_http()
async def test_asked_twice_it_does_nothing_the_second_time(team: Team) -> None:
    user = team.people()[0]
    state = await team.state()
    await team.delete(user, state)
    end = await team.delete(user, state)
    assert (end.outcome, end.tag) == (ALREADY, "user_not_in_team")
    assert team.sim.effects()["removals"] == {user: 1}
