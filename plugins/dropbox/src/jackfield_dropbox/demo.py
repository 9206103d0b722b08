"""The main job on a simulated Dropbox team, told as a story: ``python -m jackfield_dropbox.demo``.

Starts the simulator in a process of its own and runs the ``jackfield`` command as anybody would.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from jackfield_dropbox.simulator.launch import Spawned, spawn

_CONFIG = """\
[connections.acme]
connector = "dropbox"
app_key = {app_key}
app_secret = "env:DROPBOX_APP_SECRET"
refresh_token = "file:{token_file}"
base_url = {base_url}
"""


class _Stage:
    """Where the story plays: a folder for configuration and state, and a team to talk to."""

    def __init__(self, folder: Path, team: Spawned) -> None:
        token_file = folder / "dropbox-refresh-token"
        token_file.touch(mode=0o600)
        token_file.write_text(team.ready["refresh_token"])
        config = folder / "jackfield.toml"
        config.write_text(
            _CONFIG.format(
                app_key=json.dumps(team.ready["app_key"]), token_file=token_file, base_url=json.dumps(team.base_url)
            )
        )
        self._environment = {
            **os.environ,
            "JACKFIELD_CONFIG": str(config),
            "JACKFIELD_HOME": str(folder / "home"),
            "DROPBOX_APP_SECRET": team.ready["app_secret"],
        }
        self._command = str(Path(sys.executable).with_name("jackfield"))

    def run(self, *words: str) -> None:
        """Run one command in view of the reader; raises CalledProcessError if it fails."""
        _say(f"\n$ jackfield {' '.join(words)}")
        subprocess.run([self._command, *words], env=self._environment, check=True)  # noqa: S603 - our own command


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _pick(truth: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """Somebody with much access, somebody to leave, and a group to be renamed."""
    active = [user for user in truth["users"] if user["status"] == "active"]
    plain = [user for user in active if not user["roles"]]
    person = max(plain, key=lambda user: (len(user["groups"]), user["email"]))
    leaver = next(user for user in plain if user is not person)
    group = next(group for group in truth["groups"] if group["management_type"] == "user_managed" and group["members"])
    return person, leaver, group


def main() -> None:
    """Tell the story; ends with the exit code of the first command that fails."""
    with tempfile.TemporaryDirectory(prefix="jackfield-demo-") as name, spawn("--members", "48", "--seed", "7") as team:
        stage = _Stage(Path(name), team)
        person, leaver, group = _pick(team.truth())
        _say(f"A Dropbox Business team of {team.ready['members']} people, simulated, answers at {team.base_url}.")
        _say("\n1. May we sign in, as whom, and what do the granted scopes allow?")
        stage.run("check", "acme")
        _say("\n2. Read the whole team. The result is one immutable file that says how far each part was seen.")
        stage.run("sync", "acme")
        _say("\n3. What is in it?")
        stage.run("stats", "acme")
        _say(f"\n4. What can {person['display_name']} do?")
        stage.run("access", "acme", person["email"])
        _say("\n5. Meanwhile in Dropbox: somebody leaves, somebody is suspended, a group gets another name.")
        team.change(
            {"do": "leave", "user": leaver["team_member_id"]},
            {"do": "suspend", "user": person["team_member_id"]},
            {"do": "rename_group", "group": group["group_id"], "name": f"{group['name']} (renamed)"},
        )
        stage.run("sync", "acme")
        _say("\n6. What changed between the two?")
        stage.run("diff", "acme")
        _say("\nThat was the main job. `make test` runs the tests; README.md shows how to connect a real team.")


if __name__ == "__main__":
    main()
