"""Changes as events of OCSF, held to its own schema."""

import io
import json
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from jsonschema import Draft202012Validator
from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema

from jackfield.clock import SystemClock
from jackfield.exports.formats import ocsf
from jackfield.exports.opened import OpenExport
from jackfield_contracts import (
    Change,
    CreateAccount,
    DeleteAccount,
    EntitlementId,
    GrantAccess,
    JournalEntry,
    JournalStatus,
    Outcome,
    OutcomeKind,
    ResourceId,
    RevokeAccess,
    RunAction,
    TargetState,
)

AT = datetime(2026, 11, 20, 8, 30, tzinfo=UTC)


ANN, GROUP = ResourceId(type="user", id="u1"), ResourceId(type="group", id="g1")
MEMBER, ROLE = EntitlementId.parse("group:g1/member"), EntitlementId.parse("role:r1/member")
STATE = TargetState(exists=True, account=ANN, login="ann@example.com")


def entry(change: Change, outcome: Outcome | None = None, kinds: tuple[str, ...] = (), **more: Any) -> JournalEntry:
    settled = outcome is not None
    return JournalEntry(
        id="p.1",
        connection="acme",
        connector="imaginary",
        change=change,
        title="what is done",
        status=JournalStatus.SETTLED if settled else JournalStatus.INTENT,
        intended=AT.isoformat(),
        settled=AT.isoformat() if settled else None,
        before=STATE,
        outcome=outcome,
        kinds=kinds,
        **more,
    )


CHANGED = Outcome(outcome=OutcomeKind.CHANGED)


