"""Rating scales: range, bands, response, remission."""

import math

import pytest

from ketacourse.errors import EvidenceError, InputError, OutOfRangeError
from ketacourse.evidence.catalogue import load_catalogue
from ketacourse.therapy.scales import Scale, build_scale, load_scales, scale
from ketacourse.therapy.score import Score

RANGES = {
    "madrs": (0, 60), "phq9": (0, 27), "phq9_item9": (0, 3), "gad7": (0, 21),
    "hamd17": (0, 52), "qids_sr16": (0, 27), "pcl5": (0, 80), "ybocs": (0, 40),
    "cadss": (0, 92), "moaas": (0, 5), "bprs_positive": (0, 24),
}  # fmt: skip

BANDS = {
    "phq9": [(4, "none"), (5, "mild"), (10, "moderate"), (15, "moderately severe"), (20, "severe")],
    "gad7": [(4, "none"), (5, "mild"), (10, "moderate"), (15, "severe")],
    "qids_sr16": [(5, "none"), (6, "mild"), (11, "moderate"), (16, "severe"), (21, "very severe")],
    "madrs": [(6, "none"), (7, "mild"), (20, "moderate"), (35, "severe")],
    "hamd17": [(7, "none"), (8, "mild"), (14, "moderate"), (20, "severe"), (26, "very severe")],
}

FIELDS = {
    "label": "X", "construct": "depression", "rater": "self", "minimum": 0, "maximum": 10,
    "licence": "free", "source": "s", "sources": {},
}  # fmt: skip


def test_these_scales_ship_with_these_ranges() -> None:
    assert {s.key: (s.minimum, s.maximum) for s in load_scales().values()} == RANGES


@pytest.mark.parametrize(
    ("key", "total", "label"), [(k, t, b) for k, bands in BANDS.items() for t, b in bands]
)
def test_a_total_falls_into_its_published_band(key: str, total: int, label: str) -> None:
    band = scale(key).band(total)
    assert band is not None
    assert band.label == label


def test_a_total_between_two_whole_numbers_has_a_band() -> None:
    band = scale("phq9").band(4.5)
    assert band is not None
    assert band.label == "none"


def test_a_scale_without_bands_has_no_band() -> None:
    assert scale("pcl5").band(40) is None


@pytest.mark.parametrize("total", [-1, 61, math.nan, math.inf])
def test_a_total_off_the_scale_is_refused(total: float) -> None:
    with pytest.raises(OutOfRangeError, match="Give 0 to 60 points"):
        scale("madrs").check(total)


def test_half_of_baseline_is_response_and_a_point_more_is_not() -> None:
    assert scale("madrs").is_response(15, baseline=30)
    assert not scale("madrs").is_response(16, baseline=30)
    assert not scale("madrs").is_response(0, baseline=0)


def test_obsessions_respond_at_a_fall_of_a_third() -> None:
    assert scale("ybocs").is_response(19, baseline=30)
    assert not scale("ybocs").is_response(20, baseline=30)


def test_both_remission_cut_offs_of_the_madrs_are_carried() -> None:
    madrs = scale("madrs")
    assert (madrs.remission_max, madrs.remission_alternatives) == (10, (12,))
    assert madrs.is_remission(10)
    assert not madrs.is_remission(11)
    assert madrs.is_remission(11, cut_off=12)


@pytest.mark.parametrize(("key", "limit"), [("phq9", 4), ("qids_sr16", 5), ("hamd17", 7)])
def test_remission_ends_at_the_published_cut_off(key: str, limit: int) -> None:
    assert scale(key).is_remission(limit)
    assert not scale(key).is_remission(limit + 1)


def test_a_scale_of_dissociation_has_no_response() -> None:
    with pytest.raises(InputError, match="CADSS has no response rule"):
        scale("cadss").is_response(2, baseline=10)
    with pytest.raises(InputError, match="CADSS has no remission rule"):
        scale("cadss").is_remission(2)


def test_wording_ships_only_where_it_is_free() -> None:
    shipped = {s.key for s in load_scales().values() if s.wording_shipped}
    assert shipped == {"phq9", "phq9_item9", "gad7"}


@pytest.mark.parametrize("key", RANGES)
def test_every_number_of_a_scale_names_a_source_that_exists(key: str) -> None:
    found: Scale = scale(key)
    known = load_catalogue().sources
    assert {found.source, *found.sources.values()} <= set(known)
    for field in ("minimal_important_change", "error_sd"):
        assert (getattr(found, field) is None) == (field not in found.sources)


@pytest.mark.parametrize(("wrong", "close"), [("PHQ-9", "phq9"), ("MADRS", "madrs")])
def test_an_unknown_scale_is_refused_with_the_close_ones(wrong: str, close: str) -> None:
    with pytest.raises(InputError, match=f"'{close}'"):
        scale(wrong)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"colour": "blue"}, "colour"),
        ({"bands": [["a", 0, 6], ["b", 5, 10]]}, "out of order"),
        ({"bands": [["a", 0, 6], ["b", 7, 9]]}, "do not cover its range"),
        ({"maximum": 0}, "out of order"),
    ],
)
def test_a_wrong_scale_is_refused(change: dict[str, object], says: str) -> None:
    with pytest.raises(EvidenceError, match=says):
        build_scale("x", {**FIELDS, **change})


@pytest.mark.parametrize(
    ("score", "says"),
    [
        ({"total": 61}, "0 to 60"),
        ({"total": 20.5}, "not a whole number"),
        ({"total": True}, "not a whole number"),
        ({"day": math.nan}, "-730 to 730 days"),
        ({"scale": "bdi"}, "not known"),
    ],
)
def test_an_impossible_score_is_refused(score: dict[str, object], says: str) -> None:
    with pytest.raises(InputError, match=says):
        Score(**{"day": 1.0, "scale": "madrs", "total": 20, **score})  # type: ignore[arg-type]
