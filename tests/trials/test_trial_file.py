"""A trial file is read whole, or refused with every fault at once."""

import jsonschema
import pytest

from ketacourse.errors import CaseError, InputError
from ketacourse.trials.examples import trial_examples
from ketacourse.trials.trial_read import load_trial, parse_trial, trial_schema, with_numbers

SESSIONS = [
    {"days": [0, 7], "drug": "ketamine", "route": "iv_infusion", "dose": "0.5 mg/kg",
     "duration": "40 min"},
]  # fmt: skip


def arm(**changes):
    return {"name": "ketamine", "protocol": "iv_single", **changes}


def refusal(content, **changes):
    with pytest.raises(CaseError) as told:
        parse_trial({**content, **changes})
    return str(told.value)


def test_a_sound_file_becomes_a_trial(make):
    trial = make()
    assert [a.name for a in trial.arms] == ["ketamine", "midazolam"]
    assert [v.day for v in trial.arms[0].visits] == [0, 1, 3, 7]
    assert trial.arms[1].sessions[0].dose is None
    assert [c.name for c in trial.contrasts] == ["ketamine v midazolam"]


def test_every_fault_is_told_at_once(content):
    told = refusal(content, drop=1, population={"female_share": 2}, subgroups=[
        {"name": "a", "covariate": "shoe_size"}
    ])  # fmt: skip
    assert told.startswith("The file has 3 faults:")
    for part in ("drop (given: 1)", "population.female_share", "subgroups[1].covariate"):
        assert part in told


@pytest.mark.parametrize(
    ("changes", "place", "remedy"),
    [
        ({"visits": []}, "arms[1].visits", "Add [[visits]]"),
        ({"arms": [arm(visits=[])]}, "arms[1].visits: The arm 'ketamine' has no visits", "Add"),
        ({"arms": [arm(), arm()]}, "arms[2].name", "Rename one"),
        ({"arms": [{"name": "x"}]}, "Neither sessions nor therapy", "Add protocol"),
        ({"arms": [arm(control="saline", protocol=None, sessions=SESSIONS)]}, "gives no drug",
         "session_days"),
        ({"arms": [arm(protocol=None, session_days=[0])]}, "without control", "Add control"),
        ({"arms": [arm(sessions=SESSIONS)]}, "Both protocol and sessions", "Keep one way"),
        ({"reference": "nobody"}, "reference", "Use one of ketamine, midazolam"),
        ({"endpoints": [{"name": "e", "kind": "change", "day": 4}]}, "not rated on day 4",
         "It is rated on 0, 1, 3, 7"),
        ({"endpoints": [{"name": "e", "kind": "change"}]}, "endpoints[1].day", "Add day"),
        ({"endpoints": [{"name": "e", "kind": "time_to_relapse", "from_day": 1}]},
         "does not say what a relapse is", "Add [relapse]"),
        ({"endpoints": [{"name": "e", "kind": "change", "day": 1, "test": "log_rank"}]},
         "does not fit", 'Use test = "t_test"'),
        ({"endpoints": [{"name": "e", "kind": "response", "day": 1, "scale": "gad8"}]},
         "'gad8'", "gad7"),
        ({"adherence": {"drop_out": {"share": 1.2, "within": "28 d"}}},
         "adherence.drop_out.share", "at most 1"),
        ({"adherence": {"drop_out": {"share": 1.0, "within": "28 d"}}}, "adherence.drop_out",
         "less than 1"),
        ({"adherence": {"missed_share": -0.1}}, "adherence.missed_share", "at least 0"),
        ({"population": {"table": "none.csv"}}, "population.table", "Give a .csv"),
        ({"population": {"age": {"mean": "46", "sd": "5 years"}}}, "population.age.mean",
         "years"),
        ({"population": {"correlations": [
            {"between": ["gain", "durability"], "value": 0.9},
            {"between": ["gain", "onset"], "value": 0.9},
            {"between": ["durability", "onset"], "value": -0.9},
        ]}}, "not positive definite", "nearer to zero"),
        ({"replicates": 9, "endpoints": []}, "replicates", "Add [[endpoints]]"),
        ({"replicates": 9, "allocation": "common"}, "allocation", "randomised"),
        ({"power": {"patients": [500]}}, "power.patients[1]", "Raise replicates"),
        ({"design": "crossover"}, "crossover", "Add it"),
        ({"crossover": {"washout": "7 d"}}, "crossover", 'design = "crossover"'),
        ({"design": "sequential"}, "rerandomise", "Add day"),
        ({"design": "crossover", "crossover": {"washout": "7 d"}, "arms": [
            {"name": "awake", "sessions": SESSIONS},
            {"name": "asleep", "sessions": SESSIONS, "masking": "anaesthesia"},
        ]}, "arms[2].masking", "compare the two in parallel arms"),
        ({"design": "crossover", "crossover": {"washout": "7 d"}, "masking": "anaesthesia",
          "arms": [
            {"name": "awake", "sessions": SESSIONS, "masking": "open"},
            {"name": "asleep", "sessions": SESSIONS},
        ]}, "arms[1].masking", "compare the two in parallel arms"),
        ({"alpha": 0.7}, "alpha", ""),
        ({"variant": "phlogiston"}, "variant", ""),
    ],
)  # fmt: skip
def test_what_cannot_be_run_is_refused_with_place_and_remedy(content, changes, place, remedy):
    content.pop("reference" if "arms" in changes else "", None)
    if changes.get("endpoints"):
        content.pop("reference")
    told = refusal(content, **changes)
    assert place in told
    assert remedy in told


