"""Between-subject variability: the published covariances, and values drawn from them."""

import numpy as np
import pytest

from ketacourse.errors import InputError
from ketacourse.evidence.catalogue import load_catalogue
from ketacourse.model.pk.models import MODELS
from ketacourse.model.pk.variability import pk_variability

CATALOGUE = load_catalogue()


def covariance(first, second, model="kamp"):
    found = pk_variability(model, catalogue=CATALOGUE, routes=["iv_infusion"])
    return found.omega[found.names.index(first), found.names.index(second)]


@pytest.mark.parametrize(
    ("first", "second", "published"),
    [
        ("pk_kamp.size", "pk_kamp.size", 0.084177),
        ("pk_kamp.cl", "pk_kamp.cl", 0.026048),
        ("pk_kamp.size", "pk_kamp.cl", 0.02261),
        ("pk_otto.v_nk", "pk_otto.v_nk", 0.040426),
        ("pk_otto.cl_nk", "pk_otto.cl_nk", 0.10319),
        ("pk_otto.v_nk", "pk_otto.cl_nk", 0.04456),
    ],
)
def test_covariances_are_those_of_otto_2021(first, second, published):
    assert covariance(first, second) == pytest.approx(published, rel=0.01)


def test_nasal_share_varies_with_the_published_logit_spread():
    found = pk_variability(catalogue=CATALOGUE, routes=["intranasal"])
    at = found.names.index("pk_nasal.odds")
    assert np.sqrt(found.omega[at, at]) == pytest.approx(0.708, rel=0.01)


@pytest.mark.parametrize("name", MODELS)
def test_covariance_matrix_is_positive_definite(name):
    found = pk_variability(name, catalogue=CATALOGUE)
    if found.names:
        assert np.linalg.eigvalsh(found.omega).min() > 0.0


def test_no_deviation_gives_the_typical_patient():
    found = pk_variability(catalogue=CATALOGUE, routes=["iv_infusion"])
    values = found.parameters(np.zeros((2, len(found.names))))
    assert values["pk_kamp.cl"].tolist() == pytest.approx([90.0, 90.0])


def test_deviations_of_the_wrong_width_are_refused():
    found = pk_variability(catalogue=CATALOGUE, routes=["iv_infusion"])
    with pytest.raises(InputError, match=r"deviations have shape \(3, 1\)"):
        found.parameters(np.zeros((3, 1)))
