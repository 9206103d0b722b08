"""A connection served to the stand-in of the platform: one simulated team, one platform, and the process between them."""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from platform_stand_in.launch import Platform

from jackfield.state import open_state
from jackfield.state.home import Home
from jackfield_contracts import JournalEntry
from jackfield_dropbox_simulator.launch import Control

from .rosters import Roster
from .serving import Server, serving

NAME = "dropbox"
Json = dict[str, Any]


class Between:
    """What a test says to the platform, and sees in the team and the journal."""

    def __init__(
        self, folder: Path, platform: Platform, team: Any, *, environment: Mapping[str, str] | None = None
    ) -> None:
        self.folder = folder
        self.platform = platform
        self.team: Control = team
        self.environment = {
            "BATON_CLIENT_ID": platform.client_id,
            "BATON_CLIENT_SECRET": platform.client_secret,
            "BATON_C1_API_HOST": platform.address,
            "SSL_CERT_FILE": str(platform.ca_file),
            "BATON_APP_KEY": team.app_key,
            "BATON_APP_SECRET": team.app_secret,
            "BATON_REFRESH_TOKEN": team.refresh_token,
            "BATON_BASE_URL": team.base_url,
            "BATON_PROVISIONING": "true",
            "BATON_HOST_ID": "host-1",
            "JACKFIELD_SERVE__HEALTH_PORT": "0",
        } | dict(environment or {})

    @contextmanager
    def served(self, **environment: str) -> Generator[Server]:
        """The connection is served for as long as the block lasts; the process is killed if it has not ended by then."""
        with serving(self.folder, "--connector", "dropbox", environment=self.environment | environment) as server:
            yield server

    def now(self) -> Roster:
        """The team as it is."""
        return Roster(self.team.truth())

    def entry(self, id: str) -> JournalEntry | None:
        """What the journal has of a task."""
        with open_state(Home(folder=self.folder / "home").database) as state:
            return state.change(id)

    def carried_out(self, kind: str, payload: Json | None = None, *, timeout: float = 60.0) -> Json:
        """Offer a task and wait for its end; what the platform was told last."""
        task = self.platform.wait(self.platform.offer(kind, payload), timeout=timeout)
        return task["finishes"][-1] if task["finishes"] else {}


def granting(group: Json, user: Json, slug: str = "member") -> Json:
    """The payload of a grant."""
    resource = {"id": {"resource_type": "group", "resource": group["group_id"]}}
    return {
        "entitlement": {"id": f"group:{group['group_id']}:{slug}", "slug": slug, "resource": resource},
        "principal": {"id": {"resource_type": "user", "resource": user["team_member_id"]}},
    }


def revoking(group: Json, user: Json, slug: str = "member") -> Json:
    """The payload of a revocation, by a grant whose id the platform does not know."""
    return {"grant": {"id": "🧸_UNKNOWN_GRANT_ID", **granting(group, user, slug)}}


def inviting(address: str) -> Json:
    """The payload of a new account."""
    return {
        "account_info": {"emails": [{"address": address, "is_primary": True}], "profile": {"given_name": "Ann"}},
        "credential_options": {"no_password": {}},
        "resource_type_id": "user",
    }


def deleting(user: Json) -> Json:
    """The payload of a deletion."""
    return {"resource_id": {"resource_type": "user", "resource": user["team_member_id"]}}


def running(name: str, **arguments: object) -> Json:
    """The payload of an action."""
    return {"name": name, "args": arguments}
