"""Preferences: shown, assumed unless stated, and refused where they make no sense."""

import math

import pytest

from ketacourse.course.preferences import LABELS, Preferences, load_preferences, parse_preferences
from ketacourse.errors import InputError, OutOfRangeError


def test_every_default_is_said_to_be_assumed():
    assert {grade for _, _, grade in Preferences().lines()} == {"assumed"}
    assert "assumed" in Preferences().said_aloud


def test_a_stated_weight_is_told_apart_from_the_assumed_ones():
    stated = parse_preferences({"session": 2.5, "source": "the patient"})
    assert stated.changed == ("session",)
    assert "Stated by the patient: session" in stated.said_aloud
    assert stated.as_dict()["assumed"] == [name for name in LABELS if name != "session"]


def test_dissociation_is_never_given_a_worth():
    with pytest.raises(OutOfRangeError, match="Dissociation is never an aim"):
        Preferences(dissociation=-1.0)


@pytest.mark.parametrize("value", [math.nan, math.inf, 85.0])
def test_a_weight_that_is_no_number_of_days_is_refused(value):
    with pytest.raises(OutOfRangeError, match=r"preferences.session is .* symptom-free days"):
        Preferences(session=value)


@pytest.mark.parametrize("value", ["three", True, None])
def test_a_weight_that_is_no_number_is_refused(value):
    with pytest.raises(InputError, match="preferences.surge is"):
        Preferences(surge=value)


def test_relief_short_of_remission_counts_no_more_than_remission():
    with pytest.raises(OutOfRangeError, match="part_day is 2, more than a symptom-free day"):
        Preferences(part_day=2.0)


def test_benefit_has_to_count():
    with pytest.raises(OutOfRangeError, match="Benefit has to count"):
        Preferences(symptom_free_day=0.0, part_day=0.0)


def test_an_unknown_weight_is_refused_with_the_names_that_exist():
    with pytest.raises(InputError, match="preferences.sesion .*no such weight.*therapy_session"):
        parse_preferences({"sesion": 1.0})


def test_a_file_is_read_or_the_fault_named(tmp_path):
    path = tmp_path / "weights.toml"
    path.write_text('session = 0.5\nsource = "Ms A."\n', encoding="utf-8")
    assert load_preferences(path).session == 0.5
    path.write_text("session = ", encoding="utf-8")
    with pytest.raises(InputError, match="cannot be read"):
        load_preferences(path)
