"""Refit many patients in one call."""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial
from multiprocessing import get_context

from ketacourse.course.refit import refit
from ketacourse.course.refit_result import Refit
from ketacourse.errors import InputError
from ketacourse.forecast.posterior import equal_people
from ketacourse.therapy.case import Case

Progress = Callable[[str, float], None]

DRAWS = 1000
KEPT_PEOPLE = 500
"""People of each posterior that are kept: a thousand whole ones would need gigabytes."""


def refit_many(
    cases: Sequence[Case],
    *,
    seed: int = 1,
    draws: int = DRAWS,
    workers: int = 1,
    progress: Progress | None = None,
) -> tuple[Refit | InputError, ...]:
    """Forecast many patients in one call; what is refused stands in its place as an error.

    Parameters
    ----------
    cases
        The patients, in the order of the results.
    seed
        Seed of every patient, as in a refit alone; workers do not change a result.
    draws
        Possible courses behind each forecast.
    workers
        Processes; 1 stays in this one.
    progress
        Called with what was done in words and the share done (0 to 1).

    Returns
    -------
    Forecasts whose posterior keeps `KEPT_PEOPLE` equally weighted people: enough to look
    ahead with, not to be updated. Refit a patient alone for that.
    """
    if workers < 1:
        raise InputError(f"The number of workers is {workers}.", remedy="Give 1 or more.")
    one = partial(_one, seed=seed, draws=draws)
    if workers == 1:
        return _collected(map(one, cases), len(cases), progress)
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        return _collected(pool.map(one, cases, chunksize=4), len(cases), progress)


def _one(case: Case, *, seed: int, draws: int) -> Refit | InputError:
    try:
        found = refit(case, seed=seed, draws=draws)
    except InputError as error:
        return error
    few = equal_people(found.posterior, KEPT_PEOPLE)
    return replace(found, posterior=replace(found.posterior, people=few, prior=few))


def _collected(
    results: Iterable[Refit | InputError], total: int, progress: Progress | None
) -> tuple[Refit | InputError, ...]:
    found: list[Refit | InputError] = []
    for result in results:
        found.append(result)
        if progress is not None:
            progress(f"{len(found)} of {total} patients", len(found) / total)
    return tuple(found)
