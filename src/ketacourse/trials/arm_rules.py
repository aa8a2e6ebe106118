"""What can be wrong with an arm of a trial file: its doses, its visits, its rules."""

from collections.abc import Iterator, Mapping, Sequence

from ketacourse.errors import Fault
from ketacourse.therapy.case_course_rules import course_faults, days_of
from ketacourse.therapy.case_faults import path_text, shown
from ketacourse.therapy.case_file import CourseTable, SessionTable
from ketacourse.therapy.protocol import protocol
from ketacourse.therapy.scales import scale
from ketacourse.trials.arm_file import (
    ArmTable,
    BranchTable,
    CriterionTable,
    DoseRuleTable,
    RescueTable,
    VisitTable,
)
from ketacourse.trials.trial_file import TrialFile

SAME_DAY = 1e-6
"""Days closer than this are one (days)."""

Place = tuple[str | int, ...]


def rated_days(visits: Sequence[VisitTable]) -> dict[str, tuple[float, ...]]:
    """Return the days at which each scale is rated, day 0 included."""
    days: dict[str, set[float]] = {}
    for table in visits:
        for key in table.scales:
            days.setdefault(key, {0.0}).update(table.days)
    return {key: tuple(sorted(found)) for key, found in days.items()}


def visits_of(trial: TrialFile, arm: ArmTable) -> Sequence[VisitTable]:
    """Return the visits of an arm: its own, or those of the trial."""
    return trial.visits if arm.visits is None else arm.visits


def arm_faults(trial: TrialFile) -> Iterator[Fault]:
    """Yield what is wrong with the arms."""
    names = [arm.name for arm in trial.arms]
    for index, arm in enumerate(trial.arms):
        place: Place = ("arms", index)
        if arm.name in names[:index]:
            yield _fault((*place, "name"), arm.name, "Two arms have this name.", "Rename one.")
        yield from _plan_faults(arm, place)
        yield from _visit_faults(trial, arm, place)
        yield from _guided_faults(trial, arm, place)


def branch_faults(trial: TrialFile) -> Iterator[Fault]:
    """Yield what is wrong with the branches of a sequential trial."""
    if trial.rerandomise is None:
        return
    taken = [arm.name for arm in trial.arms]
    for index, branch in enumerate(trial.rerandomise.branches):
        place: Place = ("rerandomise", "branches", index)
        if branch.name in taken:
            problem = "An arm or another branch has this name."
            yield _fault((*place, "name"), branch.name, problem, "Rename one.")
        taken.append(branch.name)
        yield from _given_faults(branch, place)
        for start in _days_of(branch):
            if start < trial.rerandomise.day - SAME_DAY:
                yield _fault(
                    place, start, f"A session of the branch is on day {start:g}, before patients "
                    f"are re-randomised on day {trial.rerandomise.day:g}.",
                    "Days of a branch count from the first dose of the trial too.",
                )  # fmt: skip


def _days_of(branch: BranchTable) -> list[float]:
    days = list(branch.session_days or [])
    for session in branch.sessions:
        days += days_of(session)
    for therapy in branch.therapy:
        days += days_of(therapy)
    return days


def _given_faults(table: ArmTable | BranchTable, place: Place) -> Iterator[Fault]:
    """Yield contradictions between drug and control."""
    if table.control != "none" and table.sessions:
        yield _fault(
            (*place, "sessions"), table.sessions, f"A {table.control} arm gives no drug.",
            "Give session_days = [0, 3] for its sham sessions, or leave control out.",
        )  # fmt: skip
    if table.control == "none" and table.session_days is not None:
        yield _fault(
            (*place, "session_days"), table.session_days, "Sham sessions are given to an arm "
            "without control.", 'Add control = "midazolam", or give [[arms.sessions]] with a dose.',
        )  # fmt: skip


def _plan_faults(arm: ArmTable, place: Place) -> Iterator[Fault]:
    yield from _given_faults(arm, place)
    ways = [w for w in ("protocol", "sessions", "session_days") if getattr(arm, w)]
    if len(ways) > 1:
        yield _fault(
            place, "", f"Both {' and '.join(ways)} are given.", "Keep one way to state sessions."
        )
    if not ways and not arm.therapy:
        yield _fault(
            place, "", "Neither sessions nor therapy are given.",
            'Add protocol = "iv_single", [[arms.sessions]], or session_days for a control arm.',
        )  # fmt: skip
    if arm.sessions and arm.control == "none":
        course = CourseTable.model_construct(sessions=arm.sessions, therapy=arm.therapy)
        here = path_text(place)
        for fault in course_faults(course, None):
            yield Fault(
                path=f"{here}{fault.path.removeprefix('course')}",
                value=fault.value,
                problem=fault.problem,
                remedy=fault.remedy.replace("[[course.", "[[arms."),
            )


def _visit_faults(trial: TrialFile, arm: ArmTable, place: Place) -> Iterator[Fault]:
    visits = visits_of(trial, arm)
    if not visits:
        yield _fault(
            (*place, "visits"), "", f"The arm '{arm.name}' has no visits.",
            'Add [[visits]] with days = [1, 3, 7] and scales = ["madrs"].',
        )  # fmt: skip
    own = arm.visits is not None
    if own or place[-1] == 0:
        yield from _repeated_visits(visits, (*place, "visits") if own else ("visits",))


def _repeated_visits(visits: Sequence[VisitTable], place: Place) -> Iterator[Fault]:
    seen: set[tuple[str, float]] = set()
    for index, table in enumerate(visits):
        for key in table.scales:
            for day in table.days:
                if (key, day) in seen:
                    yield _fault(
                        (*place, index), day,
                        f"{scale(key).label} is rated twice on day {day:g}.", "Keep one.",
                    )  # fmt: skip
                seen.add((key, day))


