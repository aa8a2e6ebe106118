"""Published links between scales: printed points come out exactly, order is kept."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ketacourse.errors import EvidenceError, InputError, OutOfRangeError
from ketacourse.evidence.catalogue import load_catalogue
from ketacourse.therapy.links import ScaleLink, convert, link_notes, links_between, load_links
from ketacourse.therapy.scales import scale

# The printed table: QIDS-SR16 total to the cell of HAM-D-17 totals (lowest, highest).
CELLS = {
    0: (0, 0), 1: (1, 2), 2: (3, 3), 3: (4, 4), 4: (5, 6), 5: (7, 7), 6: (8, 8), 7: (9, 10),
    8: (11, 11), 9: (12, 12), 10: (13, 13), 11: (14, 15), 12: (16, 16), 13: (17, 17),
    14: (18, 19), 15: (18, 19), 16: (20, 20), 17: (21, 22), 18: (23, 23), 19: (24, 24),
    20: (25, 25), 21: (26, 27), 22: (28, 28), 23: (29, 29), 24: (30, 31), 25: (32, 32),
    26: (33, 35), 27: (36, 52),
}  # fmt: skip

PRINTED = [
    ("hamd17", "madrs", 10, 13), ("hamd17", "madrs", 20, 26), ("hamd17", "madrs", 30, 39),
    ("phq9", "madrs", 1, 1), ("phq9", "madrs", 15, 24), ("phq9", "madrs", 27, 48),
    ("qids_sr16", "madrs", 5, 7.5), ("phq9", "gad7", 16.3, 12.8), ("phq9", "gad7", 10.8, 8.4),
]  # fmt: skip

MOOD = ("madrs", "phq9", "gad7", "hamd17", "qids_sr16")


@pytest.mark.parametrize(("one", "other", "total", "linked"), PRINTED)
def test_a_printed_point_comes_out_in_both_directions(
    one: str, other: str, total: float, linked: float
) -> None:
    assert convert(float(total), one, other) == pytest.approx(linked, abs=1e-12)
    assert convert(float(linked), other, one) == pytest.approx(total, abs=1e-12)


@pytest.mark.parametrize("total", CELLS)
def test_qids_lands_in_the_printed_cell_of_the_hamilton_scale(total: int) -> None:
    low, high = CELLS[total]
    assert low <= convert(float(total), "qids_sr16", "hamd17") <= high


@pytest.mark.parametrize("total", [t for t in CELLS if t not in (14, 15)])
def test_every_hamilton_total_of_a_cell_rounds_to_its_qids(total: int) -> None:
    for hamilton in CELLS[total]:
        assert round(convert(float(hamilton), "hamd17", "qids_sr16")) == total


def test_the_printed_range_of_hamilton_40_holds_the_link() -> None:
    assert 52 <= convert(40.0, "hamd17", "madrs") <= 53


@pytest.mark.parametrize(
    ("low", "high", "first", "last"),
    [(6, 10, 9, 17), (11, 15, 18, 24), (16, 20, 25, 33)],
)
def test_qids_bands_map_into_the_printed_madrs_bands(
    low: int, high: int, first: int, last: int
) -> None:
    assert first - 0.5 <= convert(float(low), "qids_sr16", "madrs") <= last + 0.5
    assert first - 0.5 <= convert(float(high), "qids_sr16", "madrs") <= last + 0.5


@given(st.sampled_from(MOOD), st.sampled_from(MOOD), st.floats(0, 1), st.floats(0, 1))
def test_a_worse_score_is_never_better_elsewhere(
    one: str, other: str, first: float, second: float
) -> None:
    low, high = sorted((first, second))
    top = scale(one).maximum
    assert convert(low * top, one, other) <= convert(high * top, one, other)


@given(st.sampled_from(MOOD), st.sampled_from(MOOD), st.floats(0, 1))
def test_a_converted_score_lies_on_its_scale(one: str, other: str, part: float) -> None:
    scale(other).check(convert(part * scale(one).maximum, one, other))


@given(st.sampled_from(("phq9", "hamd17", "qids_sr16")), st.floats(0.0, 46.0))
def test_there_and_back_changes_nothing_below_the_ceilings(other: str, total: float) -> None:
    there = convert(total, "madrs", other)
    assert convert(there, other, "madrs") == pytest.approx(total, abs=1e-9)


def test_an_array_is_converted_like_its_numbers() -> None:
    totals = np.array([[0.0, 10.0], [26.0, 60.0]])
    linked = convert(totals, "madrs", "gad7")
    assert linked.shape == (2, 2)
    assert linked[1, 0] == convert(26.0, "madrs", "gad7")
    assert convert(np.array([]), "madrs", "phq9").shape == (0,)


def test_a_scale_converts_to_itself() -> None:
    assert convert(17.0, "madrs", "madrs") == 17.0
    assert links_between("madrs", "madrs") == ()


@pytest.mark.parametrize("total", [-1.0, 61.0, float("nan")])
def test_a_total_off_the_scale_is_refused(total: float) -> None:
    with pytest.raises(OutOfRangeError, match="Give 0 to 60 points"):
        convert(total, "madrs", "phq9")
    with pytest.raises(OutOfRangeError, match="Give 0 to 60 points"):
        convert(np.array([10.0, total]), "madrs", "phq9")


def test_scales_without_a_link_are_refused() -> None:
    with pytest.raises(InputError, match="No published link leads from MADRS to PCL-5"):
        convert(20.0, "madrs", "pcl5")


def test_a_link_says_how_it_was_made_and_what_is_disputed() -> None:
    depression, anxiety = link_notes("madrs", "gad7")
    assert "equipercentile, weak" in depression
    assert "Derived, not a published link" in anxiety


@pytest.mark.parametrize("link", load_links().values(), ids=lambda link: link.key)
def test_every_link_names_a_source_that_exists(link: ScaleLink) -> None:
    assert link.source in load_catalogue().sources
    assert link.note


def test_the_link_in_resistant_depression_is_kept_as_an_alternative() -> None:
    other = load_links()["qids_sr16_madrs_resistant"]
    assert not other.default
    assert other.apply(np.array([17.6]), to_scale="madrs")[0] == pytest.approx(31.9)
    assert convert(17.6, "qids_sr16", "madrs") < 31.9


def test_a_link_that_does_not_rise_is_refused() -> None:
    points = ((0.0, 0.0), (10.0, 5.0), (20.0, 5.0))
    with pytest.raises(EvidenceError, match="does not rise on both scales"):
        ScaleLink(
            key="flat", from_scale="madrs", to_scale="phq9", points=points, published=points,
            method="x", source="x", grade="weak", note="x",
        )  # fmt: skip
