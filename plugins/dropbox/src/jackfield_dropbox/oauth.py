"""How Dropbox gives consent, and which answers mean that an access token has ended."""

from jackfield.hookspecs import OAuthClient
from jackfield.http import Response, peek_json
from jackfield_dropbox.config import DropboxConfig, api_url, web_url
from jackfield_dropbox.wire import ErrorBody

_LAPSED = ("expired_access_token", "invalid_access_token")


def oauth_client(config: DropboxConfig) -> OAuthClient:
    """The OAuth client of a connection: offline access, all scopes that the app has in the console."""
    return OAuthClient(
        authorize_url=f"{web_url(config)}/oauth2/authorize",
        token_url=f"{api_url(config)}/oauth2/token",
        client_id=config.app_key,
        client_secret=config.app_secret,
        parameters={"token_access_type": "offline"},
    )


def token_lapsed(response: Response) -> bool:
    """Whether an answer says that the access token is no longer good; a newer one may be."""
    if response.status != 401:
        return False
    reason = peek_json(response.body, ErrorBody)
    return reason is not None and reason.tag in _LAPSED
