"""Tasks about actions: which there are, one run, and how it stands."""

from google.protobuf.struct_pb2 import Struct
from google.rpc import code_pb2

from jackfield.hookspecs import ServedConnection
from jackfield_c1.proto import baton_pb2, connector_pb2
from jackfield_c1.uplink.answers import Answer, failed, of_entry
from jackfield_c1.uplink.changing import ACTOR
from jackfield_c1.uplink.objects import account_type, action_schema, values
from jackfield_contracts import Action, JournalEntry, JournalStatus, OutcomeKind, RunAction


async def list_schemas(connection: ServedConnection, task: baton_pb2.Task) -> Answer:
    """All actions, or those about one type of resource; none where changes are not enabled."""
    wanted, accounts = task.action_list_schemas.resource_type_id, account_type(connection)
    found = [action_schema(each, accounts) for each in await connection.actions()] if connection.provisioning else []
    return Answer(
        response=connector_pb2.ListActionSchemasResponse(
            schemas=[each for each in found if not wanted or each.resource_type_id == wanted]
        )
    )


async def get_schema(connection: ServedConnection, task: baton_pb2.Task) -> Answer:
    """One action."""
    action = await _action(connection, task.action_get_schema.name)
    if action is None:
        return _unknown(task.action_get_schema.name)
    return Answer(
        response=connector_pb2.GetActionSchemaResponse(schema=action_schema(action, account_type(connection)))
    )


async def invoke(connection: ServedConnection, task: baton_pb2.Task) -> Answer:
    """Run an action. One that goes on is told as running, with the task's id to ask for it later."""
    name = task.action_invoke.name
    action = await _action(connection, name)
    if action is None:
        return _unknown(name)
    arguments = values(task.action_invoke.args, action.arguments)
    change = RunAction(name=name, arguments=arguments)
    entry = await connection.change(change, id=task.id, actor=ACTOR, reason=f"task {task.id}")
    if _goes_on(entry):
        running = connector_pb2.BATON_ACTION_STATUS_RUNNING
        return Answer(response=connector_pb2.InvokeActionResponse(id=task.id, name=name, status=running))

    def done(entry: JournalEntry) -> connector_pb2.InvokeActionResponse:
        complete = connector_pb2.BATON_ACTION_STATUS_COMPLETE
        return connector_pb2.InvokeActionResponse(id=task.id, name=name, status=complete, response=_results(entry))

    return of_entry(entry, done=done, already=done)


async def status(connection: ServedConnection, task: baton_pb2.Task) -> Answer:
    """How an action stands that was run before; one that goes on is looked at again."""
    asked = task.action_status
    entry = connection.entry(asked.id)
    if entry is None or not isinstance(entry.change, RunAction) or (asked.name and entry.change.name != asked.name):
        return failed(code_pb2.NOT_FOUND, f"no action {asked.name!r} with the id {asked.id!r} was run here")
    if _goes_on(entry) and connection.provisioning:
        entry = await connection.change(entry.change, id=asked.id, actor=ACTOR)
    return Answer(
        response=connector_pb2.GetActionStatusResponse(
            id=asked.id, name=asked.name, status=_status(entry), response=_results(entry)
        )
    )


async def _action(connection: ServedConnection, name: str) -> Action | None:
    return next((each for each in await connection.actions() if each.name == name), None)


def _unknown(name: str) -> Answer:
    return failed(code_pb2.NOT_FOUND, f"there is no action {name!r}")


def _goes_on(entry: JournalEntry) -> bool:
    settled = entry.status is JournalStatus.SETTLED
    return not settled or (entry.outcome is not None and entry.outcome.outcome is OutcomeKind.PENDING)


def _status(entry: JournalEntry) -> connector_pb2.BatonActionStatus:
    if _goes_on(entry) or entry.outcome is None:
        return connector_pb2.BATON_ACTION_STATUS_RUNNING
    if entry.outcome.outcome in (OutcomeKind.CHANGED, OutcomeKind.ALREADY):
        return connector_pb2.BATON_ACTION_STATUS_COMPLETE
    if entry.outcome.outcome is OutcomeKind.UNVERIFIED:
        return connector_pb2.BATON_ACTION_STATUS_UNKNOWN
    return connector_pb2.BATON_ACTION_STATUS_FAILED


def _results(entry: JournalEntry) -> Struct:
    made = Struct()
    outcome = entry.outcome
    if outcome is None:
        return made
    made["success"] = outcome.outcome in (OutcomeKind.CHANGED, OutcomeKind.ALREADY)
    made["outcome"] = outcome.outcome.value
    if outcome.reason:
        made["reason"] = outcome.reason
    return made
