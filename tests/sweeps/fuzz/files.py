"""What people write by hand or export: files of a roster, plans, files of changes, configuration and environment."""

import hashlib
import io
import json
import shutil
import zipfile
from collections.abc import Generator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import openpyxl
from harness.cli import NAME, Site
from harness.rosters import Roster
from harness.twisted import Twisted, twisted
from hypothesis import strategies as st

from jackfield.snapshots.reader import read_snapshot
from jackfield.state import open_state
from jackfield_dropbox.simulator.options import ServiceOptions, TeamOptions
from jackfield_dropbox.simulator.service import Service
from jackfield_dropbox.simulator.team.seeding import build

from .inside import run
from .mutations import ENCODINGS, bytes_operations, change_bytes, change_json, json_operations
from .target import Case, Kept, Target

TEAM = TeamOptions(members=12, groups=4, seed=1)
ROSTER = """
[connections.erp]
connector = "roster"
application = "erp"
folder = "{folder}/exports"
quiet_seconds = 0
provisioning = true
users = {{ file = "users.{ending}", id = "Id", name = "Name", email = "Mail", status = "State", groups = "Groups", profile = {{ joined = "Joined" }} }}
memberships = [{{ file = "members.csv", of = "group", to = "Group", member = "Id" }}]
"""
ROWS = [
    ["Id", "Name", "Mail", "State", "Groups", "Joined"],
    ["001", "Ann Smith", "ann@team.example", "enabled", "g1;g2", "2020-01-31"],
    ["1002", "Zoë, d'Arc", "zoe@team.example", "disabled", "", "2021-02-28"],
    ["x-3", 'Bob "B" Ray', "bob@team.example", "pending", "g2", ""],
    ["4", "李 雷", "li@team.example", "enabled", "g1", "1999-12-31"],
]
DELIMITERS = (",", ";", "\t", "|")


def csv_of(delimiter: str, end: str) -> bytes:
    """The rows as CSV."""
    quoted = [['"' + cell.replace('"', '""') + '"' if any(c in cell for c in '",;\t|') else cell for cell in row] for row in ROWS]
    return "".join(delimiter.join(row) + end for row in quoted).encode()


def jsonl_of() -> bytes:
    """The rows as JSON lines."""
    made = [dict(zip(ROWS[0], row, strict=True)) for row in ROWS[1:]]
    return "".join(json.dumps(one | {"Groups": one["Groups"].split(";")}) + "\n" for one in made).encode()


def workbook() -> bytes:
    """The rows as a workbook, with numbers, dates, a formula, merged cells and a second sheet."""
    book = openpyxl.Workbook()
    sheet: Any = book.active
    for row in ROWS:
        sheet.append(row)
    sheet.append([5, "Number", None, "enabled", "g1", 44000])
    sheet.append(["=1+1", "Formula", True, "enabled", "", 1.5])
    sheet.merge_cells("B6:C6")
    sheet["F7"].number_format = "yyyy-mm-dd"
    book.create_sheet("Other").append(["x"])
    into = io.BytesIO()
    book.save(into)
    return into.getvalue()


class RosterFiles:
    """A roster with a base that is published."""

    def __init__(self, folder: Path, ending: str) -> None:
        self.folder = folder
        self.ending = ending
        (folder / "exports").mkdir(parents=True)
        (folder / "jackfield.toml").write_text(ROSTER.format(folder=folder, ending=ending))
        self.corpus = {
            "csv": [csv_of(delimiter, end) for delimiter in DELIMITERS for end in ("\n", "\r\n")],
            "xlsx": [workbook()],
            "jsonl": [jsonl_of()],
        }[ending]
        (folder / "exports" / "members.csv").write_bytes(b"Group,Id\ng1,001\ng3,4\n")
        self.file = folder / "exports" / f"users.{ending}"
        self.file.write_bytes(self.corpus[0])
        self.home = folder / "home"
        base = self._sync()
        assert base.code in (0, 8), base
        shutil.copytree(self.home, folder / "kept")

    def _sync(self) -> Any:
        return run("--config", str(self.folder / "jackfield.toml"), "sync", "erp", home=self.home)

    def content(self, case: Case) -> bytes:
        """The file of a case."""
        base = self.corpus[case.get("base", 0) % len(self.corpus)]
        if self.ending == "xlsx" and "member" in case:
            base = _rezipped(base, case)
        elif self.ending == "jsonl":
            lines = base.splitlines(keepends=True)
            at = case.get("line", 0) % len(lines)
            lines[at] = change_json(lines[at].strip(), case.get("json", [])) + b"\n"
            base = b"".join(lines)
        if encoding := case.get("encoding"):
            base = base.decode("utf-8", "replace").encode(encoding, "replace")
        return change_bytes(base, case.get("bytes", []))

    def files(self, case: Case) -> dict[str, bytes]:
        """The file that was read."""
        return {self.file.name: self.content(case)}

    def play(self, case: Case) -> list[str]:
        """A sync of the changed file."""
        shutil.rmtree(self.home)
        shutil.copytree(self.folder / "kept", self.home)
        content = self.content(case)
        self.file.write_bytes(content)
        ended = self._sync()
        wrong = list(ended.wrong)
        if not wrong and ended.code == 0 and self.ending != "xlsx":
            wrong += self._invented(content)
        return wrong

    def _invented(self, content: bytes) -> list[str]:
        """Ids of people that stand nowhere in the file."""
        texts = [content.decode(encoding, "ignore") for encoding in ("utf-8", "latin-1", "cp1252", "utf-16", "utf-16-be", "utf-32")]
        with open_state(self.home / "state.db") as state:
            last = state.history("erp")[0]
        with read_snapshot(Path(last.snapshot or "")) as snapshot:
            ids = [row.resource.id.id for row in snapshot.resources(type="user", carried=False)]
        # A JSON text may write a letter as an escape.
        texts += [text.encode().decode("unicode_escape", "ignore") for text in texts[:1]]
        return [f"an id that the file does not hold: {id!r}" for id in ids if not any(id in text for text in texts)][:3]


