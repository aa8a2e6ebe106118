"""A run that cannot be drawn honestly is refused, with quantity, patient and time."""

from dataclasses import replace

import numpy as np
import pytest

from ketacourse.errors import SolverError


def spoiled(simulation, value):
    curve = simulation.series["madrs"].typical.copy()
    curve[7] = value
    return {"madrs": replace(simulation.series["madrs"], typical=curve)}


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_curve_with_a_hole_is_refused(simulation, made, value):
    time_h = simulation.times_h[7]
    with pytest.raises(
        SolverError, match=rf"'madrs' \(typical\) of patient 'example'.*{time_h:g} h"
    ):
        made(series=spoiled(simulation, value))


def test_a_hole_in_a_band_is_refused_too(simulation, made):
    lower = simulation.series["madrs"].lower.copy()
    lower[0] = np.nan
    with pytest.raises(SolverError, match=r"'madrs' \(lower\)"):
        made(series={"madrs": replace(simulation.series["madrs"], lower=lower)})


def test_a_curve_of_another_length_is_refused(simulation, made):
    short = replace(simulation.series["madrs"], typical=np.zeros(3))
    with pytest.raises(SolverError, match=r"has shape \(3,\)"):
        made(series={"madrs": short})


def test_time_that_runs_backwards_is_refused(simulation, made):
    with pytest.raises(SolverError, match="do not increase"):
        made(times_h=simulation.times_h[::-1].copy())
