"""The command writes the page beside the results, whoever did the work."""

import pytest

from ketacourse.cli.main import main
from ketacourse.report.trial_page import FILE, render_trial
from ketacourse.trials.folder import OURS
from ketacourse.trials.run import load_result

TRIAL = """
title = "Two injections"
patients = 4
visits = [{ days = [1] }]

[[arms]]
name = "Ketamine"
sessions = [{ day = 0, drug = "ketamine", route = "im", dose = "0.5 mg/kg" }]
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "trial.toml").write_text(TRIAL)
    return tmp_path


def test_the_page_lies_beside_the_results_and_is_named(folder, capsys):
    out = folder / "out"
    assert main(["trial", str(folder / "trial.toml"), "--out", str(out)]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == f"Report: {out / FILE}"
    assert (out / FILE).read_text(encoding="utf-8") == render_trial(load_result(out))


def test_a_forced_run_replaces_the_page_of_another_trial(folder):
    assert FILE in OURS
    arguments = ["trial", str(folder / "trial.toml"), "--out", str(folder / "out")]
    assert main(arguments) == 0
    (folder / "trial.toml").write_text(TRIAL.replace("Two injections", "Other injections"))
    assert main([*arguments, "--force"]) == 0
    assert "<h1>Other injections</h1>" in (folder / "out" / FILE).read_text(encoding="utf-8")
