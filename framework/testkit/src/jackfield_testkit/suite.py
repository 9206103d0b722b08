"""The suite: a class to derive from, with three fixtures to write."""

import asyncio
from collections.abc import Callable, Coroutine, Generator, Mapping
from pathlib import Path
from typing import Any, ClassVar

import pytest

from jackfield.errors import JackfieldError
from jackfield.hookspecs import ConnectorType
from jackfield.host.discovery import Found
from jackfield_testkit.bench import Bench
from jackfield_testkit.checks import (
    aiming,
    arguing,
    asking,
    belonging,
    changing,
    declared,
    disk,
    doubting,
    editing,
    failing,
    feeding,
    filed,
    granting,
    identity,
    leaving,
    losing,
    making,
    moving,
    naming,
    paging,
    reading,
    refusing,
    running,
    settings,
    sharing,
    short,
    signing,
    stating,
    tapped,
    unread,
    waiting,
)
from jackfield_testkit.checks import random as at_random
from jackfield_testkit.clock import HastyClock
from jackfield_testkit.data import Backend, Finding, Lacking, NotApplicable, Samples
from jackfield_testkit.finding import discovered, reported
from jackfield_testkit.results import FINDING, LEFT

Check = Callable[[Bench], Coroutine[Any, Any, None]]

CHECKS: tuple[Check, ...] = (
    declared.imports_lightly,
    declared.reads_its_configuration,
    declared.keeps_its_secrets,
    declared.declares_what_it_does,
    declared.checks_its_credentials,
    signing.takes_no_wrong_secret,
    signing.asks_with_its_sign_in,
    signing.names_rights_that_there_are,
    reading.shows_the_truth,
    reading.gives_the_same_twice,
    reading.refers_to_what_is_there,
    reading.tells_time_with_its_zone,
    reading.guesses_no_status,
    identity.shows_every_fact,
    identity.reads_dates_as_instants,
    identity.guesses_at_no_value,
    belonging.names_one_account,
    identity.leaves_out_no_row,
    unread.takes_nobody_whose_row_is_unread_for_gone,
    filed.guesses_at_no_word_of_a_file,
    filed.takes_no_half_a_file_for_whole,
    filed.tells_of_broken_rows,
    filed.reads_columns_by_their_names,
    filed.reads_one_edition_of_a_file,
    filed.checks_what_it_will_read,
    disk.opens_no_file_in_the_loop,
    disk.checks_what_it_will_write,
    short.takes_no_short_file_for_leaving,
    short.believes_no_single_file,
    short.believes_no_broken_row,
    reading.gives_pages_that_fit,
    reading.resumes_at_every_cursor,
    reading.takes_whole_pages,
    reading.asks_for_nothing_twice,
    paging.takes_no_short_page_for_the_last,
    moving.needs_no_more_requests,
    moving.shows_what_is_inherited,
    moving.hands_counts_on,
    declared.tells_what_it_may_not,
    signing.promises_nothing_untold,
    changing.grants_and_revokes,
    changing.repeats_without_effect,
    refusing.refuses_strangers,
    refusing.tells_refusals,
    refusing.foretells_what_is_so,
    refusing.acts_where_it_says,
    refusing.takes_no_conflict_for_success,
    changing.replaces_only_when_asked,
    changing.takes_nothing_unsaid,
    changing.makes_all_that_it_offers,
    changing.tells_of_jobs_that_fail,
    signing.declares_what_takes_away,
    changing.answers_each_of_many,
    stating.reads_the_state_as_it_is,
    stating.states_what_a_sync_shows,
    asking.quotes_what_it_asks,
    asking.takes_nobody_for_another,
    asking.holds_what_is_asked_by_name,
    naming.finds_people_of_any_name,
    naming.finds_groups_of_any_name,
    naming.finds_all_of_one_name,
    naming.finds_people_by_what_they_have,
    leaving.leaves_the_rest_of_access,
    leaving.leaves_the_rest_of_accounts,
    leaving.loses_nobody_elses_change,
    making.names_what_it_made,
    making.takes_every_argument,
    arguing.leaves_out_no_argument,
    making.knows_what_is_so_already,
    editing.clears_what_is_emptied,
    making.reads_no_meaning_into_words,
    making.takes_no_lost_race_for_done,
    granting.grants_to_every_kind,
    granting.grants_one_to_many,
    waiting.offers_what_it_can,
    waiting.knows_what_is_so,
    aiming.acts_on_whom_it_names,
    aiming.guesses_at_no_state,
    aiming.finds_nobody_else_in_a_conflict,
    aiming.takes_nobody_who_is_there_for_gone,
    waiting.asks_nobody_twice,
    waiting.makes_nobody_twice,
    changing.writes_nothing_in_a_dry_run,
    refusing.decides_by_no_text,
    losing.doubles_no_effect,
    sharing.repeats_no_write,
    losing.survives_lost_answers,
    losing.follows_what_it_began,
    losing.doubts_what_it_can_not_read,
    stating.raises_where_the_state_is_unknown,
    failing.survives_what_passes,
    failing.waits_as_long_as_asked,
    failing.understands_or_says_so,
    failing.takes_no_refusal_for_an_end,
    failing.names_errors_by_what_to_do,
    failing.renews_its_token,
    failing.starts_over_where_a_cursor_lapses,
    failing.sees_change_as_it_is,
    moving.loses_none_where_a_listing_moves,
    failing.tells_no_secret,
    sharing.keeps_secrets_out_of_rows,
    editing.passes_no_password_on,
    editing.quotes_no_secret_argument,
    tapped.survives_a_lost_connection,
    tapped.takes_a_lost_connection_for_passing,
    tapped.can_be_cancelled_while_it_waits,
    doubting.doubts_a_lost_answer,
    tapped.tells_no_secret_of_a_lost_connection,
    feeding.reads_feeds_on,
    feeding.knows_events_again,
    feeding.tells_a_lost_cursor_of_a_feed,
    settings.keeps_the_rules_under_every_setting,
    running.can_be_cancelled,
    running.closes_cleanly,
    running.serves_many_at_once,
    running.never_blocks,
    running.keeps_to_its_session,
    sharing.shares_nothing,
    sharing.shares_no_sign_in,
    sharing.keeps_nothing_for_later,
    sharing.leaves_nothing_behind,
    sharing.grows_by_nothing,
)
"""Every check that is tried once, the quick and telling ones first."""


