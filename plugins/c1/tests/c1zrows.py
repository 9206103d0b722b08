"""Rows of .c1z files of tests, and what is read of a file."""

import io
from collections.abc import Iterable
from typing import Any

from google.protobuf.any_pb2 import Any as Packed
from google.protobuf.message import Message

from jackfield.clock import SystemClock
from jackfield_c1.c1z.reader import read_c1z
from jackfield_c1.proto import connector_pb2 as pb
from jackfield_contracts import Entitlement, Grant, Page, Resource

from .c1zfiles import SYNC, run


class Of:
    """What an importer is called with."""

    connection = "acme"
    name = "file.c1z"
    options: dict[str, str] = {}  # noqa: RUF012
    clock = SystemClock()

    def __init__(self, content: bytes) -> None:
        self.file = io.BytesIO(content)


def pages(content: bytes) -> list[Page]:
    return list(read_c1z(Of(content)))


def rows(content: bytes) -> tuple[list[Resource], list[Entitlement], list[Grant]]:
    items = [item for page in pages(content) for item in page.items]
    return (
        [one for one in items if isinstance(one, Resource)],
        [one for one in items if isinstance(one, Entitlement)],
        [one for one in items if isinstance(one, Grant)],
    )


def incomplete(content: bytes) -> dict[str, str]:
    found: dict[str, str] = {}
    for page in pages(content):
        found |= page.incomplete
    return found


def annotated(*messages: Message) -> list[Packed]:
    made: list[Packed] = []
    for message in messages:
        made.append(Packed())
        made[-1].Pack(message)
    return made


def resource(type: str, id: str, *notes: Message, sync: str = SYNC, **more: Any) -> dict[str, object]:
    message = pb.Resource(
        id=pb.ResourceId(resource_type=type, resource=id),
        display_name=id.title(),
        annotations=annotated(*notes),
        **more,
    )
    return {
        "resource_type_id": type, "external_id": f"{type}:{id}", "data": message.SerializeToString(), "sync_id": sync,
        "discovered_at": "2026-11-20 10:00:00",
    }  # fmt: skip


def entitlement(type: str, id: str, slug: str, *, external_id: str | None = None, **more: Any) -> dict[str, object]:
    name = external_id or f"{type}:{id}:{slug}"
    on = pb.Resource(id=pb.ResourceId(resource_type=type, resource=id))
    message = pb.Entitlement(id=name, resource=on, slug=slug, display_name=slug.title(), **more)
    return {
        "resource_type_id": type, "resource_id": id, "external_id": name, "data": message.SerializeToString(),
        "sync_id": SYNC, "discovered_at": "2026-11-20 10:00:00",
    }  # fmt: skip


def grant(
    on: tuple[str, str], entitlement_id: str, who: tuple[str, str], *, slim: bool = False, notes: Iterable[Message] = ()
) -> dict[str, object]:
    message = pb.Grant(id=f"{entitlement_id}:{who[0]}:{who[1]}", annotations=annotated(*notes))
    if not slim:
        message.entitlement.id = entitlement_id
        message.entitlement.resource.id.resource_type, message.entitlement.resource.id.resource = on
        message.principal.id.resource_type, message.principal.id.resource = who
    return {
        "resource_type_id": on[0], "resource_id": on[1], "entitlement_id": entitlement_id,
        "principal_resource_type_id": who[0], "principal_resource_id": who[1], "external_id": message.id,
        "data": message.SerializeToString(), "sync_id": SYNC, "discovered_at": "2026-11-20 10:00:00",
    }  # fmt: skip


def user(id: str, **more: Any) -> dict[str, object]:
    return resource("user", id, pb.UserTrait(login=f"{id}@example.com", **more))


TEAM = {
    "v1_sync_runs": [run()],
    "v1_resource_types": [
        {"external_id": name, "data": b"", "sync_id": SYNC, "discovered_at": "2026-11-20 10:00:00"}
        for name in ("user", "group")
    ],
    "v1_resources": [user("ann"), resource("group", "g1", pb.GroupTrait())],
    "v1_entitlements": [entitlement("group", "g1", "member", purpose=1)],
    "v1_grants": [grant(("group", "g1"), "group:g1:member", ("user", "ann"))],
}
