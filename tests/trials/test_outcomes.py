"""The outcome of a patient on an endpoint, from rows written by hand."""

import numpy as np
import pytest

from ketacourse.trials.covariate_columns import CATEGORIES, NUMBERS
from ketacourse.trials.design import Criterion, Endpoint, Relapse, Visit
from ketacourse.trials.outcomes import outcome, survival_axis
from ketacourse.trials.rows import ArmRows, Frame
from ketacourse.trials.trial_read import parse_trial

DAYS = (0.0, 7.0, 14.0, 21.0, 28.0)
FRAME = Frame(visits=tuple(Visit(day=d, scales=("madrs",)) for d in DAYS), session_days=(0.0, 7.0))


def patients(*scores, rescue=None, sbp=(120, 120), rise=(5, 5), cadss=(0, 0), nausea=(0, 0)):
    """Return rows with these totals at the visits, -1 after a drop-out."""
    totals = np.array(scores, dtype=np.int16)
    n = len(totals)

    def wide(values, kind=np.int16):
        return np.tile(np.array(values, dtype=kind), (n, 1))

    return ArmRows(
        patient=np.arange(n), trial=np.zeros(n, dtype=np.int64),
        period=np.zeros(n, dtype=np.int8), branch=np.full(n, -1, dtype=np.int8),
        scores={"madrs": totals}, latent=totals.astype(np.float32),
        session=wide((1, 1), np.int8), dose_mg=wide((35, 35), np.float32),
        sbp_peak=wide(sbp), sbp_rise=wide(rise), cadss=wide(cadss), nausea=wide(nausea, np.int8),
        last_visit=(totals >= 0).sum(axis=1).astype(np.int16) - 1,
        dropped=(totals < 0).any(axis=1),
        rescue_visit=np.array([-1] * n if rescue is None else rescue, dtype=np.int16),
        numbers={k: np.zeros(n, dtype=np.float32) for k in NUMBERS},
        categories={k: np.zeros(n, dtype=np.int8) for k in CATEGORIES},
    )  # fmt: skip


@pytest.fixture(scope="module")
def trial():
    found = parse_trial({
        "visits": [{"days": list(DAYS[1:])}],
        "arms": [{"name": "a", "protocol": "iv_single"}],
        "relapse": {"when": {"improved_less_than": 0.5}, "visits": 2},
    })  # fmt: skip
    assert found.relapse == Relapse(when=Criterion(improved_less_than=0.5), visits=2)
    return found


def judged(trial, rows, kind, **keys):
    test = {"change": "t_test", "percent_change": "t_test"}.get(kind, "proportions")
    return outcome(Endpoint(name="e", kind=kind, test=test, **keys), trial, rows, FRAME)


LEFT = (30, 20, -1, -1, -1)
BETTER = (30, 10, 12, 16, 20)


def test_a_change_leaves_out_whoever_is_not_seen(trial):
    found = judged(trial, patients(BETTER, LEFT), "change", day=14.0)
    assert found.counts.tolist() == [True, False]
    assert found.value.tolist() == [-18, 0]


def test_a_change_may_carry_the_last_score_forward(trial):
    found = judged(trial, patients(BETTER, LEFT), "change", day=14.0, missing="last")
    assert found.value.tolist() == [-18, -10]


def test_a_percent_change_is_kept_in_hundredths(trial):
    found = judged(trial, patients(BETTER), "percent_change", day=7.0)
    assert found.value.tolist() == [-6667]


@pytest.mark.parametrize(
    ("missing", "counts"), [("failure", [True, True]), ("observed", [True, False])]
)
def test_a_response_of_whoever_is_not_seen_follows_the_stated_rule(trial, missing, counts):
    found = judged(trial, patients(BETTER, LEFT), "response", day=14.0, missing=missing)
    assert found.counts.tolist() == counts
    assert found.value.tolist() == [1, 0]


@pytest.mark.parametrize(("score", "responds"), [(15, 1), (16, 0)])
def test_half_of_the_baseline_is_a_response(trial, score, responds):
    rows = patients((30, score, score, score, score))
    assert judged(trial, rows, "response", day=7.0).value.tolist() == [responds]


