"""Settings of the property tests: a busy machine is no fault of theirs."""

from hypothesis import settings

settings.register_profile("jackfield", deadline=None)
settings.load_profile("jackfield")