def _rezipped(book: bytes, case: Case) -> bytes:
    """A workbook of which one member is changed, packed anew."""
    into = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book)) as old, zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as new:
        names = sorted(old.namelist(), key=lambda name: ("sheet1" not in name, name))
        chosen = names[case["member"] % len(names)]
        for name in names:
            content = old.read(name)
            if name == chosen:
                content = change_bytes(content, case.get("inner", []))
                for old_text, new_text in case.get("xml", []):
                    content = content.replace(old_text.encode(), new_text.encode("utf-8", "surrogatepass"), 1)
                if case.get("gone"):
                    continue
            new.writestr(name, content)
    return into.getvalue()


XML = (
    ['r="A2"', 'r="A99999999999"'], ['r="A2"', 'r="ZZZZZZ2"'], ['r="A2"', 'r=""'], ['r="A2"', 'r="2A"'], ['r="A2"', 'r="A-1"'], ['row r="2"', 'row r="99999999999"'],
    ['row r="2"', 'row r="0"'], ['row r="3"', 'row r="2"'], ['row r="2"', 'row r="x"'], ['row r="2"', "row "], ['t="s"', 't="e"'], ['t="s"', 't="b"'], ['t="s"', 't="d"'],
    ['t="s"', 't="inlineStr"'], ['t="s"', 't="zzz"'], ["<v>0</v>", "<v>999999</v>"], ["<v>0</v>", "<v>-1</v>"], ["<v>0</v>", "<v>1e400</v>"], ["<v>0</v>", "<v>x</v>"],
    ["<v>5</v>", "<v>1e308</v>"], ["<v>5</v>", "<v>NaN</v>"], ["<v>5</v>", "<v>123456789012345678901234567890</v>"], ["<sheetData>", "<sheetData><row/>"], ["<sheetData>", "<!--"],
    ["<worksheet", "<!DOCTYPE a [<!ENTITY b 'c'>]><worksheet"], ["<sst", "<!DOCTYPE a SYSTEM 'file:///etc/passwd'><sst"], ["</row>", "</row></row>"], ["main", "strict"],
    ["Ann", "_x000D_A_x0000_nn"], ["Ann", "&#x1b;[2J"], ["Ann", "\u202eAnn"], ["001", "0\u200b01"], ["Id", "Name"], ["Id", ""], ['ref="', 'ref="A1:XFD1048576'], ["B6:C6", "A1:F9999999"],
    ['sheetId="1"', 'sheetId="2"'], ['r:id="rId1"', 'r:id="rId9"'], ['name="Sheet"', 'name="../x"'], ['state="visible"', 'state="veryHidden"'], ["yyyy-mm-dd", "[red]0;;@"], ["UTF-8", "UTF-16"],
    ["worksheets/sheet1.xml", "../../etc/passwd"], ["worksheets/sheet1.xml", "chartsheets/sheet1.xml"], ["<v>44000</v>", "<v>-5</v>"], ["<v>44000</v>", "<v>1e15</v>"],
)  # fmt: skip


