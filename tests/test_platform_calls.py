"""The stand-in finds what a connector does wrong in its calls, and nothing in one that keeps to the rules."""

import time
from collections.abc import Callable, Generator
from typing import Any

import pytest
from harness.plain_client import Client, code_of, message
from harness.platforms import fresh, plain
from platform_stand_in.launch import Platform
from platform_stand_in.messages import CONNECTOR, message_class
from platform_stand_in.rules import OS_INFO, RESPONSES


@pytest.fixture
def platform(stand_in: Platform) -> Generator[Platform]:
    with fresh(stand_in, next_poll=0):
        yield stand_in


@pytest.fixture
def client(platform: Platform) -> Generator[Client]:
    with plain(platform) as client:
        yield client.begun()


def offered(client: Client, kind: str, payload: Any = None, **more: Any) -> str:
    """The id of a task that the client was given."""
    task_id = client.platform.offer(kind, payload, **more)
    assert client.task().id == task_id
    return task_id


def refused(call: Callable[[], object]) -> str:
    """The code that the call is refused with."""
    with pytest.raises(Exception) as raised:
        call()
    return code_of(raised.value)


def rules_of(platform: Platform) -> list[str]:
    """The rules that were broken, which are forgotten by this."""
    return [each["rule"] for each in platform.take_violations()]


def test_a_connector_that_keeps_to_the_rules_breaks_none(platform: Platform, client: Client):
    assert client.task().WhichOneof("task_type") is None
    hello = offered(client, "hello")
    client.hello(task_id=hello)
    grant = offered(client, "grant", {"entitlement": {"id": "team:member"}, "principal": {"id": {"resource": "u1"}}})
    client.succeed(grant, RESPONSES["grant"])
    sync = offered(client, "sync_full", {"skip_grants": True})
    client.call("Heartbeat", task_id=sync)
    client.upload(sync, b"x" * 1_000_000)
    client.succeed(sync)
    states = {each["id"]: each["state"] for each in platform.tasks()}
    assert states == {hello: "finished", grant: "finished", sync: "finished"}
    methods = [each["method"] for each in platform.calls()]
    assert methods == [
        "token",
        "Hello",
        "GetTask",
        "GetTask",
        "Hello",
        "GetTask",
        "FinishTask",
        "GetTask",
        "Heartbeat",
        "UploadAsset",
        "FinishTask",
    ]
    assert platform.state()["connections"] == {"none": 1, "h2": 1}


@pytest.mark.parametrize(
    "kind", sorted({*RESPONSES, "hello", "none", "event_feed", "create_sync_diff", "compact_syncs"})
)
def test_every_type_of_task_can_be_offered(platform: Platform, client: Client, kind: str):
    task_id = platform.offer(kind, debug=True)
    task = client.task()
    assert (task.id, task.WhichOneof("task_type"), task.debug) == (task_id, kind, True)


def test_the_payload_is_what_was_given(platform: Platform, client: Client):
    args = {"user": "u1", "days": 3, "deep": [{"really": None}]}
    platform.offer("action_invoke", {"name": "disable_user", "args": args}, task_id="a" * 27)
    task = client.task()
    assert (task.id, task.action_invoke.name, task.action_invoke.args["days"]) == ("a" * 27, "disable_user", 3)
    assert platform.task("a" * 27)["task"]["action_invoke"]["args"] == args


def test_nothing_is_done_before_hello(platform: Platform, client: Client):
    task_id = platform.offer("grant")
    platform.restarted()
    assert refused(client.task) == "FAILED_PRECONDITION"
    assert refused(lambda: client.succeed(task_id, RESPONSES["grant"])) == "FAILED_PRECONDITION"
    assert refused(lambda: client.upload(task_id, b"x")) == "FAILED_PRECONDITION"
    assert rules_of(platform) == ["hello-first"] * 3
    client.hello()
    assert client.task().id == task_id


@pytest.mark.parametrize("host_id", ["", "x" * 257])
def test_the_host_id_has_its_length(platform: Platform, client: Client, host_id: str):
    client.host_id = host_id
    for call in (client.hello, client.task, lambda: client.call("Heartbeat", task_id="a" * 27)):
        assert refused(call) == "INVALID_ARGUMENT"
    assert rules_of(platform) == ["host-id"] * 3


def connector(**fields: Any) -> Any:
    return message_class(f"{CONNECTOR}ConnectorMetadata")(**fields)


