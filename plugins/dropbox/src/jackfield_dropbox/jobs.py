"""Jobs that outcomes name: a text of ours that says which route to ask, and about whom."""

from datetime import datetime

import msgspec

from jackfield_contracts import Outcome, OutcomeKind
from jackfield_dropbox import creating, deleting
from jackfield_dropbox.api import Api
from jackfield_dropbox.presumption import Presumption

_JOB = msgspec.json.Decoder(creating.Job | deleting.Job)


async def job_status(api: Api, job: str, now: datetime) -> Outcome:
    """How the change stands whose outcome named *job*."""
    try:
        known = _JOB.decode(job)
    except msgspec.DecodeError:
        return Outcome(outcome=OutcomeKind.FAILED, tag="unknown_job", reason="This is no job of this connector.")
    if isinstance(known, creating.Job):
        return await creating.add_status(api, known, job)
    return await deleting.remove_status(api, known, job, now)


PRESUMES = (
    Presumption(
        name="jobs-and-effects",
        presumed="Nothing of whether a job makes its change at its start or at its end.",
        source="not documented",
        noticed="it can't be noticed",
        then="a job is followed to its end, and a read tells what it did",
        switch="job_effect",
        test="tests/test_unclear_answers.py::test_a_job_may_have_its_effect_early_or_late",
    ),
)
