"""The stand-in fails as it is told, offers again what was lost, and is a witness of its own."""

import re
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import pytest
from harness.plain_client import Client, code_of
from harness.platforms import fresh, plain, spawn
from platform_stand_in import messages
from platform_stand_in.launch import ControlError, Platform
from platform_stand_in.rules import RESPONSES

PACKAGE = Path(messages.__file__).parent


@pytest.fixture
def platform(stand_in: Platform) -> Generator[Platform]:
    with fresh(stand_in, next_poll=0):
        yield stand_in


@pytest.fixture
def client(platform: Platform) -> Generator[Client]:
    with plain(platform) as client:
        yield client.begun()


def refused(call: Callable[[], object]) -> str:
    with pytest.raises(Exception) as raised:
        call()
    return code_of(raised.value)


def test_a_method_fails_as_often_as_it_is_told_with_any_code(platform: Platform, client: Client):
    platform.settings(allowed=["too-early"])
    platform.fail("GetTask", "RESOURCE_EXHAUSTED", times=2)
    assert [refused(client.task) for _ in range(2)] == ["RESOURCE_EXHAUSTED"] * 2
    client.task()
    platform.fail("*", "INTERNAL", skip=1)
    client.task()
    assert refused(client.hello) == "INTERNAL"
    platform.fail("GetTask", "INTERNAL", times=99)
    platform.repair()
    client.task()


def test_after_polls_that_failed_the_connector_waits_longer_each_time(platform: Platform, client: Client):
    platform.fail("GetTask", "UNAVAILABLE", times=2)
    refused(client.task)
    time.sleep(1)
    refused(client.task)
    assert platform.violations() == []
    client.task()
    client.task()
    [violation] = platform.take_violations()
    assert violation["rule"] == "too-early"
    assert float(violation["text"].split()[2]) > 1, "longer than the first time"


def test_before_the_effect_nothing_happens_and_after_it_everything(platform: Platform, client: Client):
    platform.settings(allowed=["too-early"])
    task_id = platform.offer("grant")
    platform.fail("GetTask", "UNAVAILABLE")
    assert refused(client.task) == "UNAVAILABLE"
    assert platform.task(task_id)["state"] == "queued"
    platform.fail("GetTask", "UNAVAILABLE", when="after")
    assert refused(client.task) == "UNAVAILABLE"
    assert platform.task(task_id)["state"] == "offered"
    platform.fail("FinishTask", "UNAVAILABLE", when="after", task_id=task_id)
    assert refused(lambda: client.succeed(task_id, RESPONSES["grant"])) == "UNAVAILABLE"
    assert platform.task(task_id)["state"] == "finished"
    # Nobody was told, so it may be said once more.
    client.succeed(task_id, RESPONSES["grant"])
    assert [each["answered"] for each in platform.task(task_id)["finishes"]] == [False, True]


def test_a_heartbeat_whose_answer_was_lost_told_nobody_of_the_end(platform: Platform, client: Client):
    task_id = platform.offer("sync_full", cancelled=True)
    client.task()
    platform.fail("Heartbeat", "UNAVAILABLE", when="after")
    assert refused(lambda: client.call("Heartbeat", task_id=task_id)) == "UNAVAILABLE"
    assert platform.task(task_id)["state"] == "offered"
    assert client.call("Heartbeat", task_id=task_id).cancelled
    assert platform.task(task_id)["state"] == "cancelled"


def test_the_connection_is_cut_instead_of_an_answer(platform: Platform, client: Client):
    platform.fail("FinishTask", "DROP", when="after")
    task_id = platform.offer("grant")
    client.task()
    assert refused(lambda: client.fail(task_id, non_retryable=True)) == "UNAVAILABLE"
    assert platform.task(task_id)["state"] == "finished"
    platform.fail("token", "DROP")
    with pytest.raises(OSError):
        client.ask_token()
    client.sign_in()


def test_an_answer_is_delayed(platform: Platform, client: Client):
    platform.delay("Heartbeat", 0.3)
    task_id = platform.offer("sync_full")
    client.task()
    began = time.monotonic()
    client.call("Heartbeat", task_id=task_id)
    assert time.monotonic() - began >= 0.3


def test_all_connections_are_cut_and_new_ones_for_a_while(platform: Platform, client: Client):
    assert platform.close_connections() == 1
    with plain(platform) as another:
        another.begun()
    platform.go_down(600)
    assert refused(client.task) == "UNAVAILABLE"
    with pytest.raises(OSError):
        client.ask_token()
    platform.go_down(0)
    with plain(platform) as another:
        another.begun()
    client.sign_in()


def test_a_task_of_which_nothing_is_heard_is_offered_again(platform: Platform, client: Client):
    platform.settings(next_heartbeat=1)
    grant, sync = platform.offer("grant"), platform.offer("sync_full")
    assert [client.task().id, client.task().id] == [grant, sync]
    assert client.task().id == ""
    time.sleep(1.1)
    client.call("Heartbeat", task_id=sync)
    platform.settings(lease=1.0)
    assert [client.task().id, client.task().id] == [grant, ""]
    client.succeed(grant, RESPONSES["grant"])
    # The end for the first time that it was given out comes too, and is no fault.
    client.succeed(grant, RESPONSES["grant"])
    platform.settings(lease=0.0)
    assert [each["state"] for each in platform.tasks()] == ["finished", "queued"]
    assert len(platform.task(grant)["deliveries"]) == 2
    platform.settings(lease=None)