class Plans:
    """A plan of many kinds, and a file of changes, for a team behind a server."""

    def __init__(self, server: Twisted, site: Site) -> None:
        self.server = server
        self.site = site
        self.kept = Kept(site)
        at = Roster(server.control.truth())
        group = at.group()
        member, outside = at.inside(group, "member")[0]["team_member_id"], [one["team_member_id"] for one in at.outside(group)]
        plain = [one["team_member_id"] for one in at.people(role=None) if one["team_member_id"] not in (member, *outside)]
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


PRIVILEGED = ("team/members/remove", "team/members/suspend", "team/members/set_admin_permissions_v2", "team/members/add_v2")


class PlanFiles(Plans):
    """Plans that were changed; one that differs from what was made here makes nothing privileged or destructive unasked."""

    def content(self, case: Case) -> bytes:
        """The plan of a case, with a digest of its own if it is sealed."""
        body = change_json(self.plan, case.get("json", []), case.get("encoding", "utf-8"))
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
            cells = [{**row, **{f"arg.{key}": str(value) for key, value in row.get("arguments", {}).items()}} for row in self.rows]
            base = "\n".join([";".join(columns), *(";".join(str(row.get(name, "")) for name in columns) for row in cells)]).encode()
        else:
            parts = ["\n".join(["[[change]]", *(f"{key} = {json.dumps(value)}" for key, value in row.items() if key != "arguments")]) for row in self.rows[:3]]
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
        if made := [route for route in self.server.seen if "add" in route or "remove" in route or "set_" in route or "suspend" in route]:
            wrong.append(f"planning has made {made}")
        return wrong


VARIABLES = (
    *(f"JACKFIELD_CONNECTIONS__ACME__{key}" for key in ("CONNECTOR", "APP_KEY", "APP_SECRET", "REFRESH_TOKEN", "BASE_URL", "CONCURRENCY", "REQUEST_TIMEOUT",
      "PROTECTED", "LIMITS", "PROVISIONING", "MAX_ANSWER_BYTES", "INCLUDE_REMOVED", "NONE_SUCH", "")),
    "JACKFIELD_CONNECTIONS__ERP__FOLDER", "JACKFIELD_CONNECTIONS__", "JACKFIELD_CONNECTIONS__A__B__C", "JACKFIELD_LOG_LEVEL", "JACKFIELD_ACTOR", "JACKFIELD_CONFIG",
    "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "http_proxy", "no_proxy", "SSL_CERT_FILE", "SSL_CERT_DIR",
)  # fmt: skip
TEXTS = (
    "", " ", "0", "-1", "1", "true", "nan", "inf", "1e400", "9" * 400, "[]", "{}", "null", "dropbox", "roster", "none", "\x1b[2J", "\udcff", "\x00a"[1:], "a" * 50_000, "debug",
    "env:", "env:HOME", "env:\udcff", "file:", "file:/nowhere", "file:/", "file:~nobody/x", "http://127.0.0.1:1", "https://127.0.0.1:1/", "http://[::1", "http://127.evil.invalid",
    "http://localhost:x@evil.invalid", "http://user:word@127.0.0.1:1", "socks5://127.0.0.1:1", "127.0.0.1:1", "://", "*", "127.0.0.0/8,::1", "127.0.0.1:99999", "\u202e", "vault:secret/x", "a:b",
)  # fmt: skip


class Configurations:
    """The configuration and the environment of a connection that can be reached."""

    def __init__(self, server: Twisted, site: Site) -> None:
        self.server = server
        self.kept = Kept(site)
        self.site = site
        self.file = site.folder / "jackfield.toml"
        site.configure(protected=None)
        more = ROSTER.format(folder=site.folder, ending="csv") + 'limits = { delete = 1 }\nprotected = ["user:1", "a@team.example"]\n'
        self.text = (self.file.read_text() + more).encode()
        (site.folder / "exports").mkdir()
        (site.folder / "exports" / "users.csv").write_bytes(csv_of(",", "\n"))
        (site.folder / "exports" / "members.csv").write_bytes(b"Group,Id\ng1,001\n")
        assert run("--config", str(self.file), "sync", NAME, home=site.home.folder).code == 0
        self.kept.keep()

    def content(self, case: Case) -> bytes:
        """The configuration of a case."""
        lines = self.text.decode().split("\n")
        for at, new in case.get("values", []):
            key = lines[at % len(lines)].partition("=")[0]
            lines[at % len(lines)] = f"{key}= {new}"
        text = "\n".join(lines)
        return change_bytes(text.encode(case.get("encoding", "utf-8"), "replace"), case.get("bytes", []))

    def files(self, case: Case) -> dict[str, bytes]:
        """The configuration, and the environment."""
        environment = "".join(f"{name}={value!r}\n" for name, value in case.get("environment", []))
        return {"jackfield.toml": self.content(case), "environment": environment.encode()}

    def play(self, case: Case) -> list[str]:
        """Run a command with it."""
        self.kept.restore()
        self.server.renew(Service(build(TEAM), ServiceOptions()))
        self.server.restart()
        self.file.write_bytes(self.content(case))
        environ = {name: value for name, value in case.get("environment", []) if name and "\x00" not in value}
        return run("--config", str(self.file), *case["command"], home=self.site.home.folder, environ=environ).wrong


