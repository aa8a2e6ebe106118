"""The observation tables are whole, consistent, and refused when they are not."""

import csv
import math
from importlib.resources import files

import pytest

from ketacourse.errors import EvidenceError
from ketacourse.evidence.cells import reading
from ketacourse.evidence.observations import KINDS, READERS, load_observations, read_observations

SOURCES = {"a"}
TRIAL = {
    "row_id": "a_01", "study_id": "a", "diagnosis": "trd", "n": "20", "drug": "ketamine",
    "route": "iv_infusion", "dose_mg_per_kg": "0.5", "duration_min": "40", "session_days": "0;3",
    "masking": "open", "new_oral_antidepressant": "no", "setting": "trial", "scale": "madrs",
    "baseline_mean": "33", "time_days": "1", "outcome": "response_rate", "value": "45",
    "seen": "yes", "supported": "yes", "source": "a",
}  # fmt: skip


def table(*rows, kind="trials", columns=None):
    columns = columns or list(READERS[kind][1])
    lines = [",".join(columns)]
    lines += [",".join(row.get(c, "") for c in columns) for row in rows]
    return "\n".join(lines) + "\n"


def read(*rows, **options):
    return read_observations(table(*rows, **options), kind="trials", name="t.csv", sources=SOURCES)


def test_a_complete_row_is_read_as_typed_values():
    (row,) = read(TRIAL)
    assert row.session_days == (0.0, 3.0)
    assert (row.n, row.value, row.dose_mg, row.usable) == (20, 45.0, None, True)


REFUSED = [
    ({"diagnosis": "sadness"}, "column 'diagnosis': 'sadness' is not one of mdd"),
    ({"diagnosis": ""}, "column 'diagnosis': the cell is empty"),
    ({"drug": "aspirin"}, "column 'drug': 'aspirin' is not one of"),
    ({"route": "ear"}, "column 'route': 'ear' is not one of"),
    ({"masking": "yes"}, "column 'masking'"),
    ({"outcome": "happier"}, "column 'outcome'"),
    ({"setting": "home"}, "column 'setting'"),
    ({"n": "0"}, "column 'n': '0' is not a positive whole number"),
    ({"n": "-3"}, "column 'n'"),
    ({"n": "2.5"}, "column 'n'"),
    ({"value": ""}, "column 'value': the cell is empty"),
    ({"value": "high"}, "column 'value': 'high' is not a number"),
    ({"value": "nan"}, "column 'value': 'nan' is not a number"),
    ({"value": "101"}, "101 is not a rate of 0 to 100 percent"),
    ({"value": "-1"}, "-1 is not a rate of 0 to 100 percent"),
    ({"outcome": "score", "value": "-1"}, "a score of -1 is below 0"),
    ({"dose_mg_per_kg": "0"}, "column 'dose_mg_per_kg': 0 is not above 0"),
    ({"dose_mg": "40"}, "the dose is given twice"),
    ({"dose_mg_per_kg": ""}, "a supported row states its dose"),
    ({"drug": "none"}, "column 'dose_mg': the dose is given twice, or without a drug"),
    ({"control": "saline"}, "column 'control': 'saline' beside the drug ketamine"),
    ({"session_days": "0;0"}, "do not rise"),
    ({"session_days": "0;;3"}, "has an empty day"),
    ({"session_days": ""}, "a supported row states its sessions"),
    ({"time_days": ""}, "a supported row states its time"),
    ({"time_days": "-1"}, "column 'time_days': -1 is not at least 0"),
    ({"spread": "3"}, "a spread needs its type"),
    ({"spread_type": "SD"}, "a spread needs its type"),
    ({"spread": "0", "spread_type": "SD"}, "'0' is not a positive SD"),
    ({"spread": "9-3", "spread_type": "IQR"}, "runs downwards"),
    ({"seen": "perhaps"}, "column 'seen': 'perhaps' is neither yes nor no"),
    ({"seen": ""}, "column 'seen'"),
    ({"supported": "no"}, "a row has a reason exactly when it is not supported"),
    ({"reason": "odd"}, "a row has a reason exactly when it is not supported"),
    ({"inferred": "colour"}, "there is no column colour"),
    ({"source": "b"}, "column 'source': there is no such source"),
]


@pytest.mark.parametrize(("changes", "problem"), REFUSED)
def test_a_row_with_a_fault_is_refused_with_line_and_column(changes, problem):
    with pytest.raises(EvidenceError, match="t.csv, line 3") as refused:
        read(TRIAL, {**TRIAL, "row_id": "a_02", "time_days": "2", **changes})
    assert problem in str(refused.value)


def test_a_row_id_given_twice_is_refused():
    with pytest.raises(EvidenceError, match="line 3, column 'row_id': the row repeats line 2"):
        read(TRIAL, {**TRIAL, "value": "50"})


def test_the_same_row_under_another_id_is_refused():
    with pytest.raises(EvidenceError, match="the row repeats line 2"):
        read(TRIAL, {**TRIAL, "row_id": "a_02"})


def test_a_missing_or_unknown_column_is_refused():
    columns = [c for c in READERS["trials"][1] if c != "masking"] + ["colour"]
    with pytest.raises(EvidenceError, match=r"missing \['masking'\], unknown \['colour'\]"):
        read(TRIAL, columns=columns)


def test_a_row_with_too_many_cells_is_refused():
    columns = len(READERS["trials"][1])
    text = table(TRIAL).rstrip("\n") + ",extra\n"
    with pytest.raises(EvidenceError, match=f"line 2: {columns + 1} cells for {columns} columns"):
        read_observations(text, kind="trials", name="t.csv", sources=SOURCES)


