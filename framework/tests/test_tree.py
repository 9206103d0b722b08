"""The tree of access: what leads to what, and a circle that says so."""

from jackfield.cli.tree import lines_of
from jackfield.snapshots.access import Access, Via
from jackfield_contracts import EntitlementId, ResourceId


def id_of(name: str) -> EntitlementId:
    return EntitlementId(resource=ResourceId(type="group", id=name), slug="member")


def access(name: str, *path: str, privileged: bool = False) -> Access:
    return Access(
        principal=ResourceId(type="user", id="1"),
        entitlement=id_of(name),
        path=tuple(Via(resource=id_of(each).resource, slug="member") for each in path),
        resource_name=name,
        entitlement_name="member",
        privileged=privileged,
    )


FOUND = [access("a"), access("b", "a"), access("c", "a"), access("d", "a", "b"), access("d", "a", "c", privileged=True)]


def test_what_leads_to_what_is_below_it_and_shown_once() -> None:
    assert list(lines_of(FOUND, {}, privileged=False)) == [
        "└─ a: member",
        "   ├─ b: member",
        "   │  └─ d: member",
        "   └─ c: member",
        "      └─ d: member (privileged)",
    ]


def test_a_circle_says_where_it_leads_back_to() -> None:
    (_, _, told, *_) = lines_of(FOUND, {id_of("d"): {id_of("a")}}, privileged=False)
    assert told == "   │  └─ d: member; a circle leads back to group:a/member"


def test_what_is_privileged_is_shown_with_what_leads_to_it() -> None:
    assert len(list(lines_of(FOUND, {}, privileged=True))) == 5
    assert list(lines_of([access("a"), access("b")], {}, privileged=True)) == []
