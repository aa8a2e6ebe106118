"""From the tables of a trial file to the nouns of the trial."""

from collections.abc import Sequence
from typing import Any

from ketacourse.population.specification import PopulationSpec
from ketacourse.therapy.case_course_rules import days_of
from ketacourse.therapy.case_file import SessionTable, TherapyTable
from ketacourse.therapy.dose import Dose
from ketacourse.therapy.protocol import Protocol, protocol
from ketacourse.therapy.session import TherapySession
from ketacourse.trials.arm_file import (
    ArmTable,
    BranchTable,
    CriterionTable,
    RescueTable,
    VisitTable,
)
from ketacourse.trials.arm_rules import visits_of
from ketacourse.trials.design import (
    Arm,
    Branch,
    Contrast,
    Criterion,
    Crossover,
    DoseRule,
    Endpoint,
    PlannedSession,
    Relapse,
    Rerandomisation,
    Rescue,
    SpacingRule,
    Subgroup,
    Test,
    Trial,
    Visit,
)
from ketacourse.trials.population_file import build_adherence, build_ratings
from ketacourse.trials.question_file import EndpointTable
from ketacourse.trials.trial_file import TrialFile

_TESTS: dict[str, Test] = {
    "change": "t_test", "percent_change": "t_test",
    "relapse_free": "log_rank", "time_to_relapse": "log_rank",
}  # fmt: skip
_FAILURES = ("response", "remission", "sustained_response")
"""Endpoints that a patient who is missing or rescued has failed, unless stated otherwise."""


def build_trial(
    file: TrialFile, *, population: PopulationSpec, content: dict[str, Any], digest: str
) -> Trial:
    """Return the trial of a file in which no fault was found."""
    arms = tuple(build_arm(file, arm) for arm in file.arms)
    return Trial(
        title=file.title,
        note=file.note,
        digest=digest,
        design=file.design,
        allocation=file.allocation,
        seed=file.seed,
        replicates=file.replicates,
        variant=file.variant,
        uncertainty=file.uncertainty,
        research=file.research,
        population=population,
        adherence=build_adherence(file.adherence),
        ratings=build_ratings(file.ratings),
        arms=arms,
        crossover=_crossover(file),
        rerandomise=_rerandomise(file),
        relapse=None
        if file.relapse is None
        else Relapse(when=_criterion(file.relapse.when), visits=file.relapse.visits),
        alpha=file.alpha,
        contrasts=_contrasts(file),
        endpoints=tuple(_endpoint(e) for e in file.endpoints),
        subgroups=tuple(
            Subgroup(name=s.name, covariate=s.covariate, cut=s.cut) for s in file.subgroups
        ),
        power_patients=tuple(sorted(set(file.power.patients))) if file.power else (),
        content=content,
    )


def build_arm(file: TrialFile, table: ArmTable) -> Arm:
    """Return one arm, with what the trial states for all arms."""
    planned = protocol(table.protocol) if table.protocol else None
    oral = table.new_oral_antidepressant
    return Arm(
        name=table.name,
        patients=table.patients or file.patients,
        masking=table.masking or file.masking,
        control=table.control,
        new_oral_antidepressant=file.new_oral_antidepressant if oral is None else oral,
        setting=table.setting or file.setting,
        sessions=_sessions(table, planned),
        therapy=(*(planned.therapy if planned else ()), *_therapy(table.therapy)),
        visits=_visits(visits_of(file, table)),
        dose_rule=_dose_rule(table, planned),
        spacing_rule=_spacing_rule(table),
        rescue=_rescue(table),
        protocol=table.protocol or "",
    )


def build_branch(file: TrialFile, table: BranchTable) -> Branch:
    """Return one branch of a sequential trial."""
    return Branch(
        name=table.name,
        masking=table.masking or file.masking,
        control=table.control,
        sessions=_sessions(table, None),
        therapy=_therapy(table.therapy),
    )


def _sessions(
    table: ArmTable | BranchTable, planned: Protocol | None
) -> tuple[PlannedSession, ...]:
    sham = table.control != "none"
    found = [PlannedSession(day=day, dose=None) for day in table.session_days or []]
    if planned is not None:
        found += [
            PlannedSession(day=s.day, dose=None if sham else s.dose) for s in planned.sessions
        ]
    for entry in table.sessions or []:
        dose = _dose(entry)
        found += [PlannedSession(day=day, dose=dose) for day in days_of(entry)]
    return tuple(sorted(found, key=lambda s: s.day))


def _dose(table: SessionTable | RescueTable) -> Dose:
    amount, unit = table.dose
    per_kg = unit.endswith("/kg")
    return Dose(
        drug=table.drug,
        route=table.route,
        amount_mg=None if per_kg else amount,
        amount_mg_per_kg=amount if per_kg else None,
        duration_h=table.duration or 0.0,
    )


