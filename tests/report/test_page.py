"""The page stands alone, can be read without eyes, colour or script, and hides nothing."""

import re
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from ketacourse.report.compose import compose
from ketacourse.report.disclaimer import DISCLAIMER, RESEARCH_MARK, URGENT
from ketacourse.report.known_section import known_rows
from ketacourse.report.page import render, write_report

VOID = {"meta", "link", "br", "img", "hr", "input", "col", "wbr"}
REFERRING = {"src", "href", "xlink:href", "data", "action", "poster", "srcset", "background"}


class Outline(HTMLParser):
    """The tree of a page: faults of nesting, references, ids, sections and figures."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.faults: list[str] = []
        self.references: list[tuple[str, str]] = []
        self.ids: list[str] = []
        self.images: list[dict[str, str | None]] = []
        self.tags: Counter[str] = Counter()
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.tags[tag] += 1
        self.references += [(tag, v or "") for k, v in attrs if k in REFERRING]
        if "id" in found:
            self.ids.append(str(found["id"]))
        if tag == "svg":
            self.images.append(found)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"</{tag}> at {self.getpos()}")


@pytest.fixture(scope="module")
def outline(page_text: str) -> Outline:
    return Outline(page_text)


def sections_of(text: str) -> list[str]:
    main = text[text.index("<main>") :]
    return re.findall(r'<section id="[^"]+".*?</section>', main, flags=re.DOTALL)


def figures_of(text: str) -> list[str]:
    return re.findall(r"<figure.*?</figure>", text, flags=re.DOTALL)


def test_every_element_is_closed_where_it_was_opened(outline):
    assert outline.faults == []
    assert outline.open == []


def test_no_id_is_given_twice_and_every_link_inside_the_page_leads_somewhere(outline):
    assert [name for name, count in Counter(outline.ids).items() if count > 1] == []
    inside = {value[1:] for _, value in outline.references if value.startswith("#")}
    assert inside <= set(outline.ids)


def test_the_only_references_outside_are_links_to_sources(outline):
    outside = [(tag, value) for tag, value in outline.references if not value.startswith("#")]
    known = {source.link for row in known_rows() for source in row.sources}
    assert {tag for tag, _ in outside} == {"a"}
    assert {value for _, value in outside} - known == {"https://doi.org/10.1000/x"}


def test_the_page_needs_no_script_and_its_policy_allows_none(page_text, outline):
    assert outline.tags["script"] == 0
    assert not re.search(r"<[^>]+\son\w+=", page_text)
    assert "default-src 'none'; style-src 'unsafe-inline'" in page_text
    assert not re.search(r"url\(|@import", page_text)


def test_every_drawing_is_announced_as_an_image_with_its_content_in_words(outline):
    assert len(outline.images) > 20
    for image in outline.images:
        assert image["role"] == "img"
        assert len(image["aria-label"] or "") > 40


def test_every_figure_has_a_caption_and_a_table(page_text):
    figures = figures_of(page_text)
    assert len(figures) >= 12
    for figure in figures:
        assert "<figcaption>" in figure
        assert "<table" in figure
        assert figure.count("<tr>") > 2


def test_every_figure_but_the_chain_opens_with_a_sentence(page_text):
    for figure in figures_of(page_text):
        if "figure-chain" in figure:
            continue
        reading = re.search(r'<p class="reading">(.*?)</p>', figure, flags=re.DOTALL)
        assert reading
        assert reading[1].strip().endswith(".")


def test_a_figure_with_a_band_says_what_the_band_contains(simulation, page_text):
    for figure in figures_of(page_text):
        if 'class="b-' in figure:
            assert simulation.band_contains in figure


def test_the_disclaimer_stands_at_the_top_and_at_the_end(page_text):
    for sentence in (*DISCLAIMER, URGENT):
        assert page_text.count(sentence) == 2
    assert page_text.index(DISCLAIMER[0]) < page_text.index("At a glance")


def test_a_research_run_is_marked_in_every_section_and_on_every_printed_page(made):
    text = render(compose(made(research=True)))
    sections = sections_of(text)
    assert len(sections) >= 18
    assert [s[:60] for s in sections if RESEARCH_MARK not in s] == []
    assert f'@top-center{{content:"{RESEARCH_MARK}"' in text
    assert "(research use)</title>" in text


def test_a_run_within_the_evidence_is_not_marked_research(page_text):
    assert RESEARCH_MARK not in page_text


def test_text_from_the_case_cannot_become_markup(made, case_with):
    nasty = '<script>alert("x")</script>'
    case = case_with(title=nasty)
    sessions = tuple(replace(s, note=nasty) for s in case.course.sessions)
    case = replace(case, course=replace(case.course, sessions=sessions))
    text = render(compose(made(case=case)))
    assert "<script" not in text
    assert text.count("&lt;script&gt;") >= 3
    assert Outline(text).faults == []


def test_two_writings_give_the_same_bytes(simulation, tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        write_report(simulation, tmp_path / name)
    names = sorted(path.name for path in (tmp_path / "a").iterdir())
    assert names == ["report.html", "summary.json", "trajectory.parquet"]
    for name in names:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_the_numbers_used_are_listed_with_their_sources(simulation, page_text):
    for parameter in simulation.parameters_used:
        assert f"<code>{parameter.name}</code>" in page_text
    assert "A trial (2020)" in page_text
    assert "not read at the source" in page_text


def test_a_run_without_optional_series_still_makes_a_page(simulation, made):
    kept = {"madrs": replace(simulation.series["madrs"], lower=None, upper=None, control=None)}
    text = render(compose(made(series=kept, links=(), milestones=(), outcomes=())))
    assert Outline(text).faults == []
    assert "No band was computed." in text
    assert "Not computed in this run." in text


def test_a_run_without_any_series_still_shows_plan_and_disclaimer(made):
    text = render(compose(made(series={})))
    assert DISCLAIMER[0] in text
    assert "6 drug sessions" in text


def test_a_course_without_drug_makes_a_page_that_says_so(made, case_with):
    case = case_with()
    case = replace(case, course=replace(case.course, sessions=()))
    text = render(compose(made(case=case)))
    assert "No drug is planned." in text
    assert Outline(text).faults == []


def test_a_wide_figure_brings_a_drawing_for_narrow_screens(page_text):
    for key in ("mood-course", "plan"):
        figure = next(f for f in figures_of(page_text) if f'id="figure-{key}"' in f)
        assert figure.count('<div class="panel only-narrow"><svg') == 1
        assert 'viewBox="0 0 350 ' in figure