CAPABLE: dict[str, Any] = {"connector_capabilities": [2]}
WRONG_HELLOS: dict[str, tuple[dict[str, Any], str]] = {
    **{f"no {name}": ({"os_info": {each: "x" for each in OS_INFO if each != name}}, "os-info") for name in OS_INFO},
    "no build": ({"build_info": {}}, "build-info"),
    "no name": ({"connector_metadata": connector(capabilities=CAPABLE)}, "display-name"),
    "a long name": ({"connector_metadata": connector(display_name="x" * 1025, capabilities=CAPABLE)}, "display-name"),
    "no capabilities": ({"connector_metadata": connector(display_name="x")}, "capabilities"),
    "one twice": (
        {"connector_metadata": connector(display_name="x", capabilities={"connector_capabilities": [2, 2]})},
        "capabilities",
    ),
    "one that is unspecified": (
        {"connector_metadata": connector(display_name="x", capabilities={"connector_capabilities": [0]})},
        "capabilities",
    ),
    "a number that is none": (
        {"connector_metadata": connector(display_name="x", capabilities={"connector_capabilities": [2, 99]})},
        "unknown-field",
    ),
    "targets, not in service mode": (
        {"connector_metadata": connector(display_name="x", capabilities={"connector_capabilities": [2, 11]})},
        "capabilities",
    ),
    "a type that can more": (
        {
            "connector_metadata": connector(
                display_name="x",
                capabilities={
                    "connector_capabilities": [2],
                    "resource_type_capabilities": [{"resource_type": {"id": "user"}, "capabilities": [1, 2]}],
                },
            )
        },
        "capabilities",
    ),
    "a strange annotation": ({"annotations": [{"type_url": "type.googleapis.com/my.Own"}]}, "unknown-field"),
    "seventeen annotations": (
        {"annotations": [{"type_url": f"type.googleapis.com/{CONNECTOR}SkipGrants"}] * 17},
        "too-many",
    ),
    "no task id": ({"task_id": "abc"}, "task-id"),
}


@pytest.mark.parametrize("name", WRONG_HELLOS)
def test_a_wrong_hello_is_found(platform: Platform, client: Client, name: str):
    changed, rule = WRONG_HELLOS[name]
    assert refused(lambda: client.hello(**changed)) == "INVALID_ARGUMENT"
    assert set(rules_of(platform)) == {rule}


def test_a_hello_for_another_task_or_once_more_is_found(platform: Platform, client: Client):
    grant = offered(client, "grant")
    assert refused(lambda: client.hello(task_id=grant)) == "INVALID_ARGUMENT"
    hello = offered(client, "hello")
    client.hello(task_id=hello)
    client.hello(task_id=hello)
    assert refused(lambda: client.hello(task_id="b" * 27)) == "NOT_FOUND"
    assert rules_of(platform) == ["hello-not-wanted", "hello-not-wanted", "unknown-task"]


def test_unknown_fields_and_broken_messages_are_found(platform: Platform, client: Client):
    known = message("GetTask", host_id="host-1").SerializeToString()
    assert refused(lambda: client.send("GetTask", known + b"\xa2\x06\x01a")) == "INVALID_ARGUMENT"
    assert rules_of(platform) == ["unknown-field"]
    assert refused(lambda: client.send("GetTask", b"\xff")) == "INTERNAL"
    assert refused(lambda: client.send("GetWork", b"")) == "UNIMPLEMENTED"
    assert rules_of(platform) == ["broken-message", "unknown-method"]


def test_a_heartbeat_is_for_a_sync_that_was_offered(platform: Platform, client: Client):
    waiting = platform.offer("sync_full")
    for task_id, code in ((waiting, "NOT_FOUND"), ("c" * 27, "NOT_FOUND"), ("", "INVALID_ARGUMENT")):
        assert refused(lambda task_id=task_id: client.call("Heartbeat", task_id=task_id)) == code
    assert rules_of(platform) == ["unknown-task", "unknown-task", "task-id"]
    assert client.task().id == waiting
    grant = offered(client, "grant")
    client.call("Heartbeat", task_id=grant)
    assert rules_of(platform) == ["heartbeat-not-wanted"]


def test_heartbeats_keep_their_pause_and_end_with_the_task(platform: Platform, client: Client):
    sync = offered(client, "sync_full")
    platform.settings(next_heartbeat=60)
    client.call("Heartbeat", task_id=sync)
    platform.settings(next_heartbeat=1)
    client.call("Heartbeat", task_id=sync)
    assert rules_of(platform) == ["too-early"]
    client.fail(sync)
    time.sleep(0.6)
    client.call("Heartbeat", task_id=sync)
    assert rules_of(platform) == ["heartbeat-late"]
    assert len(platform.task(sync)["heartbeats"]) == 3


def test_a_poll_waits_for_its_time_and_a_new_process_need_not(platform: Platform, client: Client):
    platform.settings(next_poll=60)
    client.task()
    client.task()
    assert rules_of(platform) == ["too-early"]
    client.hello()
    client.task()


def test_several_tasks_at_once_but_none_that_is_known(platform: Platform, client: Client):
    ids = [platform.offer("grant") for _ in range(4)]
    answer = client.call("GetTasks", page_size=2, known_task_ids=[ids[0]])
    assert [each.id for each in answer.tasks] == ids[1:3]
    assert [each.id for each in client.call("GetTasks", page_size=6).tasks] == [ids[0], ids[3]]


