"""A client that keeps to the rules finds the whole truth after each fault that recovers."""

from __future__ import annotations

import http.client
import json
from typing import Any

import pytest

from jackfield_dropbox_simulator.faults.kinds import catalogue

from .support import Client, running

_LIST = "team/members/list_v2"
_NEXT = "team/members/list/continue_v2"


class _Patient:
    """Reads all members as a client that keeps to the rules: waits, retries, refreshes, restarts, drops duplicates."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self.limit = 1000
        self.tries = 0

    def members(self) -> set[str]:
        found: set[str] = set()
        route, argument = _LIST, {"limit": self.limit, "include_removed": False}
        while True:
            page = self._page(route, argument)
            if page is None:
                found, route, argument = set(), _LIST, {"limit": self.limit, "include_removed": False}
                continue
            found |= {row["profile"]["team_member_id"] for row in page["members"]}
            if not page["has_more"]:
                return found
            route, argument = _NEXT, {"cursor": page["cursor"]}

    def _page(self, route: str, argument: dict[str, Any]) -> Any:
        """The page, or None when the listing has to start again."""
        while True:
            self.tries += 1
            assert self.tries < 100
            try:
                if not self._client.access_token and self._client.try_sign_in().status != 200:
                    continue
                answer = self._client.call(route, argument)
                if answer.status == 200:
                    return answer.json
            except (OSError, http.client.HTTPException, json.JSONDecodeError):
                continue
            if answer.status == 401:
                self._client.access_token = ""
            elif answer.status == 409:
                return None
            elif answer.status == 500 and self._client.control.faults()[0]["times"] is None:
                self.limit //= 10
                return None


_RECOVERABLE = sorted(name for name, kind in catalogue().items() if kind.recovers)


@pytest.mark.parametrize("kind", _RECOVERABLE)
def test_a_patient_client_reads_everything_after_a_fault_that_recovers(kind: str) -> None:
    known = catalogue()[kind]
    params = {"slow": {"ms": 20}, "huge_body": {"bytes": 500_000}, "big_limit_fails": {"limit": 50}}.get(kind, {})
    with running(members=20, groups=4) as client:
        client.judged = False
        client.timeout = 0.3
        truth = {user["team_member_id"] for user in client.control.truth()["users"]}
        for at in range(3):
            client.access_token = ""
            client.control.clear_faults()
            client.control.reset_requests()
            client.control.fault(kind, at=at, times=None if known.lasting_only else 1, **params)
            patient = _Patient(client)
            patient.limit = 8 if not known.lasting_only else 1000
            assert patient.members() == truth
            for hit in client.control.requests()["requests"][at : at + 1]:
                assert (kind in hit["faults"]) == known.applies(hit["route"])
