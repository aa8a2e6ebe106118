"""What can be wrong with a trial file as a whole: its design, and the range of its doses."""

from collections.abc import Iterator

import numpy as np

from ketacourse.errors import Fault, InputError
from ketacourse.evidence.catalogue import Catalogue
from ketacourse.evidence.variants import variant
from ketacourse.population.measurement import latent_scores, observe
from ketacourse.therapy.case_course_rules import days_of
from ketacourse.therapy.case_faults import path_text, refused, shown
from ketacourse.therapy.course import Masking
from ketacourse.therapy.protocol import protocol
from ketacourse.trials.arm_file import ArmTable
from ketacourse.trials.arm_rules import (
    SAME_DAY,
    arm_faults,
    branch_faults,
    rated_days,
    seen_faults,
    visits_of,
)
from ketacourse.trials.design import Arm, Branch, dose_of
from ketacourse.trials.dose_range import dose_range_faults
from ketacourse.trials.endpoint_rules import (
    comparison_faults,
    endpoint_faults,
    subgroup_faults,
)
from ketacourse.trials.file_types import MOST_PATIENTS
from ketacourse.trials.population_file import build_adherence, build_ratings
from ketacourse.trials.trial_build import build_arm, build_branch
from ketacourse.trials.trial_file import TrialFile


def trial_faults(trial: TrialFile, *, catalogue: Catalogue) -> Iterator[Fault]:
    """Yield everything that is wrong between the fields of a trial file."""
    if trial.variant is not None:
        yield from refused(variant, trial.variant, path="variant", value=trial.variant)
    yield from refused(build_adherence, trial.adherence, path="adherence.drop_out", value=None)
    yield from _rating_faults(trial)
    first = [*arm_faults(trial), *branch_faults(trial)]
    yield from first
    yield from _design_faults(trial)
    yield from _asleep_faults(trial)
    groups = [arm.name for arm in trial.arms]
    groups += [b.name for b in trial.rerandomise.branches] if trial.rerandomise else []
    yield from endpoint_faults(trial)
    yield from comparison_faults(trial, groups)
    yield from subgroup_faults(trial.subgroups)
    for index, arm in enumerate(trial.arms):
        total = (arm.patients or trial.patients) * trial.replicates
        if total > MOST_PATIENTS:
            yield _fault(
                ("arms", index, "patients"), total, "Patients times replicates is too many.",
                f"Stay below {MOST_PATIENTS} per arm.",
            )  # fmt: skip
    if not first:
        yield from _dose_faults(trial, catalogue)
        yield from _washout_faults(trial)


def _rating_faults(trial: TrialFile) -> Iterator[Fault]:
    """Yield what is wrong with how scales are rated, and scales whose error nobody knows."""
    stated = [table.scale for table in trial.ratings]
    for index, table in enumerate(trial.ratings):
        if table.scale in stated[:index]:
            yield _fault(("ratings", index, "scale"), table.scale, "Stated twice.", "Keep one.")
    ratings = build_ratings(trial.ratings)
    rated = {k for arm in trial.arms for v in visits_of(trial, arm) for k in v.scales}
    for key in sorted(rated):
        try:
            latent = latent_scores(np.array([30.0]), key)
            observe(latent, key=key, visit=0, seed=1, first=0, rating=ratings.get(key))
        except InputError as error:
            yield Fault(path="visits", value=key, problem=error.problem, remedy=error.remedy)


def _design_faults(trial: TrialFile) -> Iterator[Fault]:
    for name, design in (("crossover", "crossover"), ("rerandomise", "sequential")):
        given = getattr(trial, name) is not None
        if given and trial.design != design:
            yield _fault(
                (name,), "", f"This table belongs to a {design} design.",
                f'Set design = "{design}", or leave the table out.',
            )  # fmt: skip
        elif not given and trial.design == design:
            yield _fault(
                (name,), "", f"A {design} design needs the table [{name}].",
                "Add it." if design == "crossover" else "Add day and [[rerandomise.branches]].",
            )  # fmt: skip
    if trial.design == "crossover" and trial.crossover is not None:
        yield from _crossover_faults(trial)
    if trial.design == "sequential" and trial.rerandomise is not None:
        rule = trial.rerandomise
        for index, arm in enumerate(trial.arms):
            days = rated_days(visits_of(trial, arm))
            yield from seen_faults([rule.day], rule.scale, days, ("rerandomise", "day"))
            yield from _late_session_faults(arm, index, rule.day)


def _late_session_faults(arm: ArmTable, index: int, day: float) -> Iterator[Fault]:
    days = list(arm.session_days or [])
    if arm.protocol is not None:
        days += [s.day for s in protocol(arm.protocol).sessions]
    for table in arm.sessions or []:
        days += days_of(table)
    late = [d for d in days if d > day - SAME_DAY]
    if late:
        yield _fault(
            ("arms", index), min(late), f"This session comes after patients are re-randomised on "
            f"day {day:g}.", "Give it to a branch, or leave it out.",
        )  # fmt: skip


