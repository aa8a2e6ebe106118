"""The tables that are read as they are: endpoints, comparisons and safety."""

from ketacourse.report.section import Figure, Section
from ketacourse.report.trial_bars import Bar, Block, draw_bars
from ketacourse.report.trial_endpoint_words import SAFETY_WORDS
from ketacourse.report.trial_look import key, labels, looks
from ketacourse.report.trial_numbers import (
    difference_unit,
    difference_words,
    estimate_words,
    p_words,
    percent,
    share_words,
    whole,
)
from ketacourse.report.view import DataTable
from ketacourse.report.wording import listing
from ketacourse.trials.arm_summary import ArmSummary
from ketacourse.trials.results import TrialResult
from ketacourse.trials.statistics import Estimate, share_of

_NAME = 15  # letters of a name that fit beside a bar
_DRAWN = ("sbp_rise", "sbp_peak", "cadss", "nausea", "missed", "drop_out")


def endpoint_table(result: TrialResult) -> DataTable:
    """Return every endpoint in every group."""
    groups = result.trial.groups
    rows = []
    for found in result.endpoints:
        by_group = {g.group: g.estimate for g in found.groups}
        cells = [estimate_words(found.endpoint, by_group.get(name)) for name in groups]
        counts = [by_group[name].n for name in groups if name in by_group]
        low, high = min(counts, default=0), max(counts, default=0)
        n = whole(low) if low == high else f"{whole(low)} to {whole(high)}"
        rows.append((found.endpoint.name, n, *cells))
    return DataTable(header=("endpoint", "counted per arm", *groups), rows=tuple(rows))


def contrast_table(result: TrialResult) -> DataTable:
    """Return every comparison on every endpoint, with its test."""
    tests = {"t_test": "t", "proportions": "chi-squared", "log_rank": "log-rank"}
    rows = []
    for found in result.endpoints:
        for contrast in found.contrasts:
            test = "within patients" if contrast.paired else tests[found.endpoint.test]
            unit = difference_unit(found.endpoint)
            rows.append(
                (
                    found.endpoint.name, contrast.name,
                    difference_words(found.endpoint, contrast.comparison), unit, test,
                    p_words(contrast.comparison.p),
                )
            )  # fmt: skip
    header = ("endpoint", "comparison", "effect (95% interval)", "unit", "test", "p")
    return DataTable(header=header, rows=tuple(rows))


def safety_shares(arm: ArmSummary) -> dict[str, tuple[Estimate | None, Estimate | None]]:
    """Return the share of patients and of sessions of each event, None where not counted."""
    sessions = arm.sessions
    came = int(sessions.drug.sum() + sessions.sham.sum())
    planned = came + int(sessions.missed.sum())
    attended = arm.patients_with["attended"]
    by_session = {
        "sbp_rise": sessions.rises, "sbp_peak": sessions.surges, "cadss": sessions.dissociated,
        "nausea": sessions.nausea,
    }  # fmt: skip
    found: dict[str, tuple[Estimate | None, Estimate | None]] = {
        name: (share_of(attended, arm.patients_with[name]), share_of(came, int(counts.sum())))
        for name, counts in by_session.items()
    }
    missed = int(sessions.missed.sum())
    found["missed"] = (
        share_of(arm.patients, arm.patients_with["missed"]), share_of(planned, missed)
    )  # fmt: skip
    left = round(arm.patients * (1.0 - float(arm.stayed[-1])))
    found["drop_out"] = (share_of(arm.patients, left), None)
    found["rescue"] = (share_of(arm.patients, arm.rescued), None)
    return found


def safety_table(result: TrialResult) -> DataTable:
    """Return every event, per patient and per session, by arm."""
    found = {arm.name: safety_shares(arm) for arm in result.arms}
    rescued = any(arm.rescue is not None for arm in result.trial.arms)
    rows = []
    for name, words in SAFETY_WORDS.items():
        if name == "rescue" and not rescued:
            continue
        for position, whom in enumerate(("patients", "sessions")):
            shares = [shares[name][position] for shares in found.values()]
            if any(share is not None for share in shares):
                rows.append((words, whom, *(share_words(share) for share in shares)))
    return DataTable(header=("what happened", "share of", *found), rows=tuple(rows))


def safety_section(result: TrialResult) -> Section:
    """Return the section on safety: bars per event, the table being shown beside them."""
    found = {arm.name: safety_shares(arm) for arm in result.arms}
    known = [look for look in looks(result.trial.groups).values() if look.name in found]
    drawings = []
    for name in _DRAWN:
        bars = []
        for look, text in zip(known, labels(known, _NAME), strict=True):
            share = found[look.name][name][0]
            if share is not None:
                bars.append(Bar(label=text, tone=look.tone, share=share))
        words = SAFETY_WORDS[name]
        title = f"{words[0].upper()}{words[1:]}"
        drawings.append(draw_bars(title, "% of patients", [Block(heading="", bars=tuple(bars))]))
    caption = (
        "Share of patients to whom it happened in at least one session, with 95% interval "
        f"(Wilson). The axes differ. {key(known)}."
    )
    figure = Figure(
        key="safety", reading=safety_reading(result), drawings=tuple(drawings), caption=caption,
        grades=(), table=peak_table(result),
    )  # fmt: skip
    intro = "Predicted from published sessions; who would be refused by screening is not left out."
    if any(arm.control != "none" for arm in result.trial.arms):
        intro += (
            " A control session carries no drug in the model: what midazolam or saline would do "
            "themselves is not counted."
        )
    return Section(key="safety", title="Safety", intro=intro, figures=(figure,))


def safety_reading(result: TrialResult) -> str:
    """Return in which arm pressure and dissociation are most frequent."""
    found = {arm.name: safety_shares(arm) for arm in result.arms}
    parts = []
    for name in ("sbp_rise", "cadss"):
        shares = {arm: s[name][0] for arm, s in found.items()}
        worst = max(shares, key=lambda arm: _value(shares[arm]))
        told = percent(_value(shares[worst]))
        parts.append(f"{SAFETY_WORDS[name]} in {told} of the patients of {worst}")
    return f"Most often: {listing(parts)}."


def _value(found: Estimate | None) -> float:
    return found.value if found is not None and found.n else 0.0


def peak_table(result: TrialResult) -> DataTable:
    """Return sessions and peaks by arm: mean, and 95th percentile, of the first and last."""
    rows = [
        _peak_row(arm, k)
        for arm in result.arms
        for took in [(arm.sessions.drug + arm.sessions.sham).nonzero()[0].tolist()]
        for k in dict.fromkeys([*took[:1], *took[-1:]])
    ]
    header = (
        "arm", "session on day", "drug", "control", "missed",
        "systolic pressure, mmHg: mean (95th percentile)", "its rise, mmHg", "CADSS, points",
    )  # fmt: skip
    return DataTable(header=header, rows=tuple(rows))


def _peak_row(arm: ArmSummary, k: int) -> tuple[str, ...]:
    sessions = arm.sessions
    counts = (sessions.drug[k], sessions.sham[k], sessions.missed[k])
    peaks = (sessions.sbp_peak[k], sessions.sbp_rise[k], sessions.cadss[k])
    return (
        arm.name, f"{sessions.days[k]:g}", *(whole(int(count)) for count in counts),
        *(f"{mean:.0f} ({high:.0f})" for mean, high in peaks),
    )  # fmt: skip
