"""The stand-in keeps what is uploaded, and finds what is wrong with a stream."""

import hashlib
import os
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from harness.plain_client import Client, code_of, message
from harness.platforms import fresh, plain
from platform_stand_in.launch import Platform

DATA = os.urandom(1_300_000)
SUM = hashlib.sha256(DATA).digest()


@pytest.fixture
def platform(stand_in: Platform) -> Generator[Platform]:
    with fresh(stand_in, next_poll=0):
        yield stand_in


@pytest.fixture
def client(platform: Platform) -> Generator[Client]:
    with plain(platform) as client:
        yield client.begun()


def begun(client: Client, **more: Any) -> str:
    """A sync that was offered, with its first heartbeat."""
    task_id = client.platform.offer("sync_full", **more)
    assert client.task().id == task_id
    client.call("Heartbeat", task_id=task_id)
    return task_id


def refused(call: Callable[[], object]) -> str:
    with pytest.raises(Exception) as raised:
        call()
    return code_of(raised.value)


def rules_of(platform: Platform) -> list[str]:
    return [each["rule"] for each in platform.take_violations()]


def test_the_file_is_kept_with_its_sum(platform: Platform, client: Client):
    task_id = begun(client)
    client.upload(task_id, DATA)
    [upload] = platform.task(task_id)["uploads"]
    assert Path(upload["file"]).read_bytes() == DATA
    assert (upload["state"], upload["bytes"], upload["sha256"]) == ("complete", len(DATA), SUM.hex())
    assert upload["pieces"] == [524288, 524288, len(DATA) - 2 * 524288]
    [call] = platform.calls("UploadAsset")
    assert (call["task_id"], call["host_id"], call["request"]) == (task_id, "host-1", upload)


def head(task_id: str, host_id: str = "host-1") -> Any:
    return message("UploadAsset", metadata={"host_id": host_id, "task_id": task_id})


def data(piece: bytes = DATA[:1000]) -> Any:
    return message("UploadAsset", data={"data": piece})


def eof(of: bytes = DATA[:1000]) -> Any:
    return message("UploadAsset", eof={"sha256_checksum": hashlib.sha256(of).digest()})


def strange(task_id: str) -> Any:
    annotation = {"type_url": "type.googleapis.com/my.Own"}
    return message("UploadAsset", metadata={"host_id": "host-1", "task_id": task_id, "annotations": [annotation]})


WRONG_STREAMS: dict[str, tuple[Callable[[str], list[Any]], str]] = {
    "nothing": (lambda _id: [], "upload-order"),
    "an empty message": (lambda task_id: [head(task_id), message("UploadAsset")], "upload-order"),
    "no metadata": (lambda _id: [data(), eof()], "upload-order"),
    "metadata twice": (lambda task_id: [head(task_id), head(task_id)], "upload-order"),
    "metadata after data": (lambda task_id: [head(task_id), data(), head(task_id)], "upload-order"),
    "no eof": (lambda task_id: [head(task_id), data()], "upload-order"),
    "data after eof": (lambda task_id: [head(task_id), data(), eof(), data()], "upload-order"),
    "eof twice": (lambda task_id: [head(task_id), data(), eof(), eof()], "upload-order"),
    "no data": (lambda task_id: [head(task_id), eof(b"")], "upload-size"),
    "an empty piece": (lambda task_id: [head(task_id), data(b""), data(), eof()], "upload-size"),
    "a piece too large": (lambda task_id: [head(task_id), data(bytes(1024 * 1024 + 1))], "upload-size"),
    "another sum": (lambda task_id: [head(task_id), data(), eof(b"other")], "checksum"),
    "the sum as text": (
        lambda task_id: [head(task_id), data(), message("UploadAsset", eof={"sha256_checksum": b"00" * 32})],
        "checksum",
    ),
    "no host": (lambda task_id: [head(task_id, ""), data(), eof()], "host-id"),
    "a strange annotation": (lambda task_id: [strange(task_id), data(), eof()], "unknown-field"),
}


@pytest.mark.parametrize("name", WRONG_STREAMS)
def test_a_wrong_stream_is_found(platform: Platform, client: Client, name: str):
    stream, rule = WRONG_STREAMS[name]
    task_id = begun(client)
    assert refused(lambda: client.stream(stream(task_id))) == "INVALID_ARGUMENT"
    assert set(rules_of(platform)) == {rule}
    assert all(each["state"] == "refused" for each in platform.task(task_id)["uploads"])
    # A whole one afterwards is as good as ever.
    client.upload(task_id, DATA)
    client.succeed(task_id)


