"""Counts add up whatever the parts, and say what the patients would have said."""

import numpy as np
import pytest

from ketacourse.trials.arm_summary import QUANTILES, histogram_quantiles
from ketacourse.trials.chunk import run_chunk
from ketacourse.trials.counts import counts_from, frames_of_cell
from ketacourse.trials.gather import gather
from ketacourse.trials.results import result_of
from ketacourse.trials.rows import columns_of, rows_from
from ketacourse.trials.tally import checksum

POWERED = {
    "replicates": 6,
    "patients": 10,
    "power": {"patients": [4, 20]},
    "subgroups": [
        {"name": "inflamed", "covariate": "crp_mg_per_l", "cut": 3.0},
        {"name": "class", "covariate": "response_class"},
    ],
    "relapse": {"when": {"improved_less_than": 0.5}},
    "endpoints": [
        {"name": "change", "kind": "percent_change", "day": 3},
        {"name": "response", "kind": "response", "day": 3},
        {"name": "relapse", "kind": "time_to_relapse", "from_day": 1},
    ],
}


@pytest.fixture(scope="module")
def whole(request):
    return {}


@pytest.mark.parametrize("size", [7, 23, 60])
def test_the_size_of_parts_does_not_show(make, whole, parts, size):
    digest = gather(make(**POWERED), parts(make(**POWERED), size)).digest
    assert whole.setdefault("digest", digest) == digest


def test_the_order_of_parts_does_not_show(make, parts):
    trial = make(**POWERED)
    found = list(parts(trial, 13))
    assert gather(trial, found).digest == gather(trial, found[::-1]).digest


def test_counts_survive_being_written_down(make, parts):
    trial = make(**POWERED)
    found = list(parts(trial, 60))
    again = [counts_from(part.as_data()) for part in found]
    assert gather(trial, again).digest == gather(trial, found).digest


def test_summaries_are_those_of_the_patients(make, parts):
    trial = make(patients=150)
    rows = run_chunk(trial, 0, 0, 150)[0]
    result = result_of(trial, gather(trial, parts(trial, 40)))
    course, totals = result.arms[0].scores["madrs"], rows.scores["madrs"]
    for index in range(4):
        seen = totals[:, index][totals[:, index] >= 0]
        change = seen - totals[totals[:, index] >= 0, 0]
        assert course.n[index] == seen.size
        assert course.mean[index] == pytest.approx(seen.mean())
        assert course.sd[index] == pytest.approx(seen.std(ddof=1))
        np.testing.assert_allclose(course.quantiles[index], np.quantile(seen, QUANTILES))
        assert course.change_mean[index] == pytest.approx(change.mean())
    sessions = result.arms[0].sessions
    assert sessions.sbp_peak[0, 0] == pytest.approx(rows.sbp_peak.mean())
    assert sessions.dissociated[0] == (rows.cadss > 4).sum()
    assert sessions.dose_mg[0] == pytest.approx(rows.dose_mg.mean(), rel=1e-4)
    assert result.arms[0].latent_mean[1] == pytest.approx(rows.latent[:, 1].mean(), abs=1e-3)


def test_quantiles_of_counts_are_numpys():
    values = np.random.default_rng(2).integers(-20, 20, 101)
    counts = np.bincount(values + 60, minlength=121)
    np.testing.assert_allclose(histogram_quantiles(counts, -60), np.quantile(values, QUANTILES))


def test_the_fingerprint_of_rows_does_not_depend_on_their_order(make):
    trial = make()
    frame, rows = frames_of_cell(trial, 0)[0], run_chunk(trial, 0, 0, 40)[0]
    mixed = rows.of(np.random.default_rng(1).permutation(40))
    np.testing.assert_array_equal(checksum(rows, frame), checksum(mixed, frame))


def test_the_fingerprint_of_rows_sees_every_column(make):
    trial = make()
    frame, rows = frames_of_cell(trial, 0)[0], run_chunk(trial, 0, 0, 40)[0]
    columns = columns_of(rows, frame)
    for name, column in columns.items():
        changed = {n: c.values.copy() for n, c in columns.items()}
        changed[name][3] = ~column.values[3] if name == "dropped" else column.values[3] + 1
        other = rows_from(changed, frame)
        assert (checksum(other, frame) != checksum(rows, frame)).all(), name


def test_results_trial_by_trial_add_up_to_the_whole(make, parts):
    trial = make(**POWERED)
    found = gather(trial, parts(trial, 25))
    own = [name for name in found.trials if name.endswith(":0")]
    assert len(own) == 6
    for name in own:
        assert len(found.trials[name]) == 6
        np.testing.assert_array_equal(
            found.trials[name].sum(axis=0), found.pooled[name.removesuffix(":0")]
        )


def test_subgroups_add_up_to_the_whole(make, parts):
    trial = make(**POWERED)
    found = gather(trial, parts(trial, 60)).pooled
    for endpoint in range(3):
        for subgroup, levels in ((0, 2), (1, 3)):
            split = [found[f"{endpoint}:ketamine:{subgroup}:{n}"] for n in range(levels)]
            np.testing.assert_array_equal(sum(split), found[f"{endpoint}:ketamine"])
