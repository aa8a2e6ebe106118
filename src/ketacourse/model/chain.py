"""The whole chain: which stage feeds which. Stages meet here and nowhere else.

Every state is a `StateEquation` in the order of causation. A state's flow may use
the drug, the inputs, and states *earlier* in the list, never itself or a later one;
the engine checks this on the recorded graph. The same list serves the compiled
kernel, its NumPy twin, the SciPy reference and the SBML export.
"""

from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import NamedTuple

from ketacourse.model import (
    adaptation,
    brain,
    glutamate,
    inflammation,
    learning,
    mood,
    placebo,
    plasticity,
    receptors,
    safety,
    structure,
)
from ketacourse.model.expression import Number
from ketacourse.model.flow import Flow

STAGE_UNITS: dict[str, dict[str, str]] = {
    "brain": brain.UNITS,
    "receptors": receptors.UNITS,
    "glutamate": glutamate.UNITS,
    "plasticity": plasticity.UNITS,
    "structure": structure.UNITS,
    "learning": learning.UNITS,
    "inflammation": inflammation.UNITS,
    "adaptation": adaptation.UNITS,
    "placebo": placebo.UNITS,
    "mood": mood.UNITS,
    "safety": safety.UNITS,
}
"""Parameters of each stage with the unit its equations expect."""

PATIENT_UNITS: dict[str, str] = {
    "met_share": "1",
    "crp": "mg/L",
    "il6": "pg/mL",
    "il1b": "pg/mL",
    "baseline": "point",
    "expectancy_max": "1",
    "care_max": "1",
    "antidepressant_max": "1",
    "antidepressant_started": "1",
    "in_care": "1",
    "ampa_open": "1",
    "mtor_free": "1",
    "naltrexone": "1",
    "benzodiazepine": "1",
    "decay_factor": "1",
    "stress": "1/h",
}
"""What the patient and the scenario bring, constant over a run."""

REFERENCES = ("mood.ampa_reference", "mood.trap_reference", "mood.structure_reference")
"""Parameters found by running the reference session, not read from the catalogue."""

INPUTS = ("therapy", "visit")
"""Inputs that are switched on and off over the course (0 or 1)."""

PARAMETER_NAMES: tuple[str, ...] = (
    *(f"{stage}.{name}" for stage, units in STAGE_UNITS.items() for name in units),
    *(f"patient.{name}" for name in PATIENT_UNITS),
)
"""Order of the parameter vector of a run."""


class View(SimpleNamespace):
    """What an equation may look at: ``x`` states, ``d`` drivers, ``u`` inputs, stages."""


def view(values: Mapping[str, Number]) -> View:
    """Return a view over parameters given by full name, with empty states and inputs."""
    stages: dict[str, dict[str, Number]] = {}
    for name in PARAMETER_NAMES:
        stage, short = name.split(".")
        stages.setdefault(stage, {})[short] = values[name]
    spaces = {stage: SimpleNamespace(**entries) for stage, entries in stages.items()}
    return View(x=SimpleNamespace(), d=SimpleNamespace(), u=SimpleNamespace(), **spaces)


class StateEquation(NamedTuple):
    """One state: its name, unit, value at rest and flow."""

    name: str
    unit: str
    initial: Callable[[View], Number]
    flow: Callable[[View], Flow]


class Output(NamedTuple):
    """One algebraic quantity computed from states and drug."""

    name: str
    unit: str
    value: Callable[[View], Number]


def _zero(_: View) -> Number:
    return 0.0


def _one(_: View) -> Number:
    return 1.0


def _occupancy(v: View) -> Number:
    return receptors.interneuron_occupancy(v.d.nmda, v.receptors)


def _throughput(v: View) -> Number:
    return glutamate.ampa_throughput(
        glutamate=v.x.glutamate,
        ampa_strength=v.x.ampa_strength,
        ampa_open=v.patient.ampa_open,
        p=v.glutamate,
    )


def _fast(v: View) -> Number:
    return mood.fast_component(
        ampa_strength=v.x.ampa_strength,
        ampa_open=v.patient.ampa_open,
        block_trapped=v.x.block_trapped,
        naltrexone=v.patient.naltrexone,
        benzodiazepine=v.patient.benzodiazepine,
        p=v.mood,
    )


def _structure(v: View) -> Number:
    return mood.structural_component(
        spines_new=v.x.spines_new,
        spines_mature=v.x.spines_mature,
        spines_persistent=v.x.spines_persistent,
        p=v.mood,
    )


