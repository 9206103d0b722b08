"""The first word to the platform: who is there, on what machine, and what the connection offers."""

import asyncio
import platform

from jackfield.errors import JackfieldError
from jackfield.hookspecs import ServedConnection, ServiceHost
from jackfield_c1.proto import baton_pb2
from jackfield_c1.uplink.objects import capabilities, creation_arguments, creation_schema
from jackfield_contracts import Action

_UNKNOWN = "unknown"


async def hello(
    host: ServiceHost, connection: ServedConnection, host_id: str, task: str = ""
) -> baton_pb2.BatonServiceHelloRequest:
    """What is said, to begin with or for a *task*. No request to the application."""
    actions: tuple[Action, ...] = ()
    feeds = False
    try:
        actions = await connection.actions()
        feeds = bool(await connection.feeds())
    except JackfieldError as error:
        # What it offers beside its types is told with the next hello.
        host.log.warning("what the connection offers can't be told", connection=connection.name, reason=str(error))
    kind = baton_pb2.BatonServiceHelloRequest
    made = kind(
        host_id=host_id,
        task_id=task,
        build_info=kind.BuildInfo(
            lang_version=f"python {platform.python_version()}",
            package=f"jackfield-{connection.connector}",
            package_version=connection.connector_version,
        ),
        os_info=await asyncio.to_thread(_machine, host_id),
    )
    made.connector_metadata.display_name = connection.display_name
    made.connector_metadata.capabilities.CopyFrom(capabilities(connection, actions, feeds=feeds))
    if connection.provisioning and any(each.hook == "create_account" for each in connection.capabilities):
        made.connector_metadata.account_creation_schema.CopyFrom(creation_schema(creation_arguments(connection)))
    return made


def _machine(host_id: str) -> baton_pb2.BatonServiceHelloRequest.OSInfo:
    """The machine; no field is left empty, since the platform refuses that."""
    try:
        release = platform.freedesktop_os_release()
    except OSError:
        release = {}
    return baton_pb2.BatonServiceHelloRequest.OSInfo(
        hostname=platform.node() or host_id,
        os=platform.system().lower() or _UNKNOWN,
        platform=release.get("ID") or platform.system().lower() or _UNKNOWN,
        platform_version=release.get("VERSION_ID") or platform.release() or _UNKNOWN,
        platform_family=(release.get("ID_LIKE") or release.get("ID") or _UNKNOWN).split()[0],
        kernel_version=platform.release() or _UNKNOWN,
        kernel_arch=platform.machine() or _UNKNOWN,
        virtualization_system="none",
    )
