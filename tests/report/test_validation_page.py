"""The page of a validation: every margin, every row, and what each interval contains."""

import csv
import io
import json
import re
from pathlib import Path

import numpy as np
import pytest

from ketacourse.course.calibrate import FREE, fit_data
from ketacourse.course.concentrations import compare_concentrations
from ketacourse.course.sensitivity import MECHANISM, Sensitivity, uncertain
from ketacourse.course.sensitivity_outputs import OUTPUTS
from ketacourse.course.validation import Validation, Way
from ketacourse.course.validation_benchmarks import errors_of, mean_of_others
from ketacourse.course.validation_checks import (
    Replicated,
    coverage,
    residuals,
    transform_counts,
)
from ketacourse.course.validation_identify import identified
from ketacourse.course.validation_margins import read_margins, row_causes, verdicts
from ketacourse.course.validation_pooled import Pooled
from ketacourse.course.validation_predictive import judged_row
from ketacourse.course.validation_rows import published_rows, rows_of
from ketacourse.course.validation_run import Effort
from ketacourse.course.validation_safety import (
    SafetyRow,
    concentration_agreement,
    concentration_figures,
)
from ketacourse.evidence.catalogue import load_catalogue
from ketacourse.infer.estimate import Estimate
from ketacourse.infer.free import free_parameters
from ketacourse.report.validation_page import render_validation, rows_text, write_docs
from ketacourse.trials.replicate_prediction import not_supported, predicted

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def found():
    """Return a validation of made-up predictions: five points or percent off, or not at all."""
    catalogue = load_catalogue()
    data = fit_data(catalogue)
    rows = rows_of(data)
    centre = [r.value + (5.0 if k % 7 == 0 else 0.0) for k, r in enumerate(rows)]
    held_out = tuple(
        None if k == 3 else judged_row(
            r, centre=max(c, 1.0) if r.kind != "points" else c, drawn=np.full(5, max(c, 1.0)),
            sd_one=2.0, judged=1.0, between=0.2,
        )
        for k, (r, c) in enumerate(zip(rows, centre, strict=True))
    )  # fmt: skip
    ways = tuple(
        Way(name=name, predicted=values, errors=errors_of(rows, values))
        for name, values in (
            ("this model", np.array(centre)), ("mean of the other studies", mean_of_others(rows)),
            ("two exponentials", mean_of_others(rows)),
            ("variant disinhibition alone", np.array(centre)),
        )
    )  # fmt: skip
    parameters = free_parameters(FREE[:5], catalogue=catalogue, overrides={})
    sd = np.array([p.sd for p in parameters])
    estimate = Estimate(
        mode=np.array([p.mean for p in parameters]), covariance=np.diag((0.5 * sd) ** 2),
        predicted=np.zeros(1), jacobian=np.zeros((1, 5)), objective=0.0, misfit=0.0, iterations=0,
    )  # fmt: skip
    groups = (*uncertain(catalogue), MECHANISM)
    shares = np.full((len(OUTPUTS), len(groups)), 0.1)
    comparisons = compare_concentrations(catalogue=catalogue)
    agreement = concentration_agreement(comparisons)
    margins = read_margins(ROOT / "docs" / "validation" / "margins.toml")
    figures = {**concentration_figures(comparisons, agreement), "scores": 1.2, "coverage": 0.9}
    say = {"source": "one2020", "population": "TRD", "seen": True}
    return Validation(
        verdicts=verdicts(margins, figures, row_causes(rows, held_out)),
        rows=rows, held_out=held_out, ways=ways, coverage=coverage(rows, held_out),
        transform=transform_counts(held_out), residuals=residuals(rows, held_out),
        replicated=(Replicated(label="scores", observed=1.0, low=0.5, high=2.0, p=0.4),),
        identified={"disinhibition": identified(parameters, estimate)},
        sensitivity=Sensitivity(
            groups=groups, outputs=tuple(OUTPUTS), first=shares, total=shares, total_low=shares,
            total_high=shares, middle=np.ones(6), low=np.zeros(6), high=np.full(6, np.nan),
        ),
        concentrations=comparisons, agreement=agreement,
        safety=(
            SafetyRow(row_id="a", quantity="SBP_peak", unit="mmHg", text="12", observed=12.0,
                      prediction=predicted(14.0, 8.0, 20.0), **say),
            SafetyRow(row_id="b", quantity="<b>words</b>", unit="qualitative", text="none",
                      observed=None, prediction=not_supported("a statement in words"), **say),
        ),
        pooled=(Pooled(row_id="p", what="drug against control", metric="cohen_d", value="-1",
                       low=-1.3, high=-0.7, predicted=-0.9),),
        left_out=data.left_out, weights={"disinhibition": 1.0},
        between={"points": 3.0, "rate": 0.5, "days": 0.4}, refit_gain={"disinhibition": 0.1},
        made_by={"data": "0", "equations": "1", "seed": 2, "version": "3"}, effort=Effort(),
        quick=False, package="0",
    )  # fmt: skip


def test_every_margin_stands_on_the_page_with_its_reason(found):
    page = render_validation(found)
    for verdict in found.verdicts:
        assert verdict.margin.reason in page.replace("&#39;", "'")
    assert page.count("could not be computed") >= 1


def test_every_row_of_the_table_comes_back_predicted_or_with_a_reason(found):
    rows = list(csv.DictReader(io.StringIO(rows_text(found))))
    assert [r["row_id"] for r in rows] == [r["row_id"] for r in published_rows()]
    for row in rows:
        assert row["status"].startswith(("predicted", "not_supported: "))
        assert bool(row["predicted"]) == (row["status"] == "predicted")
        assert len(row["status"]) > len("not_supported: ") or row["status"] == "predicted"


def test_the_page_says_what_its_intervals_contain(found):
    page = render_validation(found)
    for part in ("uncertainty of the parameters", "mechanism variants", "differences between",
                 "sampling of the published number of patients"):  # fmt: skip
        assert part in page


def test_the_page_stands_alone_and_escapes_what_it_shows(found):
    page = render_validation(found)
    assert "<script" not in page
    assert not re.search(r'(?:src|href)="(?!#)', page)
    assert "<b>words</b>" not in page


def test_the_pages_of_the_documentation_refer_to_files_that_were_written(found, tmp_path):
    text = write_docs(found, tmp_path).read_text(encoding="utf-8")
    named = re.findall(r"\]\(([^)]+)\)|<(report\.\w+|rows\.csv)>", text)
    files = [a or b for a, b in named]
    assert len(files) > 10
    assert all((tmp_path / name).is_file() for name in files)
    assert "var(--" not in (tmp_path / "figures" / "margins.svg").read_text(encoding="utf-8")


def test_the_numbers_can_be_read_by_programs(found, tmp_path):
    write_docs(found, tmp_path)
    told = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert [m["name"] for m in told["margins"]] == [v.margin.name for v in found.verdicts]
    assert {m["outcome"] for m in told["margins"]} <= {"met", "missed", "not_supported"}


def test_the_same_validation_gives_the_same_page(found):
    assert render_validation(found) == render_validation(found)
