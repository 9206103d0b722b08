"""The configuration of a Dropbox connection."""

from typing import Annotated

from msgspec import Meta

from jackfield.hookspecs import ConnectorConfig, Secret
from jackfield.http import checked_address

API_URL = "https://api.dropboxapi.com"
WEB_URL = "https://www.dropbox.com"


class DropboxConfig(ConnectorConfig, frozen=True, kw_only=True):
    """The keys of a connection with ``connector = "dropbox"``."""

    app_key: Annotated[str, Meta(min_length=1, description="App key, from the app's page in the Dropbox App Console.")]
    refresh_token: Annotated[
        Secret, Meta(description="Refresh token of the team; `jackfield authorize` gets one and writes it to a file.")
    ]
    app_secret: Annotated[
        Secret | None,
        Meta(description="App secret. Leave it out to sign in with PKCE; the token then needs none either."),
    ] = None
    include_removed: Annotated[bool, Meta(description="Also read members that were removed from the team.")] = False
    disable_wipes_devices: Annotated[
        bool,
        Meta(
            description="Whether disable_user wipes the account's data from its linked devices unless told otherwise."
        ),
    ] = True
    activity: Annotated[
        bool, Meta(description="Whether sign-ins are read from the team's event log (scope events.read).")
    ] = False
    base_url: Annotated[
        str | None, Meta(description="Another host for the API and OAuth, such as http://127.0.0.1:8787.")
    ] = None


def api_url(config: DropboxConfig) -> str:
    """The address before ``/2/`` and ``/oauth2/token``; raises BadConfig if credentials would travel in the clear."""
    return checked_address(config.base_url, "base_url").rstrip("/") if config.base_url is not None else API_URL


def web_url(config: DropboxConfig) -> str:
    """The address before ``/oauth2/authorize``."""
    return checked_address(config.base_url, "base_url").rstrip("/") if config.base_url is not None else WEB_URL
