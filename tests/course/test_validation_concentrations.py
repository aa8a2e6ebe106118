"""What is judged of concentrations, and told of those that miss their margin."""

from types import SimpleNamespace

import pytest

from ketacourse.course.validation_margins import concentration_causes
from ketacourse.course.validation_safety import Agreement, concentration_figures, ratio_of_all


def group(analyte, route, ratio, n, contested=""):
    return Agreement(
        analyte=analyte, route=route, test=True, contested=contested, n=n, ratio=ratio, twofold=1.0
    )


GROUPS = (
    group("norketamine", "oral", 2.0, 1), group("S-norketamine", "oral", 0.5, 3),
    group("norketamine", "sublingual", 1.0, 4), group("ketamine", "oral", 1.1, 5),
)  # fmt: skip


def test_forms_of_one_substance_by_one_route_are_told_together_by_their_rows():
    ratio, n = ratio_of_all(GROUPS, "norketamine", "oral")
    assert n == 4
    assert ratio == pytest.approx((2.0 * 0.5**3) ** 0.25)


def test_the_furthest_substance_and_route_and_the_furthest_group_are_judged_apart():
    rows = [SimpleNamespace(ratio=ratio) for ratio in (2.0, 0.5, 3.0, None)]
    found = concentration_figures(rows, (*GROUPS, group("HNK", "oral", 9.0, 2, "contested")))
    assert found["concentrations_ratio"] == pytest.approx((2.0 * 0.5**3) ** 0.25)
    assert found["concentrations_ratio_apart"] in (2.0, 0.5)
    assert found["concentrations_twofold"] == pytest.approx(2.0 / 3.0)


def test_a_miss_names_the_groups_outside_and_the_ratio_of_all_rows_beside_them():
    told = concentration_causes(GROUPS)
    assert told["concentrations_ratio"] == "Outside: norketamine, oral: 0.71, n 4."
    apart = told["concentrations_ratio_apart"]
    assert "norketamine, oral (test): 2.00, n 1" in apart
    assert "S-norketamine, oral (test): 0.50, n 3" in apart
    assert apart.endswith("together: norketamine, oral: 0.71, n 4.")


def test_what_is_contested_or_inside_is_no_cause():
    inside = (group("ketamine", "oral", 1.1, 5), group("norketamine", "oral", 2.0, 1, "contested"))
    assert set(concentration_causes(inside).values()) == {""}


def test_groups_that_miss_in_opposite_directions_show_in_the_narrower_figure_only():
    groups = (group("norketamine", "oral", 2.0, 3), group("S-norketamine", "oral", 0.5, 3))
    told = concentration_causes(groups)
    assert told["concentrations_ratio"] == ""
    assert told["concentrations_ratio_apart"].startswith("Outside: norketamine, oral")
