"""From the chain to the possible patients of the course model."""

import numpy as np
import pytest

from ketacourse.forecast.constants import course_constants
from ketacourse.forecast.project_chain import HORIZON_DAYS, _natural_drift

DISEASE_TIME_H = 4800.0


@pytest.mark.parametrize("share", [0.0, 0.2, 0.5])
def test_the_drift_has_the_natural_course_of_the_chain_at_the_horizon(share):
    parameters = {
        "mood.disease_time": np.array([DISEASE_TIME_H]),
        "patient.stress": np.array([-share / DISEASE_TIME_H]),
    }
    unfolded = -np.expm1(-HORIZON_DAYS / course_constants().drift_time)
    ebbed = -share * -np.expm1(-HORIZON_DAYS * 24.0 / DISEASE_TIME_H)
    assert _natural_drift(parameters) * unfolded == pytest.approx(ebbed)
