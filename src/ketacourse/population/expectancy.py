"""What a patient expects, by masking and by what is given.

One place for the rule that turns the design of a trial, or of a clinic's course, into the
parameter that bounds the expectancy component. Arms that receive the drug expect as an open
arm does, whatever the control of the other arm: published ketamine arms do not differ by the
kind of control, because patients notice the drug. Under anaesthesia nobody notices it: what is
expected lasts, because nothing contradicts it, and the anaesthetic takes a part of the drug's
effect.
"""

from collections.abc import Mapping
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from ketacourse.errors import InputError
from ketacourse.therapy.course import MASKINGS, Masking
from ketacourse.therapy.patient import Patient

Array = NDArray[np.float64]

Control = Literal["none", "saline", "midazolam", "placebo_spray"]
"""What is given instead of the drug; ``none`` is an arm that receives the drug."""

CONTROLS: tuple[Control, ...] = get_args(Control)

_OF_CONTROL: dict[Control, str] = {
    "saline": "placebo.expectancy_saline",
    "midazolam": "placebo.expectancy_midazolam",
    "placebo_spray": "placebo.expectancy_spray",
}


def expectancy_parameter(masking: Masking, control: Control = "none") -> str:
    """Return the catalogue name of the share of severity that expectancy may remove.

    Parameters
    ----------
    masking
        How the trial hides what is given.
    control
        What is given instead of the drug; ``none`` for an arm with drug.

    Raises
    ------
    InputError
        If either word is unknown.

    Examples
    --------
    >>> expectancy_parameter("active_placebo")
    'placebo.expectancy_open'
    >>> expectancy_parameter("saline_crossover", "saline")
    'placebo.expectancy_crossover'
    """
    if masking not in MASKINGS:
        raise InputError(
            f"The masking '{masking}' is not known.", remedy=f"Use one of {', '.join(MASKINGS)}."
        )
    if control not in CONTROLS:
        raise InputError(
            f"The control '{control}' is not known.", remedy=f"Use one of {', '.join(CONTROLS)}."
        )
    if masking == "anaesthesia":
        return "placebo.expectancy_anaesthesia"
    if control == "none":
        return "placebo.expectancy_open"
    if control == "saline" and masking == "saline_crossover":
        return "placebo.expectancy_crossover"
    return _OF_CONTROL[control]


DRUG_GAINS = ("mood.fast_gain", "mood.structural_gain")
"""Shares of severity that the drug removes."""


def under_masking(values: Mapping[str, Array], masking: Masking) -> dict[str, Array]:
    """Return what a way of masking changes beside how much is expected, by name.

    Parameters
    ----------
    values
        Parameters of the chain, ``placebo.unaware_time`` and ``mood.anaesthesia_block``.
    masking
        How the trial hides what is given.

    Returns
    -------
    dict
        Parameters of the chain that take another value; nothing but under anaesthesia.

    Examples
    --------
    >>> under_masking({}, "active_placebo")
    {}
    """
    if masking != "anaesthesia":
        return {}
    kept = 1.0 - values["mood.anaesthesia_block"]
    return {
        "placebo.expectancy_time": values["placebo.unaware_time"],
        **{name: values[name] * kept for name in DRUG_GAINS},
    }


def medicated_share(
    setting: str, *, new_oral_antidepressant: bool = False, medicated: bool | None = None
) -> float:
    """Return how far gains fade as under an antidepressant (1) or without (0).

    It is the exponent of ``patient.medication_decay``.

    Parameters
    ----------
    medicated
        Whether an antidepressant or mood stabiliser is taken throughout; None where
        nobody says: then clinics count as medicated and trials as half.

    Examples
    --------
    >>> medicated_share("trial", medicated=False), medicated_share("trial")
    (0.0, 0.5)
    """
    if medicated is None:
        medicated = True if setting == "clinic" else None
    if new_oral_antidepressant or medicated:
        return 1.0
    return UNKNOWN_MEDICATION if medicated is None else 0.0


UNKNOWN_MEDICATION = 0.5
"""Where a trial does not say whether its patients were medicated (assumed: half were)."""


def takes_antidepressant(patient: Patient) -> bool | None:
    """Return whether a patient takes an antidepressant or a mood stabiliser.

    None where no medicine is recorded: an empty list may be an unfinished one.
    """
    if not patient.medications:
        return None
    return any(m.is_a(kind) for m in patient.medications for kind in LASTING_CLASSES)


LASTING_CLASSES = (
    "ssri", "snri", "tricyclic", "maoi", "antidepressant_other", "lithium", "lamotrigine",
)  # fmt: skip
"""Classes of medicines that are taken to keep a depression away."""


def care_parameter(setting: str) -> str:
    """Return the catalogue name of the share of severity that care may remove."""
    return "placebo.care_clinic" if setting == "clinic" else "placebo.care_trial"
