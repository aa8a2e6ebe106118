"""What each reported quantity is called, its unit, stage and evidence grade."""

from typing import NamedTuple

from ketacourse.course.result import LINK_GRADES, LinkGrade, Stage
from ketacourse.therapy.links import links_between
from ketacourse.therapy.scales import scale


class About(NamedTuple):
    """How a quantity is presented."""

    label: str
    unit: str
    stage: Stage
    grade: LinkGrade
    note: str = ""


PLASMA: dict[str, About] = {
    "s_ketamine": About("S-ketamine, arterial plasma", "ng/mL", "plasma", "strong"),
    "r_ketamine": About("R-ketamine, arterial plasma", "ng/mL", "plasma", "strong"),
    "s_norketamine": About("S-norketamine, arterial plasma", "ng/mL", "plasma", "strong"),
    "r_norketamine": About(
        "R-norketamine, arterial plasma", "ng/mL", "plasma", "moderate",
        "Clearance of R-norketamine is assumed.",
    ),
    "hydroxynorketamine": About(
        "Hydroxynorketamine, arterial plasma", "ng/mL", "plasma", "contested",
        "Sources disagree about five-fold.",
    ),
    "ketamine_total": About("Ketamine (S + R), arterial plasma", "ng/mL", "plasma", "strong"),
    "ketamine_venous": About("Ketamine (S + R), venous plasma", "ng/mL", "plasma", "strong"),
}  # fmt: skip
"""Analytes by output name of the pharmacokinetic model."""

MOLAR_MASS: dict[str, str] = {
    "s_ketamine": "pk_molar.ketamine",
    "r_ketamine": "pk_molar.ketamine",
    "s_norketamine": "pk_molar.norketamine",
    "r_norketamine": "pk_molar.norketamine",
    "hydroxynorketamine": "pk_molar.hydroxynorketamine",
    "ketamine_total": "pk_molar.ketamine",
    "ketamine_venous": "pk_molar.ketamine",
}

_RANGE = "Never measured in humans at a treatment dose: a range, not a value."

CHAIN: dict[str, About] = {
    "block_interneuron": About(
        "NMDA receptor block, interneurons", "fraction", "receptor", "strong", _RANGE
    ),
    "block_pyramidal": About(
        "NMDA receptor block, pyramidal cells", "fraction", "receptor", "moderate", _RANGE
    ),
    "block_trapped": About("Trapped block, lateral habenula", "fraction", "receptor", "contested"),
    "glutamate": About("Glutamate", "relative to rest", "glutamate", "moderate"),
    "ampa_strength": About("AMPA synaptic strengthening", "fraction", "glutamate", "moderate"),
    "ampa_throughput": About(
        "AMPA throughput above rest", "relative to rest", "glutamate", "moderate"
    ),
    "eef2_phosphorylation": About(
        "eEF2 phosphorylation", "relative to rest", "plasticity", "moderate"
    ),
    "bdnf_pool": About("BDNF pool", "relative to rest", "plasticity", "moderate"),
    "bdnf_release": About("BDNF release above rest", "relative", "plasticity", "moderate"),
    "plasma_bdnf": About("BDNF in blood", "relative to before", "plasticity", "contested",
        "Blood BDNF does not rise on average; this is centred near no change."),
    "trkb": About("TrkB activation above rest", "relative", "plasticity", "moderate"),
    "mtorc1": About("mTORC1 activation above rest", "relative", "plasticity", "contested"),
    "synaptic_protein": About("Synaptic protein above rest", "relative", "plasticity", "moderate"),
    "spines_new": About("New spines", "relative", "plasticity", "moderate"),
    "spines_mature": About("Mature spines", "relative", "plasticity", "contested"),
    "spines_persistent": About("Persistent spines", "relative", "plasticity", "weak"),
    "structural_effect": About(
        "Severity removed by the structural component", "fraction", "mood", "moderate"
    ),
    "plasticity_window": About("Plasticity window", "fraction", "learning", "weak"),
    "coping": About("Learned coping", "fraction", "learning", "weak"),
    "encoding": About("Memory encoding", "SD", "learning", "strong"),
    "il6": About("Interleukin-6", "pg/mL", "inflammation", "contested"),
    "il1b": About("Interleukin-1beta", "pg/mL", "inflammation", "contested"),
    "crp": About("C-reactive protein", "mg/L", "inflammation", "contested"),
    "kynurenine_balance": About(
        "Quinolinic to kynurenic acid balance", "relative", "inflammation", "weak"
    ),
    "adaptation": About("Adaptation of dissociation", "fraction", "adaptation", "moderate"),
    "wanting": About("Wanting", "fraction", "adaptation", "weak"),
    "opponent": About("Opponent of the fast effect", "relative", "adaptation", "weak"),
    "fast_effect": About("Severity removed by the fast component", "fraction", "mood", "moderate"),
    "placebo_effect": About(
        "Severity removed by expectancy and care", "fraction", "mood", "strong"
    ),
    "madrs": About("MADRS", "points", "mood", "strong"),
    "suicidal_ideation": About(
        "Suicidal ideation", "relative to before", "mood", "moderate"
    ),
    "sbp_rise": About("Rise of systolic pressure", "mmHg", "safety", "strong"),
    "dbp_rise": About("Rise of diastolic pressure", "mmHg", "safety", "strong"),
    "hr_rise": About("Rise of heart rate", "beats/min", "safety", "moderate"),
    "cadss": About("Dissociation (CADSS)", "points", "safety", "strong"),
    "sedation": About("Chance of reduced alertness", "probability", "safety", "moderate"),
    "nausea": About("Chance of nausea", "probability", "safety", "moderate"),
    "exposure": About("Cumulative exposure", "umol*h/L", "adaptation", "strong"),
}  # fmt: skip
"""States and outputs of the chain."""

_LINKED = "By published links from MADRS."
_ANXIETY = (
    "From MADRS by way of PHQ-9 and the means of one cohort: anxiety follows depression here by "
    "assumption, and this says little about anxiety disorders."
)


def _linked(key: str, note: str) -> About:
    """Return a scale reached from MADRS, graded like the least certain link on the way."""
    grades = [link.grade for link in links_between("madrs", key)]
    grade: LinkGrade = max(grades, key=LINK_GRADES.index)
    return About(scale(key).label, "points", "mood", grade, note)


LINKED_SCALES: dict[str, About] = {
    "phq9": _linked("phq9", _LINKED),
    "gad7": _linked("gad7", _ANXIETY),
    "hamd17": _linked("hamd17", _LINKED),
    "qids_sr16": _linked("qids_sr16", _LINKED),
}
"""Scales reached from MADRS."""