def test_an_end_that_comes_late_takes_the_task_out_of_the_queue(platform: Platform, client: Client):
    platform.settings(lease=0.1)
    grant = platform.offer("grant")
    client.task()
    time.sleep(0.2)
    assert [each["state"] for each in platform.tasks()] == ["queued"]
    client.succeed(grant, RESPONSES["grant"])
    assert client.task().id == ""


def test_a_task_is_given_out_twice_when_told(platform: Platform, client: Client):
    grant = platform.offer("grant")
    client.task()
    platform.deliver(grant)
    assert client.task().id == grant
    assert client.task().id == ""
    client.succeed(grant, RESPONSES["grant"])
    assert platform.task(grant)["state"] == "finished"
    platform.deliver(grant)
    client.task()
    assert platform.task(grant)["state"] == "offered"


def test_what_is_told_with_tasks_and_heartbeats_is_what_is_set(platform: Platform, client: Client):
    platform.settings(next_poll=None, next_heartbeat=2.5, idle="none")
    answer = client.call("GetTask")
    assert not answer.HasField("next_poll")
    assert (answer.next_heartbeat.seconds, answer.next_heartbeat.nanos) == (2, 500_000_000)
    assert answer.task.WhichOneof("task_type") == "none"


WRONG: dict[str, Callable[[Platform], object]] = {
    "no such type": lambda platform: platform.offer("dance"),
    "a field of the task": lambda platform: platform.offer("debug"),
    "a payload that does not fit": lambda platform: platform.offer("grant", {"person": 1}),
    "an id of another form": lambda platform: platform.offer("grant", task_id="1"),
    "no such task": lambda platform: platform.cancel("f" * 27),
    "no such setting": lambda platform: platform.settings(colour="red"),
    "no such method": lambda platform: platform.fail("GetWork"),
    "no such moment": lambda platform: platform.fail("GetTask", when="never"),
    "no such thing": lambda platform: platform.fail("GetTask", colour="red"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_control_request_is_refused(platform: Platform, name: str):
    with pytest.raises(ControlError, match="400"):
        WRONG[name](platform)


def test_violations_that_are_left_fail_the_test():
    with pytest.raises(AssertionError, match="hello-first"), spawn() as platform, plain(platform) as client:
        client.sign_in()
        refused(client.task)


def test_it_ends_with_its_standard_input_and_leaves_nothing_behind(tmp_path: Path):
    with spawn() as platform:
        assert platform.ca_file.exists()
    assert not platform.folder.exists()
    with spawn("--folder", str(tmp_path / "kept")) as platform:
        pass
    assert (tmp_path / "kept" / "ca.pem").exists()


def test_a_shell_is_given_what_a_connector_needs(tmp_path: Path):
    with spawn("--environment", str(tmp_path / "connector.sh"), "--tenant", "acme.example") as platform:
        shell = f". {tmp_path}/connector.sh; env"
        told = subprocess.run(["sh", "-c", shell], capture_output=True, text=True, check=True).stdout.splitlines()
        assert f"BATON_CLIENT_ID={platform.client_id}" in told
        assert f"BATON_CLIENT_SECRET={platform.client_secret}" in told
        assert f"BATON_C1_API_HOST={platform.address}" in told
        assert f"SSL_CERT_FILE={platform.ca_file}" in told


def test_it_imports_nothing_of_the_project():
    names = [f"platform_stand_in.{each.stem}" for each in PACKAGE.glob("*.py")]
    code = f"import sys; sys.path.insert(0, {str(PACKAGE.parent)!r}); [__import__(each) for each in {names}]; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert [each for each in done.stdout.split() if re.match("jackfield|harness", each)] == []


def fields_of(descriptor: Any) -> dict[str, tuple[Any, ...]]:
    """Every field of a message, as far as the wire and the JSON form show it."""
    found: dict[str, tuple[Any, ...]] = {}
    for field in descriptor.fields:
        oneof = field.containing_oneof
        kind = field.message_type or field.enum_type
        name = oneof.name if oneof is not None and not oneof.name.startswith("_") else None
        found[field.name] = (field.number, field.type, field.is_repeated, kind.full_name if kind else "", name)
    return found


def test_its_messages_are_those_of_the_plugin_which_were_read_and_compiled_by_somebody_else():
    from jackfield_c1.proto import baton_pb2, c1z_pb2, config_pb2, connector_pb2

    theirs: dict[str, Any] = {}
    enums: dict[str, Any] = {}

    def gather(place: Any) -> None:
        for each in place.values() if isinstance(place, dict) else place:
            theirs[each.full_name] = each
            enums.update({kind.full_name: kind for kind in each.enum_types})
            gather(each.nested_types)

    for module in (baton_pb2, c1z_pb2, config_pb2, connector_pb2):
        gather(dict(module.DESCRIPTOR.message_types_by_name))
        enums.update({kind.full_name: kind for kind in module.DESCRIPTOR.enum_types_by_name.values()})
    entries = {name for name, each in theirs.items() if each.GetOptions().map_entry}
    tables = messages.tables()
    assert set(tables.messages) - tables.opaque <= set(theirs)
    for name in (set(tables.messages) & set(theirs)) - tables.opaque - entries:
        mine, others = fields_of(messages.message_class(name).DESCRIPTOR), fields_of(theirs[name])
        # What nobody here knows the fields of may be left out.
        assert {
            field: mine[field] for field in mine if field in others or mine[field][3] not in tables.opaque
        } == others, name
    for name, rows in tables.enums.items():
        assert {value: int(number) for number, value in rows} == {
            each.name: each.number for each in enums[name].values
        }, name
