"""A recording of a SCIM server: nobody of it is in there, and a sync of what it answers is the same."""

import json
from contextlib import ExitStack
from pathlib import Path

from harness import forking
from harness.forking import JACKFIELD

from jackfield.recording import read_recording
from jackfield_scim.conformance import Backend
from jackfield_scim.testserver import TOKEN, serve
from jackfield_testkit.replay import replaying


def sync(folder: Path, url: str, token: str, *options: str) -> dict[str, object]:
    """What a sync of the server at *url* published, as JSON."""
    folder.mkdir()
    text = f'[connections.acme]\nconnector = "scim"\nurl = "{url}"\ntoken = "{token}"\n'
    (folder / "jackfield.toml").write_text(text, encoding="utf-8")
    command = [JACKFIELD, "--home", str(folder / "home"), *options, "sync", "acme", "--output", "json"]
    done = forking.run(command, folder=folder, environment={})
    assert done.returncode == 0, done
    return json.loads(done.stdout)


def test_it_replays_to_a_snapshot_of_as_many_and_names_nobody(tmp_path: Path) -> None:
    with serve() as server, ExitStack() as held:
        Backend(server, held)
        original = sync(tmp_path / "there", server.url, TOKEN, "--record", "scim.rec")
    file = tmp_path / "there" / "scim.rec"
    content = file.read_text().casefold()
    assert "person1" not in content and "sales" not in content and TOKEN.casefold() not in content
    assert {each.path for each in read_recording(file).exchanges} >= {"/Users", "/Groups"}
    with replaying(file) as replay:
        again = sync(tmp_path / "again", replay.base_url + replay.prefix, "another-token")
    assert again["counts"] == original["counts"] and again["complete"] == original["complete"] is True
