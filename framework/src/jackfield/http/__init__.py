"""What a connector needs to talk to an API: one session per connection, its limiter, and authorisation.

Promises that waiting, limits, time-outs, sizes and request ids are handled alike for every connector; hides the HTTP
library: no other package imports it.
"""

from jackfield.http.auth import Authorizer, OAuthClient, RefreshingToken
from jackfield.http.contract import HttpSession, Response, Sender, default_retry_after
from jackfield.http.limiter import Limiter
from jackfield.http.session import Session, SessionOptions, open_session

__all__ = [
    "Authorizer",
    "HttpSession",
    "Limiter",
    "OAuthClient",
    "RefreshingToken",
    "Response",
    "Sender",
    "Session",
    "SessionOptions",
    "default_retry_after",
    "open_session",
]
