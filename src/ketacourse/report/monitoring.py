"""The lines at which the clinic holds a dose or lets a patient leave, as the charts show them."""

from dataclasses import dataclass

from ketacourse.evidence.rule import Severity
from ketacourse.evidence.rules import load_rules
from ketacourse.guardrails.lines import LimitLine, discharge_lines, hold_lines
from ketacourse.report.chart import Threshold, Tone
from ketacourse.therapy.case import Case

_HOLD = {
    "pre_dose": "hold before the dose",
    "in_session": "hold in the session",
    "discharge": "not yet to leave",
}
_WATCH = {
    "pre_dose": "watch before the dose",
    "in_session": "watch in the session",
    "discharge": "watch before leaving",
}
_TONES: dict[Severity, Tone] = {"blocked": "vermillion", "caution": "orange", "info": "muted"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """One limit on a quantity (``sbp``, ``dbp``, ``cadss``), from all rules that state it."""

    quantity: str
    value: float
    label: str
    explained: str
    tone: Tone

    def line(self) -> Threshold:
        """Return the limit as a line on a chart."""
        return Threshold(y=self.value, label=self.label, tone=self.tone)


def limits(case: Case) -> tuple[Limit, ...]:
    """Return the limits in force for a case; rules that agree share one line."""
    book = load_rules()
    shared: dict[tuple[str, str, float, str, Severity], list[LimitLine]] = {}
    for line in (*hold_lines(case=case), *discharge_lines(case=case)):
        severity = book.rule(line.code).severity
        place = (line.quantity, line.moment, line.value, line.direction, severity)
        shared.setdefault(place, []).append(line)
    return tuple(
        _limit(lines, place[-1], book.rule(lines[0].code).title) for place, lines in shared.items()
    )


def _limit(lines: list[LimitLine], severity: Severity, title: str) -> Limit:
    first = lines[0]
    side = "above" if first.direction == "upper" else "below"
    word = title.lower()  # a rule for information holds nobody: it only names the limit
    if severity != "info":
        word = (_HOLD if severity == "blocked" else _WATCH)[first.moment]
    return Limit(
        quantity=first.quantity,
        value=first.value,
        label=f"{word}: {side} {first.value:g}",
        explained="; ".join(dict.fromkeys(line.explained for line in lines)),
        tone=_TONES[severity],
    )
