"""A file of version 1 is read whatever wrote it."""

from typing import Any

import pytest
import zstandard
from google.protobuf.struct_pb2 import Struct

from jackfield_c1.proto import connector_pb2 as pb
from jackfield_contracts import AccountStatus, UserTrait

from .c1zfiles import SYNC, database, packed, run
from .c1zrows import TEAM, entitlement, grant, incomplete, pages, resource, rows

# --- what is taken for granted of nobody -------------------------------------------------------------------------------


@pytest.mark.parametrize("page_size", [512, 4096, 65536])
@pytest.mark.parametrize("wal", [False, True])
def test_any_page_size_and_the_mark_of_a_wal(page_size: int, wal: bool) -> None:
    resources, entitlements, grants = rows(packed(database(TEAM, page_size=page_size, wal=wal)))
    assert [str(one.id) for one in resources] == ["user:ann", "group:g1"]
    assert [str(one.id) for one in entitlements] == ["group:g1/member"]
    assert [f"{one.entitlement}#{one.principal}" for one in grants] == ["group:g1/member#user:ann"]


@pytest.mark.parametrize("how", [{"write_content_size": False}, {"write_checksum": True}, {"level": 19}, {"level": -5}])
def test_any_way_to_compress(how: dict[str, Any]) -> None:
    assert len(rows(packed(database(TEAM), **how))[0]) == 2


def test_several_frames_and_one_to_be_skipped() -> None:
    raw = database(TEAM)
    pack = zstandard.ZstdCompressor().compress
    skipped = (0x184D2A53).to_bytes(4, "little") + (3).to_bytes(4, "little") + b"abc"
    assert len(rows(b"C1ZF\0" + pack(raw[:5000]) + skipped + pack(raw[5000:]))[0]) == 2


@pytest.mark.parametrize("table", ["v1_resource_types", "v1_resources", "v1_entitlements", "v1_grants"])
def test_a_table_may_be_missing(table: str) -> None:
    kept = {name: given for name, given in TEAM.items() if name != table}
    found = rows(packed(database(kept, without=(table,))))
    expected = [2, 1, 1]
    if table != "v1_resource_types":
        expected[("v1_resources", "v1_entitlements", "v1_grants").index(table)] = 0
    assert [len(each) for each in found] == expected


def test_slim_grants_are_read_from_their_columns() -> None:
    slim = {**TEAM, "v1_grants": [grant(("group", "g1"), "group:g1:member", ("user", "ann"), slim=True)]}
    assert str(rows(packed(database(slim)))[2][0].principal) == "user:ann"


def test_expansion_in_the_message_of_an_older_file() -> None:
    outer = entitlement("group", "all", "member")
    expands = pb.GrantExpandable(entitlement_ids=["group:g1:member"])
    nested = grant(("group", "all"), "group:all:member", ("group", "g1"), notes=[expands])
    team = {**TEAM, "v1_resources": [*TEAM["v1_resources"], resource("group", "all")]}
    content = packed(database({**team, "v1_entitlements": [*TEAM["v1_entitlements"], outer], "v1_grants": [nested]}))
    assert rows(content)[2][0].inherited_by == ("member",)
    assert incomplete(content) == {}


def test_what_is_inherited_through_others_is_not_whole() -> None:
    expands = pb.GrantExpandable(entitlement_ids=["group:elsewhere:member"])
    odd = grant(("group", "g1"), "group:g1:member", ("user", "ann"), notes=[expands])
    content = packed(database({**TEAM, "v1_grants": [odd]}))
    assert "inherited" in incomplete(content)["group/*"]
    expands = pb.GrantExpandable(entitlement_ids=["group:g1:member"], shallow=True)
    shallow = grant(("group", "g1"), "group:g1:member", ("group", "g1"), notes=[expands])
    assert "direct members only" in incomplete(packed(database({**TEAM, "v1_grants": [shallow]})))["group/*"]


# --- which sync --------------------------------------------------------------------------------------------------------


def test_the_newest_finished_full_sync_is_read() -> None:
    runs = [
        run(SYNC, ended="2026-11-20 10:00:00"),
        run("1" * 27, ended="2026-11-19 10:00:00"),
        run("3" * 27, ended="2026-11-21 10:00:00", kind="partial"),
        run("4" * 27, ended=None),
    ]
    others = [resource("user", f"other{each}", sync=each * 27) for each in "134"]
    content = packed(database({**TEAM, "v1_sync_runs": runs, "v1_resources": [*TEAM["v1_resources"], *others]}))
    assert [one.id.id for one in rows(content)[0]] == ["ann", "g1"]
    assert incomplete(content) == {}
    assert {key: value for page in pages(content) for key, value in page.as_of.items()} == {
        "sync": "2026-11-20T10:00:00+00:00"
    }


@pytest.mark.parametrize(
    ("given", "scopes", "reason"),
    [
        (run(ended=None), {"user", "user/*", "group", "group/*"}, "not finished"),
        (run(kind="partial"), {"user", "user/*", "group", "group/*"}, "a part of a sync: partial"),
        (run(kind="resources_only"), {"user/*", "group/*"}, "without entitlements and grants"),
        (run(token='{"should_skip_grants":true}'), {"user/*", "group/*"}, "without grants"),
        (run(token="{broken"), set(), ""),
    ],
)
def test_what_was_left_out_is_unknown(given: dict[str, object], scopes: set[str], reason: str) -> None:
    found = incomplete(packed(database({**TEAM, "v1_sync_runs": [given]})))
    assert set(found) == scopes
    assert all(reason in each for each in found.values())


# --- what others say, and we say otherwise -----------------------------------------------------------------------------


def test_status_and_profile_are_read_from_their_old_places() -> None:
    profile = Struct()
    profile.update({"first_name": "Ann", "floor": 3})
    old = resource(
        "user", "ann", pb.UserTrait(status=pb.UserTrait.Status(status=2, details="suspended"), profile=profile)
    )
    (ann,) = rows(packed(database({"v1_sync_runs": [run()], "v1_resources": [old]})))[0]
    assert isinstance(ann.trait, UserTrait)
    assert (ann.trait.status, ann.trait.status_raw, ann.trait.given_name) == (
        AccountStatus.DISABLED,
        "suspended",
        "Ann",
    )
    assert ann.profile == {"first_name": "Ann", "floor": 3}


def test_names_that_ours_can_not_be_are_made_such() -> None:
    given = {
        "v1_sync_runs": [run()],
        "v1_resources": [resource("orgRole", "r1"), resource("org_role", "r2"), resource("Org Role", "r3")],
        "v1_entitlements": [
            entitlement("orgRole", "r1", "Has It"),
            entitlement("orgRole", "r1", "", external_id="orgRole:r1:has-it"),
        ],
        "v1_grants": [
            grant(("orgRole", "r1"), "orgRole:r1:has-it", ("Org Role", "r3")),
            grant(("orgRole", "r1"), "orgRole:r1:unlisted", ("org_role", "r2")),
        ],
    }
    resources, entitlements, grants = rows(packed(database(given)))
    first, second, third = (one.id.type for one in resources)
    assert (first, second) == ("org-role", "org_role")
    assert third.startswith("org-role-")
    assert entitlements[0].id.slug == "has-it"
    assert entitlements[1].id.slug.startswith("has-it-")
    assert [str(one.principal) for one in grants] == [f"{third}:r3", "org_role:r2"]
    assert grants[0].entitlement == entitlements[1].id
    assert grants[1].entitlement.slug == "unlisted"
    notes = [note.summary for page in pages(packed(database(given))) for note in page.diagnostics]
    assert "the type 'orgRole' is called 'org-role' here" in notes
