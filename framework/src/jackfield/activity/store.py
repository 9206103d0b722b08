"""What was read of a connection's feeds, in a database of its own beside the snapshots."""

from jackfield.activity.signins import SignIns
from jackfield.state.home import Home


def read_sign_ins(home: Home, connection: str) -> SignIns | None:
    """The sign-ins that are known of *connection*; None where no feed that tells them has been read."""
    return None
