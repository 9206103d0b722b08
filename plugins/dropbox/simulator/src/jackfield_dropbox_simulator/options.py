"""What a simulator can be told: the shape of its team, and how its service behaves."""

from __future__ import annotations

from typing import Literal

import msgspec

from .behaviour import Behaviour

SCOPES = (
    "team_info.read",
    "members.read",
    "members.write",
    "members.delete",
    "groups.read",
    "groups.write",
    "events.read",
)
"""Every scope that a route of the connector needs."""


class TeamOptions(msgspec.Struct, frozen=True, kw_only=True):
    """The shape of a seeded team."""

    members: int = 50
    groups: int = 8
    seed: int = 1
    memberships: int = -1
    shape: Literal["mixed", "user_managed"] = "mixed"
    system_group: bool | None = None
    roles: int = 6
    team_id: str = ""

    def __post_init__(self) -> None:
        if self.members < 2:
            raise ValueError("a team has at least 2 members")
        if self.groups < 0 or self.roles < 1:
            raise ValueError("groups must be at least 0 and roles at least 1")
        if self.memberships < 0:
            extra = self.members if self.with_system_group else 0
            msgspec.structs.force_setattr(self, "memberships", self.members * 3 + extra)

    @property
    def with_system_group(self) -> bool:
        """Whether there is an "Everyone at …" group; Dropbox switches it off above 1,000 members."""
        if self.system_group is not None:
            return self.system_group
        return self.shape == "mixed" and self.members <= 1000


class ServiceOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How the service behaves at the start; `Settings` is the part that can change while it runs."""

    host: str = "127.0.0.1"
    port: int = 0
    app_key: str = "simulatedkey"
    app_secret: str = "simulatedsecret"
    refresh_token: str = "simulated-refresh-token"
    scopes: tuple[str, ...] = SCOPES
    latency_ms: float = 0.0
    token_lifetime: float = 14400.0
    rate: float = 0.0
    big_page_limit: int = 0
    page_cap: int = 0
    blank_page: bool = False
    read_lag: float = 0.0
    async_jobs: bool = False
    job_polls: int = 0
    job_seconds: float = 0.0
    record: str = ""
    behaviour: Behaviour = Behaviour()


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What can be changed at run time; latency in milliseconds, rate in requests a second (0: no limit).

    Pages of listings hold at most `page_cap` rows, however many are asked for (0: as many as are). With `blank_page` the
    second page of each listing is empty, though more follow.

    With `read_lag` reads show the team as it was that many seconds ago. `async_jobs` lets members/add_v2 and
    members/remove answer by jobs, which are `in_progress` for `job_polls` polls and `job_seconds` seconds, make their
    change at the start or at the end, and do nothing but fail when `job_fails` has a text.
    """

    latency_ms: float
    token_lifetime: float
    rate: float
    big_page_limit: int
    page_cap: int = 0
    blank_page: bool = False
    read_lag: float = 0.0
    async_jobs: bool = False
    job_polls: int = 0
    job_seconds: float = 0.0
    job_effect: Literal["start", "end"] = "start"
    job_fails: str = ""
