"""Hostile texts from people's own hands: configuration, environment, plans, files of changes, arguments; and plugins."""

import json
from collections.abc import Callable, Sequence

from .cli import NAME
from .hostile import Command, Hostile, Play, Stage, always, run
from .measured import Measured

LONG = 80_000


def _heading(seed: str) -> str:
    return (seed * LONG)[:LONG]


SLOW = {
    "letters": _heading("a"),
    "schemes": _heading("a+"),
    "addresses without an end": _heading("http://a:"),
    "names of secrets": _heading("token"),
    "quotes": _heading("token='"),
    "blanks": _heading("Bearer "),
    "colons": _heading("a:"),
    "slashes": _heading("//"),
}
"""Texts for which a pattern that goes back and forth takes minutes."""


def _toml(text: bytes | str) -> Play:
    def play(stage: Stage) -> Command:
        (stage.folder / "jackfield.toml").write_bytes(text if isinstance(text, bytes) else text.encode())
        return run("check", NAME)

    return play


def _added(line: str) -> Play:
    """The configuration with one line more."""

    def play(stage: Stage) -> Command:
        with (stage.folder / "jackfield.toml").open("a", encoding="utf-8") as file:
            file.write(line + "\n")
        return run("check", NAME)

    return play


def _configurations() -> list[Hostile]:
    texts: dict[str, bytes | str] = {
        "bytes that are not UTF-8": b'[connections.acme]\nconnector = "\xff"\n',
        "UTF-16": "[connections.acme]\n".encode("utf-16"),
        "NUL": b"[connections.acme]\x00\n",
        "5,000 levels of arrays": "a = " + "[" * 5000,
        "100,000 levels of tables": "[" + "a." * 100_000 + "a]",
        "5 MB on one line": "a = '" + "x" * 5_000_000 + "'",
        "200,000 connections": "".join(f"[connections.c{each}]\n" for each in range(200_000)),
        "a number of 10,000 digits": "[connections.acme]\nconcurrency = " + "9" * 10_000,
        "ESC in a key": '[connections.acme]\nconnector = "dropbox"\n"\\u001b[2J\\u202e" = 1\n',
        "a connection named ESC": '[connections."\\u001b[2J"]\n',
        "one table twice": "[connections.acme]\n[connections.acme]\n",
    }
    lines = {
        "a date as a key": "app_secret = 1979-05-27",
        "nan as a time-out": "request_timeout = nan",
        "inf as a deadline": "retry_deadline = inf",
        "1e-320 as a time-out": "request_timeout = 1e-320",
        "10^18 at once": "concurrency = 1000000000000000000",
        "10^30 bytes": "max_answer_bytes = 1000000000000000000000000000000",
        "a list of tables as a name": "app_key = [{a = 1}, {b = [[[]]]}]",
        "env: without a name": 'app_secret = "env:"',
        "file: without a name": 'app_secret = "file:"',
        "file: with NUL": 'app_secret = "file:a\\u0000b"',
        "env: with = and NUL": 'app_secret = "env:a=\\u0000"',
    }
    made = [
        Hostile("configuration", name, "a sentence with its place", (2,), _toml(text), ("jackfield.toml|connections",))
        for name, text in texts.items()
    ]
    made += [
        Hostile("configuration", name, "a sentence with its place", (0, 2, 3, 12, 75), _without_secret(line))
        for name, line in lines.items()
    ]
    made += [
        Hostile(
            "configuration",
            f"an unknown key of 80 kB: {name}",
            "patterns of linear time",
            (2,),
            _added(f"{json.dumps(text)} = 1"),
        )
        for name, text in SLOW.items()
    ]
    return made


def _without_secret(line: str) -> Play:
    key = line.partition(" ")[0]

    def play(stage: Stage) -> Command:
        stage.site.configure(**{key: None})
        return _added(line)(stage)

    return play