def _guided_faults(trial: TrialFile, arm: ArmTable, place: Place) -> Iterator[Fault]:
    """Yield what is wrong with the rules that act at visits."""
    days = rated_days(visits_of(trial, arm))
    for name in ("dose_rule", "spacing_rule", "rescue"):
        rule = getattr(arm, name)
        if rule is None:
            continue
        here = (*place, name)
        yield from criterion_faults(rule.when, (*here, "when"))
        yield from seen_faults(rule.days, rule.when.scale, days, (*here, "days"))
        if name != "rescue" and arm.control != "none":
            yield _fault(
                here, "", "A control arm has no dose or interval to adapt.", "Leave the rule out."
            )
        if trial.design == "crossover":
            yield _fault(
                here, "", "Rules that change the course are not run in a crossover.",
                "Use a parallel or sequential design.",
            )  # fmt: skip
    if arm.dose_rule is not None:
        yield from _step_faults(arm, arm.dose_rule, (*place, "dose_rule", "steps"))
    if arm.spacing_rule is not None:
        gaps = arm.spacing_rule.intervals
        if sorted(set(gaps)) != list(gaps):
            path = (*place, "spacing_rule", "intervals")
            yield _fault(path, gaps, "The intervals do not grow.", "Order them, shortest first.")
    if arm.rescue is not None:
        yield from _rescue_faults(arm.rescue, (*place, "rescue"))
    yield from _protocol_rule_faults(arm, days, place)


def _protocol_rule_faults(
    arm: ArmTable, days: Mapping[str, Sequence[float]], place: Place
) -> Iterator[Fault]:
    """Yield what a protocol that is guided by response lacks to be run as published."""
    if arm.protocol is None or arm.fixed_dose or arm.control != "none":
        return
    planned = protocol(arm.protocol)
    if planned.escalation is None or arm.dose_rule is not None:
        return
    key = planned.escalation.scale
    wanted = [s.day for s in planned.sessions[1:]]
    missing = [d for d in wanted if d not in days.get(key, ())]
    if missing:
        yield _fault(
            (*place, "protocol"), arm.protocol,
            f"The dose of this protocol follows {scale(key).label} before each session, which is "
            f"not rated on day {missing[0]:g}.",
            f"Rate it on days {wanted}, or set fixed_dose = true.",
        )  # fmt: skip


def _step_faults(arm: ArmTable, rule: DoseRuleTable, place: Place) -> Iterator[Fault]:
    units = {unit.endswith("/kg") for _, unit in rule.steps}
    amounts = [amount for amount, _ in rule.steps]
    if len(units) > 1:
        yield _fault(place, rule.steps, "Steps mix mg and mg/kg.", "Use one of the two.")
    if sorted(set(amounts)) != amounts:
        yield _fault(place, rule.steps, "The steps do not rise.", "Order them, lowest first.")
    first = {(s.dose[0], s.dose[1].endswith("/kg")) for s in arm.sessions or []}
    if arm.protocol is not None:
        doses = [s.dose for s in protocol(arm.protocol).sessions]
        first = {(d.amount_mg_per_kg or d.amount_mg or 0.0, d.amount_mg is None) for d in doses}
    start = (amounts[0], rule.steps[0][1].endswith("/kg"))
    if first and first != {start}:
        yield _fault(
            place, rule.steps, "The first step is not the dose of every session of the arm.",
            "Start the steps at the dose that the sessions state.",
        )  # fmt: skip


def _rescue_faults(rescue: RescueTable, place: Place) -> Iterator[Fault]:
    table = SessionTable.model_construct(  # it holds what was validated already
        day=0.0, drug=rescue.drug, route=rescue.route, dose=rescue.dose, duration=rescue.duration
    )
    for fault in course_faults(CourseTable.model_construct(sessions=[table]), None):
        name = fault.path.rpartition(".")[2]
        yield Fault(
            path=path_text((*place, name)),
            value=fault.value,
            problem=fault.problem,
            remedy=fault.remedy,
        )


def criterion_faults(when: CriterionTable, place: Place) -> Iterator[Fault]:
    """Yield what is wrong with a condition on a score."""
    limits = (
        when.improved_less_than, when.improved_at_least, when.score_at_least, when.score_at_most,
    )  # fmt: skip
    if all(limit is None for limit in limits):
        yield _fault(
            place, "", "The condition states no limit.",
            "Add improved_less_than, improved_at_least, score_at_least or score_at_most.",
        )  # fmt: skip
    for name in ("score_at_least", "score_at_most"):
        total = getattr(when, name)
        if (
            total is not None
            and not scale(when.scale).minimum <= total <= scale(when.scale).maximum
        ):
            about = scale(when.scale)
            yield _fault(
                (*place, name), total, f"This lies outside {about.label}.",
                f"Give {about.minimum} to {about.maximum} points.",
            )  # fmt: skip


def seen_faults(
    wanted: Sequence[float], key: str, days: Mapping[str, Sequence[float]], place: Place
) -> Iterator[Fault]:
    """Yield the days at which a scale is needed and nobody is seen."""
    for day in wanted:
        if day not in days.get(key, ()):
            seen = ", ".join(f"{d:g}" for d in days.get(key, ())) or "no day"
            yield _fault(
                place, day, f"{scale(key).label} is not rated on day {day:g}.",
                f"It is rated on {seen}: use one of these, or add the visit.",
            )  # fmt: skip


def _fault(place: Place, value: object, problem: str, remedy: str) -> Fault:
    given = "" if value == "" else shown(value)
    return Fault(path=path_text(place), value=given, problem=problem, remedy=remedy)