def _placebo(v: View) -> Number:
    return placebo.total_effect(
        expectancy=v.x.expectancy,
        expectancy_max=v.patient.expectancy_max,
        care=v.x.care,
        care_max=v.patient.care_max,
        antidepressant=v.x.antidepressant,
        antidepressant_max=v.patient.antidepressant_max,
    )


def _madrs_target(v: View) -> Number:
    return mood.madrs_target(
        baseline=v.patient.baseline,
        disease=v.x.disease,
        fast=_fast(v),
        structure=_structure(v),
        coping=v.x.coping,
        placebo=_placebo(v),
        opponent=v.x.opponent,
        p=v.mood,
    )


def _kynurenine_at_rest(v: View) -> Number:
    return inflammation.kynurenine_target(v.patient.il6, v.inflammation)


def _bdnf_pool_at_rest(v: View) -> Number:
    return plasticity.synthesis(_kynurenine_at_rest(v), v.plasticity)


STATES: tuple[StateEquation, ...] = (
    StateEquation(
        "block_interneuron", "1", _zero,
        lambda v: receptors.interneuron_block(v.d.nmda, v.receptors),
    ),
    StateEquation(
        "block_pyramidal", "1", _zero,
        lambda v: receptors.pyramidal_block(v.d.nmda, v.receptors),
    ),
    StateEquation(
        "block_trapped", "1", _zero,
        lambda v: receptors.trapped_block(v.d.nmda, v.receptors),
    ),
    StateEquation(
        "exposure_memory", "1", _zero,
        lambda v: inflammation.exposure_memory(occupancy=_occupancy(v), p=v.inflammation),
    ),
    StateEquation(
        "il6", "pg/mL", lambda v: v.patient.il6,
        lambda v: inflammation.il6(
            baseline=v.patient.il6, exposure=v.x.exposure_memory, p=v.inflammation
        ),
    ),
    StateEquation(
        "il1b", "pg/mL", lambda v: v.patient.il1b,
        lambda v: inflammation.il1b(
            baseline=v.patient.il1b, exposure=v.x.exposure_memory, p=v.inflammation
        ),
    ),
    StateEquation(
        "crp", "mg/L", lambda v: v.patient.crp,
        lambda v: inflammation.crp(
            baseline=v.patient.crp, il6=v.x.il6, il6_baseline=v.patient.il6, p=v.inflammation
        ),
    ),
    StateEquation(
        "kynurenine_balance", "1", _kynurenine_at_rest,
        lambda v: inflammation.kynurenine_balance(il6=v.x.il6, p=v.inflammation),
    ),
    StateEquation(
        "glutamate", "1", _one,
        lambda v: glutamate.glutamate(
            block_interneuron=v.x.block_interneuron,
            block_pyramidal=v.x.block_pyramidal,
            p=v.glutamate,
        ),
    ),
    StateEquation(
        "ampa_strength", "1", _zero,
        lambda v: glutamate.ampa_strengthening(
            glutamate=v.x.glutamate, hnk=v.d.hnk, ampa_open=v.patient.ampa_open, p=v.glutamate
        ),
    ),
    StateEquation(
        "eef2_phosphorylation", "1", _one,
        lambda v: plasticity.eef2_phosphorylation(
            block_pyramidal=v.x.block_pyramidal, p=v.plasticity
        ),
    ),
    StateEquation(
        "bdnf_pool", "1", _bdnf_pool_at_rest,
        lambda v: plasticity.bdnf_pool(
            eef2=v.x.eef2_phosphorylation,
            kynurenine_balance=v.x.kynurenine_balance,
            p=v.plasticity,
        ),
    ),
    StateEquation(
        "bdnf_release", "1", _zero,
        lambda v: plasticity.bdnf_release(
            pool=v.x.bdnf_pool,
            throughput=_throughput(v),
            met_share=v.patient.met_share,
            p=v.plasticity,
        ),
    ),
    StateEquation(
        "trkb", "1", _zero,
        lambda v: plasticity.trkb(release=v.x.bdnf_release, drug=v.d.nmda, p=v.plasticity),
    ),
    StateEquation(
        "mtorc1", "1", _zero,
        lambda v: plasticity.mtorc1(
            trkb=v.x.trkb,
            throughput=_throughput(v),
            mtor_free=v.patient.mtor_free,
            p=v.plasticity,
        ),
    ),
    StateEquation(
        "synaptic_protein", "1", _zero,
        lambda v: plasticity.synaptic_protein(
            mtorc1=v.x.mtorc1, trkb=v.x.trkb, p=v.plasticity
        ),
    ),
    StateEquation(
        "plasticity_window", "1", _zero,
        lambda v: learning.plasticity_window(trkb=v.x.trkb, p=v.learning),
    ),
    StateEquation(
        "coping", "1", _zero,
        lambda v: learning.coping(
            therapy=v.u.therapy, drug=v.d.acute, window=v.x.plasticity_window, p=v.learning
        ),
    ),
    StateEquation(
        "spines_new", "1", _zero,
        lambda v: structure.spines_new(protein=v.x.synaptic_protein, p=v.structure),
    ),
    StateEquation(
        "spines_mature", "1", _zero,
        lambda v: structure.spines_mature(
            spines_new=v.x.spines_new,
            coping=v.x.coping,
            decay_factor=v.patient.decay_factor,
            p=v.structure,
        ),
    ),
    StateEquation(
        "spines_persistent", "1", _zero,
        lambda v: structure.spines_persistent(
            spines_mature=v.x.spines_mature,
            coping=v.x.coping,
            decay_factor=v.patient.decay_factor,
            p=v.structure,
        ),
    ),
    StateEquation(
        "adaptation", "1", _zero,
        lambda v: adaptation.adaptation(occupancy=_occupancy(v), p=v.adaptation),
    ),
    StateEquation(
        "wanting", "1", _zero,
        lambda v: adaptation.wanting(occupancy=_occupancy(v), p=v.adaptation),
    ),
    StateEquation(
        "opponent", "1", _zero,
        lambda v: adaptation.opponent(fast=_fast(v), p=v.adaptation),
    ),
    StateEquation(
        "expectancy", "1", _zero,
        lambda v: placebo.expectancy(visit=v.u.visit, p=v.placebo),
    ),
    StateEquation(
        "care", "1", _zero,
        lambda v: placebo.care(in_care=v.patient.in_care, p=v.placebo),
    ),
    StateEquation(
        "antidepressant", "1", _zero,
        lambda v: placebo.antidepressant(
            started=v.patient.antidepressant_started, p=v.placebo
        ),
    ),
    StateEquation(
        "disease", "1", _zero,
        lambda v: mood.disease_drive(stress=v.patient.stress, p=v.mood),
    ),
    StateEquation(
        "madrs", "point", lambda v: v.patient.baseline,
        lambda v: mood.madrs(_madrs_target(v), v.mood),
    ),
    StateEquation(
        "exposure", "umol*h/L", _zero, lambda v: Flow(v.d.ketamine, 0.0),
    ),
)  # fmt: skip
"""The chain in the order of causation."""

