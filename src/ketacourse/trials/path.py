"""The way of a group of patients through a trial: its phases, and every session that may be.

All patients of a path share one schedule, because the engine integrates them side by side.
Sessions that only some receive (a further dose step, a rescue, a branch) stand in it as
*slots*; what each patient receives in each slot is decided at the visits.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from ketacourse.therapy.dose import Dose
from ketacourse.therapy.session import DrugSession, TherapySession
from ketacourse.trials.design import Arm, PlannedSession, Trial, Visit, dose_of
from ketacourse.trials.rows import Frame

SHAM_OPTION, NO_SESSION = -1, -2
"""Choices for a slot, beside the position of one of its doses."""
EVERYONE = -1
"""Branch of a slot or therapy session that does not depend on re-randomisation."""
SAME_TIME_DAYS = 1e-6
LAST_PEAK_DAYS = 0.5
"""How long after its start a session is watched (days)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """A session that may take place.

    Attributes
    ----------
    day
        Start (days from the beginning of the path).
    phase
        Phase that it belongs to.
    doses
        What may be given; the first is what is planned.
    planned
        What a patient receives unless a rule says otherwise: a position in ``doses``,
        `SHAM_OPTION` or `NO_SESSION`.
    branch
        Branch that receives it, `EVERYONE` before re-randomisation.
    rescue_visit
        Day of the visit whose decision gives it, None if it is no rescue.
    """

    day: float
    phase: int
    doses: tuple[Dose, ...]
    planned: int
    branch: int = EVERYONE
    rescue_day: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Therapy:
    """A therapy session, and the branch that receives it."""

    session: TherapySession
    branch: int = EVERYONE


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """A stretch of a path in which what patients believe stays the same.

    ``arm`` is the position of the arm given in it; ``start_day`` and ``visits`` count from
    the beginning of the path.
    """

    arm: int
    start_day: float
    visits: tuple[Visit, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A rating on the path: the phase it belongs to, and the phase whose beliefs it shows.

    The rating at the beginning of a period still shows the beliefs of the one before.
    """

    day: float
    scales: tuple[str, ...]
    phase: int
    run: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """A path through the trial.

    Attributes
    ----------
    phases
        In the order of time.
    slots, therapy
        What may take place, in the order of time.
    doses
        Distinct sessions of the engine: a slot and one kind of dose each.
    option
        (slot, position in its doses) to the position in ``doses`` and the factor on its
        amount.
    """

    phases: tuple[Phase, ...]
    slots: tuple[Slot, ...]
    therapy: tuple[Therapy, ...]
    doses: tuple[DrugSession, ...] = ()
    option: dict[tuple[int, int], tuple[int, float]] = field(default_factory=dict)

    @property
    def readings(self) -> tuple[Reading, ...]:
        """Return every rating in the order of phases and days."""
        found = []
        for index, phase in enumerate(self.phases):
            for visit in phase.visits:
                first = visit.day <= phase.start_day + SAME_TIME_DAYS
                run = max(index - 1, 0) if first else index
                found.append(Reading(day=visit.day, scales=visit.scales, phase=index, run=run))
        return tuple(found)

    @property
    def contact_days(self) -> tuple[float, ...]:
        """Return the days on which somebody may come for a session, each once."""
        days: list[float] = []
        for slot in self.slots:
            if not days or slot.day > days[-1] + SAME_TIME_DAYS:
                days.append(slot.day)
        return tuple(days)

    @property
    def end_day(self) -> float:
        """Return the last day that matters (days from the beginning of the path)."""
        days = [r.day for r in self.readings] + [s.day + LAST_PEAK_DAYS for s in self.slots]
        return max([1.0, *days, *(t.session.day + 0.5 for t in self.therapy)])

    def frame(self, trial: Trial, phase: int) -> Frame:
        """Return what the columns of the arm given in a phase stand for."""
        given = self.phases[phase]
        merged = trial.rerandomise is not None
        slots = [s for s in self.slots if merged or s.phase == phase]
        return Frame(
            visits=trial.arms[given.arm].visits,
            session_days=tuple(s.day - given.start_day for s in slots),
        )


def paths_of(trial: Trial, cell: int) -> tuple[Path, ...]:
    """Return the paths of a cell: one, or one for each sequence of a crossover.

    For arms that share their patients in parallel there is one path per arm.
    """
    if trial.crossover is not None:
        return tuple(_crossover_path(trial, sequence) for sequence in trial.crossover.sequences)
    return tuple(_arm_path(trial, arm) for arm in trial.cells[cell])


def _arm_path(trial: Trial, position: int) -> Path:
    arm = trial.arms[position]
    slots = [*_arm_slots(arm, 0, 0.0), *_rescue_slots(arm)]
    therapy = [Therapy(session=t) for t in arm.therapy]
    phases = [Phase(arm=position, start_day=0.0, visits=arm.visits)]
    rule = trial.rerandomise
    if rule is not None:
        before = tuple(v for v in arm.visits if v.day <= rule.day + SAME_TIME_DAYS)
        after = tuple(v for v in arm.visits if v.day > rule.day + SAME_TIME_DAYS)
        phases = [replace(phases[0], visits=before)]
        phases.append(Phase(arm=position, start_day=rule.day, visits=after))
        slots += _branch_slots(trial)
        therapy += [
            Therapy(session=t, branch=b) for b, br in enumerate(rule.branches) for t in br.therapy
        ]
    return _finished(phases, slots, therapy)


def _crossover_path(trial: Trial, sequence: tuple[int, ...]) -> Path:
    assert trial.crossover is not None
    phases: list[Phase] = []
    slots: list[Slot] = []
    therapy: list[Therapy] = []
    start = 0.0
    for period, position in enumerate(sequence):
        arm = trial.arms[position]
        visits = tuple(Visit(day=start + v.day, scales=v.scales) for v in arm.visits)
        phases.append(Phase(arm=position, start_day=start, visits=visits))
        slots += _arm_slots(arm, period, start)
        therapy += [Therapy(session=replace(t, day=start + t.day)) for t in arm.therapy]
        start += arm.last_dose_day + trial.crossover.washout_days
    return _finished(phases, slots, therapy)


def _arm_slots(arm: Arm, phase: int, start: float) -> Iterator[Slot]:
    for session in arm.sessions:
        yield _slot(session, _steps(arm, session), phase, start)


def _steps(arm: Arm, session: PlannedSession) -> tuple[Dose, ...]:
    if session.dose is None:
        return ()
    rule = arm.dose_rule
    if rule is None:
        return (session.dose,)
    return tuple(dose_of(session.dose, amount, per_kg=rule.per_kg) for amount in rule.steps)


def _slot(session: PlannedSession, doses: tuple[Dose, ...], phase: int, start: float) -> Slot:
    planned = SHAM_OPTION if session.dose is None else 0
    return Slot(day=start + session.day, phase=phase, doses=doses, planned=planned)


def _rescue_slots(arm: Arm) -> Iterator[Slot]:
    if arm.rescue is None:
        return
    for day in arm.rescue.days:
        for after in arm.rescue.days_after:
            yield Slot(
                day=day + after, phase=0, doses=(arm.rescue.dose,), planned=NO_SESSION,
                rescue_day=day,
            )  # fmt: skip


def _branch_slots(trial: Trial) -> Iterator[Slot]:
    assert trial.rerandomise is not None
    for position, branch in enumerate(trial.rerandomise.branches):
        for session in branch.sessions:
            doses = () if session.dose is None else (session.dose,)
            yield replace(_slot(session, doses, 1, 0.0), branch=position)


def _finished(phases: list[Phase], slots: list[Slot], therapy: list[Therapy]) -> Path:
    """Return the path with its slots in order and their doses told apart for the engine."""
    ordered = tuple(sorted(slots, key=lambda s: (s.day, s.phase, s.branch)))
    doses: list[DrugSession] = []
    option: dict[tuple[int, int], tuple[int, float]] = {}
    for index, slot in enumerate(ordered):
        kinds: dict[Dose, int] = {}
        for position, dose in enumerate(slot.doses):
            like, factor = _kind(dose, kinds)
            if like not in kinds:
                kinds[like] = len(doses)
                doses.append(DrugSession(day=slot.day, dose=like))
            option[index, position] = (kinds[like], factor)
    return Path(
        phases=tuple(phases),
        slots=ordered,
        therapy=tuple(sorted(therapy, key=lambda t: t.session.day)),
        doses=tuple(doses),
        option=option,
    )


def _kind(dose: Dose, known: dict[Dose, int]) -> tuple[Dose, float]:
    """Return a dose of the same kind that is already known, and the factor to it.

    The share of a nasal dose that is absorbed depends on the dose, so each is its own kind.
    """
    for other in known:
        if dose.route != "intranasal" and _same_kind(dose, other):
            return other, _amount(dose) / _amount(other)
    return dose, 1.0


def _same_kind(one: Dose, other: Dose) -> bool:
    per_kg = [d.amount_mg is None for d in (one, other)]
    return (one.drug, one.route, one.duration_h, per_kg[0]) == (
        other.drug, other.route, other.duration_h, per_kg[1],
    )  # fmt: skip


def _amount(dose: Dose) -> float:
    return dose.amount_mg if dose.amount_mg is not None else dose.amount_mg_per_kg or 0.0
