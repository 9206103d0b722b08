"""Secrets: planted ones are looked for in all that processes say at debug level, and in every file that they leave.

Each case is a run of the command line against a simulator that behaves or does not. Access tokens are made by the
simulator; they are known by how they begin.
"""

import re
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

from harness.cli import Ended, Site
from harness.documented import CONSENT, consent_code
from harness.evidence import table, write
from harness.spawned import spawn

from jackfield_dropbox_simulator.launch import Spawned

KEY, SECRET, TOKEN = "plantedkey", "planted+app/secret=%1", "planted&refresh token/§9"
ACCESS = re.compile(rb"sl\.u\.[A-Za-z0-9_-]{6,}")
PATIENCE = {"retry_deadline": 1.5, "request_timeout": 1.0, "stall_timeout": 3.0, "max_answer_bytes": 500_000}
DEBUG = ("--log-level", "debug")

Scene = Callable[[Spawned, Site], Ended]


def planted(*values: str) -> list[bytes]:
    """Secrets in the forms in which they may travel."""
    forms = {form for value in values for form in (value, quote(value), quote(value, safe=""), quote(value).lower())}
    return sorted(form.encode() for form in forms)


def found_in(content: bytes, secrets: list[bytes]) -> list[str]:
    """The secrets in *content*, told by their place, never shown."""
    places = [f"a planted secret at byte {content.index(one)}" for one in secrets if one in content]
    return places + [f"an access token at byte {one.start()}" for one in ACCESS.finditer(content)][:3]


def leaks(site: Site, ended: Ended, secrets: list[bytes]) -> list[str]:
    """Where a secret came out: output, log, or a file below the home folder."""
    told = [f"{place}, stdout" for place in found_in(ended.out.encode(), secrets)]
    told += [f"{place}, stderr" for place in found_in(ended.err.encode(), secrets)]
    for name in sorted(site.files()):
        told += [f"{place}, file {name}" for place in found_in((site.home.folder / name).read_bytes(), secrets)]
    return told


def sync(simulator: Spawned, site: Site) -> Ended:
    """A sync at debug level."""
    return site.run(*DEBUG, "sync", "acme", "--output", "json")


def faulty(kind: str, route: str | None = None, **params: object) -> Scene:
    """A sync with a fault for good."""

    def scene(simulator: Spawned, site: Site) -> Ended:
        simulator.fault(kind, route=route, **params)  # type: ignore[arg-type]
        return sync(simulator, site)

    return scene


def with_setting(**settings: object) -> Scene:
    """A sync with another value in the configuration."""

    def scene(simulator: Spawned, site: Site) -> Ended:
        site.configure(**settings)
        return sync(simulator, site)

    return scene


def killed(simulator: Spawned, site: Site) -> Ended:
    """A sync that is killed half-way and leaves its partial file."""
    import time

    simulator.fault("hang", route="team/members/list_v2", times=1)
    process = site.start(*DEBUG, "sync", "acme")
    until = time.monotonic() + 20
    while not simulator.faults()[0]["fired"] and time.monotonic() < until:
        time.sleep(0.02)
    time.sleep(0.3)
    ended = process.kill()
    assert any("partial" in name for name in site.files())
    return ended


def check(simulator: Spawned, site: Site) -> Ended:
    """Signing in."""
    return site.run(*DEBUG, "check", "acme")


def authorize(simulator: Spawned, site: Site) -> Ended:
    """Consent by pasting the code; the token goes to a file."""
    file = site.folder / "refresh-token"
    site.configure(refresh_token=f"file:{file}")
    started = site.start(*DEBUG, "authorize", "acme", given="")
    code = consent_code(started.until(CONSENT)) or ""
    ended = started.end(given=f"{code}\n")
    assert ended.code == 0, ended
    assert "Authorized as" in ended.err + ended.out
    assert file.stat().st_mode & 0o777 == 0o600
    made = file.read_text(encoding="utf-8").strip()
    assert not leaks(site, ended, planted(made, code)), "the new token or the code came out"
    following = sync(simulator, site)
    assert following.code == 0, following
    assert not leaks(site, following, planted(made, code))
    return following


SCENES: dict[str, tuple[Scene, int]] = {
    "a sync that goes well": (sync, 0),
    "check": (check, 0),
    "authorize, then a sync": (authorize, 0),
    "a wrong app secret": (with_setting(app_secret="planted+wrong/secret=%2"), 3),
    "a wrong refresh token": (with_setting(refresh_token="planted&wrong token/§8"), 3),
    "a secret of the wrong type": (with_setting(app_secret=["planted+app/secret=%1"]), 2),
    "a secret as the address": (with_setting(base_url="http://planted+app/secret=%1"), 2),
    "401 for every call": (faulty("unauthorized"), 3),
    "tokens that always have ended": (faulty("expired_token"), 75),
    "connections that drop": (faulty("drop"), 75),
    "token answers that are cut": (faulty("truncated", "oauth2/token"), 75),
    "token answers in HTML": (faulty("invalid_body", "oauth2/token"), 75),
    "token answers that drop half-way": (faulty("drop_after", "oauth2/token"), 75),
    "token answers too large": (faulty("huge_body", "oauth2/token", bytes=700_000), 6),
    "answers of another form": (faulty("huge_body", "team/members/list_v2", bytes=700_000), 8),
    "a server that fails": (faulty("server_error"), 75),
    "kill -9": (killed, -9),
}


def play(name: str, folder: Path) -> tuple[int, list[str]]:
    """Run one scene in a folder of its own: its exit code, and what came out that should not."""
    scene, wanted = SCENES[name]
    arguments = ("--members", "60", "--app-key", KEY, "--app-secret", SECRET, "--refresh-token", TOKEN)
    with spawn(*arguments) as simulator:
        site = Site(folder, simulator, **PATIENCE)
        ended = scene(simulator, site)
    told = leaks(site, ended, planted(SECRET, TOKEN, "planted+wrong/secret=%2", "planted&wrong token/§8"))
    if "Traceback" in ended.out:
        told.append("a traceback on standard output")  # in the log it belongs to the debug level
    if ended.code != wanted:
        told.append(f"exit code {ended.code} instead of {wanted}: {ended.err[-300:]}")
    return ended.code, told


def main(argv: list[str]) -> int:
    """Play all scenes, or those named."""
    rows: list[tuple[object, ...]] = []
    for number, name in enumerate(argv or SCENES):
        with tempfile.TemporaryDirectory(prefix="secrets-") as folder:
            code, told = play(name, Path(folder) / str(number))
        rows.append((name, code, "; ".join(told) or "nothing"))
        print(*rows[-1], sep=" | ", file=sys.stderr, flush=True)
    if not argv:
        write(
            "secrets",
            "Where secrets are not found",
            "App secret, refresh token and access tokens, as they are and as they travel, were looked for in standard "
            "output, in the log at debug level, and in every file below the home folder.",
            table(("what happened", "exit code", "found"), rows),
        )
    return int(any(row[2] != "nothing" for row in rows))
