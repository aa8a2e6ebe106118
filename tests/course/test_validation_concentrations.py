"""What is told of concentrations that miss their margin."""

import pytest

from ketacourse.course.concentrations import compare_concentrations
from ketacourse.course.validation_margins import concentration_causes
from ketacourse.course.validation_safety import (
    CONTESTED,
    Agreement,
    concentration_agreement,
    ratio_of_all,
    substance_of,
)
from ketacourse.evidence.catalogue import load_catalogue


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


def test_a_miss_names_the_groups_outside_and_the_ratio_of_all_rows_beside_them():
    told = concentration_causes(GROUPS)["concentrations_ratio"]
    assert "norketamine, oral (test): 2.00, n 1" in told
    assert "S-norketamine, oral (test): 0.50, n 3" in told
    assert told.endswith("together: norketamine, oral: 0.71, n 4.")


def test_what_is_contested_or_inside_is_no_cause():
    inside = (group("ketamine", "oral", 1.1, 5), group("norketamine", "oral", 2.0, 1, "contested"))
    assert concentration_causes(inside)["concentrations_ratio"] == ""


@pytest.mark.parametrize("analyte", ["S-hydroxynorketamine", "R-HNK/R-ketamine"])
def test_hydroxynorketamine_is_contested_in_every_form(analyte):
    assert substance_of(analyte) in CONTESTED


def test_norketamine_is_judged_whatever_its_route():
    groups = concentration_agreement(compare_concentrations(catalogue=load_catalogue()))
    found = [g for g in groups if substance_of(g.analyte) == "norketamine"]
    assert {"oral", "sublingual", "intranasal"} <= {g.route for g in found}
    assert not any(g.contested for g in found)
