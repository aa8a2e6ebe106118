"""The refit command."""

import csv
import json

import pytest

from ketacourse.cli.main import main

CASE = "example:mid_course_with_scores"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    out = tmp_path_factory.mktemp("refit") / "out"
    assert main(["refit", CASE, "--out", str(out)]) == 0
    return out


def table(path):
    return list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))


def test_refit_writes_page_tables_and_json(folder):
    assert {p.name for p in folder.iterdir()} == {
        "report.html", "forecast.csv", "relapse.csv", "refit.json",
    }  # fmt: skip


def test_the_forecast_table_has_rising_quantiles_for_every_scale(folder):
    rows = table(folder / "forecast.csv")
    assert {r["scale"] for r in rows} == {"madrs", "phq9"}
    names = ["q2.5", "q10", "q25", "q50", "q75", "q90", "q97.5"]
    for row in rows:
        values = [float(row[n]) for n in names]
        assert values == sorted(values)


def test_the_relapse_table_names_its_rule(folder):
    rows = table(folder / "relapse.csv")
    assert float(rows[0]["not_relapsed"]) == 1.0
    assert "weekly ratings" in rows[0]["rule"]


def test_the_json_holds_what_the_numbers_rest_on(folder):
    found = json.loads((folder / "refit.json").read_text(encoding="utf-8"))
    assert found["seed"] == 1
    assert found["prior_digest"]
    assert found["method"]["method"] in ("importance", "tempered")
    assert len(found["learned"]) == 17


def test_the_same_seed_writes_the_same_bytes(folder, tmp_path):
    assert main(["refit", CASE, "--out", str(tmp_path / "again")]) == 0
    for path in folder.iterdir():
        assert path.read_bytes() == (tmp_path / "again" / path.name).read_bytes(), path.name


def test_the_summary_speaks_of_response_relapse_and_the_next_session(tmp_path, capsys):
    assert main(["refit", CASE, "--out", str(tmp_path / "out")]) == 0
    told = capsys.readouterr().out
    for word in ("Response:", "Holding it:", "Next session:", "How sure:"):
        assert word in told


def test_a_record_after_today_ends_with_exit_code_two(tmp_path, capsys):
    assert main(["refit", CASE, "--out", str(tmp_path / "out"), "--today", "3"]) == 2
    assert "lies after today" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_results_are_not_overwritten_without_force(folder, capsys):
    assert main(["refit", CASE, "--out", str(folder)]) == 2
    assert "already holds files" in capsys.readouterr().err
