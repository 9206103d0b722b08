"""What a connector needs to talk to an API: a session per connection, credentials, JSON over REST, and paging.

Promises that waiting, limits, time-outs, sizes, request ids and refusals are handled alike for every connector; hides
the HTTP library: no other package imports it.
"""

from jackfield.http.address import checked_address
from jackfield.http.auth import Authorizer, ClientCredentials, OAuthClient, RefreshingToken
from jackfield.http.bodies import NotJson, decode_json, decoder_of, peek_json
from jackfield.http.contract import HttpSession, Response, Sender, default_retry_after
from jackfield.http.harmless import Harmless, fields_of
from jackfield.http.keys import ApiKey, Basic, Bearer
from jackfield.http.limiter import Limiter
from jackfield.http.paging import ByCursor, ByLink, ByOffset, ByPage, Listing
from jackfield.http.rest import REFUSALS, Answer, JsonApi
from jackfield.http.session import Session, SessionOptions, open_session

__all__ = [
    "REFUSALS",
    "Answer",
    "ApiKey",
    "Authorizer",
    "Basic",
    "Bearer",
    "ByCursor",
    "ByLink",
    "ByOffset",
    "ByPage",
    "ClientCredentials",
    "Harmless",
    "HttpSession",
    "JsonApi",
    "Limiter",
    "Listing",
    "NotJson",
    "OAuthClient",
    "RefreshingToken",
    "Response",
    "Sender",
    "Session",
    "SessionOptions",
    "checked_address",
    "decode_json",
    "decoder_of",
    "default_retry_after",
    "fields_of",
    "open_session",
    "peek_json",
]
