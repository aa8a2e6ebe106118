"""The PDF: the same content, tagged, with alternative texts, and never markup from data."""

import sys

import pytest

from ketacourse.errors import OutputError
from ketacourse.report.compose import compose
from ketacourse.report.page import write_report
from ketacourse.report.pdf_content import pdf_content
from ketacourse.report.typeset import standalone, write_pdf


def test_without_typst_the_error_names_the_extra(simulation, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "typst", None)
    with pytest.raises(OutputError, match=r"pip install 'ketacourse\[pdf\]'"):
        write_report(simulation, tmp_path, pdf=True)


def test_every_drawing_of_the_document_has_an_alternative_text(simulation):
    content, drawings = pdf_content(compose(simulation))
    shown = [d for s in content["sections"] for f in s["figures"] for d in f["drawings"]]
    assert len(shown) > 20
    assert {d["file"] for d in shown} <= set(drawings)
    assert all(len(d["alt"]) > 40 for d in shown)


def test_a_drawing_outside_the_page_brings_its_own_colours(simulation):
    text = standalone(compose(simulation).chain.markup)
    assert "<style>" in text
    assert "var(" not in text


def test_the_document_meets_the_accessibility_standard_and_is_reproducible(
    made, case_with, tmp_path
):
    pytest.importorskip("typst")
    case = case_with(title='#read("/etc/passwd") *not markup*')
    content, drawings = pdf_content(compose(made(case=case, research=True)))
    for name in ("a.pdf", "b.pdf"):
        write_pdf(content, drawings, tmp_path / name)
    first = (tmp_path / "a.pdf").read_bytes()
    assert first.startswith(b"%PDF-")
    assert first == (tmp_path / "b.pdf").read_bytes()
