"""The page of a trial stands alone, says what it is, and is the same for the same trial."""

import re
from collections import Counter
from dataclasses import replace

import pytest

from ketacourse.report.disclaimer import RESEARCH_MARK, TRIAL_DISCLAIMER
from ketacourse.report.trial_assumptions import band_contains
from ketacourse.report.trial_page import render_trial, write_trial_report


def sections(text: str) -> list[str]:
    main = text[text.index("<main>") :]
    return re.findall(r'<section id="[^"]+".*?</section>', main, flags=re.DOTALL)


def figures(text: str) -> list[str]:
    return re.findall(r"<figure.*?</figure>", text, flags=re.DOTALL)


def test_every_element_is_closed_and_every_id_is_given_once(trial_page, outline_of):
    outline = outline_of(trial_page)
    assert (outline.faults, outline.open) == ([], [])
    assert [name for name, count in Counter(outline.ids).items() if count > 1] == []


def test_links_lead_inside_the_page_or_to_a_source(trial_page, outline_of):
    outline = outline_of(trial_page)
    inside = {link[1:] for link in outline.links if link.startswith("#")}
    assert inside <= set(outline.ids)
    outside = [link for link in outline.links if not link.startswith("#")]
    assert outside
    assert all(link.startswith("https://") for link in outside)


def test_the_page_needs_no_script_and_no_other_file(trial_page, outline_of):
    assert outline_of(trial_page).tags["script"] == 0
    assert "default-src 'none'; style-src 'unsafe-inline'" in trial_page
    assert not re.search(r"url\(|@import|<[^>]+\s(on\w+|src)=", trial_page)


def test_every_drawing_is_an_image_with_its_content_in_words(trial_page, outline_of):
    images = outline_of(trial_page).images
    assert len(images) > 25
    assert all(image["role"] == "img" for image in images)
    assert all(len(image["aria-label"] or "") > 40 for image in images)


def test_every_figure_has_a_sentence_a_caption_and_a_table(trial_page):
    found = figures(trial_page)
    assert len(found) >= 12
    for figure in found:
        assert re.search(r'<p class="reading">.+?\.</p>', figure, flags=re.DOTALL)
        assert "<figcaption>" in figure
        assert figure.count("<tr>") >= 2


@pytest.mark.parametrize(
    "key", ["medians-madrs", "bands-madrs", "waterfall", "reached-madrs", "relapse-1", "forest-1",
            "power", "safety"],
)  # fmt: skip
def test_every_kind_of_figure_is_on_the_page(trial_page, key):
    assert f'<figure id="figure-{key}">' in trial_page


@pytest.mark.parametrize("key", ["medians-madrs", "relapse-1"])
def test_a_wide_figure_brings_a_drawing_for_narrow_screens(trial_page, key):
    figure = next(f for f in figures(trial_page) if f'id="figure-{key}"' in f)
    assert figure.count('<div class="panel only-narrow"><svg') == 1
    assert 'viewBox="0 0 350 ' in figure


def test_the_page_says_what_bands_contain_and_what_is_assumed(result, trial_page):
    assert trial_page.count(band_contains(result.trial)) >= 3
    assert "are assumed" in trial_page[trial_page.index('id="assumptions"') :]


def test_the_disclaimer_stands_at_the_top_and_at_the_end(trial_page):
    for sentence in TRIAL_DISCLAIMER:
        assert trial_page.count(sentence) == 2
    assert trial_page.index(TRIAL_DISCLAIMER[0]) < trial_page.index("At a glance")


def test_a_research_trial_is_marked_in_every_section_and_on_every_printed_page(result):
    text = render_trial(replace(result, trial=replace(result.trial, research=True)))
    assert len(sections(text)) >= 13
    assert [s[:40] for s in sections(text) if RESEARCH_MARK not in s] == []
    assert f'@top-center{{content:"{RESEARCH_MARK}"' in text


def test_a_trial_within_the_evidence_is_not_marked_research(trial_page):
    assert RESEARCH_MARK not in trial_page


def test_text_from_the_trial_file_cannot_become_markup(trial_of, result_from, outline_of):
    nasty = '<script>alert("x")</script>'
    trial = trial_of()
    arms = (replace(trial.arms[0], name=nasty), *trial.arms[1:])
    contrasts = tuple(replace(c, against=(nasty,)) for c in trial.contrasts)
    changed = replace(trial, title=nasty, note=nasty, arms=arms, contrasts=contrasts)
    text = render_trial(result_from(changed))
    assert "<script" not in text
    assert text.count("&lt;script&gt;") > 10
    assert outline_of(text).faults == []


def test_two_writings_give_the_same_bytes_and_leave_nothing_else(result, tmp_path):
    first = write_trial_report(result, tmp_path).read_bytes()
    assert write_trial_report(result, tmp_path).read_bytes() == first
    assert [path.name for path in tmp_path.iterdir()] == ["trial.html"]


def test_the_page_does_not_depend_on_how_patients_were_divided(trial_of, result_from, trial_page):
    assert render_trial(result_from(trial_of(), parts=3)) == trial_page


def test_digests_seed_and_version_are_told(result, trial_page):
    made = trial_page[trial_page.index('id="provenance"') :]
    for text in (result.trial.digest, result.digest, "<td>7</td>", "ketacourse 0."):
        assert text in made


def test_a_trial_that_asks_nothing_still_makes_a_page(bare, outline_of):
    text = render_trial(bare)
    assert outline_of(text).faults == []
    for words in ("asks for no endpoints", "does not say what a relapse is", "compares nothing",
                  "has neither"):  # fmt: skip
        assert words in text
    assert "nan" not in re.sub(r"<[^>]+>", " ", text).lower().split()


def test_arms_and_branches_are_introduced_with_what_they_receive(sequential):
    text = render_trial(sequential)
    assert "<b>Placebo</b>. 3 × placebo spray, on days 14, 21 and 28." in text
    assert "After day 14 it shows those dealt again, over all branches." in text
