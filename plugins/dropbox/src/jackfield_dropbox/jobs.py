"""Jobs that outcomes name: a text of ours that says which route to ask, and about whom."""

from datetime import datetime

import msgspec

from jackfield_contracts import Outcome, OutcomeKind
from jackfield_dropbox import creating, deleting
from jackfield_dropbox.api import Api

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