def test_a_dose_outside_the_evidence_needs_a_research_trial(content):
    high = [{**SESSIONS[0], "dose": "1.4 mg/kg"}]
    given = {"arms": [{"name": "high", "sessions": high}], "reference": "high"}
    assert "outside the 0.1 to 1 mg/kg" in refusal(content, **given)
    assert parse_trial({**content, **given, "research": True}).research


def test_a_dose_above_any_studied_is_refused_in_research_too(content):
    far = [{**SESSIONS[0], "dose": "2.5 mg/kg"}]
    told = refusal(content, arms=[{"name": "far", "sessions": far}], reference="far", research=True)
    assert "above 2 mg/kg" in told


def test_nasal_esketamine_is_judged_by_its_label(content):
    low = [{"day": 0, "drug": "esketamine", "route": "intranasal", "dose": "14 mg"}]
    told = refusal(content, arms=[{"name": "low", "sessions": low}], reference="low")
    assert "outside the 28 to 84 mg" in told


def test_a_protocol_guided_by_response_needs_its_visits(content):
    guided = {"arms": [{"name": "guided", "protocol": "sc_response_guided"}], "reference": "guided"}
    assert "fixed_dose = true" in refusal(content, **guided)
    visits = [{"days": [1, 3, 7, 10, 14, 17, 21, 24]}]
    rule = parse_trial({**content, **guided, "visits": visits}).arms[0].dose_rule
    assert rule is not None
    assert rule.steps == (0.5, 0.6, 0.75, 0.9)
    assert rule.days == (3, 7, 10, 14, 17, 21, 24)


def test_numbers_from_the_command_line_replace_those_of_every_arm(content):
    content["arms"][0]["patients"] = 7
    trial = parse_trial(with_numbers(content, patients=11, replicates=3))
    assert [a.patients for a in trial.arms] == [11, 11]
    assert trial.replicates == 3


def test_an_impossible_number_of_patients_is_refused(content):
    with pytest.raises(InputError, match="patients is 0"):
        with_numbers(content, patients=0)


def test_another_seed_is_another_trial(make):
    assert make(seed=1).digest == make(seed=1).digest != make(seed=2).digest


def test_a_table_of_patients_is_part_of_the_trial(content, tmp_path):
    digests = []
    for weight in (70, 80):
        lines = ["identifier,age_years,sex,weight_kg,baseline_madrs", f"a,40,female,{weight},30"]
        (tmp_path / "who.csv").write_text("\n".join(lines), encoding="utf-8")
        changed = {**content, "population": {"table": "who.csv"}}
        digests.append(parse_trial(changed, folder=tmp_path).digest)
    assert digests[0] != digests[1]


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["a,40,female,70"], "4 cells under 5 columns"),
        (["a,40,female,nan,30"], "row 1, column 'weight_kg'"),
        (["a,40,female,70,30", "a,41,male,80,31"], "'a' stands in row 1 too"),
    ],
)
def test_a_wrong_table_of_patients_is_refused_with_row_and_column(
    content, tmp_path, lines, message
):
    head = "identifier,age_years,sex,weight_kg,baseline_madrs"
    (tmp_path / "who.csv").write_text("\n".join([head, *lines]), encoding="utf-8")
    with pytest.raises(CaseError) as told:
        parse_trial({**content, "population": {"table": "who.csv"}}, folder=tmp_path)
    assert "population.table" in str(told.value)
    assert message in str(told.value)


@pytest.mark.parametrize("name", trial_examples())
def test_every_example_fits_the_schema_and_is_sound(name):
    import tomllib

    path = trial_examples()[name]
    tables = tomllib.loads(path.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(trial_schema()).validate(tables)
    trial = load_trial(path, patients=8, replicates=1 if "power" not in tables else 80)
    assert trial.title
    assert trial.endpoints


def test_the_dose_ranging_example_has_the_published_arms():
    trial = load_trial(trial_examples()["dose_ranging"])
    assert [a.patients for a in trial.arms] == [18, 20, 22, 20, 19]