def _environments() -> list[Hostile]:
    bad = b"\xff\xfe\x1b[2J"
    prefix = "JACKFIELD_CONNECTIONS__ACME__"
    variables: dict[str, tuple[dict[str, str | bytes], tuple[int, ...]]] = {
        "a value that is not UTF-8": ({f"{prefix}APP_KEY": bad}, (2, 3)),
        "a secret that is not UTF-8": ({f"{prefix}APP_SECRET": bad}, (2, 3)),
        "an address that is not UTF-8": ({f"{prefix}BASE_URL": b"http://127.0.0.1:1/\xff"}, (2,)),
        "a number that is not UTF-8": ({f"{prefix}CONCURRENCY": bad}, (2,)),
        "a key that is not UTF-8": ({f"{prefix}\udcff": "1"}, (2,)),
        "a value of 100 kB": ({f"{prefix}APP_KEY": "a+" * 50_000}, (2, 3)),
        "an unknown key of 80 kB": ({prefix + "A_" * 40_000: "1"}, (2,)),
        "no connection": ({"JACKFIELD_CONNECTIONS__": "1"}, (2,)),
        "a log level with ESC": ({"JACKFIELD_LOG_LEVEL": "\x1b[2J"}, (2,)),
        "a home with NUL's neighbours": ({"JACKFIELD_HOME": b"/tmp/\x01\xff"}, (0, 2, 12)),
        "an actor with ESC": ({"JACKFIELD_ACTOR": bad}, (0,)),
        "a proxy that is none": ({"HTTP_PROXY": "ht!tp://\x1b[2J"}, (2, 3, 75)),
        "a proxy that is not UTF-8": ({"HTTP_PROXY": b"http://\xff:1"}, (2, 3, 75)),
        "a proxy with a port of 99999": ({"HTTP_PROXY": "http://127.0.0.1:99999"}, (2, 3, 75)),
        "no_proxy of 100 kB": ({"HTTP_PROXY": "http://127.0.0.1:1", "NO_PROXY": "a.," * 33_000 + "127.0.0.1"}, (0,)),
        "CAs that are not UTF-8": ({"SSL_CERT_FILE": b"/tmp/\xff"}, (0, 2)),
        "a locale that is none": ({"LC_ALL": "\x01.utf-9", "LANG": "xx"}, (0,)),
        "a width of -1": ({"COLUMNS": "-1", "LINES": "x"}, (0,)),
        "a terminal that is none": ({"TERM": "\x1b", "FORCE_COLOR": "1"}, (0,)),
    }
    return [
        Hostile(
            "environment",
            name,
            "a sentence with its place",
            codes,
            always(Command(("check", NAME), b"", {**more})),
        )
        for name, (more, codes) in variables.items()
    ]


def _changed_plan(change: Callable[[bytes], bytes]) -> Play:
    def play(stage: Stage) -> Command:
        stage.sync()
        users = stage.server.control.truth()
        group, user = next(
            (group, user)
            for group in users["groups"]
            for user in users["users"]
            if group["management_type"] == "user_managed" and user["team_member_id"] not in group["members"]
        )
        asked = (f"group:{group['group_id']}/member", f"user:{user['team_member_id']}")
        stage.prepare("plan", NAME, "--grant", *asked, "-o", "the.plan")
        file = stage.folder / "the.plan"
        file.write_bytes(change(file.read_bytes()))
        stage.server.restart()
        return run("apply", "the.plan", "--yes")

    return play


def _never_written(stage: Stage, _: Measured) -> Sequence[str]:
    written = [route for route in stage.server.seen if "add" in route or "remove" in route or "set_" in route]
    return [f"changes were made: {written}"] if written else []