def every_check() -> dict[str, str]:
    """The text of each check by its name: the rule, and below it the reason."""
    every = (*CHECKS, at_random.syncs_truly_at_random, at_random.changes_truly_at_random)
    return {check.__name__: check.__doc__ or "" for check in every}


class ConnectorSuite:
    """Derive from it, name the ``connector`` as its entry point does, and write the fixtures ``backend`` and ``config``.

    ``backend`` gives the application to talk to, fresh for each test; see ``Backend``. ``config`` gives the keys of a
    connection to it, as they would stand in ``jackfield.toml``. ``samples`` gives changes that may be tried, for a
    connector that makes any. ``clock`` is the host's clock, for a backend that dates what it writes. ``waived`` names
    checks that are left out, each with the reason, which is printed.
    """

    connector: ClassVar[str]
    waived: ClassVar[Mapping[str, str]] = {}

    @pytest.fixture
    def backend(self) -> Backend:
        """The application; to be overridden."""
        # An author's class brings its own: without an application there is nothing to try.
        raise NotImplementedError(f"{type(self).__name__} has no fixture named backend")

    @pytest.fixture
    def config(self, backend: Backend) -> Mapping[str, Any]:
        """The connection's own keys; to be overridden."""
        # An author's class brings its own: nobody else knows the connector's keys.
        raise NotImplementedError(f"{type(self).__name__} has no fixture named config")

    @pytest.fixture
    def samples(self, backend: Backend) -> Samples:
        """Changes to try; none unless overridden."""
        return Samples()

    @pytest.fixture
    def clock(self) -> HastyClock:
        """The clock of the host, which waiting moves on; for a backend that dates what it writes."""
        return HastyClock()

    @pytest.fixture(scope="class")
    @classmethod
    def found(cls) -> Found[ConnectorType]:
        """The connector as installed, looked for once: a search goes through all that is installed."""
        return discovered(cls.connector)

    @pytest.fixture
    def bench(
        self,
        found: Found[ConnectorType],
        backend: Backend,
        config: Mapping[str, Any],
        samples: Samples,
        tmp_path: Path,
        clock: HastyClock,
    ) -> Generator[Bench]:
        """The connector as installed, with a home of its own."""
        bench = Bench(found, config, backend, samples, tmp_path, clock=clock)
        yield bench
        bench.close()

    @pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
    def test_rule(self, check: Check, request: pytest.FixtureRequest) -> None:
        """One rule of the kit."""
        self._try(check, check.__name__, request)

    def test_random_syncs(self, jackfield_seed: int, request: pytest.FixtureRequest) -> None:
        """Syncs with random faults."""
        check = at_random.syncs_truly_at_random
        self._try(lambda bench: check(bench, jackfield_seed), check.__name__, request, check.__doc__)

    def test_random_changes(self, jackfield_seed: int, request: pytest.FixtureRequest) -> None:
        """Random changes beside a model."""
        check = at_random.changes_truly_at_random
        self._try(lambda bench: check(bench, jackfield_seed), check.__name__, request, check.__doc__)

    def _try(self, check: Check, name: str, request: pytest.FixtureRequest, rule: str | None = None) -> None:
        # What is left out is a skip and no success: each is printed with its reason at the end of the run.
        if name in self.waived:
            pytest.skip(f"waived: {self.waived[name]}")
        bench: Bench = request.getfixturevalue("bench")
        found: Finding | None = None
        missing: NotApplicable | None = None
        try:
            asyncio.run(check(bench))
        except NotApplicable as why:
            missing = why
        except Finding as finding:
            found = finding
        except JackfieldError as error:
            # Where a check counts on an answer, the error that comes instead is the connector's.
            found = Finding(f"it fails with {type(error).__name__}: {error}", "the application answers as it should")
        left = (0.0, [str(missing)]) if isinstance(missing, Lacking) else (bench.share, bench.left)
        if left[1]:
            request.node.user_properties.append((LEFT, {"share": left[0], "left": left[1]}))
        if missing is not None:
            pytest.skip(str(missing))
        if found is not None:
            request.node.user_properties.append((FINDING, {"what": found.what, "steps": list(found.steps)}))
            pytest.fail(reported(name, rule or check.__doc__ or "", found), pytrace=False)