def test_an_empty_file_is_refused():
    with pytest.raises(EvidenceError, match="line 1: the columns are not as expected"):
        read_observations("", kind="trials", name="t.csv", sources=SOURCES)


SAFETY = {
    "row_id": "a_s01", "source_id": "a", "population": "patients", "route": "IV",
    "quantity": "sedation_pct", "value": "48-61", "unit": "percent_of_patients", "seen": "yes",
    "supported": "yes", "source": "a",
}  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"unit": "smiles"}, "'smiles' is not a unit or a statistic"),
        ({"unit": ""}, "column 'unit': the cell is empty"),
        ({"value": "48-161"}, "is not a rate of 0 to 100 percent"),
        ({"spread": "3"}, "a spread needs its type"),
    ],
)
def test_a_side_effect_without_unit_or_with_an_impossible_rate_is_refused(changes, problem):
    text = table({**SAFETY, **changes}, kind="safety")
    with pytest.raises(EvidenceError, match=problem):
        read_observations(text, kind="safety", name="s.csv", sources=SOURCES)


CONTRAST = {
    "row_id": "a_c01", "study_id": "a", "contrast": "drug against saline", "metric": "cohen_d",
    "value": "-0.8", "ci_low": "-1.1", "ci_high": "-0.5", "seen": "yes", "supported": "yes",
    "source": "a",
}  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"value": "0.8"}, "0.8 lies outside its interval"),
        ({"metric": "luck"}, "'luck' is not one of"),
        ({"metric": "response_rate"}, "is not a rate of 0 to 100 percent"),
    ],
)
def test_a_contrast_outside_its_interval_is_refused(changes, problem):
    text = table({**CONTRAST, **changes}, kind="contrasts")
    with pytest.raises(EvidenceError, match=problem):
        read_observations(text, kind="contrasts", name="c.csv", sources=SOURCES)


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("12", 12.0, 12.0),
        ("-0.5", -0.5, -0.5),
        ("11-27", 11.0, 27.0),
        ("-13.3 to 1.64", -13.3, 1.64),
        (">90", 90.0, math.inf),
        ("<=0.5", -math.inf, 0.5),
        ("97-NE", 97.0, math.inf),
        ("small-moderate", None, None),
    ],
)
def test_a_printed_value_is_read_as_number_range_bound_or_words(text, low, high):
    found = reading(text)
    assert (found.low, found.high) == (low, high)


ROWS = {"trials": 216, "contrasts": 63, "safety": 165, "mechanism": 189, "receptor_binding": 44}
UNREAD = {"trials": 13, "contrasts": 1, "safety": 5, "mechanism": 12, "receptor_binding": 8}


@pytest.mark.parametrize("kind", KINDS)
def test_no_row_is_lost_and_recalled_ones_stay_marked(kind):
    rows = load_observations(kind)
    assert len(rows) == ROWS[kind]
    assert sum(not row.seen for row in rows) == UNREAD[kind]


@pytest.mark.parametrize("kind", KINDS)
def test_no_recalled_row_may_enter_a_fit(kind):
    assert all(row.seen for row in load_observations(kind) if row.usable)


def test_a_number_read_from_the_table_is_the_number_in_the_paper():
    # 10.1001/jamapsychiatry.2017.3739, table 1: 84 mg at 24 h, change -16.4 (SE 2.64).
    trial = [r for r in load_observations("trials") if r.study_id == "daly2018"]
    (row,) = [r for r in trial if (r.dose_mg, r.time_days, r.outcome) == (84.0, 1.0, "change")]
    assert (row.value, row.spread.number, row.n) == (-16.4, 2.64, 12)


def test_every_control_arm_of_a_trial_shares_the_masking_of_its_drug_arm():
    masked = {}
    for row in load_observations("trials"):
        if row.control:
            masked.setdefault(row.study_id, set()).add(row.masking)
    for row in load_observations("trials"):
        if row.study_id in masked and row.drug != "none":
            assert row.masking in masked[row.study_id], row.row_id


def test_active_and_inert_controls_are_masked_as_their_kind():
    fitting = {"midazolam": {"active_placebo"}, "placebo_spray": {"placebo_spray"},
               "saline": {"saline_parallel", "saline_crossover", "anaesthesia"}}  # fmt: skip
    for row in load_observations("trials"):
        if row.control:
            assert row.masking in fitting[row.control], row.row_id


def test_every_supported_course_starts_on_day_0():
    for row in load_observations("trials"):
        if row.supported:
            assert row.session_days[0] == 0.0, row.row_id


def test_the_trials_table_can_be_replicated_as_it_stands():
    asked = {
        "row_id", "study_id", "diagnosis", "n", "drug", "route", "dose_mg_per_kg", "dose_mg",
        "duration_min", "session_days", "masking", "control", "new_oral_antidepressant", "setting",
        "therapy_days", "scale", "baseline_mean", "baseline_sd", "time_days", "outcome", "value",
    }  # fmt: skip
    assert asked <= set(READERS["trials"][1])


def test_the_tables_hold_plain_text_only():
    for kind in KINDS:
        text = (
            files("ketacourse.evidence").joinpath("observations", f"{kind}.csv").read_text("utf-8")
        )
        assert text.isascii(), kind
        assert not any(
            cell != cell.strip() for row in csv.reader(text.splitlines()) for cell in row
        )