def _therapy(tables: Sequence[TherapyTable]) -> tuple[TherapySession, ...]:
    found = (
        TherapySession(day=day, duration_h=table.duration, kind=table.kind)
        for table in tables
        for day in days_of(table)
    )
    return tuple(sorted(found, key=lambda t: t.day))


def _visits(tables: Sequence[VisitTable]) -> tuple[Visit, ...]:
    """Return the visits by day; day 0 rates every scale."""
    scales: dict[float, dict[str, None]] = {0.0: {}}
    for table in tables:
        for day in table.days:
            scales.setdefault(day, {}).update(dict.fromkeys(table.scales))
    scales[0.0] = dict.fromkeys(key for found in scales.values() for key in found)
    return tuple(Visit(day=day, scales=tuple(found)) for day, found in sorted(scales.items()))


def _criterion(table: CriterionTable) -> Criterion:
    return Criterion(
        scale=table.scale,
        improved_less_than=table.improved_less_than,
        improved_at_least=table.improved_at_least,
        score_at_least=table.score_at_least,
        score_at_most=table.score_at_most,
    )


def _dose_rule(table: ArmTable, planned: Protocol | None) -> DoseRule | None:
    if table.dose_rule is not None:
        rule = table.dose_rule
        return DoseRule(
            days=tuple(sorted(rule.days)),
            when=_criterion(rule.when),
            steps=tuple(amount for amount, _ in rule.steps),
            per_kg=rule.steps[0][1].endswith("/kg"),
        )
    published = planned.escalation if planned else None
    if published is None or planned is None or table.fixed_dose or table.control != "none":
        return None
    judged = published.judged_after_sessions
    return DoseRule(
        days=tuple(s.day for i, s in enumerate(planned.sessions) if i and i % judged == 0),
        when=Criterion(scale=published.scale, improved_less_than=published.improvement_below),
        steps=published.steps_mg_per_kg,
        per_kg=True,
    )


def _spacing_rule(table: ArmTable) -> SpacingRule | None:
    if table.spacing_rule is None:
        return None
    rule = table.spacing_rule
    return SpacingRule(
        days=tuple(sorted(rule.days)),
        when=_criterion(rule.when),
        intervals_days=tuple(rule.intervals),
    )


def _rescue(table: ArmTable) -> Rescue | None:
    if table.rescue is None:
        return None
    rule = table.rescue
    return Rescue(
        days=tuple(sorted(rule.days)),
        when=_criterion(rule.when),
        dose=_dose(rule),
        days_after=tuple(sorted(rule.days_after)),
    )


def _crossover(file: TrialFile) -> Crossover | None:
    """Return the crossover; without stated orders, each arm comes first once, in turn."""
    if file.crossover is None:
        return None
    names = [arm.name for arm in file.arms]
    turns = [names[i:] + names[:i] for i in range(len(names))]
    orders = file.crossover.sequences or turns
    return Crossover(
        washout_days=file.crossover.washout,
        sequences=tuple(tuple(names.index(name) for name in order) for order in orders),
    )


def _rerandomise(file: TrialFile) -> Rerandomisation | None:
    if file.rerandomise is None:
        return None
    return Rerandomisation(
        day=file.rerandomise.day,
        among=file.rerandomise.among,
        scale=file.rerandomise.scale,
        branches=tuple(build_branch(file, b) for b in file.rerandomise.branches),
    )


def _contrasts(file: TrialFile) -> tuple[Contrast, ...]:
    """Return every group against the reference, and then the contrasts that are stated."""
    found: list[Contrast] = []
    if file.reference is not None:
        arms = [arm.name for arm in file.arms]
        branches = [b.name for b in file.rerandomise.branches] if file.rerandomise else []
        kind = branches if file.reference in branches else arms
        found += [
            Contrast(name=f"{g} v {file.reference}", arms=(g,), against=(file.reference,))
            for g in kind
            if g != file.reference
        ]
    found += [
        Contrast(name=c.name, arms=tuple(c.arms), against=tuple(c.against)) for c in file.contrasts
    ]
    return tuple(found)


def _endpoint(table: EndpointTable) -> Endpoint:
    fails = table.kind in _FAILURES
    return Endpoint(
        name=table.name,
        kind=table.kind,
        scale=table.scale,
        day=table.day,
        from_day=table.from_day,
        cut_off=table.cut_off,
        fraction=table.fraction,
        missing=table.missing or ("failure" if fails else "observed"),
        rescued=table.rescued or ("failure" if fails else "observed"),
        among=table.among,
        test=table.test or _TESTS.get(table.kind, "proportions"),
    )