def test_a_piece_of_the_largest_and_the_smallest_size_is_taken(platform: Platform, client: Client):
    client.upload(begun(client), DATA[: 1024 * 1024 + 1], size=1024 * 1024)
    assert platform.tasks()[0]["uploads"][0]["pieces"] == [1024 * 1024, 1]


def test_an_upload_is_for_a_sync_that_was_offered_and_begun(platform: Platform, client: Client):
    waiting = platform.offer("sync_full")
    assert refused(lambda: client.upload(waiting, DATA)) == "INVALID_ARGUMENT"
    assert refused(lambda: client.upload("e" * 27, DATA)) == "INVALID_ARGUMENT"
    assert refused(lambda: client.upload("x", DATA)) == "INVALID_ARGUMENT"
    assert rules_of(platform) == ["upload-not-wanted", "heartbeat-first", "unknown-task", "task-id", "unknown-task"]
    assert client.task().id == waiting
    assert refused(lambda: client.upload(waiting, DATA)) == "INVALID_ARGUMENT"
    grant = platform.offer("grant")
    assert client.task().id == grant
    assert refused(lambda: client.upload(grant, DATA)) == "INVALID_ARGUMENT"
    assert rules_of(platform) == ["heartbeat-first", "upload-not-wanted"]
    done = begun(client)
    client.fail(done)
    assert refused(lambda: client.upload(done, DATA)) == "INVALID_ARGUMENT"
    assert rules_of(platform) == ["upload-not-wanted"]


@pytest.mark.parametrize("debug", [False, True])
def test_a_sync_is_uploaded_once_and_with_a_log_if_that_is_wanted(platform: Platform, client: Client, debug: bool):
    task_id = begun(client, debug=debug)
    client.upload(task_id, DATA)
    if debug:
        client.upload(task_id, b"the log")
    assert refused(lambda: client.upload(task_id, DATA)) == "INVALID_ARGUMENT"
    assert rules_of(platform) == ["upload-twice"]


def test_a_connection_is_cut_in_the_middle_of_an_upload(platform: Platform, client: Client):
    task_id = begun(client)
    platform.drop_upload(600_000)
    assert refused(lambda: client.upload(task_id, DATA)) == "UNAVAILABLE"
    with plain(platform) as again:
        again.sign_in()
        again.upload(task_id, DATA)
        again.succeed(task_id)
    broken, whole = platform.task(task_id)["uploads"]
    assert (broken["state"], broken["pieces"], whole["state"]) == ("failed", [524288, 524288], "complete")
    assert platform.state()["connections"]["h2"] >= 2


def test_an_upload_fails_in_its_middle_before_it_and_after_it(platform: Platform, client: Client):
    task_id = begun(client)
    platform.drop_upload(1, code="RESOURCE_EXHAUSTED")
    assert refused(lambda: client.upload(task_id, DATA)) == "RESOURCE_EXHAUSTED"
    platform.fail("UploadAsset", "UNAVAILABLE", when="before")
    assert refused(lambda: client.upload(task_id, DATA)) == "UNAVAILABLE"
    platform.fail("UploadAsset", "INTERNAL", when="after")
    assert refused(lambda: client.upload(task_id, DATA)) == "INTERNAL"
    client.upload(task_id, DATA)
    states = [(each["state"], each["bytes"]) for each in platform.task(task_id)["uploads"]]
    assert states == [("failed", 524288), ("failed", len(DATA)), ("complete", len(DATA))]


def test_a_connector_that_goes_away_in_the_middle_breaks_no_rule(platform: Platform, client: Client):
    task_id = begun(client)

    def pieces() -> Iterator[Any]:
        yield head(task_id)
        yield data()
        platform.wait_for(uploads, lambda found: [each["bytes"] for each in found] == [1000])
        client.close()
        yield data()

    def uploads() -> Any:
        return platform.task(task_id)["uploads"]

    refused(lambda: client.stream(pieces()))
    found = platform.wait_for(uploads, lambda found: [each["state"] for each in found] == ["broken"])
    assert found[0]["sha256"] is None
