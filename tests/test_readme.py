"""The README's commands work as they stand there, in their order, against a simulated team."""

import os
import re
import subprocess
import sys
import tomllib
import urllib.request
from pathlib import Path

from jackfield_dropbox.simulator.launch import Spawned, spawn

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
JACKFIELD = str(Path(sys.executable).with_name("jackfield"))


def blocks(language: str) -> list[str]:
    """The fenced blocks of one language, without their indentation."""
    found = re.findall(rf"^( *)```{language}\n(.*?)^\1```$", README, re.MULTILINE | re.DOTALL)
    return [re.sub(rf"^{indent}", "", body, flags=re.MULTILINE) for indent, body in found]


def commands() -> list[str]:
    """All commands, in order."""
    return [line[2:] for block in blocks("console") for line in block.splitlines() if line.startswith("$ ")]


def consent_code(team: Spawned, address: str) -> str:
    """What an administrator sees after allowing the app at *address*."""
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(address) as page:
        found = re.search(r"<code[^>]*>([^<]+)</code>", page.read().decode())
    assert found is not None
    return found.group(1)


def test_every_make_target_named_exists():
    makefile = (ROOT / "Makefile").read_text()
    for target in re.findall(r"(?:`|\$ )make (\w+)", README):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_the_commands_work_as_written(tmp_path: Path):
    (toml,) = blocks("toml")
    assert tomllib.loads(toml)["connections"]["acme"]["connector"] == "dropbox"
    (tmp_path / "jackfield.toml").write_text(toml)
    with spawn("--members", "30", "--seed", "3") as team:
        truth = team.truth()
        person = next(user for user in truth["users"] if user["status"] == "active")
        group = next(each for each in truth["groups"] if each["management_type"] == "user_managed")
        meant = {"jane@example.com": person["email"], "Design/owner": f"group:{group['group_id']}/owner"}
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("JACKFIELD_")},
            "HOME": str(tmp_path),
            "JACKFIELD_HOME": str(tmp_path / "home"),
            "DROPBOX_APP_SECRET": team.app_secret,
            "JACKFIELD_CONNECTIONS__ACME__APP_KEY": team.app_key,
            "JACKFIELD_CONNECTIONS__ACME__BASE_URL": team.base_url,
            "JACKFIELD_CONNECTIONS__ACME__PROVISIONING": "true",
        }

        def run(command: str, answer: str | None = None) -> str:
            words = [meant.get(word, word) for word in command.split()[1:]]
            process = subprocess.Popen(
                [JACKFIELD, *words], cwd=tmp_path, env=environment, text=True,
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            )  # fmt: skip
            with process:
                assert process.stdin is not None and process.stdout is not None
                lines: list[str] = []
                if answer is not None:
                    for line in process.stdout:
                        lines.append(line)
                        if found := re.search(r"https?://\S+/oauth2/authorize\S+", line):
                            process.stdin.write(consent_code(team, found.group()) + "\n")
                            break
                output, _ = process.communicate()
            text = "".join(lines) + output
            assert process.returncode == 0, (command, text)
            return text

        shown = {}
        for command in commands():
            if command.startswith("jackfield "):
                shown[command] = run(command, "code" if command.startswith("jackfield authorize") else None)
    token_file = tmp_path / "dropbox-refresh-token"
    assert "Authorized as" in shown["jackfield authorize acme"]
    assert token_file.stat().st_mode & 0o777 == 0o600
    assert token_file.read_text().strip() not in "".join(shown.values())
    assert "complete" in shown["jackfield sync acme"]
    assert shown["jackfield grant acme Design/owner jane@example.com --dry-run"].startswith("would change: ")
    assert shown["jackfield grant acme Design/owner jane@example.com --reason onboarding"].startswith("changed: ")
    assert "onboarding" in shown["jackfield changes list"]
    assert (tmp_path / "acme.jsonl").read_text().startswith('{"kind":"snapshot"')


def test_the_demo_tells_its_story():
    done = subprocess.run([sys.executable, "-m", "jackfield_dropbox.demo"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    for word in ("check acme", "sync acme", "stats acme", "access acme", "diff acme", "complete"):
        assert word in done.stdout
    told = [done.stdout.index(word) for word in ("would change: grant", "changed: grant", "already: grant")]
    assert told == sorted(told)
    for word in ("changed: disable_user", "changed: enable_user", "changes list", "by demo: laptop found"):
        assert word in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
