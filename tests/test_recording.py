"""Recordings: nothing of anybody is in them, they can be replayed, and writing them disturbs nothing."""

import asyncio
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from harness.cli import NAME
from harness.leaks import found_in
from harness.simulators import simulating
from harness.syncs import Bench, snapshot_of

from jackfield.clock import SystemClock
from jackfield.log import NoLog
from jackfield.recording import open_recording
from jackfield.recording import recorder as recorder_module
from jackfield.recording.forms import Forms
from jackfield.recording.masking import Masker
from jackfield.snapshots.reader import read_snapshot
from jackfield.state import Home, open_state
from jackfield_contracts import AccountStatus
from jackfield_dropbox.harmless import harmless
from jackfield_dropbox_simulator.options import TeamOptions
from jackfield_testkit.replay import replaying

KEY = b"a key that only this test knows."


def strings(value: object) -> Iterator[str]:
    """Each text in JSON, names of fields, and JSON inside of texts included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, each in value.items():
            yield from strings(key)
            yield from strings(each)
    elif isinstance(value, list):
        for each in value:
            yield from strings(each)


def public() -> set[str]:
    """What the connector's package and the form of a recording say themselves, and the words in that, in small letters."""
    known = harmless()
    words = {*known.fields, *known.paths, *(word for some in known.words.values() for word in some), "content-type"}
    return {part.casefold() for word in words for part in (word, *re.split(r"[\W_]", word))}


def test_the_search_finds_each_form() -> None:
    text = "Jürgen O'Neil <j@x.example>"
    for planted in (
        text.upper(),
        "J%C3%BCrgen%20O%27Neil%20%3Cj%40x.example%3E",
        json.dumps(text),
        "eHhK" + "w7xyZ2VuIE8nTmVpbCA8akB4LmV4YW1wbGU+",
        text.encode().hex(),
    ):
        assert found_in(f"before {planted} after", [text]), planted
    assert found_in('{"name":"Anna"}', ["Anna"])
    assert not found_in('{"name":"Hannah"}', ["Anna"])


def moved(value: Any, known: dict[str, str], forms: Forms) -> Any:
    """What a row of a snapshot becomes, where each text that came from the application is replaced."""
    if isinstance(value, dict):
        return {key: moved(each, known, forms) for key, each in value.items()}
    if isinstance(value, list):
        return [moved(each, known, forms) for each in value]
    if not isinstance(value, str):
        return value
    if value in known:
        return known[value]
    head, colon, rest = value.partition(":")
    if colon and rest.removesuffix("/*") in known:  # a scope or a set of entitlements
        whole = rest.removesuffix("/*")
        return f"{head}:{known[whole]}{rest.removeprefix(whole)}"
    if re.match(r"(account_id|external_id|persistent_id)=", value):  # several ids in one
        return re.sub(r"(\w+_id)=(.*?)(?= \w+_id=|$)", lambda found: f"{found[1]}={known[found[2]]}", value)
    name, blank, kind = value.rpartition(" ")
    if blank and name in known:  # the name of an entitlement
        return f"{known[name]} {kind}"
    if re.fullmatch(r"\d{4}-\d\d-\d\dT.*", value):
        return forms.text(value)
    return value


def rows(file: Path) -> list[Any]:
    """All rows of a snapshot, as JSON."""
    with read_snapshot(file) as snapshot:
        some = [*snapshot.resources(), *snapshot.entitlements(), *snapshot.grants()]
        return [msgspec.json.decode(msgspec.json.encode(each)) for each in some]


def in_order(some: list[Any]) -> list[bytes]:
    return sorted(msgspec.json.encode(each, order="sorted") for each in some)


@pytest.mark.long
def test_nothing_of_two_thousand_people_is_in_it_and_it_replays_to_the_same_snapshot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder_module, "token_bytes", lambda size: KEY)
    file, raw = tmp_path / "recorded.jsonl", tmp_path / "raw.jsonl"

    async def record() -> tuple[Path, dict[str, Any], list[str]]:
        team = TeamOptions(members=2000, groups=100, seed=5)
        async with simulating(team, record=str(raw)) as simulator:
            home = Home(folder=tmp_path / "home").ensure()
            with open_state(home.database) as state, open_recording(file, SystemClock(), NoLog()) as recording:
                run = (await Bench(home, state).sync(simulator, recording=recording)).run
            secrets = [simulator.app_key, simulator.app_secret, simulator.refresh_token, simulator.base_url]
            return snapshot_of(run), simulator.truth(), secrets

    async def replayed() -> Path:
        with replaying(file) as replay:
            replay.app_key, replay.app_secret, replay.refresh_token = "another", "secret", "token"
            home = Home(folder=tmp_path / "replayed").ensure()
            with open_state(home.database) as state:
                return snapshot_of((await Bench(home, state).sync(replay)).run)

    original, truth, secrets = asyncio.run(record())
    answers = [json.loads(json.loads(line)["answer"]) for line in raw.read_text().splitlines()]
    texts = {
        *(text for each in (*truth["users"], *truth["groups"]) for text in strings([*each.values()])),
        *(text for each in answers for text in strings(each)),
        *secrets,
        *(part for each in truth["users"] for part in each["display_name"].split()),
        *(each["email"].partition("@")[0] for each in truth["users"]),
        NAME,
    }
    named = public()
    personal = {text for text in texts if text.casefold() not in named}
    assert len(personal) > 8000
    assert not found_in(file.read_text(), personal)

    forms = Forms(KEY)
    masker = Masker(forms, harmless())
    named |= {each.value for each in AccountStatus}  # words of the host's own
    known = {text: masker.string(text, "") for text in texts if text not in named}
    expected = in_order(moved(rows(original), known, forms))
    found = in_order(rows(asyncio.run(replayed())))
    wrong = [(mine, its) for mine, its in zip(found, expected, strict=True) if mine != its]
    assert not wrong, "\n".join(text.decode() for pair in wrong[:3] for text in pair)
    assert len(expected) > 8000
