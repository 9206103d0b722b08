"""Credentials that stay as they are: a bearer token, a name with a password, an API key.

Promises that the host takes their secrets out of every error of the connection; hides how each is written.
"""

from base64 import b64encode
from collections.abc import Mapping

import msgspec

from jackfield.config.secrets import Secret
from jackfield.http.contract import Response


class _Fixed(msgspec.Struct, frozen=True):
    """An Authorizer that has nothing to renew: an answer that refuses it stands."""

    async def renew(self, used: Mapping[str, str], response: Response) -> bool:
        """Never: the same credentials would be refused again."""
        return False


class Bearer(_Fixed, frozen=True):
    """An access token that does not end, or is replaced by hand (RFC 6750)."""

    token: Secret

    async def headers(self) -> Mapping[str, str]:
        """The Authorization header."""
        return {"Authorization": f"Bearer {self.token.reveal()}"}


class Basic(_Fixed, frozen=True):
    """A name and a password, in UTF-8 (RFC 7617). Some applications want an API key as the name or the password.

    Raises ValueError for a name with a colon in it, which would make another name and password of the two.
    """

    user: str
    password: Secret

    def __post_init__(self) -> None:
        if ":" in self.user:
            raise ValueError("the user of Basic credentials can't hold a colon")

    async def headers(self) -> Mapping[str, str]:
        """The Authorization header."""
        return {"Authorization": f"Basic {basic(self.user, self.password)}"}


class ApiKey(_Fixed, frozen=True, kw_only=True):
    """A key in the *header* of that name, after *prefix* (such as ``"SSWS "``), or in the query *parameter*.

    Raises ValueError unless one of the two is named.
    """

    secret: Secret
    header: str | None = None
    prefix: str = ""
    parameter: str | None = None

    def __post_init__(self) -> None:
        if (self.header is None) == (self.parameter is None):
            raise ValueError("an API key goes into a header or into a query parameter: name one of them")

    async def headers(self) -> Mapping[str, str]:
        """The header, none where the key is a parameter."""
        return {} if self.header is None else {self.header: self.prefix + self.secret.reveal()}

    def parameters(self) -> Mapping[str, Secret]:
        """The query parameter, none where the key is in a header."""
        return {} if self.parameter is None else {self.parameter: self.secret}


def basic(user: str, password: Secret) -> str:
    """The two as the Authorization header writes them after ``Basic``."""
    return b64encode(f"{user}:{password.reveal()}".encode()).decode()