def _plans() -> list[Hostile]:
    deep = b'{"format":"jackfield-plan/1","digest":"sha256:0","plan":' + b'{"a":' * 100_000
    changes: dict[str, Callable[[bytes], bytes]] = {
        "100,000 levels of nesting": lambda _: deep,
        "bytes that are not UTF-8": lambda one: one.replace(b'"connection": "', b'"connection": "\xff'),
        "half a surrogate pair": lambda one: one.replace(b'"connection": "', b'"connection": "\\ud800'),
        "NaN": lambda one: one.replace(b'"plan": {', b'"plan": {"x": NaN,'),
        "the number of 5,000 digits": lambda one: one.replace(b'"plan": {', b'"plan": {"x": ' + b"9" * 5000 + b","),
        "the plan twice": lambda one: one.replace(b'"plan": {', b'"plan": {}, "plan": {'),
        "cut in half": lambda one: one[: len(one) // 2],
        "another connection": lambda one: one.replace(b'"connection": "acme"', b'"connection": "\\u001b[2Jacme"'),
        "a list": lambda _: b"[]",
        "null": lambda _: b"null",
        "empty": lambda _: b"",
        "1 MB of brackets": lambda _: b"[" * 1_000_000,
        "another format": lambda one: one.replace(b"jackfield-plan/1", b"jackfield-plan/\\u001b[2J9"),
        "a digest that is a list": lambda one: one.replace(b'"digest": "', b'"digest": [], "was": "'),
    }
    return [
        Hostile(
            "plans",
            f"a plan: {name}",
            "never applied as it is",
            (2, 14),
            _changed_plan(change),
            ("the.plan",),
            _never_written,
        )
        for name, change in changes.items()
    ]


def _requests() -> list[Hostile]:
    csv, jsonl, toml = "changes.csv", "changes.jsonl", "changes.toml"
    quoting = "kind,entitlement,principal\n" + 'grant,"' + '""' * 100_000 + "\n" * 50_000
    texts: dict[str, tuple[str, bytes | str]] = {
        "a quotation mark without its partner, 50,000 lines": (csv, quoting),
        "a quotation mark in each of 60,000 lines": (csv, "kind,entitlement,principal\n" + 'grant,"a\n' * 60_000),
        "a column of 80 kB": (csv, _heading("a+") + ",x\n1,2\n"),
        "200,000 columns": (csv, ",".join(f"arg.a{each}" for each in range(200_000)) + "\n1\n"),
        "a cell of 10 MB": (csv, "kind,entitlement,principal\ngrant," + "a" * 10_000_000 + ",b\n"),
        "bytes that are not UTF-8": (csv, b"kind,entitlement,principal\ngrant,\xff,b\n"),
        "UTF-16": (csv, "kind,entitlement,principal\n".encode("utf-16")),
        "NUL": (csv, b"kind,entitlement,principal\ngrant,a\x00,b\n"),
        "300,000 wrong rows": (csv, "kind,entitlement,principal\n" + "x,y,z\n" * 300_000),
        "only separators": (csv, ";" * 1_000_000),
        "100,000 levels of nesting in a row": (jsonl, '{"kind":' * 100_000 + "\n"),
        "an object with 100,000 keys": (jsonl, json.dumps({f"k{each}": 1 for each in range(100_000)}) + "\n"),
        "half a surrogate pair in a row": (jsonl, '{"kind":"grant","entitlement":"\\ud800","principal":"x"}\n'),
        "a number of 5,000 digits in a row": (jsonl, '{"kind":"grant","replace":' + "9" * 5000 + "}\n"),
        "ESC in a key of a row": (jsonl, '{"\\u001b[2J\\u202e":1}\n'),
        "a line of 30 MB": (jsonl, '{"kind":"' + "a" * 30_000_000 + '"}\n'),
        "5,000 levels of arrays in TOML": (toml, "change = " + "[" * 5000),
        "one change that is a number": (toml, "change = [1, 2]\n"),
        "100,000 changes in TOML": (toml, "[[change]]\nkind = 'x'\n" * 100_000),
    }
    return [
        Hostile("changes", name, "told by its line", (2,), _asked(file, text), (f"{file}|line \\d",))
        for name, (file, text) in texts.items()
    ]


def _asked(name: str, text: bytes | str) -> Play:
    def play(stage: Stage) -> Command:
        stage.put(name, text)
        return run("plan", NAME, name)

    return play


def _arguments() -> list[Hostile]:
    odd: dict[str, str | bytes] = {
        "that is not UTF-8": b"group:\xff\xfe/member",
        "with ESC": "group:\x1b[2J\u202e/member",
        "of 80 kB": _heading("group:a/"),
        "of 80 kB, all percent signs": "group:" + "%" * LONG + "/member",
        "with a newline": "group:a\nError: fine/member",
    }
    made: list[Hostile] = []
    for name, text in odd.items():
        made.append(
            Hostile(
                "arguments",
                f"an entitlement {name}",
                "a sentence",
                (2, 5),
                always(run("grant", NAME, text, "user:a", "--yes")),
            )
        )
        made.append(
            Hostile(
                "arguments",
                f"a principal {name}",
                "a sentence",
                (2, 5),
                always(run("grant", NAME, "group:a/member", text, "--yes")),
            )
        )
        made.append(Hostile("arguments", f"a connection {name}", "a sentence", (2,), always(run("sync", text))))
        made.append(
            Hostile(
                "arguments",
                f"a run {name}",
                "a sentence",
                (2, 5),
                always(run("stats", NAME, "--run", text)),
            )
        )
        made.append(Hostile("arguments", f"a file {name}", "a sentence", (2,), always(run("apply", text))))
        made.append(Hostile("arguments", f"a new connector {name}", "a sentence", (2,), always(run("new", text))))
    return made


def _redactor() -> list[Hostile]:
    """The headings of 80 kB as a spreadsheet has them, which an error repeats."""
    made: list[Hostile] = []
    for name, text in SLOW.items():

        def play(stage: Stage, text: str = text) -> Command:
            (stage.folder / "jackfield.toml").write_text(
                '[connections.erp]\nconnector = "roster"\napplication = "erp"\nfolder = "exports"\nquiet_seconds = 0\n'
                'users = { file = "users.csv", id = "Id" }\n',
                encoding="utf-8",
            )
            stage.put("exports/users.csv", f'"{text}",b\n1,2\n')
            return run("--log-level", "debug", "sync", "erp")

        made.append(
            Hostile(
                "redactor",
                f"a heading of 80 kB: {name}",
                "patterns of linear time",
                (2, 5, 6, 8, 12),
                play,
                ("users.csv",),
            )
        )
    return made


def cases() -> list[Hostile]:
    """All of them."""
    parts = (_configurations, _environments, _plans, _requests, _arguments, _redactor)
    return [case for part in parts for case in part()]