OUTPUTS: tuple[Output, ...] = (
    Output("ampa_throughput", "1", _throughput),
    Output(
        "plasma_bdnf", "1", lambda v: plasticity.plasma_bdnf(v.x.bdnf_release, v.plasticity)
    ),
    Output("fast_effect", "1", lambda v: mood.fast_effect(_fast(v), v.mood)),
    Output("structural_effect", "1", lambda v: mood.structural_effect(_structure(v), v.mood)),
    Output("placebo_effect", "1", _placebo),
    Output(
        "suicidal_ideation", "1",
        lambda v: mood.suicidal_ideation(v.x.madrs, v.patient.baseline, v.mood),
    ),
    Output("encoding", "1", lambda v: learning.encoding_score(v.d.acute, v.learning)),
    Output("sbp_rise", "mmHg", lambda v: safety.sbp_rise(v.d.acute, v.safety)),
    Output("dbp_rise", "mmHg", lambda v: safety.dbp_rise(v.d.acute, v.safety)),
    Output("hr_rise", "1/min", lambda v: safety.hr_rise(v.d.acute, v.safety)),
    Output("cadss", "point", lambda v: safety.cadss(v.d.acute, v.x.adaptation, v.safety)),
    Output("sedation", "1", lambda v: safety.sedation(v.d.acute, v.safety)),
    Output("nausea", "1", lambda v: safety.nausea(v.d.acute, v.safety)),
)  # fmt: skip
"""Quantities computed from the states at output times."""

STATE_NAMES: tuple[str, ...] = tuple(s.name for s in STATES)
OUTPUT_NAMES: tuple[str, ...] = tuple(o.name for o in OUTPUTS)
QUANTITY_UNITS: dict[str, str] = {
    **{s.name: s.unit for s in STATES},
    **{o.name: o.unit for o in OUTPUTS},
}
"""Unit of every state and output."""
