"""The summary: plain JSON that agrees with the curves and names every source."""

import json

import duckdb
import numpy as np
import pytest

from ketacourse.report.page import write_report


@pytest.fixture(scope="module")
def folder(simulation, tmp_path_factory):
    path = tmp_path_factory.mktemp("report")
    write_report(simulation, path)
    return path


@pytest.fixture(scope="module")
def summary(folder):
    return json.loads((folder / "summary.json").read_text(encoding="utf-8"))


def test_every_key_figure_agrees_with_the_curves_on_disk(folder, summary):
    file = str(folder / "trajectory.parquet")
    with duckdb.connect(":memory:") as connection:
        columns = connection.execute("SELECT * FROM read_parquet(?)", [file]).fetchnumpy()
    assert len(summary["key_figures"]) > 20
    for figure in summary["key_figures"]:
        name = figure["series"]
        for field, column in (("value", name), ("lower", f"{name}__lower")):
            stored = np.interp(figure["time_h"], columns["time_h"], columns[column])
            assert figure[field] == pytest.approx(stored, rel=1e-12, abs=1e-12)


def test_every_interval_says_what_it_contains(summary):
    for figure in summary["key_figures"]:
        assert figure["lower"] <= figure["value"] <= figure["upper"]
        assert figure["interval_contains"] == summary["band_contains"]


def test_every_number_used_names_a_listed_source(summary):
    keys = {source["key"] for source in summary["sources"]}
    assert summary["numbers"]
    assert {number["source"] for number in summary["numbers"]} <= keys


def test_inputs_seed_and_digest_are_kept(simulation, summary):
    assert summary["case"]["patient"]["weight_kg"] == 72
    assert len(summary["case"]["course"]["sessions"]) == 6
    assert summary["seed"] == simulation.seed
    assert summary["model_digest"] == simulation.model_digest
    assert summary["version"] == simulation.version


def test_an_open_bound_is_null_not_infinity(summary):
    assert summary["numbers"][0]["minimum"] is None


def test_both_published_remission_lines_are_stated(summary):
    lines = [goal["line"] for goal in summary["goals"] if goal["name"] == "remission"]
    assert lines == [10, 12]
