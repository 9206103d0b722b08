"""The conformance kit on this connector."""

import pytest

from jackfield_dropbox.conformance import TestDropbox as _TestDropbox


# Dozens of syncs are cut off here, and the simulator's own end of such a connection may be collected while it closes. What
# the connector itself leaves behind, the kit's rule closes_cleanly tells.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning")
class TestDropbox(_TestDropbox):
    """Each rule against the simulator."""
