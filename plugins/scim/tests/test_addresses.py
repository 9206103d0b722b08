"""Which address of somebody is changed or cleared, by PATCH and by PUT: never one that was not meant."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from jackfield_contracts import OutcomeKind, RunAction
from jackfield_scim.testserver import Server
from jackfield_testkit.bench import Bench

from .support import USER, Proxy, bench, judged, made, whole


@pytest.fixture
def at(between: Proxy, tmp_path: Path) -> Iterator[Bench]:
    with bench(tmp_path, between.url) as found:
        yield found
    for asked in between.asked:
        judged(asked)


WAYS: list[Mapping[str, Any]] = [{}, {"patch": "no"}]


@pytest.mark.parametrize("settings", WAYS)
def test_which_of_two_addresses_is_meant_is_not_guessed(server: Server, at: Bench, settings: Mapping[str, Any]):
    emails = [{"value": "a@x.org"}, {"value": "b@x.org"}]
    id = server.add({"schemas": [USER], "userName": "two", "emails": emails})
    at.values.update(settings)
    (told,) = made(at, RunAction(name="set_profile", arguments={"user_id": id, "email": "c@x.org", "title": "Dr"}))
    assert (told.outcome, told.tag) == (OutcomeKind.REFUSED, "unclear_address")
    assert (whole(server)[id]["emails"], whole(server)[id].get("title")) == (emails, None)


@pytest.mark.parametrize("settings", WAYS)
def test_an_address_that_another_would_take_the_place_of_is_not_cleared(
    server: Server, at: Bench, settings: Mapping[str, Any]
):
    emails = [{"value": "a@x.org", "primary": True}, {"value": "b@x.org"}]
    id = server.add({"schemas": [USER], "userName": "two", "emails": emails})
    at.values.update(settings)
    (told,) = made(at, RunAction(name="set_profile", arguments={"user_id": id, "email": ""}))
    assert (told.outcome, told.tag) == (OutcomeKind.REFUSED, "another_address")
    assert len(whole(server)[id]["emails"]) == 2


@pytest.mark.parametrize("settings", WAYS)
def test_the_only_address_is_cleared(server: Server, at: Bench, settings: Mapping[str, Any]):
    id = server.add({"schemas": [USER], "userName": "one", "emails": [{"value": "a@x.org", "primary": True}]})
    at.values.update(settings)
    (told,) = made(at, RunAction(name="set_profile", arguments={"user_id": id, "email": ""}))
    assert told.outcome is OutcomeKind.CHANGED
    assert not whole(server)[id].get("emails")