COMMANDS = (("check", NAME), ("sync", NAME), ("syncs", NAME), ("sync", "erp"), ("check", "erp"), ("plan", NAME, "--grant", "group:a/member", "user:b"))
TOML = (
    "1", "-1", "1.5", "nan", "inf", "true", '""', '"x"', '"\\u001b[2J"', '"\\u0000"', "[]", "[[]]", "[1, 'a']", "{}", "{ a = 1 }", "{ a.b.c = [{}] }", "1979-05-27", "07:32:00",
    "1979-05-27T00:32:00-07:00", "9" * 400, "0x" + "f" * 300, "[" * 900 + "]" * 900, '"env:"', '"env:HOME"', '"file:/nowhere"', '"file:"', '"http://127.evil.invalid"', "'''a\nb'''", '"*"',
    '"users-*.csv"', '"../users.csv"', '"/etc/passwd"', '"users.xlsx"', '"Id"', '"Name"', "{ file = 'users.csv', id = 'Id' }", "{ file = 'users.csv', id = 'Id', encoding = 'zlib' }",
    "{ file = 'users.csv', id = 'Id', encoding = 'idna' }", "{ file = 'users.csv', id = 'Id', delimiter = '\\u0000' }", "{ file = 'users.csv', id = 'Id', skip_lines = 999 }",
    "{ file = 'users.csv', id = 'Id', split = '\\n' }", "[{ file = 'members.csv', of = 'role', to = 'Group', member = 'Id' }]", '["user:1", ":", "a:"]', "{ delete = 9223372036854775808 }",
)  # fmt: skip


@contextmanager
def _roster(folder: Path, ending: str) -> Generator[RosterFiles]:
    yield RosterFiles(folder, ending)


@contextmanager
def _behind(folder: Path, make: Any) -> Generator[Any]:
    with twisted(TEAM) as server:
        yield make(server, Site(folder, server, provisioning=True, request_timeout=0.7, retry_deadline=2.0, stall_timeout=4.0))


_index = st.integers(0, 200)
_some = {"bytes": bytes_operations}
_encoded = {"encoding": st.sampled_from(ENCODINGS)}


def _optional(**parts: Any) -> Any:
    return lambda _: st.fixed_dictionaries({}, optional=parts)


_xlsx = _optional(
    member=_index, inner=bytes_operations, xml=st.lists(st.sampled_from(XML), max_size=3), gone=st.just(True), bytes=bytes_operations
)
_plan = _optional(json=json_operations, sealed=st.just(True), **_some, **_encoded)


def _changes(_: Any) -> Any:
    kinds = {"kind": st.sampled_from(("csv", "jsonl", "toml"))}
    return st.fixed_dictionaries(kinds, optional={"line": _index, "json": json_operations, **_some, **_encoded})


def _configuration(_: Any) -> Any:
    environment = st.lists(st.tuples(st.sampled_from(VARIABLES), st.sampled_from(TEXTS) | st.text(max_size=6)).map(list), max_size=2)
    values = st.lists(st.tuples(_index, st.sampled_from(TOML)).map(list), max_size=2)
    return st.fixed_dictionaries(
        {"command": st.sampled_from(COMMANDS).map(list)}, optional={"values": values, "environment": environment, **_some, **_encoded}
    )


TARGETS = (
    Target("CSV", "a roster's file, synced", partial(_roster, ending="csv"), _optional(base=_index, **_some, **_encoded)),
    Target("XLSX", "a roster's file, synced", partial(_roster, ending="xlsx"), _xlsx),
    Target("JSON lines", "a roster's file, synced", partial(_roster, ending="jsonl"), _optional(line=_index, json=json_operations, **_some, **_encoded)),
    Target("plans", "a plan, applied", partial(_behind, make=PlanFiles), _plan),
    Target("files of changes", "CSV, JSON lines and TOML, planned", partial(_behind, make=ChangeFiles), _changes),
    Target("configuration", "TOML and environment", partial(_behind, make=Configurations), _configuration),
)  # fmt: skip