@pytest.mark.parametrize(("cut_off", "remits"), [(None, 0), (12.0, 1)])
def test_remission_has_a_cut_off(trial, cut_off, remits):
    rows = patients((30, 12, 12, 12, 12))
    found = judged(trial, rows, "remission", day=7.0, cut_off=cut_off)
    assert found.value.tolist() == [remits]


@pytest.mark.parametrize(("rescued", "responds"), [("failure", [1, 0]), ("observed", [1, 1])])
def test_a_response_after_rescue_may_count_as_a_failure(trial, rescued, responds):
    rows = patients(BETTER, BETTER, rescue=[-1, 1])
    found = judged(trial, rows, "response", day=14.0, rescued=rescued)
    assert found.value.tolist() == responds


def test_a_rescue_decided_at_the_visit_comes_after_its_score(trial):
    rows = patients(BETTER, rescue=[2])
    found = judged(trial, rows, "response", day=14.0, rescued="failure")
    assert found.value.tolist() == [1]


def test_a_sustained_response_holds_at_every_visit(trial):
    rows = patients((30, 10, 10, 10, 10), (30, 10, 16, 10, 10), (30, 10, 10, -1, -1))
    keys = {"from_day": 7.0, "day": 28.0}
    found = judged(trial, rows, "sustained_response", missing="failure", **keys)
    assert (found.counts.tolist(), found.value.tolist()) == ([True] * 3, [1, 0, 0])
    found = judged(trial, rows, "sustained_response", **keys)
    assert found.counts.tolist() == [True, True, False]


RESPONDER, NEVER = (30, 10, 10, 10, 10), (30, 28, 28, 28, 28)


@pytest.mark.parametrize(
    ("scores", "rescue", "at", "event"),
    [
        (RESPONDER, -1, 3, False),
        ((30, 10, 20, 20, 10), -1, 1, True),
        ((30, 10, 20, 10, 20), -1, 3, False),
        ((30, 10, 10, 20, 20), -1, 2, True),
        ((30, 10, 10, -1, -1), -1, 1, False),
        ((30, 10, -1, -1, -1), -1, 0, False),
        (RESPONDER, 2, 1, True),
    ],
    ids=["never", "at once", "not confirmed", "later", "left", "left at once", "rescued"],
)
def test_a_relapse_is_confirmed_and_dates_from_its_first_visit(trial, scores, rescue, at, event):
    rows = patients(scores, NEVER, rescue=[rescue, -1])
    endpoint = Endpoint(name="e", kind="time_to_relapse", from_day=7.0, test="log_rank")
    assert survival_axis(endpoint, (FRAME,)) == (0.0, 7.0, 14.0, 21.0)
    found = outcome(endpoint, trial, rows, FRAME)
    assert found.counts.tolist() == [True, False]
    assert (found.value[0], found.event[0]) == (at, event)


def test_what_happens_after_the_last_day_does_not_count(trial):
    endpoint = Endpoint(name="e", kind="relapse_free", from_day=7.0, day=14.0, test="log_rank")
    found = outcome(endpoint, trial, patients((30, 10, 10, 20, 20)), FRAME)
    assert (found.value[0], found.event[0]) == (1, False)


@pytest.mark.parametrize(
    ("kind", "peaks", "bad"),
    [
        ("pressure_surge", {"sbp": (120, 180)}, 1),
        ("pressure_surge", {"rise": (40, 0)}, 1),
        ("pressure_surge", {"sbp": (179, 179), "rise": (39, 39)}, 0),
        ("dissociation", {"cadss": (4, 5)}, 1),
        ("dissociation", {"cadss": (4, 4)}, 0),
        ("nausea", {"nausea": (0, 1)}, 1),
    ],
)
def test_an_adverse_event_in_any_session_counts(trial, kind, peaks, bad):
    assert judged(trial, patients(RESPONDER, **peaks), kind).value.tolist() == [bad]


def test_drop_out_is_an_endpoint_too(trial):
    assert judged(trial, patients(RESPONDER, LEFT), "drop_out").value.tolist() == [0, 1]