@pytest.mark.parametrize("first", [True, False])
def test_a_cancelled_sync_ends_as_it_should(platform: Platform, client: Client, first: bool):
    sync = offered(client, "sync_full")
    if not first:
        assert not client.call("Heartbeat", task_id=sync).cancelled
        time.sleep(0.6)
    platform.cancel(sync)
    assert client.call("Heartbeat", task_id=sync).cancelled
    assert platform.task(sync)["state"] == "cancelled"
    client.fail(sync, code=1)
    # Told with the first heartbeat it is dropped without a word; later it ends as cancelled.
    assert rules_of(platform) == (["cancelled"] if first else [])


def test_a_cancelled_sync_is_no_success(platform: Platform, client: Client):
    sync = offered(client, "sync_full")
    client.call("Heartbeat", task_id=sync)
    time.sleep(0.6)
    platform.cancel(sync)
    client.call("Heartbeat", task_id=sync)
    client.upload(sync, b"x")
    client.succeed(sync)
    assert rules_of(platform) == ["cancelled"]


def finish(client: Client, task_id: str, **fields: Any) -> None:
    client.call("FinishTask", task_id=task_id, **fields)


WRONG_ENDS: dict[str, tuple[str, dict[str, Any], str]] = {
    "nothing": ("grant", {}, "outcome"),
    "no response": ("grant", {"success": {}}, "response"),
    "a response of another type": (
        "grant",
        {"success": {"response": {"type_url": f"type.googleapis.com/{CONNECTOR}InvokeActionResponse"}}},
        "response",
    ),
    "success with a status": (
        "revoke",
        {
            "success": {"response": {"type_url": f"type.googleapis.com/{CONNECTOR}{RESPONSES['revoke']}"}},
            "status": {"code": 0},
        },
        "outcome",
    ),
    "an error without a status": ("action_invoke", {"error": {}}, "outcome"),
    "an error without words": ("action_invoke", {"error": {}, "status": {"code": 2}}, "outcome"),
    "an error that is no error": ("action_invoke", {"error": {}, "status": {"message": "x"}}, "outcome"),
    "a code that is none": ("action_invoke", {"error": {}, "status": {"code": 17, "message": "x"}}, "outcome"),
    "a grant to be tried again": ("grant", {"error": {}, "status": {"code": 2, "message": "x"}}, "non-retryable"),
    "a sync with a response": (
        "sync_full",
        {"success": {"response": {"type_url": f"type.googleapis.com/{CONNECTOR}SkipGrants"}}},
        "response",
    ),
    "a sync without an upload": ("sync_full", {"success": {}}, "upload-first"),
    "a type without a response": ("event_feed", {"success": {}}, "outcome"),
}


@pytest.mark.parametrize("name", WRONG_ENDS)
def test_a_wrong_end_is_found_and_taken(platform: Platform, client: Client, name: str):
    kind, fields, rule = WRONG_ENDS[name]
    task_id = offered(client, kind)
    if kind == "sync_full":
        client.call("Heartbeat", task_id=task_id)
    finish(client, task_id, **fields)
    assert rule in rules_of(platform)
    assert platform.task(task_id)["state"] == "finished"


@pytest.mark.parametrize("kind", ["hello", "none"])
def test_a_task_that_has_no_end_is_not_finished(platform: Platform, client: Client, kind: str):
    task_id = offered(client, kind)
    assert refused(lambda: client.fail(task_id)) == "INVALID_ARGUMENT"
    assert rules_of(platform) == ["finish-not-wanted"]


def test_a_task_is_finished_once_for_each_time_it_was_given_out(platform: Platform, client: Client):
    task_id = offered(client, "action_status")
    client.succeed(task_id, RESPONSES["action_status"])
    assert refused(lambda: client.succeed(task_id, RESPONSES["action_status"])) == "FAILED_PRECONDITION"
    assert rules_of(platform) == ["finish-twice"]
    platform.deliver(task_id)
    assert client.task().id == task_id
    assert platform.task(task_id)["state"] == "offered"
    client.succeed(task_id, RESPONSES["action_status"])
    platform.settings(allowed=["finish-twice"])
    client.succeed(task_id, RESPONSES["action_status"])
    assert [each["breaches"] != [] for each in platform.calls("FinishTask") if "breaches" in each] == [True, True]
    assert refused(lambda: client.fail("d" * 27)) == "NOT_FOUND"
    assert rules_of(platform) == ["unknown-task"]


def test_a_sync_is_not_finished_without_a_heartbeat(platform: Platform, client: Client):
    sync = offered(client, "sync_full")
    client.fail(sync)
    assert rules_of(platform) == ["heartbeat-first"]
