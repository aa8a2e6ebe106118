"""The outputs that people care about, under many beliefs at once."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from ketacourse.course.pooled import PLAIN, SHAM
from ketacourse.engine.accuracy import accurate_nodes
from ketacourse.engine.solve import solve
from ketacourse.population.beliefs import Member
from ketacourse.population.cohort import draw_cohort
from ketacourse.population.specification import population_preset
from ketacourse.therapy.course import Course
from ketacourse.therapy.dose import Dose
from ketacourse.therapy.session import DrugSession
from ketacourse.trials.replicate_arm import (
    GRID_PATIENTS,
    GRID_TOLERANCE,
    draw_members,
    pose_members,
)
from ketacourse.trials.replicate_prediction import UnsupportedRowError
from ketacourse.trials.replicate_selected import follow_arm
from ketacourse.trials.replicate_statistics import statistic, wanted_days
from ketacourse.trials.replicate_trial_rows import trial_query

Array = NDArray[np.float64]

SEED = 41
OUTPUTS: Mapping[str, str] = {
    "advantage_24h": "advantage over control at 24 h (MADRS points)",
    "advantage_day_7": "advantage over control at day 7 (MADRS points)",
    "response_six": "response after six doses (percent)",
    "relapse_free_28": "responders to six doses still well 28 days later (percent)",
    "pressure_peak": "peak rise of systolic pressure (mmHg)",
    "cadss_peak": "peak dissociation score (CADSS points)",
}
"""What is asked, with its unit."""
MINUTES = np.concatenate([np.arange(10.0, 125.0, 10.0), [150.0, 180.0, 240.0]])
SIX = "0;2;4;7;9;11"
_ARM = {**PLAIN, "masking": "active_placebo"}
_SHAM = {**SHAM, "control": "midazolam"}


def outputs_of(task: tuple[tuple[Member, ...], int]) -> Array:
    """Return every output under some members, shape (n_outputs, n_members)."""
    members, patients = task
    drug = _asked(members, patients, ("1", "7"))
    sham = _asked(members, patients, ("1", "7"), **_SHAM)
    six = {"session_days": SIX, "masking": "open"}
    (response,) = _asked(members, patients, ("12",), outcome="response_rate", **six)
    (well,) = _asked(members, patients, ("39",), outcome="relapse_free", **six)
    pressure, cadss = _peaks(members, patients)
    return np.array([drug[0] - sham[0], drug[1] - sham[1], response, well, pressure, cadss])


def _asked(
    members: Sequence[Member], patients: int, days: Sequence[str], **changes: str
) -> list[Array]:
    queries = [trial_query({**_ARM, **changes, "time_days": day}) for day in days]
    wanted = {d for q in queries for d in wanted_days(q.design, q.row)}
    latent = follow_arm(queries[0].design, sorted(wanted), members, patients=patients, seed=SEED)
    found = []
    for query in queries:
        try:
            found.append(statistic(query.design, query.row, latent, seed=SEED).values)
        except UnsupportedRowError:
            found.append(np.full(len(members), np.nan))
    return found


def _peaks(members: Sequence[Member], patients: int) -> tuple[Array, Array]:
    """Return the mean over patients of the highest pressure rise and dissociation."""
    spec = population_preset("trd_trial")
    dose = Dose(drug="ketamine", route="iv_infusion", amount_mg_per_kg=0.5, duration_h=40.0 / 60.0)
    course = Course(sessions=(DrugSession(day=0.0, dose=dose),), horizon_days=1.0, setting="trial")
    times = MINUTES / 60.0
    quantities = ("sbp_rise", "cadss")
    pilot = pose_members(
        course, [draw_cohort(spec, seed=SEED, first=0, count=GRID_PATIENTS)], times
    )
    nodes = accurate_nodes(pilot, GRID_TOLERANCE, quantities)
    cohorts = draw_members(spec, members, patients=patients, seed=SEED)
    run = solve(pose_members(course, cohorts, times), quantities=quantities, nodes_h=nodes)
    shape = (len(members), patients, len(times))
    pressure, cadss = (run.of(q).reshape(shape).max(axis=2).mean(axis=1) for q in quantities)
    return pressure, cadss
