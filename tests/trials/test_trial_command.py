"""``ketacourse trial`` runs a trial into a folder, or says what is wrong and writes nothing."""

import json
import tomllib

import jsonschema
import pytest

from ketacourse.cli.main import main
from ketacourse.cli.trial import _teller
from ketacourse.trials.examples import trial_examples
from ketacourse.trials.run import Progress, load_result

TRIAL = """
title = "small"
patients = 12
reference = "midazolam"
masking = "active_placebo"
visits = [{ days = [1, 3] }]
[[arms]]
name = "ketamine"
protocol = "iv_single"
[[arms]]
name = "midazolam"
control = "midazolam"
session_days = [0]
[[endpoints]]
name = "Change on day 3"
kind = "change"
day = 3
"""


@pytest.fixture
def run(capsys, tmp_path, monkeypatch):
    """Return a function that runs one command beside ``t.toml``: exit code, output, errors."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "t.toml").write_text(TRIAL, encoding="utf-8")

    def call(*arguments: object):
        code = main([str(a) for a in arguments])
        shown = capsys.readouterr()
        return code, shown.out, shown.err

    return call


def test_a_trial_tells_its_result_and_where_it_lies(run, tmp_path):
    code, out, err = run("trial", "t.toml", "--out", "results")
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0] == "small (parallel). Patients: ketamine: 12, midazolam: 12."
    assert lines[1] == "Change on day 3:"
    assert "ketamine v midazolam: difference" in out
    assert "Patients: results/arms" in lines
    assert "Results: results/summary.json" in lines
    found = json.loads((tmp_path / "results" / "summary.json").read_text(encoding="utf-8"))
    assert f"Digest: {found['digest']}" in lines
    assert load_result(tmp_path / "results").digest == found["digest"]


def test_an_empty_trial_file_is_told_where_example_trials_are(run, tmp_path):
    (tmp_path / "t.toml").write_text("", encoding="utf-8")
    code, out, err = run("trial", "t.toml", "--out", "results")
    assert (code, out) == (2, "")
    assert "'ketacourse examples' lists them, with --trials those of trials" in err
    assert not (tmp_path / "results").exists()


def test_patients_and_replicates_can_be_given(run):
    code, out, _ = run("trial", "t.toml", "--out", "r", "--patients", 5, "--replicates", 4)
    assert code == 0
    assert out.startswith("small (parallel, 4 times). Patients: ketamine: 20, midazolam: 20.")
    assert "power" in out


def test_counts_alone_can_be_kept(run, tmp_path):
    assert run("trial", "t.toml", "--out", "r", "--trajectories", "none")[0] == 0
    assert not (tmp_path / "r" / "arms").exists()


def test_stored_patients_answer_other_questions(run, tmp_path):
    run("trial", "t.toml", "--out", "r")
    other = TRIAL.replace('kind = "change"', 'kind = "response"')
    (tmp_path / "other.toml").write_text(other, encoding="utf-8")
    code, out, err = run("trial", "other.toml", "--out", "again", "--from", "r")
    assert (code, err) == (0, "")
    whole = run("trial", "other.toml", "--out", "whole")[1]
    digests = [[x for x in text.splitlines() if x.startswith("Digest")] for text in (out, whole)]
    assert digests[0] == digests[1]


def test_a_trial_that_is_stopped_says_how_to_go_on(run, tmp_path, monkeypatch):
    def stop(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("ketacourse.trials.work.run_chunk", stop)
        code, out, err = run("trial", "t.toml", "--out", "r")
    assert (code, out) == (1, "")
    assert "The trial was stopped. What is finished is kept in 'r'" in err
    assert run("trial", "t.toml", "--out", "r")[0] == 0


def test_a_research_trial_says_so(run, tmp_path):
    (tmp_path / "t.toml").write_text("research = true\n" + TRIAL, encoding="utf-8")
    assert "Research run" in run("trial", "t.toml", "--out", "r")[1]
    found = json.loads((tmp_path / "r" / "summary.json").read_text(encoding="utf-8"))
    assert found["research_mark"].startswith("Research run")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--patients", "0"], "patients is 0"),
        (["--replicates", "-2"], "replicates is -2"),
        (["--workers", "0", "--executor", "processes"], "workers is 0"),
        (["--executor", "magic"], "'magic' is not one of"),
        (["--address", "tcp://127.0.0.1:9"], "No Dask scheduler answers"),
        (["--address", "tcp://127.0.0.1:9", "--executor", "serial"], "needs --executor dask"),
        (["--from", "nowhere"], "holds no results"),
        (["--out", "t.toml"], "A file is in the way"),
    ],
)
def test_a_wrong_option_ends_in_2_and_writes_nothing(run, tmp_path, monkeypatch, options, message):
    monkeypatch.setattr("ketacourse.trials.executor.DASK_SECONDS", 1.0)
    code, _, err = run("trial", "t.toml", "--out", "results", *options)
    assert code == 2
    assert message in err
    assert [p.name for p in tmp_path.iterdir()] == ["t.toml"]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("visits = [{ days = [1, 3] }]", "", "has no visits"),
        ("day = 3", "day = 4", "MADRS is not rated on day 4"),
        ("patients = 12", "adherence = { drop_out = { share = 2.0, within = '9 d' } }",
         "adherence.drop_out.share"),
        ("patients = 12", "patients = ", "not TOML"),
    ],
)  # fmt: skip
def test_a_wrong_trial_ends_in_2_and_writes_nothing(run, tmp_path, old, new, message):
    (tmp_path / "t.toml").write_text(TRIAL.replace(old, new), encoding="utf-8")
    code, _, err = run("trial", "t.toml", "--out", "results")
    assert code == 2
    assert message in err
    assert [p.name for p in tmp_path.iterdir()] == ["t.toml"]


def test_a_folder_of_another_trial_ends_in_2(run):
    run("trial", "t.toml", "--out", "r")
    code, _, err = run("trial", "t.toml", "--out", "r", "--patients", 3)
    assert code == 2
    assert "holds another specification: 'small'" in err
    assert run("trial", "t.toml", "--out", "r", "--patients", 3, "--force")[0] == 0


@pytest.mark.parametrize("name", trial_examples())
def test_every_example_runs(run, name):
    few = ["--patients", 24, "--executor", "serial", "--trajectories", "none"]
    code, out, err = run("trial", f"example:{name}", "--out", name, "--replicates", 20, *few)
    assert (code, err) == (0, "")
    assert "Digest: " in out


def test_an_example_that_does_not_exist_is_refused_with_close_names(run):
    code, _, err = run("trial", "example:dose", "--out", "r")
    assert code == 2
    assert "Use example:dose_ranging" in err


def test_the_schema_of_trials_is_printed(run):
    schema = json.loads(run("schema", "--trial")[1])
    jsonschema.Draft202012Validator(schema).validate(tomllib.loads(TRIAL))


def test_the_example_trials_are_listed_and_shown(run):
    listed = run("examples", "--trials")[1].splitlines()
    assert len(listed) == len(trial_examples()) >= 5
    assert "Four doses of ketamine against midazolam" in "\n".join(listed)
    shown = run("examples", "--show", "example:dose_ranging")[1]
    assert tomllib.loads(shown)["reference"] == "midazolam"


def test_progress_tells_patients_rate_and_time_left():
    told = []
    tell = _teller(lambda text, share: told.append((text, share)))
    tell(Progress(done=0, total=4000, rate=0.0, seconds_left=None))
    tell(Progress(done=1000, total=4000, rate=1234.4, seconds_left=75.2))
    assert told == [
        ("0 of 4,000 patients", 0.0),
        ("1,000 of 4,000 patients, 1,234/s, 1:15 left", 0.25),
    ]
