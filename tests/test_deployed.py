"""What the manifests say, run: their variables, arguments and probes with the process that the image would start."""

import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from harness.clean import ROOT
from harness.forking import JACKFIELD
from harness.imaging import instructions
from harness.serving import serving
from harness.spawned import spawn
from harness.uplinks import Between, granting, running
from platform_stand_in.launch import spawn as platform_in_a_process

from jackfield_dropbox_simulator.launch import Spawned

KUBERNETES = ROOT / "deploy" / "kubernetes"


def read(name: str) -> dict[str, Any]:
    return yaml.safe_load((KUBERNETES / name).read_text(encoding="utf-8"))


def container(name: str) -> dict[str, Any]:
    (found,) = read(name)["spec"]["template"]["spec"]["containers"]
    return found


def variables(name: str, team: Spawned) -> dict[str, str]:
    """What the container of *name* finds in its environment, with the Secret filled in; the platform is left out."""
    secret = read("guide/baton-dropbox-secrets.yaml")
    filled = dict(secret["stringData"]) | {
        "BATON_APP_KEY": team.app_key,
        "BATON_APP_SECRET": team.app_secret,
        "BATON_REFRESH_TOKEN": team.refresh_token,
        "BATON_BASE_URL": team.base_url,
    }
    del filled["BATON_CLIENT_ID"], filled["BATON_CLIENT_SECRET"]
    given = container(name)
    assert given["envFrom"] == [{"secretRef": {"name": secret["metadata"]["name"]}}]
    return filled | {each["name"]: each["value"] for each in given.get("env", ())}


def arguments(name: str) -> list[str]:
    """What stands behind the entry point: the container's own arguments, else those of the image."""
    image = {each.word: each.words for each in instructions() if each.word in ("ENTRYPOINT", "CMD")}
    assert image["ENTRYPOINT"] == [Path(JACKFIELD).name, "serve"]
    return container(name).get("args", image["CMD"])


def run(folder: Path, *words: str) -> tuple[int, str]:
    done = subprocess.run(
        [JACKFIELD, "--home", str(folder / "home"), *words], cwd=folder, capture_output=True, text=True
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("name", ["guide/baton-dropbox.yaml", "hardened/deployment.yaml"])
def test_the_process_starts_with_them_and_is_well(tmp_path: Path, name: str) -> None:
    with spawn("--members", "30", "--groups", "4") as team:
        environment = variables(name, team)
        assert environment.pop("JACKFIELD_SERVE__HEALTH_ADDRESS", "0.0.0.0") == "0.0.0.0"
        environment.pop("JACKFIELD_HOME", None)
        with serving(tmp_path, *arguments(name), environment=environment) as server:
            server.logged("synced", connection="dropbox", published=True, complete=True)
            for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
                if (asked := container(name).get(probe)) is not None:
                    assert server.ask(asked["httpGet"]["path"].lstrip("/")).status == 200
            assert server.ask("metrics").status == 200
            assert server.end() < 10
            assert server.process.returncode == 0
        assert not [line for line in server.lines if team.refresh_token in line or team.app_secret in line]


def test_it_is_backed_up_while_it_works_and_restored_when_it_has_ended(tmp_path: Path) -> None:
    name = "guide/baton-dropbox.yaml"
    with spawn("--members", "30", "--groups", "4") as team:
        with serving(tmp_path, *arguments(name), environment=variables(name, team)) as server:
            server.logged("synced", connection="dropbox")
            code, said = run(tmp_path, "backup", "-o", "b.backup")
            assert (code, "1 snapshot of 1 connection" in said, "Not backed up" in said) == (0, True, False), said
            code, said = run(tmp_path, "restore", "b.backup", "--force")
            assert (code, "another serve of" in said) == (13, True), said
            assert server.ask("live").status == 200
            assert server.end() < 10
        assert run(tmp_path, "restore", "b.backup", "--force")[0] == 0
        assert run(tmp_path, "verify")[0] == 0
        with serving(tmp_path, *arguments(name), environment=variables(name, team)) as server:
            server.logged("serving")
            assert server.health()["connections"]["dropbox"]["complete"]


def test_the_guide_as_it_stands_serves_the_platform(tmp_path: Path) -> None:
    """Hello, a sync that is uploaded, a grant, an account disabled and enabled: with the guide's own variables."""
    name = "guide/baton-dropbox.yaml"
    with platform_in_a_process() as platform, spawn("--members", "30", "--groups", "4") as team:
        between = Between(tmp_path, platform, team)
        guide = variables(name, team) | {
            "BATON_CLIENT_ID": platform.client_id,
            "BATON_CLIENT_SECRET": platform.client_secret,
        }
        stand_in = {"BATON_C1_API_HOST": platform.address, "SSL_CERT_FILE": str(platform.ca_file)}
        now = between.now()
        group = next(
            each for each in now.groups.values() if each["management_type"] == "user_managed" and now.outside(each)
        )
        user = next(each for each in now.outside(group) if not each["roles"])
        with serving(tmp_path, *arguments(name), environment=guide | stand_in) as server:
            task = platform.wait(platform.offer("sync_full", {}), timeout=60)
            assert [each["state"] for each in task["uploads"]] == ["complete"]
            assert between.carried_out("grant", granting(group, user))["success"]
            for action, status in (("disable_user", "suspended"), ("enable_user", "active")):
                assert between.carried_out("action_invoke", running(action, user_id=user["team_member_id"]))["success"]
                assert {each["status"] for each in team.truth()["users"] if each["email"] == user["email"]} == {status}
            assert server.end() < 10
        (hello,) = platform.calls("Hello")
        assert hello
        assert user["team_member_id"] in between.now().groups[group["group_id"]]["members"]
