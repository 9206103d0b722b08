"""A sample of the sweep ``tamper``."""

from tests.sweeps.tamper import sweep


def test_nothing_is_made_of_an_altered_plan_that_was_not_shown() -> None:
    seen = sweep(60)
    wrong = [f"{one.case.change.field} {one.case.change.how}: {one.wrong}" for one in seen if one.wrong]
    assert not wrong, "\n".join(wrong)
    answers = " ".join(answer for one in seen for answer in one.answers)
    assert "asks for confirmation" in answers
    assert "made what it showed" in answers
    assert "changed after it was written" in answers
