"""What the distribution announces."""

from jackfield.hookspecs import ServiceHost, ServiceType
from jackfield_c1.uplink.config import ENVIRON, UplinkConfig


async def _run(config: UplinkConfig, host: ServiceHost) -> None:
    from jackfield_c1.uplink.serving import serve

    await serve(config, host)


service = ServiceType(
    name="c1",
    display_name="C1 platform",
    config=UplinkConfig,
    run=_run,
    environ=ENVIRON,
    enabled_by="client_id",
    asks_for_syncs=True,
)
