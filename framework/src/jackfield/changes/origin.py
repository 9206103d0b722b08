"""Where a plan comes from: made here and as it was made, altered, or made elsewhere.

Promises that only a plan whose digest the state holds is taken for one of ours: its editor can compute the one in the file.
"""

from enum import Enum

import msgspec

from jackfield.changes.planfile import digest_of
from jackfield.state import State
from jackfield_contracts import Plan


class Origin(Enum):
    """Where a plan comes from; the value says it in words."""

    HERE = "it was made here"
    ALTERED = "it was altered after it was made here"
    ELSEWHERE = "it was not made here"


def remember(state: State, plan: Plan) -> None:
    """Let *state* hold what is in *plan*, which was made here and is about to be written to a file."""
    state.save_plan_digest(plan.id, plan.connection, digest_of(plan), plan.created)


def origin_of(state: State, plan: Plan, digest: str) -> Origin:
    """Where *plan* comes from, by what *state* holds; *digest* is that of its file, which may say more than is read."""
    known = state.plan_digest(plan.id)
    if known is None:
        return Origin.ELSEWHERE
    return Origin.HERE if known == digest == digest_of(plan) else Origin.ALTERED


def with_own_ids(plan: Plan) -> Plan:
    """*plan* with ids that follow from what is in it.

    The journal knows by them what a plan has made: an id out of a file may be that of another change.
    """
    id = "file-" + digest_of(plan).rpartition(":")[2][:32]
    size = len(str(len(plan.changes)))
    changes = tuple(
        msgspec.structs.replace(each, id=f"{id}.{number:0{size}}") for number, each in enumerate(plan.changes, 1)
    )
    return msgspec.structs.replace(plan, id=id, changes=changes)
