"""Plans and files of changes, mutated: applied, or planned."""

import hashlib
import json
from collections.abc import Generator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
from harness.cli import NAME, Site
from harness.rosters import Roster
from harness.twisted import Twisted, twisted
from hypothesis import strategies as st

from jackfield_dropbox_simulator.options import ServiceOptions, TeamOptions
from jackfield_dropbox_simulator.service import Service
from jackfield_dropbox_simulator.team.seeding import build

from .inside import run
from .mutations import ENCODINGS, bytes_operations, change_bytes, change_json, json_operations, some_of
from .target import Case, Kept, Target

TEAM = TeamOptions(members=12, groups=4, seed=1)


class Plans:
    """A plan of many kinds, and a file of changes, for a team behind a server."""

    def __init__(self, server: Twisted, site: Site) -> None:
        self.server = server
        self.site = site
        self.kept = Kept(site)
        at = Roster(server.control.truth())
        group = at.group()
        member, outside = (
            at.inside(group, "member")[0]["team_member_id"],
            [one["team_member_id"] for one in at.outside(group)],
        )
        plain = [
            one["team_member_id"] for one in at.people(role=None) if one["team_member_id"] not in (member, *outside)
        ]
        entitlement = f"group:{group['group_id']}/member"
        self.rows: list[dict[str, Any]] = [
            {"kind": "grant", "entitlement": f"role:{at.roles['Support']}/member", "principal": f"user:{plain[0]}"},
            {"kind": "revoke", "entitlement": entitlement, "principal": f"user:{member}"},
            {"kind": "grant", "entitlement": entitlement.replace("/member", "/owner"), "principal": f"user:{plain[1]}"},
            {"kind": "create_account", "arguments": {"email": "new@team.example", "given_name": "Neu"}},
            {"kind": "disable_account", "account": f"user:{plain[2]}"},
            {"kind": "delete_account", "account": f"user:{plain[3]}", "arguments": {"wipe_data": True}},
        ]
        self.file = site.folder / "the.plan"
        lines = site.folder / "changes.jsonl"
        lines.write_text("".join(json.dumps(row) + "\n" for row in self.rows))
        self._run("sync", NAME)
        planned = self._run("plan", NAME, str(lines), "-o", str(self.file))
        assert planned.code == 0, planned
        self.plan = self.file.read_bytes()
        self.kept.keep()

    def _run(self, *arguments: str) -> Any:
        return run("--config", str(self.site.folder / "jackfield.toml"), *arguments, home=self.site.home.folder)

    def renew(self) -> None:
        """The team and the home as they were."""
        self.kept.restore()
        self.server.renew(Service(build(TEAM), ServiceOptions()))
        self.server.restart()


PRIVILEGED = (
    "team/members/remove",
    "team/members/suspend",
    "team/members/set_admin_permissions_v2",
    "team/members/add_v2",
)


class PlanFiles(Plans):
    """Plans that were changed; one that differs from what was made here makes nothing privileged or destructive unasked."""

    def content(self, case: Case) -> bytes:
        """The plan of a case, with a digest of its own if it is sealed."""
        body = change_json(self.plan, case.get("json", case.get("json ", [])), case.get("encoding", "utf-8"))
        if case.get("sealed"):
            try:
                document = msgspec.json.decode(body)
                digest = hashlib.sha256(msgspec.json.encode(document["plan"], order="sorted")).hexdigest()
                body = msgspec.json.encode({**document, "digest": f"sha256:{digest}"})
            except (msgspec.MsgspecError, KeyError, TypeError, UnicodeError, RecursionError, ValueError):
                pass
        return change_bytes(body, case.get("bytes", []))

    def files(self, case: Case) -> dict[str, bytes]:
        """The plan that was applied."""
        return {"the.plan": self.content(case)}

    def play(self, case: Case) -> list[str]:
        """Apply it."""
        self.renew()
        content = self.content(case)
        self.file.write_bytes(content)
        ended = self._run("apply", str(self.file), "--yes", "--reason", "a sweep")
        wrong = list(ended.wrong)
        try:
            same = json.loads(content) == json.loads(self.plan)
        except (ValueError, RecursionError):
            same = False
        if not same and (made := [route for route in self.server.seen if route in PRIVILEGED]):
            wrong.append(f"a plan that was changed has made {made}")
        return wrong


class ChangeFiles(Plans):
    """Files of changes, planned only."""

    def content(self, case: Case) -> tuple[str, bytes]:
        """The name and the content of a case's file."""
        kind = case["kind"]
        if kind == "jsonl":
            lines = [json.dumps(row).encode() for row in self.rows]
            at = case.get("line", 0) % len(lines)
            lines[at] = change_json(lines[at], case.get("json", []))
            base = b"\n".join(lines)
        elif kind == "csv":
            columns = ["kind", "entitlement", "principal", "account", "arg.email", "arg.wipe_data"]
            cells = [
                {**row, **{f"arg.{key}": str(value) for key, value in row.get("arguments", {}).items()}}
                for row in self.rows
            ]
            base = "\n".join(
                [";".join(columns), *(";".join(str(row.get(name, "")) for name in columns) for row in cells)]
            ).encode()
        else:
            parts = [
                "\n".join(
                    [
                        "[[change]]",
                        *(f"{key} = {json.dumps(value)}" for key, value in row.items() if key != "arguments"),
                    ]
                )
                for row in self.rows[:3]
            ]
            base = "\n\n".join(parts).encode()
        if encoding := case.get("encoding"):
            base = base.decode().encode(encoding, "replace")
        return f"fuzzed.{kind}", change_bytes(base, case.get("bytes", []))

    def files(self, case: Case) -> dict[str, bytes]:
        """The file that was read."""
        name, content = self.content(case)
        return {name: content}

    def play(self, case: Case) -> list[str]:
        """Plan it."""
        self.renew()
        name, content = self.content(case)
        file = self.site.folder / name
        file.write_bytes(content)
        ended = self._run("plan", NAME, str(file))
        wrong = list(ended.wrong)
        if made := [
            route
            for route in self.server.seen
            if "add" in route or "remove" in route or "set_" in route or "suspend" in route
        ]:
            wrong.append(f"planning has made {made}")
        return wrong


@contextmanager
def behind(folder: Path, make: Any) -> Generator[Any]:
    """What *make* makes of a team behind a server."""
    patience = {"request_timeout": 0.7, "retry_deadline": 2.0, "stall_timeout": 4.0}
    with twisted(TEAM) as server:
        yield make(server, Site(folder, server, provisioning=True, **patience))


_index = st.integers(0, 200)
_some = {"bytes": bytes_operations, "encoding": st.sampled_from(ENCODINGS[1:]), "json": json_operations}
_plan = some_of({**_some, "json ": json_operations}, sealed=st.booleans())
_changes = some_of(_some, kind=st.sampled_from(("csv", "jsonl", "toml")), line=_index)

TARGETS = (
    Target("plans", "a plan, applied", partial(behind, make=PlanFiles), lambda _: _plan),
    Target(
        "files of changes", "CSV, JSON lines and TOML, planned", partial(behind, make=ChangeFiles), lambda _: _changes
    ),
)
