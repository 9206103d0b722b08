"""The roster connector under the conformance kit: an imagined application with its exports, and the changes to try on it.

``jackfield connectors check roster`` runs it on what is installed. Needs the extra ``testkit`` of jackfield.
"""

import csv
import json
import os
import random
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from jackfield_contracts import CreateAccount, DeleteAccount, Email, EntitlementId, GrantAccess, GrantId, ResourceId
from jackfield_roster.otherforms import variants
from jackfield_roster.sync import PAGE
from jackfield_testkit import ConnectorSuite, HastyClock, Samples, Truth, Variant

_PEOPLE = PAGE + 40
_WORDS = {"enabled": "active", "disabled": "left", "pending": "invited"}
_ODD = (
    # Ids as applications give them, of which some would be one if they were numbers; and logins and names as people have.
    ("0012", "Zoë O'Neil", "Zoe.ONeil@Example.com", "enabled"),
    ("12", "Twelve", "12", "enabled"),
    ("A-7", "Anna Li", "a-7@example.com", "pending"),
    ("a-7", "李 小龍", "bruce@example.com", "pending"),
    ("svc", "Nightly Backup", "nightly-backup", "enabled"),
    ("vice", "Vice, President", "vice@example.com", "disabled"),
    ("nobody", "No Status", "no.status@example.com", "enabled"),
)


