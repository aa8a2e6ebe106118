"""The drawn chain: every link that leads to mood, boxes apart, grades by more than colour."""

import re
from itertools import pairwise
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ketacourse.course.result import Link
from ketacourse.report.chain_diagram import draw_chain, layers
from ketacourse.report.theme import GRADE_TONE


def link(source, target, grade="weak"):
    return Link(source=source, target=target, grade=grade, statement="how")


def boxes_of(markup):
    found = re.findall(r'class="node" x="([\d.-]+)" y="([\d.]+)" width="([\d.]+)"', markup)
    return [(float(y), float(x), float(x) + float(w)) for x, y, w in found]


def test_every_cause_stands_above_its_effect(simulation):
    depth = layers(simulation.links)
    assert all(depth[found.source] < depth[found.target] for found in simulation.links)


def test_only_links_that_lead_to_mood_are_drawn(simulation):
    markup = draw_chain(simulation.links).markup
    assert ">AMPA</text>" in markup
    assert ">blood pressure</text>" not in markup
    assert "NMDA block to glutamate: moderate" in draw_chain(simulation.links).description


def test_boxes_of_a_row_do_not_overlap(simulation):
    boxes = sorted(boxes_of(draw_chain(simulation.links).markup))
    for (row, _, end), (next_row, start, _) in pairwise(boxes):
        assert next_row > row or start >= end


@pytest.mark.parametrize("grade", list(GRADE_TONE))
def test_an_arrow_shows_its_grade_by_colour_and_by_letter(grade):
    markup = draw_chain([link("drug", "mood", grade)]).markup
    assert f'class="s-{GRADE_TONE[grade]}"' in markup
    assert f">{grade[0].upper()}</text>" in markup


def test_a_circle_of_causes_is_drawn_without_hanging():
    markup = draw_chain([link("a", "mood"), link("mood", "a")]).markup
    assert markup.count('class="node"') == 2


names = st.sampled_from(["a", "b", "c", "d", "e", "mood"])


@given(st.lists(st.tuples(names, names), max_size=14, unique=True))
def test_any_set_of_links_gives_a_well_formed_drawing(pairs):
    markup = draw_chain([link(a, b) for a, b in pairs]).markup
    ET.fromstring(markup)  # noqa: S314 - our own markup
