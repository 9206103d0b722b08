"""``django-scim2``, a real server by others with ways of its own.

It has no filters and no ETags, gives members without type but with ``$ref``, takes members away by a list of values only,
has the same ids for users and groups, and wants Basic credentials.
"""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from jackfield_contracts import (
    AccountStatus,
    CreateAccount,
    DeleteAccount,
    EntitlementId,
    GrantAccess,
    GrantId,
    OutcomeKind,
    ResourceId,
    RevokeAccess,
    RunAction,
    StateQuery,
    UserTrait,
)
from jackfield_testkit.bench import Bench

from .support import Django, bench, django

pytestmark = pytest.mark.long
CHANGED, REFUSED, ALREADY = OutcomeKind.CHANGED, OutcomeKind.REFUSED, OutcomeKind.ALREADY


@pytest.fixture
def provider(tmp_path: Path) -> Iterator[Django]:
    with django(tmp_path) as provider:
        yield provider


@pytest.fixture
def at(provider: Django, tmp_path: Path) -> Iterator[Bench]:
    values = {"username": "reader", "password": "s3crét", "page_size": 3, "patch_removal": "value"}
    with bench(tmp_path, provider.url, **values) as found:
        yield found


def user(id: str) -> ResourceId:
    return ResourceId(type="user", id=id)


def member(group: str) -> EntitlementId:
    return EntitlementId(resource=ResourceId(type="group", id=group), slug="member")


def test_a_sync_shows_what_its_database_has(provider: Django, at: Bench):
    people = [provider.add_user(f"p{each}", active=each != 3, email=f"p{each}@x.org") for each in range(7)]
    groups = [provider.add_group("All", *people), provider.add_group("Söme", *people[:2]), provider.add_group("None")]
    shown = asyncio.run(at.sync())
    assert shown.complete, str(shown)
    assert shown.resources.keys() == {
        *(user(each) for each in people),
        *(ResourceId(type="group", id=each) for each in groups),
    }
    assert shown.grants == {
        GrantId(entitlement=member(group), principal=user(id)) for group in groups for id in provider.members(group)
    }
    third = shown.resources[user(people[3])]
    assert isinstance(third.trait, UserTrait)
    assert (third.trait.status, third.trait.login) == (AccountStatus.DISABLED, "p3")
    assert [(each.address, each.primary) for each in third.trait.emails] == [("p3@x.org", True)]
    assert third.created is not None
    assert third.created.isoformat() == "2020-05-17T12:30:00+00:00"


def test_members_join_and_leave_and_others_stay(provider: Django, at: Bench):
    people = [provider.add_user(f"p{each}") for each in range(4)]
    group = provider.add_group("Some", *people[:2])
    grants = [GrantAccess(entitlement=member(group), principal=user(id)) for id in people[2:]]
    assert {each.outcome for each in asyncio.run(at.change(*grants))} == {CHANGED}
    assert provider.members(group) == set(people)
    (outcome,) = asyncio.run(at.change(RevokeAccess(entitlement=member(group), principal=user(people[0]))))
    assert (outcome.outcome, provider.members(group)) == (CHANGED, set(people[1:]))


def test_the_form_that_it_does_not_know_is_told_and_takes_nothing(provider: Django, at: Bench):
    people = [provider.add_user(f"p{each}") for each in range(2)]
    group = provider.add_group("Some", *people)
    at.values["patch_removal"] = "filter"
    (outcome,) = asyncio.run(at.change(RevokeAccess(entitlement=member(group), principal=user(people[0]))))
    assert outcome.outcome is not CHANGED
    assert provider.members(group) == set(people)


def test_accounts_are_made_switched_changed_and_deleted(provider: Django, at: Bench):
    provider.add_user("taken")
    made, taken = asyncio.run(
        at.change(
            CreateAccount(
                arguments={
                    "user_name": "o'néw",
                    "email": "new@x.org",
                    "surname": "Néw",
                }
            ),
            CreateAccount(arguments={"user_name": "taken"}),
        )
    )
    assert (made.outcome, taken.outcome) == (CHANGED, ALREADY)
    assert made.account is not None

    def now() -> tuple[object, ...]:
        (row,) = provider.rows("SELECT is_active, last_name, email FROM people_user WHERE username = ?", "o'néw")
        return row

    assert now() == (1, "Néw", "new@x.org")
    for action, given, wanted in (
        ("disable_user", {}, (0, "Néw", "new@x.org")),
        ("enable_user", {}, (1, "Néw", "new@x.org")),
        ("set_profile", {"surname": "Old"}, (1, "Old", "new@x.org")),
        ("set_profile", {"email": "old@x.org"}, (1, "Old", "old@x.org")),
    ):
        arguments = {"user_id": made.account.id, **given}
        (outcome,) = asyncio.run(at.change(RunAction(name=action, arguments=arguments)))
        assert (outcome.outcome, now()) == (CHANGED, wanted), action
    (gone,) = asyncio.run(at.change(DeleteAccount(account=made.account)))
    assert gone.outcome is CHANGED
    assert provider.rows("SELECT id FROM people_user WHERE username = ?", "o'néw") == []


NAMES = ("o'brien", 'quo"te', "50%", "a_b", "Жанна", "x" * 50, "p\\q", "a/b?c", "and")


def test_people_are_found_by_name_and_nobody_by_half_of_it(provider: Django, at: Bench):
    """Its filters take a quote or a backslash that is written as SCIM writes it for another name."""
    ids = {each: provider.add_user(each) for each in (*NAMES, *(f"{each}2" for each in NAMES), "aXb", "503")}
    wrong = [f"{each[:-1]}!" for each in NAMES]

    async def ask():
        async with at.open() as connection:
            return await connection.read_state(StateQuery(names=(*NAMES, *wrong)))

    for filters in ("auto", "yes"):
        at.values |= {"filters": filters, "lookup_by": ["userName"]}
        state = asyncio.run(ask())
        assert [(each.asked, each.account.id) for each in state.accounts] == [(each, ids[each]) for each in NAMES]
        assert state.unreadable == {}


def test_wrong_credentials_are_told(at: Bench):
    at.values["password"] = "wrong"

    async def check():
        async with at.open() as connection:
            await connection.check()

    with pytest.raises(Exception, match="credentials"):
        asyncio.run(check())
