"""Rules that come before any forecast, and what they leave to be suggested.

They are rules on what was recorded, not predictions: the alert for suicide risk, and the review
of benefit after the fourth session. A forecast cannot outvote them.
"""

from collections.abc import Sequence

from ketacourse.course.options import Kind
from ketacourse.guardrails.finding import Finding

REVIEW_CODES = ("SCH-008", "SCH-009")
"""Rules that ask for a review of benefit before going on."""
MORE_OF_THE_SAME: tuple[Kind, ...] = (
    "continue", "add", "booster", "space", "therapy", "wait",
)  # fmt: skip
"""What a review of benefit does not leave as it is: the same dose once more."""
URGENT_WORDS = (
    "Suicide risk comes first: follow the clinic's same-day path now. No option is suggested "
    "until that is done, whatever the forecast says."
)
REVIEW_WORDS = (
    "Review of benefit is due: go through with the patient whether to change or to stop. Going "
    "on unchanged is not suggested. Where no score tells the benefit, measure first."
)


def first_findings(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Return what comes before every forecast: urgent findings, then reviews of benefit."""
    urgent = [f for f in findings if f.urgent]
    review = [f for f in findings if f.code in REVIEW_CODES]
    return (*urgent, *review)


def is_alert(finding: Finding) -> bool:
    """Return whether a finding reports suicide risk that was recorded."""
    return finding.urgent and finding.state == "recorded"


def is_review(finding: Finding) -> bool:
    """Return whether a finding asks for a review of benefit.

    A review that is due and cannot be judged, because nothing was measured, counts as well.
    """
    return finding.code in REVIEW_CODES and finding.state in ("recorded", "not_recorded")


def may_suggest(kind: Kind, findings: Sequence[Finding], *, gives_drug: bool) -> bool:
    """Return whether the rules leave an option to be suggested.

    Parameters
    ----------
    gives_drug
        Whether the option holds a further dose; giving none is never more of the same.
    """
    if any(is_alert(f) for f in findings):
        return False
    review = any(is_review(f) for f in findings)
    return not (review and gives_drug and kind in MORE_OF_THE_SAME)
