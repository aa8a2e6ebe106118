"""The curves on disk: complete, with units, and the same numbers as in memory."""

import json

import duckdb
import numpy as np
import pytest

from ketacourse.report.trajectory import trajectory_columns, write_trajectory


@pytest.fixture(scope="module")
def stored(simulation, tmp_path_factory):
    path = tmp_path_factory.mktemp("curves") / "trajectory.parquet"
    write_trajectory(simulation, path)
    with duckdb.connect(":memory:") as connection:
        columns = connection.execute("SELECT * FROM read_parquet(?)", [str(path)]).fetchnumpy()
        rows = connection.execute(
            "SELECT key, value FROM parquet_kv_metadata(?)", [str(path)]
        ).fetchall()
    return columns, {key.decode(): value.decode() for key, value in rows}


def test_every_curve_comes_back_bit_for_bit(simulation, stored):
    columns, _ = stored
    expected = trajectory_columns(simulation)
    assert list(columns) == list(expected)
    for name, (values, _, _) in expected.items():
        np.testing.assert_array_equal(columns[name], values)


def test_every_column_has_its_unit_and_label_in_the_file(simulation, stored):
    columns, metadata = stored
    units, labels = json.loads(metadata["units"]), json.loads(metadata["labels"])
    assert list(units) == list(labels) == list(columns)
    assert units["time_h"] == "h"
    for name, series in simulation.series.items():
        assert units[name] == series.unit
        assert units[f"{name}__lower"] == series.unit


def test_control_variants_and_other_models_are_kept(stored):
    columns, metadata = stored
    assert {"madrs__control", "madrs__variant__habenula"} <= set(columns)
    assert "ketamine_total__alternative__Fanta" in columns
    assert "<name>__variant__<key>" in metadata["layout"]


def test_provenance_travels_with_the_file(simulation, stored):
    _, metadata = stored
    assert metadata["model_digest"] == simulation.model_digest
    assert metadata["seed"] == "1"
    assert metadata["research"] == "false"
    assert metadata["band_contains"] == simulation.band_contains


def test_a_quote_in_a_label_does_no_harm(made, tmp_path):
    write_trajectory(made(band_contains="the patient's own; '); DROP"), tmp_path / "x.parquet")
    assert (tmp_path / "x.parquet").stat().st_size > 0
