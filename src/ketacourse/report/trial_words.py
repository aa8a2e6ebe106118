"""A trial in words: what is asked of whom, what each group receives, and the rules."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from ketacourse.population.expectancy import Control
from ketacourse.report.trial_numbers import decimal, whole
from ketacourse.report.wording import day_list, duration, listing, plain
from ketacourse.therapy.course import Masking
from ketacourse.therapy.dose import ROUTE_LABELS, Dose
from ketacourse.therapy.patient import DIAGNOSIS_LABELS
from ketacourse.therapy.scales import scale
from ketacourse.therapy.session import TherapySession
from ketacourse.trials.design import Arm, Branch, Criterion, PlannedSession, Trial

CONTROL_WORDS: dict[Control, str] = {
    "none": "no session is a control",
    "saline": "saline",
    "midazolam": "midazolam",
    "placebo_spray": "placebo spray",
}
_MASKED: dict[Masking, str] = {
    "open": "Open: patients and team know what is given.",
    "saline_parallel": "Masked against saline in parallel groups.",
    "saline_crossover": "Masked against saline in a crossover.",
    "active_placebo": "Masked against an active placebo.",
    "placebo_spray": "Masked against a placebo spray.",
    "anaesthesia": "Masked under anaesthesia.",
}
_DIAGNOSES: Mapping[str, str] = {str(k): v for k, v in DIAGNOSIS_LABELS.items()}
_QUALIFIED = {
    "responders": "who have responded",
    "remitters": "who are in remission",
    "everyone": "who are still seen",
}
_FEW_DAYS = 12  # more visits than this are told by their number


def design_lines(trial: Trial) -> tuple[str, ...]:
    """Return the design in sentences: kind, size, patients, ratings, rules."""
    return (_design(trial), _population(trial), *_ratings(trial), *_rules(trial))


def _design(trial: Trial) -> str:
    sizes = sorted({arm.patients for arm in trial.arms})
    each = whole(sizes[0]) if len(sizes) == 1 else f"{whole(sizes[0])} to {whole(sizes[-1])}"
    arms = "1 arm" if len(trial.arms) == 1 else f"{len(trial.arms)} arms"
    kind = {
        "parallel": "Parallel groups", "crossover": "Crossover", "sequential": "Sequential trial"
    }[trial.design]  # fmt: skip
    text = f"{kind}: {arms}, {each} patients each"
    if trial.replicates > 1:
        text += f"; repeated {whole(trial.replicates)} times with new patients"
    if trial.allocation == "common":
        text += "; every arm treats the same patients"
    return f"{text}."


def _population(trial: Trial) -> str:
    population = trial.population
    if population.table is not None:
        return f"Patients: {whole(population.table.size)} rows of a given table."
    about = population.covariates
    shares = sorted(about.diagnosis.items(), key=lambda item: -item[1])
    kinds = [
        _DIAGNOSES.get(name, "no diagnosis") + (f" ({share:.0%})" if share < 1.0 else "")
        for name, share in shares
        if share > 0.0
    ]
    age, start = about.age_years, about.baseline_madrs
    return (
        f"Virtual patients with {listing(kinds)}: {plain(age.mean, 2)} years on average "
        f"(SD {plain(age.sd, 2)}), {about.female_share:.0%} women, true MADRS "
        f"{decimal(start.mean)} (SD {decimal(start.sd)})."
    )


def _ratings(trial: Trial) -> Iterator[str]:
    seen: dict[str, list[str]] = {}
    for arm in trial.arms:
        for key in arm.scales:
            days = tuple(v.day for v in arm.visits if key in v.scales)
            told = day_list(days) if len(days) <= _FEW_DAYS else (
                f"at {len(days)} visits from day {days[0]:g} to day {days[-1]:g}")  # fmt: skip
            seen.setdefault(f"{scale(key).label} rated {told}", []).append(arm.name)
    for text, arms in seen.items():
        whom = "" if len(arms) == len(trial.arms) else f" in {listing(arms)}"
        yield f"{text}{whom}."


def _rules(trial: Trial) -> Iterator[str]:
    if trial.crossover is not None:
        yield (
            f"Every patient receives every arm, with {trial.crossover.washout_days:g} days of "
            "washout between them."
        )
    if trial.rerandomise is not None:
        rule = trial.rerandomise
        names = listing([branch.name for branch in rule.branches])
        yield (
            f"On day {rule.day:g} those {_QUALIFIED[rule.among]} on the {scale(rule.scale).label} "
            f"are dealt again, to {names}; the others leave."
        )
    if trial.relapse is not None:
        rule_visits = trial.relapse.visits
        row = "" if rule_visits == 1 else f", at {rule_visits} visits in a row"
        yield f"Relapse: {criterion_words(trial.relapse.when)}{row}."


def group_lines(trial: Trial, name: str) -> tuple[str, ...]:
    """Return what an arm or branch receives, in sentences."""
    for arm in trial.arms:
        if arm.name == name:
            return (*_given(arm), *_arm_rules(arm))
    assert trial.rerandomise is not None  # every other name is a branch
    branch = next(b for b in trial.rerandomise.branches if b.name == name)
    return tuple(_given(branch))


def _given(group: Arm | Branch) -> Iterator[str]:
    yield from session_words(group.sessions, group.control)
    yield from therapy_words(group.therapy)
    if isinstance(group, Arm) and group.new_oral_antidepressant:
        yield "A new oral antidepressant is started with the course."
    yield _MASKED[group.masking]


def session_words(sessions: Sequence[PlannedSession], control: Control) -> Iterator[str]:
    """Yield one sentence per run of equal sessions."""
    if not sessions:
        yield "No drug sessions."
    for dose, group in groupby(sessions, key=lambda session: session.dose):
        days = tuple(session.day for session in group)
        times = f"{len(days)} × " if len(days) > 1 else ""
        given = CONTROL_WORDS[control] if dose is None else dose_words(dose)
        yield f"{times}{given}, {day_list(days)}."


def therapy_words(meetings: Sequence[TherapySession]) -> Iterator[str]:
    """Yield one sentence per kind of therapy session."""
    for (kind, hours), group in groupby(meetings, key=lambda t: (t.kind, t.duration_h)):
        days = tuple(meeting.day for meeting in group)
        name = kind.upper() if len(kind) <= 4 else kind
        noun = "session" if len(days) == 1 else "sessions"
        yield f"{len(days)} {name} {noun} of {duration(hours)}, {day_list(days)}."


def dose_words(dose: Dose) -> str:
    """Return a dose, such as ``0.5 mg/kg ketamine, intravenous infusion over 40 min``.

    Examples
    --------
    >>> dose_words(Dose(route="iv_infusion", amount_mg_per_kg=0.5, duration_h=2 / 3))
    '0.5 mg/kg ketamine, intravenous infusion over 40 min'
    """
    amount = (
        f"{dose.amount_mg:g} mg"
        if dose.amount_mg is not None
        else f"{dose.amount_mg_per_kg:g} mg/kg"
    )
    over = f" over {duration(dose.duration_h)}" if dose.duration_h > 0.0 else ""
    return f"{amount} {dose.drug}, {ROUTE_LABELS[dose.route]}{over}"


def criterion_words(when: Criterion) -> str:
    """Return a condition on a score.

    Examples
    --------
    >>> criterion_words(Criterion(improved_less_than=0.5))
    'MADRS improved by less than 50%'
    """
    parts = []
    if when.improved_less_than is not None:
        parts.append(f"improved by less than {when.improved_less_than:.0%}")
    if when.improved_at_least is not None:
        parts.append(f"improved by {when.improved_at_least:.0%} or more")
    if when.score_at_least is not None:
        parts.append(f"at {when.score_at_least} points or more")
    if when.score_at_most is not None:
        parts.append(f"at {when.score_at_most} points or less")
    return f"{scale(when.scale).label} {listing(parts)}".strip()


def _arm_rules(arm: Arm) -> Iterator[str]:
    if arm.dose_rule is not None:
        rule = arm.dose_rule
        unit = "mg/kg" if rule.per_kg else "mg"
        steps = " → ".join(f"{step:g}" for step in rule.steps)
        yield (
            f"The dose rises one step ({steps} {unit}) {day_list(rule.days)} where "
            f"{criterion_words(rule.when)}."
        )
    if arm.spacing_rule is not None:
        spacing = arm.spacing_rule
        gaps = " → ".join(f"{gap:g}" for gap in spacing.intervals_days)
        yield (
            f"Sessions are spaced {gaps} days apart, one step wider {day_list(spacing.days)} "
            f"where {criterion_words(spacing.when)}, otherwise one narrower."
        )
    if arm.rescue is not None:
        rescue = arm.rescue
        later = listing([f"{day:g}" for day in rescue.days_after])
        yield (
            f"Rescue {day_list(rescue.days)} where {criterion_words(rescue.when)}: "
            f"{dose_words(rescue.dose)}, {later} days later."
        )
