"""The keys of the uplink, in ``[services.NAME]`` with ``service = "c1"``."""

from typing import Annotated

from msgspec import Meta

from jackfield.hookspecs import ConnectorConfig, Secret

Times = Annotated[float, Meta(gt=0)]


class UplinkConfig(ConnectorConfig, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which connection is served, and as whom."""

    connection: Annotated[str, Meta(description="Name of the connection that is served.")]
    client_id: Annotated[str, Meta(description="Client id, as the platform shows it: name@host/suffix.")]
    client_secret: Annotated[Secret, Meta(description="Client secret: secret-token:…:v1:….")]
    api_host: Annotated[
        str, Meta(description="Host, or host:port, to be called instead of the one in the client id.")
    ] = ""
    host_id: Annotated[
        str, Meta(max_length=256, description="Name of this host for the platform; the machine's, if empty.")
    ] = ""
    task_concurrency: Annotated[int, Meta(ge=1, le=100, description="Most tasks that are carried out at once.")] = 3
    upload_incomplete: Annotated[
        bool,
        Meta(
            description="Whether a snapshot that is not complete is uploaded all the same; what is missing in it looks to the"
            " platform as if it were gone."
        ),
    ] = False


ENVIRON = {
    "BATON_CLIENT_ID": "service.client_id",
    "BATON_CLIENT_SECRET": "service.client_secret",
    "BATON_C1_API_HOST": "service.api_host",
    "BATON_HOST_ID": "service.host_id",
    "BATON_TASK_CONCURRENCY": "service.task_concurrency",
    "BATON_LOG_LEVEL": "log_level",
    "BATON_LOG_FORMAT": "serve.log_format",
    "BATON_HEALTH_CHECK": "",
    "BATON_HEALTH_CHECK_PORT": "serve.health_port",
    "BATON_HEALTH_CHECK_BIND_ADDRESS": "serve.health_address",
    "BATON_*": "connection.*",
}
"""The variables of a self-hosted connector, by what they say here. Health is answered whether it is asked for or not."""
