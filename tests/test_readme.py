"""The README's commands work as they stand there, in their order, against a simulated team."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

from harness.documented import SETTINGS, Command, read_page

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"


def test_every_make_target_named_exists():
    makefile = (ROOT / "Makefile").read_text()
    for target in re.findall(r"(?:`|\$ )make (\w+)", README.read_text(encoding="utf-8")):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_the_commands_work_as_written(tmp_path: Path):
    page = read_page(README)
    (toml,) = ["\n".join(block.lines) for block in page.blocks if block.language == "toml"]
    assert tomllib.loads(toml)["connections"]["acme"]["connector"] == "dropbox"
    (tmp_path / "jackfield.toml").write_text(toml + "\nprovisioning = true\n")
    with SETTINGS["dropbox-app"](tmp_path) as reader:
        shown: dict[str, str] = {}
        for step in page.steps:
            if isinstance(step, Command) and step.text.startswith("jackfield "):
                shown[step.text] = reader.run(step.text)
                assert reader.code == 0, (step, shown[step.text])
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
    done = subprocess.run([sys.executable, "-m", "jackfield_dropbox_simulator.demo"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    for word in ("check acme", "sync acme", "stats acme", "access acme", "diff acme", "complete"):
        assert word in done.stdout
    told = [done.stdout.index(word) for word in ("would change: grant", "changed: grant", "already: grant")]
    assert told == sorted(told)
    for word in ("changed: disable_user", "changed: enable_user", "changes list", "by demo: laptop found"):
        assert word in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
