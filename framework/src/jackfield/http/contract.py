"""What a connector sees of HTTP: a narrow session and plain answers."""

from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from typing import Protocol

import msgspec

from jackfield.clock import Clock


class Response(msgspec.Struct, frozen=True, kw_only=True):
    """One whole answer. Header names are in small letters."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    request_id: str | None = None

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


RetryAfter = Callable[[Response, Clock], float | None]


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
        """Send one request and give its whole answer, whatever its status below 500 except 429.

        Costs one request, two if *auth* renews lapsed credentials (the request is then sent once more). Raises Transient
        (lost connection, time-out, 5xx), RateLimited (429; all calls of the connection pause first) and RemoteContract
        (an answer larger than the connection allows).
        """
        ...


def default_retry_after(response: Response, clock: Clock) -> float | None:
    """The seconds that the ``Retry-After`` header asks for (a number or a date), None without one (RFC 9110, 10.2.3)."""
    text = response.headers.get("retry-after", "").strip()
    if not text:
        return None
    try:
        return max(0.0, float(text))
    except ValueError:
        pass
    try:
        return max(0.0, (parsedate_to_datetime(text) - clock.now()).total_seconds())
    except (ValueError, TypeError):
        return None