def _crossover_faults(trial: TrialFile) -> Iterator[Fault]:
    assert trial.crossover is not None
    names = [arm.name for arm in trial.arms]
    if len(names) < 2:
        yield _fault(("arms",), "", "A crossover has one arm only.", "Add another arm.")
    for index, sequence in enumerate(trial.crossover.sequences or []):
        if sorted(sequence) != sorted(names):
            yield _fault(
                ("crossover", "sequences", index), sequence,
                "The sequence does not hold every arm once.", f"Order {', '.join(names)}.",
            )  # fmt: skip
    for index, arm in enumerate(trial.arms):
        if arm.new_oral_antidepressant is not None or arm.setting is not None:
            yield _fault(
                ("arms", index), arm.name, "Setting and oral antidepressant cannot differ between "
                "the periods of a patient.", "State them once, for the whole trial.",
            )  # fmt: skip
        if any(day < 0 for t in arm.therapy for day in (t.days or [t.day or 0.0])):
            yield _fault(
                ("arms", index, "therapy"), arm.name, "Therapy before the first dose would fall "
                "into the period before.", "Put it on day 0 or later.",
            )  # fmt: skip


def _asleep_faults(trial: TrialFile) -> Iterator[Fault]:
    """Yield arms of one patient of which some are under anaesthesia and some are awake."""
    groups: list[tuple[tuple[str | int, ...], Masking | None]] = []
    if trial.design == "crossover" or trial.rerandomise is not None:
        groups += [(("arms", i), arm.masking) for i, arm in enumerate(trial.arms)]
    if trial.rerandomise is not None:
        groups += [
            (("rerandomise", "branches", i), branch.masking)
            for i, branch in enumerate(trial.rerandomise.branches)
        ]
    asleep = [(masking or trial.masking) == "anaesthesia" for _, masking in groups]
    if any(asleep) and not all(asleep):
        where, stated = next(group for group in groups if group[1] is not None)
        yield _fault(
            (*where, "masking"), stated, "Anaesthesia takes a part of the drug's effect and "
            "lets expectancy last; a patient cannot have it in one phase and not in another.",
            "Mask every phase so, or none; or compare the two in parallel arms.",
        )  # fmt: skip


def _washout_faults(trial: TrialFile) -> Iterator[Fault]:
    if trial.design != "crossover" or trial.crossover is None:
        return
    for index, table in enumerate(trial.arms):
        arm = build_arm(trial, table)
        start = arm.last_dose_day + trial.crossover.washout
        last = max((v.day for v in arm.visits), default=0.0)
        end = max([last, *(t.day for t in arm.therapy)])
        if end > start + SAME_DAY:
            yield _fault(
                ("arms", index, "visits"), end, f"The next period starts on day {start:g}, "
                f"{trial.crossover.washout:g} days after the last dose, before this visit.",
                "Lengthen the washout, or leave the visit out.",
            )  # fmt: skip


def _dose_faults(trial: TrialFile, catalogue: Catalogue) -> Iterator[Fault]:
    groups: list[tuple[str, Arm | Branch]] = [
        (path_text(("arms", i)), build_arm(trial, arm)) for i, arm in enumerate(trial.arms)
    ]
    if trial.rerandomise is not None:
        groups += [
            (path_text(("rerandomise", "branches", i)), build_branch(trial, branch))
            for i, branch in enumerate(trial.rerandomise.branches)
        ]
    doses = [
        (f"{place}.sessions", dose)
        for place, group in groups
        for dose in dict.fromkeys(s.dose for s in group.sessions if s.dose is not None)
    ]
    for place, group in groups:
        if not isinstance(group, Arm):
            continue
        if group.rescue is not None:
            doses.append((f"{place}.rescue.dose", group.rescue.dose))
        rule = group.dose_rule
        if rule is not None and group.sessions and group.sessions[0].dose is not None:
            try:
                steps = [
                    dose_of(group.sessions[0].dose, s, per_kg=rule.per_kg) for s in rule.steps[1:]
                ]
            except InputError as error:
                yield Fault(
                    path=f"{place}.dose_rule.steps", value="", problem=error.problem,
                    remedy=error.remedy,
                )  # fmt: skip
                continue
            doses += [(f"{place}.dose_rule.steps", dose) for dose in steps]
    yield from dose_range_faults(doses, research=trial.research, catalogue=catalogue)


def _fault(place: tuple[str | int, ...], value: object, problem: str, remedy: str) -> Fault:
    given = "" if value == "" else shown(value)
    return Fault(path=path_text(place), value=given, problem=problem, remedy=remedy)
