"""Any mix of people in one call: each has its own true outcome, and the group is what the outcomes say."""

from __future__ import annotations

import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from jackfield_contracts import AccessState, OutcomeKind

from .support import connected, joins, leaves

CHANGED, ALREADY, REFUSED = OutcomeKind.CHANGED, OutcomeKind.ALREADY, OutcomeKind.REFUSED
ACCESS = st.sampled_from([None, "member", "owner"])
SLUG = st.sampled_from(["member", "owner"])
SITUATION = st.sampled_from(["active", "active", "active", "suspended", "invited"])
STATE = st.sampled_from(["fresh", "empty", "stale"])


def granted(situation: str, now: str | None, slug: str) -> OutcomeKind:
    """What has to become of a grant."""
    if now is not None and now in (slug, "owner"):
        return ALREADY
    return REFUSED if slug == "owner" and situation != "active" else CHANGED


@settings(max_examples=40, deadline=None)
@given(people=st.lists(st.tuples(SITUATION, ACCESS, ACCESS, SLUG), min_size=1, max_size=9), kind=STATE)
def test_grants(people: list[tuple[str, str | None, str | None, str]], kind: str) -> None:
    async def main(record: Path) -> None:
        async with connected(record, members=2) as team:
            group = team.new_group()
            users = [team.someone(each[0]) for each in people]
            changes = [joins(group, user, each[3]) for user, each in zip(users, people, strict=True)]
            state = AccessState()
            if kind == "stale":
                for user, (situation, _, before, _) in zip(users, people, strict=True):
                    if before is not None and situation == "active":
                        team.enter(group, user, before)
                state = await team.state(*changes)
                for user in users:
                    if team.access(group, user):
                        team.do("group_remove", user, group=group)
            now: list[str | None] = []
            for user, (situation, access, _, _) in zip(users, people, strict=True):
                held = "member" if access == "owner" and situation != "active" else access
                now.append(held)
                if held is not None:
                    team.enter(group, user, held)
            if kind == "fresh":
                state = await team.state(*changes)
            ends = await team.grant(*changes, state=state)
            wanted = [granted(each[0], held, each[3]) for each, held in zip(people, now, strict=True)]
            for index, (_, _, before, slug) in enumerate(people):
                promoted = kind == "stale" and (before, slug, now[index]) == ("member", "owner", "owner")
                if promoted and people[index][0] == "active":
                    # Became an owner after the state was read: set_access_type does not tell that it did nothing.
                    wanted[index] = CHANGED
            # Where the call was sent in parts, an earlier part may be why somebody is in the group already.
            unsure = [
                kind != "fresh" and len(people) > 1 and "somebody else may have made it" in (end.reason or "")
                for end in ends
            ]
            assert [
                ALREADY if doubted and end.outcome is CHANGED else end.outcome
                for end, doubted in zip(ends, unsure, strict=True)
            ] == wanted
            assert [team.access(group, user) for user in users] == [
                each[3] if outcome is CHANGED else held for each, held, outcome in zip(people, now, wanted, strict=True)
            ]

    with TemporaryDirectory() as folder:
        asyncio.run(main(Path(folder) / "record.jsonl"))


@settings(max_examples=40, deadline=None)
@given(people=st.lists(st.tuples(ACCESS, SLUG), min_size=1, max_size=9), fresh=st.booleans())
def test_revocations(people: list[tuple[str | None, str]], fresh: bool) -> None:
    async def main(record: Path) -> None:
        async with connected(record, members=2) as team:
            group = team.new_group()
            users = [team.someone("active") for _ in people]
            for user, (access, _) in zip(users, people, strict=True):
                if access is not None:
                    team.enter(group, user, access)
            changes = [leaves(group, user, slug) for user, (_, slug) in zip(users, people, strict=True)]
            state = await team.state(*changes) if fresh else AccessState()
            ends = await team.revoke(*changes, state=state)
            for end, user, (access, slug) in zip(ends, users, people, strict=True):
                if access == slug:
                    assert end.outcome is CHANGED
                    assert team.access(group, user) == ("member" if slug == "owner" else None)
                else:
                    assert end.outcome is (REFUSED if access == "owner" else ALREADY)
                    assert team.access(group, user) == access

    with TemporaryDirectory() as folder:
        asyncio.run(main(Path(folder) / "record.jsonl"))
