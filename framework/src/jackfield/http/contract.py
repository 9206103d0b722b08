"""What a connector sees of HTTP: a narrow session and plain answers."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Protocol, runtime_checkable

import msgspec

from jackfield.clock import Clock
from jackfield.config.secrets import Secret


class Response(msgspec.Struct, frozen=True, kw_only=True):
    """One whole answer. Header names are in small letters.

    ``repeated``: it answers a second request, the first having been answered that the credentials have lapsed.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    request_id: str | None = None
    repeated: bool = False

    def __repr__(self) -> str:
        return f"Response(status={self.status}, {len(self.body)} bytes, request_id={self.request_id!r})"


class Authorizer(Protocol):
    """Puts credentials on requests and renews them."""

    async def headers(self) -> Mapping[str, str]:
        """The headers that authorise a request now; may renew credentials first."""
        ...

    async def renew(self, used: Mapping[str, str], response: Response) -> bool:
        """Whether *response* means that the credentials in *used* have lapsed, and they have been renewed since."""
        ...


@runtime_checkable
class KeyInAddress(Protocol):
    """An Authorizer whose credentials, or some of them, are query parameters of the address.

    The session adds them when the request leaves, so that no route, log or error has them.
    """

    def parameters(self) -> Mapping[str, Secret]:
        """The parameters by name, none where the credentials are all in headers."""
        ...


RetryAfter = Callable[[Response, Clock], float | None]


class Sender(Protocol):
    """Sends one request and reads its whole answer; what a session stands on."""

    async def send(
        self, method: str, url: str, *, body: bytes | None, headers: Mapping[str, str], key: Secret | None = None
    ) -> Response:
        """Send one request; see ``transport.Client.send`` for what is raised."""
        ...


class HttpSession(Protocol):
    """The one way of a connector to the network."""

    async def request(
        self,
        method: str,
        url: str,
        *,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        auth: Authorizer | None = None,
        retry_after: RetryAfter | None = None,
    ) -> Response:
        """Send one request and give its whole answer, whatever its status below 500 except 429, and 501.

        Costs one request, two if *auth* renews lapsed credentials (the request is then sent once more). Raises Transient
        (lost connection, time-out, 5xx), RateLimited (429, and 503 that says for how long; all calls of the connection
        pause first), RemoteContract (an answer larger than the connection allows) and BadConfig (an address that can't
        be called, a certificate that is not trusted). A redirect is an answer like any other: it is not followed.
        """
        ...

    def holds_secret(self, text: str) -> bool:
        """Whether *text* holds a secret of this connection, as what is to be stored must not."""
        ...

    def conceal(self, secret: Secret) -> None:
        """Keep *secret* out of every error of this connection: for one that is in no configuration, such as a token."""
        ...


_SECONDS = re.compile(r"\d{1,9}(\.\d+)?", re.ASCII)


def default_retry_after(response: Response, clock: Clock) -> float | None:
    """The seconds that the ``Retry-After`` header asks for (a number or a date), None without one (RFC 9110, 10.2.3)."""
    text = response.headers.get("retry-after", "").strip()
    if _SECONDS.fullmatch(text):
        return float(text)
    try:
        date = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None
    # A date without a zone is UTC, as all dates of HTTP are.
    date = date if date.tzinfo is not None else date.replace(tzinfo=UTC)
    return max(0.0, (date - clock.now()).total_seconds())
