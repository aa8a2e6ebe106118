"""Colours: readable on their background in both settings, and the same names in each."""

import pytest

from ketacourse.report.theme import DARK, GRADE_TONE, LIGHT, TONES, chart_rules, resolve_variables


def luminance(colour: str) -> float:
    channels = [int(colour[k : k + 2], 16) / 255.0 for k in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first: str, second: str) -> float:
    dark, light = sorted((luminance(first), luminance(second)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("tone", TONES)
def test_every_label_can_be_read_on_the_page(colours, tone):
    assert contrast(colours[tone], colours["paper"]) >= 4.5


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_the_warning_can_be_read(colours):
    assert contrast(colours["ink"], colours["alert"]) >= 7.0


def test_both_settings_name_the_same_colours():
    assert list(LIGHT) == list(DARK)
    assert set(GRADE_TONE.values()) <= set(TONES)


def test_resolved_rules_hold_no_variable():
    assert "var(" not in resolve_variables(chart_rules(), LIGHT)
