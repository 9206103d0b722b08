"""The rules of the wire that a single message shows, or a message beside its task; each fault has the name of its rule."""

from collections.abc import Iterator
from typing import Any

from .messages import CONNECTOR, as_json, strange
from .state import TASK_ID, Task

Fault = tuple[str, str]
OS_INFO = (
    "hostname",
    "os",
    "platform",
    "platform_version",
    "platform_family",
    "kernel_version",
    "kernel_arch",
    "virtualization_system",
)
# What FinishTask holds when a task of this type went well; a sync has none.
RESPONSES = {
    "sync_full": None,
    "grant": "GrantManagerServiceGrantResponse",
    "revoke": "GrantManagerServiceRevokeResponse",
    "create_account": "CreateAccountResponse",
    "create_resource": "CreateResourceResponse",
    "delete_resource": "DeleteResourceResponse",
    "rotate_credentials": "RotateCredentialResponse",
    "create_ticket_task": "TicketsServiceCreateTicketResponse",
    "list_ticket_schemas": "TicketsServiceListTicketSchemasResponse",
    "get_ticket": "TicketsServiceGetTicketResponse",
    "bulk_create_tickets": "TicketsServiceBulkCreateTicketsResponse",
    "bulk_get_tickets": "TicketsServiceBulkGetTicketsResponse",
    "action_list_schemas": "ListActionSchemasResponse",
    "action_get_schema": "GetActionSchemaResponse",
    "action_invoke": "InvokeActionResponse",
    "action_status": "GetActionStatusResponse",
    "list_event_feeds": "ListEventFeedsResponse",
    "list_events": "ListEventsResponse",
    "issue_credential": "IssueCredentialResponse",
}
# Where the vendor's own connectors mark every failure as not to be tried again.
NEVER_AGAIN = frozenset(
    {
        "grant",
        "revoke",
        "create_account",
        "create_resource",
        "delete_resource",
        "rotate_credentials",
        "issue_credential",
    }
)
TARGETED_SYNC, SERVICE_MODE_TARGETED_SYNC = 11, 13


def of_message(message: Any) -> Iterator[Fault]:
    """What holds for every message: nothing unknown in it, few annotations, a proper host id."""
    for each in strange(message):
        yield "unknown-field", each
    for name in ("annotations", "known_task_ids", "task_ids"):
        limit = 16 if name == "annotations" else 100
        if name in message.DESCRIPTOR.fields_by_name and len(getattr(message, name)) > limit:
            yield "too-many", f"{len(getattr(message, name))} {name}, the limit is {limit}"
    if "host_id" in message.DESCRIPTOR.fields_by_name and not 1 <= len(message.host_id) <= 256:
        yield "host-id", f"host_id has {len(message.host_id)} characters, not 1 to 256"


def of_task_id(task_id: str) -> Iterator[Fault]:
    """What holds for a task id."""
    if not TASK_ID.fullmatch(task_id):
        yield "task-id", f"{task_id!r} is no task id: 27 letters and digits"


def of_hello(message: Any) -> Iterator[Fault]:
    """What a Hello has to tell."""
    if message.task_id:
        yield from of_task_id(message.task_id)
    for name in OS_INFO:
        if not getattr(message.os_info, name):
            yield "os-info", f"os_info.{name} is empty"
    for name in ("lang_version", "package", "package_version"):
        if not getattr(message.build_info, name):
            yield "build-info", f"build_info.{name} is empty"
    metadata = message.connector_metadata
    if not 1 <= len(metadata.display_name) <= 1024:
        yield "display-name", f"display_name has {len(metadata.display_name)} characters, not 1 to 1024"
    if not metadata.HasField("capabilities"):
        yield "capabilities", "the capabilities are missing"
    else:
        yield from _of_capabilities(metadata.capabilities)


def _of_capabilities(capabilities: Any) -> Iterator[Fault]:
    whole = list(capabilities.connector_capabilities)
    lists = [("connector", whole)]
    seen: list[str] = []
    for each in capabilities.resource_type_capabilities:
        name = each.resource_type.id
        seen.append(name)
        lists.append((name, list(each.capabilities)))
        if not 1 <= len(name.encode()) <= 1024:
            yield "capabilities", f"the id of a resource type has {len(name.encode())} bytes"
        if not set(each.capabilities) <= set(whole):
            yield "capabilities", f"{name} can {sorted(set(each.capabilities) - set(whole))}, the connector cannot"
    if len(set(seen)) != len(seen):
        yield "capabilities", f"a resource type is told twice: {sorted(seen)}"
    for name, values in lists:
        if 0 in values or len(set(values)) != len(values):
            yield "capabilities", f"{name} has {values}: unspecified or told twice"
    if TARGETED_SYNC in whole and SERVICE_MODE_TARGETED_SYNC not in whole:
        yield "capabilities", "TARGETED_SYNC without SERVICE_MODE_TARGETED_SYNC at the connector"


def of_finish(message: Any, task: Task) -> Iterator[Fault]:
    """What the end of a task has to tell."""
    outcome = message.WhichOneof("final_state")
    if task.type == "sync_full" and task.answered_beats == 0:
        yield "heartbeat-first", "the sync is finished and its first heartbeat was not answered"
    if outcome is None:
        yield "outcome", "neither success nor error"
    elif outcome == "success":
        yield from _of_success(message, task)
    else:
        yield from _of_error(message, task)
    yield from _of_cancelled(message, task, outcome)


def _of_success(message: Any, task: Task) -> Iterator[Fault]:
    if message.HasField("status"):
        yield "outcome", f"success with a status: {as_json(message.status)}"
    success = message.success
    if task.type not in RESPONSES:
        yield "outcome", f"success for a task of the type {task.type}, which has no response"
        return
    expected = RESPONSES[task.type]
    if expected is None:
        if success.HasField("response") or success.annotations:
            yield "response", "the success of a sync is empty"
        if task.good_uploads == 0:
            yield "upload-first", "the sync is finished and nothing was uploaded"
    elif success.response.type_url != f"type.googleapis.com/{CONNECTOR}{expected}":
        yield "response", f"the response is {success.response.type_url!r}, not {CONNECTOR}{expected}"


def _of_error(message: Any, task: Task) -> Iterator[Fault]:
    if not 1 <= message.status.code <= 16:
        yield "outcome", f"an error with the status code {message.status.code}"
    if not message.status.message:
        yield "outcome", "an error without a message"
    if task.type in NEVER_AGAIN and message.status.code != 1 and not message.error.non_retryable:
        yield "non-retryable", f"a failed {task.type} is never tried again, and is not marked so"


def _of_cancelled(message: Any, task: Task, outcome: str | None) -> Iterator[Fault]:
    if task.cancel_told is None:
        return
    if task.cancel_told == 1:
        yield "cancelled", "the first heartbeat said that the task is cancelled: no FinishTask is wanted"
    elif outcome != "error" or message.status.code != 1 or message.error.non_retryable:
        yield "cancelled", f"a cancelled task ends with error, code 1, and may be tried again: {as_json(message)}"
