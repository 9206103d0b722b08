"""The Dropbox connector: what it is called, what it needs, and the hooks that it implements."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from jackfield.hookspecs import ConnectorType, Context, hookimpl
from jackfield.http import RefreshingToken
from jackfield_contracts import CheckReport, ResourceType
from jackfield_dropbox.api import Api
from jackfield_dropbox.checks import CAPABILITIES, RESOURCE_TYPES, check
from jackfield_dropbox.config import DropboxConfig, api_url
from jackfield_dropbox.oauth import oauth_client, token_lapsed
from jackfield_dropbox.sync import DropboxReads


class Dropbox(DropboxReads):
    """One connection to a Dropbox team; the hooks that read are in ``DropboxReads``."""

    def __init__(self, api: Api, config: DropboxConfig) -> None:
        super().__init__(api, include_removed=config.include_removed)
        self._api = api

    @hookimpl
    async def check(self) -> CheckReport:
        """See ``checks.check``."""
        return await check(self._api)

    @hookimpl
    def resource_types(self) -> tuple[ResourceType, ...]:
        """See ``checks.RESOURCE_TYPES``."""
        return RESOURCE_TYPES


@asynccontextmanager
async def open_dropbox(config: DropboxConfig, context: Context) -> AsyncGenerator[Dropbox]:
    """One connection; makes no request by itself."""
    token = RefreshingToken(
        http=context.http,
        client=oauth_client(config),
        refresh_token=config.refresh_token,
        clock=context.clock,
        lapsed=token_lapsed,
    )
    yield Dropbox(Api(context.http, api_url(config), token), config)


connector = ConnectorType(
    name="dropbox",
    display_name="Dropbox Business",
    config=DropboxConfig,
    open=open_dropbox,
    capabilities=CAPABILITIES,
    resource_types=RESOURCE_TYPES,
    oauth=oauth_client,
    token_key="refresh_token",
)