class TestOcsf:
    SCHEMAS = OcsfJsonSchemaEmbedded(get_ocsf_schema(ocsf.VERSION))

    def event(self, one: JournalEntry) -> dict[str, Any]:
        stream = io.BytesIO()
        export = OpenExport("acme", None, clock=SystemClock(), host_version="1", journal=lambda: iter([one]))
        assert ocsf.EXPORTER.write(export, stream) == 1
        made = json.loads(stream.getvalue())
        name = self.SCHEMAS.lookup_class_name_from_uid(made["class_uid"])
        Draft202012Validator(self.SCHEMAS.get_class_schema(name)).validate(made)
        return made

    @pytest.mark.parametrize(
        ("change", "kinds", "type_uid"),
        [
            (GrantAccess(entitlement=MEMBER, principal=ANN), ("grant",), 300603),
            (RevokeAccess(entitlement=MEMBER, principal=ANN), ("revoke",), 300604),
            (GrantAccess(entitlement=ROLE, principal=GROUP), ("grant",), 300601),
            (RevokeAccess(entitlement=ROLE, principal=GROUP), ("revoke",), 300602),
            (GrantAccess(entitlement=ROLE, principal=ANN), ("grant", "privileged"), 300501),
            (RevokeAccess(entitlement=ROLE, principal=ANN), ("revoke",), 300502),
            (CreateAccount(arguments={"email": "new@example.com"}), ("create",), 300101),
            (CreateAccount(), ("create",), 300101),
            (DeleteAccount(account=ANN), ("delete",), 300106),
            (RunAction(name="on", account=ANN), ("action", "enable"), 300102),
            (RunAction(name="off", account=ANN), ("action", "disable"), 300105),
            (RunAction(name="rename", account=ANN), ("action",), 300199),
            (RunAction(name="sweep"), ("action",), 300499),
        ],
    )
    @pytest.mark.parametrize("outcome", [CHANGED, None])
    def test_each_change_is_an_event_of_its_class(
        self, change: Change, kinds: tuple[str, ...], type_uid: int, outcome: Outcome | None
    ):
        made = self.event(entry(change, outcome, kinds, reason="why", actor="tester", plan="p", tenant="t1"))
        assert made["type_uid"] == type_uid
        assert made["time"] == int(AT.timestamp() * 1000)
        assert (made["actor"], made["unmapped"]["reason"]) == ({"user": {"name": "tester"}}, "why")
        assert (made["metadata"]["uid"], made["metadata"]["tenant_uid"]) == ("p.1", "t1")
        if isinstance(change, DeleteAccount):
            assert made["user"] == {"uid": "user:u1", "name": "ann@example.com"}

    @pytest.mark.parametrize(
        ("outcome", "status"),
        [
            (CHANGED, (1, "Success")),
            (Outcome(outcome=OutcomeKind.ALREADY), (99, "already")),
            (Outcome(outcome=OutcomeKind.REFUSED, tag="no", reason="it may not"), (2, "Failure")),
            (Outcome(outcome=OutcomeKind.FAILED), (2, "Failure")),
            (Outcome(outcome=OutcomeKind.UNVERIFIED), (99, "unverified")),
            (Outcome(outcome=OutcomeKind.PENDING, job="j"), (99, "pending")),
            (None, (0, "Unknown")),
        ],
    )
    def test_what_is_not_known_is_no_success(self, outcome: Outcome | None, status: tuple[int, str]):
        made = self.event(entry(DeleteAccount(account=ANN), outcome))
        assert (made["status_id"], made["status"]) == status
        assert made.get("status_code") == (outcome.tag if outcome else None)

    OWNER = EntitlementId.parse("group:g1/owner")
    TAKEN = RevokeAccess(entitlement=OWNER, principal=ANN)

    @staticmethod
    def holding(*ids: EntitlementId) -> TargetState:
        return TargetState(exists=True, account=ANN, held=ids, status_raw="active")

    @pytest.mark.parametrize(
        ("change", "before", "after", "activity"),
        [
            (TAKEN, (OWNER,), (MEMBER,), "Revoke Privileges"),
            (TAKEN, (OWNER,), (), "Remove User"),
            (RevokeAccess(entitlement=MEMBER, principal=ANN), (MEMBER,), (), "Remove User"),
            (GrantAccess(entitlement=OWNER, principal=ANN), (MEMBER,), (OWNER,), "Assign Privileges"),
            (GrantAccess(entitlement=OWNER, principal=ANN), (), (OWNER,), "Add User"),
        ],
    )
    def test_who_stays_in_a_group_is_not_told_as_removed_nor_who_was_in_as_added(
        self, change: Change, before: tuple[EntitlementId, ...], after: tuple[EntitlementId, ...], activity: str
    ):
        kinds = ("grant" if isinstance(change, GrantAccess) else "revoke",)
        one = entry(change, CHANGED, kinds, after=self.holding(*after))
        made = self.event(msgspec.structs.replace(one, before=self.holding(*before)))
        assert made["activity_name"] == activity
        assert [each["uid"] for each in made["unmapped"]["before"]["held"]] == list(map(str, before))
        assert [each["uid"] for each in made["unmapped"]["after"]["held"]] == list(map(str, after))

    @pytest.mark.parametrize("outcome", [None, Outcome(outcome=OutcomeKind.REFUSED)])
    def test_of_what_was_not_made_the_plan_tells_what_it_would_have_been(self, outcome: Outcome | None):
        made = self.event(entry(self.TAKEN, outcome, ("revoke",), leaves=(MEMBER,)))
        assert made["activity_name"] == "Revoke Privileges"
        made = self.event(entry(RevokeAccess(entitlement=MEMBER, principal=ANN), outcome, ("revoke",)))
        assert made["activity_name"] == "Remove User"

    def test_names_stand_beside_ids_where_the_journal_has_them(self):
        names = {"user:u1": "Ann", "group:g1": "Design", "group:g1/owner": "Design owner"}
        made = self.event(entry(self.TAKEN, CHANGED, ("revoke",), names=names, ends=(self.OWNER,)))
        assert (made["group"]["name"], made["user"]["full_name"]) == ("Design", "Ann")
        assert made["unmapped"]["ends"] == [{"uid": "group:g1/owner", "name": "Design owner"}]

    def test_what_was_answered_is_not_yet_what_is_so(self):
        waiting = msgspec.structs.replace(entry(DeleteAccount(account=ANN), CHANGED), status=JournalStatus.PENDING)
        assert self.event(waiting)["status"] == "Unknown"
