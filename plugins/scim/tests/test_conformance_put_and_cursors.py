"""The rules of the conformance kit on paging and writing once more, on a provider without PATCH whose listings go by cursor.

``keeps_the_rules_under_every_setting`` has others of them for such a provider.
"""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from typing import Any

import pytest

from jackfield_scim.conformance import Backend
from jackfield_scim.conformance import TestScim as Suite
from jackfield_scim.testserver import TOKEN, by_cursor, serve
from jackfield_testkit.checks import failing, leaving, losing, making, moving, reading, refusing, sharing
from jackfield_testkit.suite import CHECKS, Check

RULES = {
    failing.starts_over_where_a_cursor_lapses,
    failing.survives_what_passes,
    leaving.loses_nobody_elses_change,
    losing.doubles_no_effect,
    losing.survives_lost_answers,
    making.reads_no_meaning_into_words,
    making.takes_no_lost_race_for_done,
    moving.needs_no_more_requests,
    reading.takes_whole_pages,
    refusing.takes_no_conflict_for_success,
    refusing.tells_refusals,
    sharing.repeats_no_write,
}


class TestPutAndCursors(Suite):
    @pytest.mark.parametrize("check", [each for each in CHECKS if each in RULES], ids=lambda check: check.__name__)
    def test_rule(self, check: Check, request: pytest.FixtureRequest) -> None:
        super().test_rule(check, request)

    @pytest.fixture
    def backend(self) -> Iterator[Backend]:
        with ExitStack() as held:
            yield Backend(held.enter_context(serve(by_cursor())), held)

    @pytest.fixture
    def config(self, backend: Backend) -> Mapping[str, Any]:
        return {"url": backend.server.url, "token": TOKEN, "page_size": backend.page_size, "patch": "no"}


del Suite
