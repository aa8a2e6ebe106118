"""Results reach the disk whole or not at all, and come back as they were."""

import errno
import json
import os

import duckdb
import numpy as np
import pytest

from ketacourse.errors import InputError, OutputError
from ketacourse.trials import storage
from ketacourse.trials.chunk import run_chunk
from ketacourse.trials.counts import frames_of_cell
from ketacourse.trials.rows import columns_of
from ketacourse.trials.run import endpoints, load_result, run_trial
from ketacourse.trials.storage import read_rows, write_rows, write_text


@pytest.fixture
def arm(make):
    trial = make(visits=[{"days": [0.5, 3, 7], "scales": ["madrs", "phq9"]}])
    return run_chunk(trial, 0, 0, 40)[0], frames_of_cell(trial, 0)[0]


def test_rows_come_back_as_they_were(arm, tmp_path):
    rows, frame = arm
    write_rows(rows, frame, tmp_path / "rows.parquet", {})
    again = columns_of(read_rows(tmp_path / "rows.parquet", frame), frame)
    for name, column in columns_of(rows, frame).items():
        np.testing.assert_array_equal(again[name].values, column.values, err_msg=name)
        assert again[name].values.dtype == column.values.dtype, name


def test_the_same_rows_give_the_same_bytes(arm, tmp_path):
    for name in ("one", "two"):
        write_rows(*arm, tmp_path / name, {"arm": "a"})
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_every_column_states_its_unit(arm, tmp_path):
    path = tmp_path / "rows.parquet"
    write_rows(*arm, path, {"arm": "ketamine"})
    query = "SELECT decode(key), decode(value) FROM parquet_kv_metadata(?)"
    told = duckdb.execute(query, [str(path)])
    found = dict(told.fetchall())
    units = json.loads(found["units"])
    columns = duckdb.execute("DESCRIBE SELECT * FROM read_parquet(?)", [str(path)]).fetchall()
    assert found["arm"] == "ketamine"
    assert set(units) == set(json.loads(found["labels"])) == {c[0] for c in columns}
    assert units["sbp_peak_session_1"] == "mmHg"
    assert units["madrs_day_0_5"] == units["phq9_day_3"] == "points"


def test_a_full_disk_leaves_nothing_and_says_what_to_do(tmp_path, monkeypatch):
    def full(_descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(storage.os, "fsync", full)
    with pytest.raises(OutputError, match="is full. Free some space and run the same command"):
        write_text(tmp_path / "a.json", "{}")
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(OutputError, match=r"'.*a.json' cannot be written: "):
        write_text(tmp_path / "file" / "a.json", "{}")


def test_a_text_that_is_there_is_replaced_whole(tmp_path):
    write_text(tmp_path / "a.json", "old and long")
    write_text(tmp_path / "a.json", "new")
    assert [p.name for p in tmp_path.iterdir()] == ["a.json"]
    assert (tmp_path / "a.json").read_text(encoding="utf-8") == "new"


def test_a_damaged_file_is_refused_with_a_remedy(arm, tmp_path):
    write_rows(*arm, tmp_path / "rows.parquet", {})
    whole = (tmp_path / "rows.parquet").read_bytes()
    (tmp_path / "rows.parquet").write_bytes(whole[:-50])
    with pytest.raises(InputError, match="cannot be read"):
        read_rows(tmp_path / "rows.parquet", arm[1])


def test_results_are_read_from_a_folder_without_simulating(make, tmp_path, monkeypatch):
    done = run_trial(make(), tmp_path / "out", chunk_patients=16)
    monkeypatch.setattr("ketacourse.trials.work.run_chunk", None)
    assert load_result(tmp_path / "out").digest == done.digest
    assert endpoints(tmp_path / "out").digest == done.digest


def test_other_endpoints_are_computed_from_stored_patients(make, tmp_path, monkeypatch):
    asked = make(
        endpoints=[{"name": "remission", "kind": "remission", "day": 7}],
        subgroups=[{"name": "sex", "covariate": "sex"}],
    )
    whole = run_trial(asked, tmp_path / "whole")
    run_trial(make(), tmp_path / "out", chunk_patients=16)
    monkeypatch.setattr("ketacourse.trials.work.run_chunk", None)
    found = endpoints(tmp_path / "out", asked)
    assert found.digest == whole.digest
    again = run_trial(asked, tmp_path / "new", source=tmp_path / "out")
    assert again.digest == whole.digest
    assert load_result(tmp_path / "new").digest == whole.digest


def test_other_patients_are_not_taken_for_the_stored_ones(make, tmp_path):
    run_trial(make(), tmp_path / "out")
    with pytest.raises(InputError, match="other patients, arms or visits"):
        endpoints(tmp_path / "out", make(seed=2))
    with pytest.raises(InputError, match="other patients, arms or visits"):
        run_trial(make(seed=2), tmp_path / "new", source=tmp_path / "out")
    assert not (tmp_path / "new").exists()


def test_counts_alone_cannot_be_asked_again(make, tmp_path):
    run_trial(make(), tmp_path / "out", trajectories="none")
    assert not (tmp_path / "out" / "arms").exists()
    with pytest.raises(InputError, match="keeps counts only"):
        endpoints(tmp_path / "out")


def test_the_results_of_a_table_of_patients_need_no_table(content, tmp_path):
    from ketacourse.trials.trial_read import parse_trial

    lines = ["identifier,age_years,sex,weight_kg,baseline_madrs"]
    lines += [f"p{i},{30 + i},male,{60 + i},{25 + i}" for i in range(6)]
    (tmp_path / "who.csv").write_text("\n".join(lines), encoding="utf-8")
    changed = {**content, "patients": 3, "population": {"table": "who.csv"}}
    done = run_trial(parse_trial(changed, folder=tmp_path), tmp_path / "out")
    (tmp_path / "who.csv").unlink()
    assert endpoints(tmp_path / "out").digest == done.digest
