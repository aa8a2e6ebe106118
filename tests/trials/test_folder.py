"""An output folder is made, taken up again, or refused; never overwritten by accident."""

import json

import pytest

from ketacourse.errors import InputError, OutputError
from ketacourse.trials.folder import read_folder
from ketacourse.trials.run import load_result, run_trial


def state(folder):
    return {p.relative_to(folder): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_a_folder_holds_the_trial_its_patients_and_the_results(make, tmp_path):
    run_trial(make(), tmp_path / "out")
    names = {p.name for p in (tmp_path / "out").iterdir()}
    assert names == {"trial.json", "chunks", "arms", "summary.json", "summary.parquet"}
    arms = {p.name for p in (tmp_path / "out" / "arms").iterdir()}
    assert arms == {"arm=1-ketamine", "arm=2-midazolam"}


def test_the_same_trial_gives_the_same_bytes_everywhere(make, tmp_path):
    for name in ("one", "two"):
        run_trial(make(), tmp_path / name)
    assert state(tmp_path / "one") == state(tmp_path / "two")


def test_a_finished_trial_is_not_run_again(make, tmp_path, monkeypatch):
    run_trial(make(), tmp_path / "out")
    before = state(tmp_path / "out")
    monkeypatch.setattr("ketacourse.trials.work.run_chunk", None)
    run_trial(make(), tmp_path / "out")
    assert state(tmp_path / "out") == before


def test_a_folder_of_another_trial_is_refused_and_kept(make, tmp_path):
    run_trial(make(), tmp_path / "out")
    before = state(tmp_path / "out")
    with pytest.raises(OutputError, match=r"another specification: 'small'.*--force"):
        run_trial(make(seed=2), tmp_path / "out")
    assert state(tmp_path / "out") == before


def test_force_replaces_a_trial_and_keeps_other_files(make, tmp_path):
    run_trial(make(), tmp_path / "out")
    (tmp_path / "out" / "notes.txt").write_text("mine", encoding="utf-8")
    done = run_trial(make(seed=2), tmp_path / "out", force=True)
    assert load_result(tmp_path / "out").digest == done.digest
    assert (tmp_path / "out" / "notes.txt").read_text(encoding="utf-8") == "mine"
    chunks = list((tmp_path / "out" / "chunks").iterdir())
    assert len(chunks) == 2


def test_a_folder_that_is_no_trial_is_refused_even_with_force(make, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "summary.json").write_text("{}", encoding="utf-8")
    for force in (False, True):
        with pytest.raises(OutputError, match="already holds files, and no trial"):
            run_trial(make(), tmp_path / "out", force=force)
    assert state(tmp_path / "out") == {next(iter(state(tmp_path / "out"))): b"{}"}


def test_a_file_in_the_way_is_named(make, tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(OutputError, match=r"A file is in the way.*file"):
        run_trial(make(), tmp_path / "file" / "out")


def test_a_missing_chunk_is_made_again(make, tmp_path):
    done = run_trial(make(), tmp_path / "out", chunk_patients=16)
    before = state(tmp_path / "out")
    next((tmp_path / "out" / "chunks").iterdir()).unlink()
    with pytest.raises(InputError, match="missing or damaged. Run the same command again"):
        load_result(tmp_path / "out")
    assert run_trial(make(), tmp_path / "out", chunk_patients=16).digest == done.digest
    assert state(tmp_path / "out") == before


@pytest.mark.parametrize("kind", ["chunks", "arms"])
def test_a_damaged_file_is_made_again(make, tmp_path, kind):
    done = run_trial(make(), tmp_path / "out", chunk_patients=16)
    before = state(tmp_path / "out")
    victim = next(p for p in sorted((tmp_path / "out" / kind).rglob("*")) if p.is_file())
    victim.write_bytes(victim.read_bytes()[:-9])
    assert run_trial(make(), tmp_path / "out", chunk_patients=16).digest == done.digest
    assert state(tmp_path / "out") == before


def test_what_a_killed_worker_left_half_written_is_swept_away(make, tmp_path):
    run_trial(make(), tmp_path / "out")
    left = tmp_path / "out" / "chunks" / ".abc.json.17.tmp"
    left.write_text("{", encoding="utf-8")
    run_trial(make(), tmp_path / "out")
    assert not left.exists()


@pytest.mark.parametrize(
    ("record", "message"),
    [("{}", "holds no results"), ("[", "holds no results"), (None, "format 99, not 1")],
)
def test_a_folder_that_cannot_be_read_says_why(make, tmp_path, record, message):
    run_trial(make(), tmp_path / "out")
    path = tmp_path / "out" / "trial.json"
    changed = json.dumps({**json.loads(path.read_text(encoding="utf-8")), "format": 99})
    path.write_text(changed if record is None else record, encoding="utf-8")
    with pytest.raises(InputError, match=message):
        read_folder(tmp_path / "out")
