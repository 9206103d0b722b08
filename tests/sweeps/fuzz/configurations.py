"""Configuration and environment, mutated."""

from functools import partial

from harness.cli import NAME, Site
from harness.twisted import Twisted
from hypothesis import strategies as st

from jackfield_dropbox_simulator.options import ServiceOptions
from jackfield_dropbox_simulator.service import Service
from jackfield_dropbox_simulator.team.seeding import build

from .inside import run
from .mutations import ENCODINGS, bytes_operations, change_bytes, some_of
from .plans import TEAM, behind
from .rosters import ROSTER, csv_of
from .target import Case, Kept, Target

VARIABLES = (
    *(
        f"JACKFIELD_CONNECTIONS__ACME__{key}"
        for key in (
            "CONNECTOR",
            "APP_KEY",
            "APP_SECRET",
            "REFRESH_TOKEN",
            "BASE_URL",
            "CONCURRENCY",
            "REQUEST_TIMEOUT",
            "PROTECTED",
            "LIMITS",
            "PROVISIONING",
            "MAX_ANSWER_BYTES",
            "INCLUDE_REMOVED",
            "NONE_SUCH",
            "",
        )
    ),
    "JACKFIELD_CONNECTIONS__ERP__FOLDER",
    "JACKFIELD_CONNECTIONS__",
    "JACKFIELD_CONNECTIONS__A__B__C",
    "JACKFIELD_LOG_LEVEL",
    "JACKFIELD_ACTOR",
    "JACKFIELD_CONFIG",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
    "http_proxy",
    "no_proxy",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
)
TEXTS = (
    "",
    " ",
    "0",
    "-1",
    "1",
    "true",
    "nan",
    "inf",
    "1e400",
    "9" * 400,
    "[]",
    "{}",
    "null",
    "dropbox",
    "roster",
    "none",
    "\x1b[2J",
    "\udcff",
    "\x00a"[1:],
    "a" * 50_000,
    "debug",
    "env:",
    "env:HOME",
    "env:\udcff",
    "file:",
    "file:/nowhere",
    "file:/",
    "file:~nobody/x",
    "http://127.0.0.1:1",
    "https://127.0.0.1:1/",
    "http://[::1",
    "http://127.evil.invalid",
    "http://localhost:x@evil.invalid",
    "http://user:word@127.0.0.1:1",
    "socks5://127.0.0.1:1",
    "127.0.0.1:1",
    "://",
    "*",
    "127.0.0.0/8,::1",
    "127.0.0.1:99999",
    "\u202e",
    "vault:secret/x",
    "a:b",
)


class Configurations:
    """The configuration and the environment of a connection that can be reached."""

    def __init__(self, server: Twisted, site: Site) -> None:
        self.server = server
        self.kept = Kept(site)
        self.site = site
        self.file = site.folder / "jackfield.toml"
        site.configure(protected=["user:1", "a@team.example"])
        limits = "[connections.acme.limits]\ndelete = 1\n"
        self.text = (self.file.read_text() + limits + ROSTER.format(folder=site.folder, ending="csv")).encode()
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


COMMANDS = (
    ("check", NAME),
    ("sync", NAME),
    ("syncs", NAME),
    ("sync", "erp"),
    ("check", "erp"),
    ("plan", NAME, "--grant", "group:a/member", "user:b"),
)
TOML = (
    "1",
    "-1",
    "1.5",
    "nan",
    "inf",
    "true",
    '""',
    '"x"',
    '"\\u001b[2J"',
    '"\\u0000"',
    "[]",
    "[[]]",
    "[1, 'a']",
    "{}",
    "{ a = 1 }",
    "{ a.b.c = [{}] }",
    "1979-05-27",
    "07:32:00",
    "1979-05-27T00:32:00-07:00",
    "9" * 400,
    "0x" + "f" * 300,
    "[" * 900 + "]" * 900,
    '"env:"',
    '"env:HOME"',
    '"file:/nowhere"',
    '"file:"',
    '"http://127.evil.invalid"',
    "'''a\nb'''",
    '"*"',
    '"users-*.csv"',
    '"../users.csv"',
    '"/etc/passwd"',
    '"users.xlsx"',
    '"Id"',
    '"Name"',
    "{ file = 'users.csv', id = 'Id' }",
    "{ file = 'users.csv', id = 'Id', encoding = 'zlib' }",
    "{ file = 'users.csv', id = 'Id', encoding = 'idna' }",
    "{ file = 'users.csv', id = 'Id', delimiter = '\\u0000' }",
    "{ file = 'users.csv', id = 'Id', skip_lines = 999 }",
    "{ file = 'users.csv', id = 'Id', split = '\\n' }",
    "[{ file = 'members.csv', of = 'role', to = 'Group', member = 'Id' }]",
    '["user:1", ":", "a:"]',
    "{ delete = 9223372036854775808 }",
)

_index = st.integers(0, 200)
_variable = st.tuples(st.sampled_from(VARIABLES), st.sampled_from(TEXTS) | st.text(max_size=6)).map(list)
_parts = {
    "bytes": bytes_operations,
    "encoding": st.sampled_from(ENCODINGS[1:]),
    "values": st.lists(st.tuples(_index, st.sampled_from(TOML)).map(list), min_size=1, max_size=2),
    "environment": st.lists(_variable, min_size=1, max_size=2),
}
_configuration = some_of(_parts, command=st.sampled_from(COMMANDS).map(list))

TARGETS = (
    Target("configuration", "TOML and environment", partial(behind, make=Configurations), lambda _: _configuration),
)
