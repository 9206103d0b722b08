"""What a route is, and what it is given for one request."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from ..behaviour import Behaviour
from ..faults.twist import Twist
from ..team import Group, Member, Team
from ..wire.cursors import CursorCodec
from ..wire.schema import Json, Schema
from ..writes.jobs import JobOptions, Jobs
from ..writes.ledger import Ledger
from ..writes.outcomes import Outcomes


class Backstage(msgspec.Struct, kw_only=True):
    """What the routes that write deal with besides the team."""

    ledger: Ledger
    jobs: Jobs
    outcomes: Outcomes
    job_options: JobOptions


class Call(msgspec.Struct, kw_only=True):
    """One request to a route, its argument already read by the route's schema."""

    team: Team
    codec: CursorCodec
    arg: Json
    twist: Twist
    # The most rows that a page of a listing holds; 0: as many as are asked for.
    page_cap: int = 0
    # Whether the second page of each listing is left empty.
    blank_page: bool = False
    # Reading routes need none.
    backstage: Backstage | None = None
    behaviour: Behaviour = Behaviour()

    @property
    def behind(self) -> Backstage:
        """What a route that writes deals with besides the team."""
        if self.backstage is None:
            raise RuntimeError("this call has nothing to write with")
        return self.backstage

    def member(self, selector: tuple[str, str]) -> Member | None:
        """The account that a user selector of the argument means."""
        kind, value = selector
        found = self.team.find_member(kind, value)
        if kind != "email":
            return found
        if found is None and self.behaviour.email_selectors == "secondary_too":
            found = next((each for each in self.team.members if value.casefold() in _secondary(each)), None)
        if found is not None and self.behaviour.email_case == "exact":
            return found if value in (found.email, *(email for email, _ in found.secondary_emails)) else None
        return found

    def group(self, selector: tuple[str, str]) -> Group | None:
        """The group that a group selector of the argument means."""
        return self.team.find_group(*selector)


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """One route: its name under `/2/`, the scope it needs, its argument, and the function that answers.

    `writes` says that it changes the team, `lags` that it may show the team as it was some time ago.
    """

    name: str
    scope: str
    arg: Schema
    answer: Callable[[Call], bytes]
    writes: bool = False
    lags: bool = False


def _secondary(member: Member) -> list[str]:
    return [email.casefold() for email, _ in member.secondary_emails]
