"""The configuration of a Dropbox connection."""

from typing import Annotated
from urllib.parse import urlsplit

from msgspec import Meta

from jackfield.errors import BadConfig
from jackfield.hookspecs import ConnectorConfig, Secret

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
    base_url: Annotated[
        str | None, Meta(description="Another host for the API and OAuth, such as http://127.0.0.1:8787.")
    ] = None


def api_url(config: DropboxConfig) -> str:
    """The address before ``/2/`` and ``/oauth2/token``; raises BadConfig if credentials would travel in the clear."""
    return _checked(config.base_url) if config.base_url is not None else API_URL


def web_url(config: DropboxConfig) -> str:
    """The address before ``/oauth2/authorize``."""
    return _checked(config.base_url) if config.base_url is not None else WEB_URL


def _checked(url: str) -> str:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise BadConfig("base_url is not an http or https address", path="base_url") from None
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise BadConfig("base_url is not an http or https address", path="base_url")
    if "@" in parts.netloc:
        raise BadConfig("base_url holds a name or a password; they have no use there", path="base_url")
    if parts.scheme == "http" and parts.hostname not in ("localhost", "::1") and not parts.hostname.startswith("127."):
        raise BadConfig("credentials would travel in the clear; use https", path="base_url")
    return url.rstrip("/")
