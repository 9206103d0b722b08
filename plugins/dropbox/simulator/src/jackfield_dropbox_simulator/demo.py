"""The main job on a simulated Dropbox team, told as a story: ``python -m jackfield_dropbox_simulator.demo``.

Starts the simulator in a process of its own and runs the ``jackfield`` command as anybody would. Needs jackfield-dropbox.
"""

import json
import os
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from .launch import Spawned, spawn

_CONFIG = """\
[connections.acme]
connector = "dropbox"
app_key = {app_key}
app_secret = "env:DROPBOX_APP_SECRET"
refresh_token = "file:{token_file}"
base_url = {base_url}
provisioning = true
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
            "JACKFIELD_ACTOR": "demo",
            "DROPBOX_APP_SECRET": team.ready["app_secret"],
        }
        self._command = str(Path(sys.executable).with_name("jackfield"))

    def run(self, *words: str) -> None:
        """Run one command in view of the reader; raises CalledProcessError if it fails."""
        _say(f"\n$ jackfield {shlex.join(words)}")
        subprocess.run([self._command, *words], env=self._environment, check=True)  # noqa: S603 - our own command


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


class _Cast:
    """Who plays: somebody with much access, somebody to leave, a group to be renamed, and a group that gets an owner."""

    def __init__(self, truth: dict[str, Any]) -> None:
        plain = [user for user in truth["users"] if user["status"] == "active" and not user["roles"]]
        self.person = max(plain, key=lambda user: (len(user["groups"]), user["email"]))
        self.leaver = next(user for user in plain if user is not self.person)
        groups = [each for each in truth["groups"] if each["management_type"] == "user_managed" and each["members"]]
        names = [each["name"] for each in truth["groups"]]
        self.group = groups[0]
        self.project = _simplest(each for each in groups[1:] if names.count(each["name"]) == 1)
        self.lead = _simplest(
            user
            for user in plain
            if user not in (self.person, self.leaver) and user["team_member_id"] not in self.project["members"]
        )


def _simplest(those: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Of some people or groups, the first that needs no quotation marks on a command line, if there is one."""
    return min(those, key=lambda one: shlex.quote(one.get("email") or one["name"]) != (one.get("email") or one["name"]))


def main() -> None:
    """Tell the story; ends with the exit code of the first command that fails."""
    with tempfile.TemporaryDirectory(prefix="jackfield-demo-") as name, spawn("--members", "48", "--seed", "7") as team:
        stage = _Stage(Path(name), team)
        cast = _Cast(team.truth())
        person, group, project, lead = cast.person, cast.group, cast.project, cast.lead
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
            {"do": "leave", "user": cast.leaver["team_member_id"]},
            {"do": "suspend", "user": person["team_member_id"]},
            {"do": "rename_group", "group": group["group_id"], "name": f"{group['name']} (renamed)"},
        )
        stage.run("sync", "acme")
        _say("\n6. What changed between the two?")
        stage.run("diff", "acme")
        _say(
            f"\n7. {lead['display_name']} is to lead {project['name']}. What would that change? A dry run writes nothing."
        )
        entitlement = f"{project['name']}/owner"
        stage.run("grant", "acme", entitlement, lead["email"], "--dry-run")
        _say("\n   So do it. It counts as changed because a read shows it, not because Dropbox said yes.")
        stage.run("grant", "acme", entitlement, lead["email"], "--reason", "leads the project")
        _say("\n   Asked for once more, it is so already, and nothing is written.")
        stage.run("grant", "acme", entitlement, lead["email"])
        _say(f"\n8. Who owns {project['name']} now? The next snapshot knows.")
        stage.run("sync", "acme")
        stage.run("who", "acme", entitlement)
        _say(
            f"\n9. {lead['display_name']} has lost a laptop. Nobody is to sign in until it is found; its data may stay."
        )
        stage.run("account", "disable", "acme", lead["email"], "wipe_data=false", "--yes", "--reason", "laptop lost")
        _say("\n   It is found.")
        stage.run("account", "enable", "acme", lead["email"], "--reason", "laptop found")
        _say("\n10. The journal: what was done, by whom and why, the newest first.")
        stage.run("changes", "list")
        _say("\nThat was the main job. `make test` runs the tests; README.md shows how to connect a real team.")


if __name__ == "__main__":
    main()
