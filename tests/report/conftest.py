"""A made-up run with curves of a believable shape; no number here is evidence."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from ketacourse.course.result import (
    FloatArray,
    Link,
    LinkGrade,
    Milestone,
    Outcome,
    Series,
    Simulation,
    Stage,
)
from ketacourse.evidence.catalogue import Parameter, Source
from ketacourse.report.compose import compose
from ketacourse.report.page import render
from ketacourse.therapy.case import Case
from ketacourse.therapy.course import Course
from ketacourse.therapy.dose import Dose
from ketacourse.therapy.patient import Patient, VitalSigns
from ketacourse.therapy.score import Score
from ketacourse.therapy.session import DrugSession, TherapySession

DOSE_DAYS = (0.0, 3.0, 7.0, 10.0, 14.0, 17.0)
VARIANTS = {
    "disinhibition": "disinhibition, AMPA and spines",
    "habenula": "trapping in the habenula",
    "trkb": "direct binding to TrkB",
    "opioid": "opioid-gated",
    "expectancy": "mostly expectancy",
}


def make_case(**changes: object) -> Case:
    """Return a case of resistant depression, six infusions with CBT."""
    dose = Dose(route="iv_infusion", amount_mg_per_kg=0.5, duration_h=2 / 3)
    patient = Patient(
        identifier="example", age_years=46, sex="female", weight_kg=72, height_cm=168,
        diagnosis="trd", failed_antidepressants=3, ancestry="european", crp_mg_per_l=1.5,
        vitals=VitalSigns(day=-1.0, sbp_mmhg=122, dbp_mmhg=78, heart_rate_bpm=72),
    )  # fmt: skip
    case = Case(
        patient=patient,
        baseline={"madrs": 33.0, "phq9": 19.0},
        course=Course(
            sessions=tuple(DrugSession(day=day, dose=dose) for day in DOSE_DAYS),
            therapy=tuple(
                TherapySession(day=day, duration_h=1.0)
                for day in (1.0, 8.0, 15.0, 18.0, 25.0, 32.0)
            ),
            horizon_days=84.0,
        ),
        scores=(Score(day=0.0, scale="madrs", total=33), Score(day=1.0, scale="madrs", total=20)),
        title="Resistant depression, six infusions with CBT",
    )
    return replace(case, **changes)  # type: ignore[arg-type]


def make_times(horizon_h: float = 84.0 * 24.0) -> FloatArray:
    """Return hours, minutes apart after each dose and hours apart between."""
    near = [day * 24.0 + np.arange(0.0, 12.0, 1 / 15) for day in DOSE_DAYS]
    grid = np.concatenate([np.array([-24.0]), np.arange(0.0, horizon_h, 4.0), *near, [horizon_h]])
    return np.unique(grid[grid <= horizon_h])


def pulses(times_h: FloatArray, rise_h: float, fall_h: float) -> FloatArray:
    """Return a sum over doses of a rise and a fall, one session peaking near 1."""
    total = np.zeros_like(times_h)
    peak_h = np.log(fall_h / rise_h) * rise_h * fall_h / (fall_h - rise_h)
    norm = np.exp(-peak_h / fall_h) - np.exp(-peak_h / rise_h)
    for day in DOSE_DAYS:
        since = np.clip(times_h - day * 24.0, 0.0, None)
        total += (np.exp(-since / fall_h) - np.exp(-since / rise_h)) / norm
    return total


def make_series(times_h: FloatArray) -> dict[str, Series]:
    """Return every series of the contract."""
    made: dict[str, Series] = {}

    def add(
        name: str, label: str, unit: str, stage: Stage, grade: LinkGrade, typical: FloatArray,
        spread: float = 0.4, control: FloatArray | None = None, about: float = 0.0,
        variants: bool = False,
    ) -> None:  # fmt: skip
        gain = typical - about
        factors = (1.0, 0.8, 1.15, 0.9, 0.5)
        made[name] = Series(
            name=name, label=label, unit=unit, stage=stage, grade=grade, typical=typical,
            lower=about + gain * (1 - spread * np.sign(gain)),
            upper=about + gain * (1 + spread * np.sign(gain)),
            control=control,
            variants={
                key: about + gain * f for key, f in zip(VARIANTS, factors, strict=True)
            } if variants else {},
        )  # fmt: skip

    def p(rise: float, fall: float) -> FloatArray:
        return pulses(times_h, rise, fall)

    for name, label, size, rise, fall in (
        ("s_ketamine", "S-ketamine", 122.0, 0.3, 1.6),
        ("r_ketamine", "R-ketamine", 131.0, 0.3, 1.7),
        ("s_norketamine", "S-norketamine", 42.0, 0.9, 5.0),
        ("r_norketamine", "R-norketamine", 51.0, 0.9, 6.0),
        ("hydroxynorketamine", "hydroxynorketamine", 52.0, 2.0, 9.0),
        ("ketamine_total", "Ketamine (S and R)", 253.0, 0.3, 1.65),
        ("ketamine_venous", "Ketamine, venous", 215.0, 0.45, 1.65),
    ):
        add(name, label, "ng/mL", "plasma", "strong", size * p(rise, fall))
    total = made["ketamine_total"].typical
    made["ketamine_total"] = replace(
        made["ketamine_total"],
        alternatives={"Fanta": total * 0.63, "Simons": total * 1.02, "Domino": total * 0.8},
    )
    for name, label, size, rise, fall in (
        ("block_interneuron", "Block on interneurons", 0.3, 0.3, 1.8),
        ("block_pyramidal", "Block on pyramidal cells", 0.08, 0.3, 1.6),
        ("block_trapped", "Trapped block", 0.35, 0.8, 34.0),
    ):
        share = np.clip(size * p(rise, fall), 0.0, 0.9)
        add(name, label, "fraction", "receptor", "strong", share, spread=0.7)
    for name, label, stage, grade, size, rise, fall in (
        ("glutamate", "Glutamate", "glutamate", "moderate", 0.15, 0.6, 1.5),
        ("ampa_strength", "AMPA strength", "glutamate", "moderate", 0.4, 1.5, 34.0),
        ("ampa_throughput", "AMPA throughput", "glutamate", "moderate", 0.5, 0.8, 20.0),
        ("eef2_phosphorylation", "eEF2 phosphorylation", "plasticity", "moderate", -0.4, 0.5, 2.0),
        ("bdnf_pool", "BDNF pool", "plasticity", "moderate", 0.3, 2.0, 6.0),
        ("bdnf_release", "BDNF release", "plasticity", "moderate", 0.4, 1.0, 4.0),
        ("plasma_bdnf", "BDNF in blood", "plasticity", "strong", 0.01, 1.0, 8.0),
        ("trkb", "TrkB activation", "plasticity", "moderate", 0.5, 1.0, 8.0),
        ("mtorc1", "mTORC1 activity", "plasticity", "contested", 0.4, 1.0, 6.0),
        ("synaptic_protein", "Synaptic protein", "plasticity", "moderate", 0.6, 4.0, 40.0),
        ("spines_new", "New spines", "plasticity", "moderate", 0.3, 20.0, 60.0),
        ("spines_mature", "Mature spines", "plasticity", "moderate", 0.3, 50.0, 240.0),
        ("spines_persistent", "Persistent spines", "plasticity", "weak", 0.1, 100.0, 700.0),
        ("structural_effect", "Structural effect", "plasticity", "contested", 0.2, 30.0, 260.0),
        ("plasticity_window", "Plasticity window", "learning", "weak", 0.5, 5.0, 30.0),
    ):
        rest = 1.0 if stage == "glutamate" or name.startswith(("eef2", "bdnf", "plasma")) else 0.0
        add(name, label, "relative", stage, grade, rest + size * p(rise, fall),
            about=rest)  # type: ignore[arg-type]  # fmt: skip
    days = times_h / 24.0
    coping = 0.25 * (1 - np.exp(-np.clip(days, 0, None) / 20.0)) * np.exp(-days.clip(0) / 150)
    add("coping", "Learned coping", "fraction", "learning", "weak", coping, spread=0.9)
    add("encoding", "Memory encoding", "z", "safety", "strong", -0.5 * p(0.3, 1.6))
    fade = pulses(times_h, 2.0, 40.0)
    for name, label, unit, start, fall in (
        ("il6", "IL-6", "pg/mL", 1.5, -0.05), ("il1b", "IL-1β", "pg/mL", 0.4, -0.01),
        ("crp", "CRP", "mg/L", 1.5, -0.05),
        ("kynurenine_balance", "Kynurenine balance", "relative", 1.0, -0.02),
    ):  # fmt: skip
        add(name, label, unit, "inflammation", "contested", start + fall * fade, about=start,
            spread=2.0)  # fmt: skip
    add("adaptation", "Receptor adaptation", "fraction", "adaptation", "moderate",
        0.06 * pulses(times_h, 1.0, 240.0))  # fmt: skip
    add("wanting", "Wanting", "fraction", "adaptation", "weak", 0.03 * pulses(times_h, 1.0, 72.0))
    add("opponent", "Opponent state", "fraction", "adaptation", "weak",
        0.2 * pulses(times_h, 30.0, 120.0))  # fmt: skip
    add("exposure", "Cumulative exposure", "umol*h/L", "adaptation", "strong",
        np.cumsum(np.gradient(times_h) * total) / 237.0)  # fmt: skip
    _add_mood(add, times_h)
    _add_chair(add, times_h)
    return made


def _add_mood(add, times_h: FloatArray) -> None:  # type: ignore[no-untyped-def]
    fast = 0.22 * np.tanh(pulses(times_h, 1.0, 36.0))
    slow = 0.3 * np.tanh(pulses(times_h, 20.0, 330.0) / 2.0)
    placebo = 0.25 * (1 - np.exp(-np.clip(times_h, 0.0, None) / 150.0))
    add("fast_effect", "Fast effect", "fraction", "mood", "strong", fast)
    add("placebo_effect", "Placebo effect", "fraction", "mood", "strong", placebo)
    madrs = 33.0 * (1 - fast) * (1 - slow) * (1 - placebo)
    control = 33.0 * (1 - placebo)
    add("madrs", "MADRS", "points", "mood", "strong", madrs, control=control, about=33.0,
        spread=0.35, variants=True)  # fmt: skip
    add("phq9", "PHQ-9", "points", "mood", "moderate", 19.0 * madrs / 33.0, about=19.0)
    add("gad7", "GAD-7", "points", "mood", "weak", 13.0 * madrs / 33.0, about=13.0)
    add("hamd17", "HAM-D-17", "points", "mood", "moderate", madrs / 1.3, about=25.0)
    add("suicidal_ideation", "Suicidal ideation", "relative", "mood", "moderate", madrs / 33.0,
        about=1.0)  # fmt: skip


def _add_chair(add, times_h: FloatArray) -> None:  # type: ignore[no-untyped-def]
    acute = pulses(times_h, 0.35, 0.8)
    for name, label, unit, size in (
        ("sbp_rise", "Systolic rise", "mmHg", 16.0), ("dbp_rise", "Diastolic rise", "mmHg", 11.0),
        ("hr_rise", "Heart rate rise", "bpm", 5.0), ("cadss", "CADSS", "points", 8.0),
        ("sedation", "Sedation", "probability", 0.4), ("nausea", "Nausea", "probability", 0.2),
    ):  # fmt: skip
        add(name, label, unit, "safety", "strong", size * acute, spread=0.6)


def make_links() -> tuple[Link, ...]:
    """Return a chain with all four grades."""
    rows = (
        ("dose", "plasma", "strong"), ("plasma", "NMDA block", "strong"),
        ("plasma", "dissociation", "strong"), ("plasma", "blood pressure", "strong"),
        ("NMDA block", "glutamate", "moderate"), ("glutamate", "AMPA", "moderate"),
        ("AMPA", "mood", "moderate"), ("NMDA block", "BDNF", "moderate"),
        ("BDNF", "TrkB", "moderate"), ("TrkB", "mTORC1", "moderate"),
        ("mTORC1", "spines", "contested"), ("spines", "mood", "contested"),
        ("TrkB", "plasticity window", "weak"), ("plasticity window", "coping", "weak"),
        ("therapy", "coping", "weak"), ("coping", "mood", "weak"),
        ("inflammation", "BDNF", "weak"), ("plasma", "inflammation", "contested"),
        ("Val66Met", "BDNF", "weak"), ("expectation", "mood", "strong"),
        ("NMDA block", "habenula", "contested"), ("habenula", "mood", "contested"),
    )  # fmt: skip
    return tuple(
        Link(source=a, target=b, grade=g, statement=f"How {a} leads to {b}.", source_keys=("s1",))  # type: ignore[arg-type]
        for a, b, g in rows
    )


def make_simulation(**changes: object) -> Simulation:
    """Return a complete made-up run."""
    times_h = make_times()
    sources = (
        Source(key="s1", citation="A trial (2020)", doi="10.1000/x", design="trial", n=41,
               population="adults"),
        Source(key="s2", citation="Our assumptions", page="docs/explanation/assumptions.md",
               design="assumption", population="none", read=False),
    )  # fmt: skip
    parameters = tuple(
        Parameter(
            name=f"stage.number_{k}", label=f"number {k}", typical=1.5 * k + 0.1, unit="1/h",
            lower=k, upper=2.0 * k + 1.0, minimum=float("-inf"), maximum=float("inf"),
            prior="normal", bsv_cv=0.0, grade="assumed" if k % 2 else "measured",
            source="s2" if k % 2 else "s1", note="",
        )
        for k in range(120)
    )  # fmt: skip
    simulation = Simulation(
        case=make_case(),
        times_h=times_h,
        series=make_series(times_h),
        milestones=(
            Milestone(day=0.028, text="End of the first infusion; pressure and dissociation peak."),
            Milestone(day=1.0, text="First day: the fast effect is fully there."),
            Milestone(day=17.0, text="Last planned session."),
        ),
        findings=(),
        links=make_links(),
        parameters_used=parameters,
        sources_used=sources,
        research=False,
        seed=1,
        draws=64,
        model_digest="f00dfeed",
        version="0.1.0",
        variants=VARIANTS,
        band_contains="5th to 95th percentile over 64 parameter draws and 5 mechanisms",
        outcomes=(
            Outcome(name="response", scale="madrs", day=18.0, chance=0.58, lower=0.45, upper=0.7,
                    definition="MADRS halved"),
        ),
    )  # fmt: skip
    return replace(simulation, **changes)  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def simulation() -> Simulation:
    """Return a complete made-up run."""
    return make_simulation()


@pytest.fixture(scope="session")
def made() -> Callable[..., Simulation]:
    """Return a function that makes the run with some fields changed."""
    return make_simulation


@pytest.fixture(scope="session")
def case_with() -> Callable[..., Case]:
    """Return a function that makes the case with some fields changed."""
    return make_case


@pytest.fixture(scope="session")
def page_text(simulation: Simulation) -> str:
    """Return the page of the complete run."""
    return render(compose(simulation))
