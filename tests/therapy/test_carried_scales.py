"""Scales that mood is carried over to are data, and each has a catalogued share."""

import pytest

from ketacourse.errors import EvidenceError
from ketacourse.evidence.catalogue import load_catalogue
from ketacourse.therapy.carried_scales import (
    build_carried_scale,
    carried_scale,
    load_carried_scales,
)

ENTRY = {"label": "A", "family": "ocd", "spelling": "a", "maximum": 40}


@pytest.mark.parametrize("found", load_carried_scales().values(), ids=lambda s: s.key)
def test_every_carried_scale_has_a_share_with_a_range_and_a_note(found):
    share = load_catalogue().require(found.parameter, "1")
    assert 0.0 < share.lower < share.typical < share.upper
    assert share.note


@pytest.mark.parametrize(
    ("plain", "label"),
    [("hads", "HADS"), ("hadsa", "HADS, one half"), ("bdiii", "BDI"), ("bdi2", "BDI"),
     ("hama", "HAM-A"), ("caps5", "CAPS-5"), ("caps", "CAPS"), ("pcl5", "PCL-5"),
     ("iesr", "IES-R"), ("ybocs", "Y-BOCS"), ("lsas", "LSAS")],
)  # fmt: skip
def test_a_scale_is_known_by_its_spellings(plain, label):
    assert carried_scale(plain).label == label


def test_a_scale_that_no_evidence_ties_to_mood_is_not_carried():
    assert carried_scale("cgis") is None


@pytest.mark.parametrize(
    "change", [{"colour": "red"}, {"maximum": 0}, {"response_fraction": 35}], ids=str
)
def test_an_impossible_entry_is_refused(change):
    with pytest.raises(EvidenceError, match="Carried scale 'a'"):
        build_carried_scale("a", {**ENTRY, **change})