class Application:
    """An application that exports its files by itself, and somebody who works through the work list."""

    page_size = PAGE * 2
    """A row of a listing of groups is two things: the group, and to be a member of it."""

    def __init__(self, folder: Path, clock: HastyClock, name: str = "office") -> None:
        self.folder = folder
        self.name = name
        self._clock = clock
        self.list = folder / "work.csv"
        self._people: dict[str, dict[str, str]] = {}
        for n in range(_PEOPLE):
            self._add(f"u{n}", f"Person {n}", f"u{n}@example.com", "disabled" if n % 9 == 0 else "enabled")
        for one in _ODD:
            self._add(*one)
        # A group and a person may have one id.
        self._groups = {**{f"g{n}": f"Group {n}" for n in range(6)}, "12": "Dozen"}
        self._roles = {"admin": "Administrator", "auditor": "Auditor"}
        # Groups in groups, and a circle of the last two.
        self._held = {(f"group:g{n % 3}", f"user:u{n}") for n in range(0, _PEOPLE, 7)}
        self._held |= {("group:g1", "group:g0"), ("group:g4", "group:g5"), ("group:g5", "group:g4")}
        self._held |= {("role:admin", "group:g1"), ("role:auditor", "user:u1")}
        self._held |= {("group:g2", "user:12"), ("group:g2", "group:12"), ("role:auditor", "user:12")}
        self._effects: Counter[str] = Counter()
        self._notes: dict[str, str] = {}
        self._exported = 0
        self.export()

    def export(self) -> None:
        """Write all files, each at once."""
        people = [
            (
                id,
                one["login"],
                one["name"],
                # As people type: in capitals, and with spaces around.
                (" {} ", "{}", "{}")[n % 3].format(one["word"]),
                one["mail"],
                one["given"],
                one["surname"],
                one["floor"],
            )
            for n, (id, one) in enumerate(self._people.items())
        ]
        heading = ("Id", "Login", "Name", "State", "Mail", "Given", "Surname", "Floor")
        self._write("users.csv", heading, people)
        self._write(
            "groups.csv", ("Id", "Name", "About"), [(id, name, f"All of {name}") for id, name in self._groups.items()]
        )
        rows = [
            {"to": to.partition(":")[2], "member": member.partition(":")[2], "is": member.partition(":")[0]}
            for to, member in sorted(self._held)
            if to.startswith("group:")
        ]
        self._put("members.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
        roles = [
            (*to.split(":")[1:], *reversed(member.split(":"))) for to, member in sorted(self._held) if to[0] == "r"
        ]
        self._write("roles.csv", ("Role", "Title"), [*self._roles.items()])
        self._write("rights.csv", ("Role", "Who", "Kind"), roles)

    def _add(self, id: str, name: str, login: str, status: str = "enabled") -> None:
        given, _, surname = name.partition(" ")
        word = _WORDS[status]
        self._people[id] = {
            "name": name, "login": login, "status": status, "mail": f"{id}@mail.example.com", "given": given,
            "surname": surname, "floor": f"0{len(self._people) % 7}",
            "word": word.capitalize() if len(self._people) % 2 else word,
        }  # fmt: skip

    def invite(self, name: str, login: str) -> ResourceId | None:
        """Somebody comes by another way."""
        id = f"x{len(self._people)}"
        self._add(id, name, login)
        self.export()
        return ResourceId(type="user", id=id)

    def give_address(self, person: ResourceId, address: str) -> bool:
        """Somebody gets another address; two may have one."""
        self._people[person.id]["mail"] = address
        self.export()
        return True

    def make_group(self, name: str) -> ResourceId | None:
        """A group comes by another way."""
        id = f"y{len(self._groups)}"
        self._groups[id] = name
        self.export()
        return ResourceId(type="group", id=id)

    def whole(self) -> Mapping[str, object]:
        """Everything that the application keeps."""
        things = {
            f"{kind}:{id}": {"name": name, "members": [member for to, member in self._held if to == f"{kind}:{id}"]}
            for kind, some in (("group", self._groups), ("role", self._roles))
            for id, name in some.items()
        }
        # What a person wrote into the list is theirs: a note that is lost is a change that nobody asked for.
        return {**things, **{f"user:{id}": one for id, one in self._people.items()}, "list": {"lost": self._lost()}}

    def spoil(self, number: int) -> str | None:
        """Make a row in the middle of a file unreadable."""
        some = (
            ("users.csv", 0, ""), ("users.csv", 3, "on leave"), ("groups.csv", 0, ""), ("rights.csv", 2, "robot"),
            ("rights.csv", 1, ""), ("rights.csv", 1, "stranger"), ("members.jsonl", None, "{"), ("users.csv", None, '"'),
        )  # fmt: skip
        if number >= len(some):
            return None
        self.export()
        name, column, cell = some[number]
        lines = (self.folder / name).read_text(encoding="utf-8").splitlines(keepends=True)
        row = len(lines) // 2
        cells = lines[row].rstrip("\r\n").split(",")
        if column is not None:
            cells[column] = cell
        lines[row] = f"{cell if column is None else ','.join(cells)}\n"
        self._put(name, "".join(lines))
        return f"line {row + 1} of {name} has {cell!r} in {'it' if column is None else f'column {column + 1}'}"

    def _write(self, name: str, heading: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
        made = self.folder / f".{name}"
        with made.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([heading, *rows])
        self._published(made, name)

    def _put(self, name: str, text: str) -> None:
        made = self.folder / f".{name}"
        made.write_text(text, encoding="utf-8")
        self._published(made, name)

    def _published(self, made: Path, name: str) -> None:
        # By the suite's clock, as what was asked for before; two exports of one size within one tick are different files.
        moment = self._exported = max(self._exported + 1, int(self._clock.now().timestamp() * 1e9))
        os.utime(made, ns=(moment, moment))
        made.rename(self.folder / name)

    def truth(self) -> Truth:
        """What the application holds."""
        named = [*map("user:{}".format, self._people), *map("group:{}".format, self._groups)]
        resources = [*named, *map("role:{}".format, self._roles), f"app:{self.name}"]
        return Truth(
            resources=frozenset(map(ResourceId.parse, resources)),
            grants=frozenset(GrantId.parse(f"{to}/member#{member}") for to, member in self._held),
            facts={
                **{ResourceId(type="user", id=id): _facts(one) for id, one in self._people.items()},
                **{
                    ResourceId(type="group", id=id): {"display_name": name, "description": f"All of {name}"}
                    for id, name in self._groups.items()
                },
                **{
                    ResourceId(type="role", id=id): {"display_name": name, "privileged": id == "admin"}
                    for id, name in self._roles.items()
                },
            },
        )

    def effects(self) -> Mapping[str, int]:
        """How often each thing was asked of somebody: the lines of the work list."""
        return Counter(f"{line['do']} {line['what']} {line['who']} {line['id']}" for line in self._lines())

    def work(self) -> None:
        """Somebody does what is open in the work list, saves it as their office program does, and the application exports."""
        lines = self._lines()
        for line in lines:
            if line["state"] == "open":
                who, name = _seen(line["who"]), _seen(line["who_name"])
                self._do(line["do"], line["what"].removesuffix("/member"), who, name)
                self._notes[line["id"]] = line["note"] = f"done by Pat; see {len(self._notes)}"
        if lines:
            with self.list.open("w", newline="", encoding="utf-8-sig") as file:
                out = csv.DictWriter(file, [*reversed(lines[0])], delimiter=";")
                out.writeheader()
                out.writerows(lines)
        self.export()

    def _lost(self) -> list[str]:
        there = {line["id"]: line["note"] for line in self._lines()}
        return [note for id, note in self._notes.items() if there.get(id) != note]

    def remove(self, person: ResourceId) -> None:
        """Let somebody leave."""
        self._gone(f"user:{person.id}")
        self.export()

    def another(self) -> "tuple[Application, Mapping[str, Any]]":
        """Another application, with some people less, and a connection to its exports."""
        folder = self.folder / "another"
        folder.mkdir()
        other = Application(folder, self._clock, "another")
        for number in range(0, _PEOPLE, 5):
            other.remove(ResourceId(type="user", id=f"u{number}"))
        return other, connection_to(other)

    def variants(self) -> Mapping[str, Variant]:
        """Exports of other forms."""
        return variants(self.folder.parent)

    def _gone(self, who: str) -> None:
        self._people.pop(who.partition(":")[2], None)
        self._held = {(at, member) for at, member in self._held if member != who}

    def drift(self, seed: int) -> None:
        """Change something from outside."""
        rng = random.Random(seed)  # noqa: S311 - to be repeated, not to be secret
        member = f"user:{rng.choice(list(self._people))}"
        to = rng.choice(["role:auditor", *(f"group:{id}" for id in self._groups)])
        self._held ^= {(to, member)}
        self.export()

    def _do(self, what: str, to: str, who: str, name: str) -> None:
        if what == "grant":
            known = {f"{kind}:{id}" for kind, some in (("user", self._people), ("group", self._groups)) for id in some}
            self._held |= {(to, who)} & {(to, each) for each in known}
        elif what == "revoke":
            self._held.discard((to, who))
        elif what == "create_account":
            if who.partition("@")[0] not in self._people:
                self._add(who.partition("@")[0], name or who, who)
        else:
            self._gone(who)

    def _lines(self) -> list[dict[str, str]]:
        if not self.list.exists():
            return []
        text = self.list.read_text(encoding="utf-8-sig")
        first = text.partition("\n")[0]
        return list(csv.DictReader(text.splitlines(), delimiter=max(";,", key=first.count)))


def connection_to(application: Application) -> Mapping[str, Any]:
    """The keys of a connection to the exports of *application*."""
    return {
        "application": application.name,
        "folder": str(application.folder),
        "work_list": str(application.list),
        "quiet_seconds": 0.0,
        "privileged": ["admin"],
        "users": {
            "file": "users.csv",
            "id": "Id",
            "login": "Login",
            "email": "Mail",
            "name": "Name",
            "given_name": "Given",
            "surname": "Surname",
            "profile": {"floor": "Floor"},
            "status": "State",
            "statuses": {word: status for status, word in _WORDS.items() if word},
        },
        "groups": {"file": "groups.csv", "id": "Id", "name": "Name", "description": "About"},
        "roles": {"file": "roles.csv", "id": "Role", "name": "Title"},
        "memberships": [
            {"file": "members.jsonl", "of": "group", "to": "to", "member": "member", "member_type": "is"},
            {"file": "rights.csv", "of": "role", "to": "Role", "member": "Who", "member_type": "Kind"},
        ],
    }


class TestRoster(ConnectorSuite):
    """The kit's suite on the roster connector."""

    connector = "roster"

    @pytest.fixture
    def backend(self, tmp_path: Path, clock: HastyClock) -> Application:  # type: ignore[override]
        """An application of its own for each test."""
        folder = tmp_path / "exports"
        folder.mkdir()
        return Application(folder, clock)

    @pytest.fixture
    def config(self, backend: Application) -> Mapping[str, Any]:  # type: ignore[override]
        """A connection to it."""
        return connection_to(backend)

    @pytest.fixture
    def samples(self, backend: Application) -> Samples:  # type: ignore[override]
        """Changes to try."""
        return Samples(
            grants=(
                _gives("group:g3", "user:u2"),
                _gives("group:g3", "group:g0"),
                _gives("role:admin", "user:u3"),
            ),
            accounts=(CreateAccount(arguments={"login": "new@example.com", "name": "=1+Nora"}),),
            deletions=(DeleteAccount(account=ResourceId(type="user", id="u7")),),
        )


def _seen(cell: str) -> str:
    """What a spreadsheet shows of a cell."""
    return "#NAME?" if cell[:1] in ("=", "+", "-", "@") else cell.removeprefix("'")


def _gives(to: str, principal: str) -> GrantAccess:
    return GrantAccess(entitlement=EntitlementId.parse(f"{to}/member"), principal=ResourceId.parse(principal))


def _facts(one: Mapping[str, str]) -> dict[str, Any]:
    return {
        "display_name": one["name"],
        "status": one["status"],
        "status_raw": one["word"],
        "account_type": "human",
        "login": one["login"],
        "emails": (Email(address=one["mail"], primary=True),),
        "given_name": one["given"],
        "surname": one["surname"] or None,
        "floor": one["floor"],
    }
