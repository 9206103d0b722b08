"""What is known of sign-ins, as it was read last. No request."""

from datetime import datetime

from jackfield.activity.signins import SignIns
from jackfield.activity.store import FeedState, moment_of, open_store
from jackfield.state.home import Home


def read_sign_ins(home: Home, connection: str) -> SignIns | None:
    """The sign-ins that are known of *connection*; None where no feed that tells them has been read to its end.

    Raises BadStorage where what was stored is damaged.
    """
    if not home.has_activity(connection):
        return None
    with open_store(home.activity(connection)) as store:
        states = [state for state in store.feeds().values() if state.sign_ins and state.known_until]
        if not states:
            return None
        return SignIns(
            known_from=max(map(clear_from, states)),
            known_until=min(moment_of(state.known_until or "") for state in states),
            last=store.last_sign_ins(),
        )


def clear_from(state: FeedState) -> datetime:
    """Since when everybody's sign-ins are known: what could not be ascribed before may have been anybody's."""
    return max(moment_of(text) for text in (state.known_from, state.unclear) if text is not None)
