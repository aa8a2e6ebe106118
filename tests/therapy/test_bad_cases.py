"""Each slip a prescriber can make in a case file, and what the file's reader says to it.

One row = one change of a good case: what is replaced by what, where the fault is reported,
and words that its message must hold.
"""

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from ketacourse.errors import CaseError
from ketacourse.therapy.case import load_case

GOOD = """\
title = "Good case"

[patient]
identifier = "p-001"
age = "44 years"
sex = "female"
weight = "72 kg"
height = "168 cm"
diagnosis = "trd"
failed_antidepressants = 3
bdnf_genotype = "unknown"
ancestry = "european"
cyp2b6_genotype = "unknown"
crp = "6 mg/L"
il6 = "2.5 pg/mL"

[patient.vitals]
day = -3
sbp = "124 mmHg"
dbp = "78 mmHg"
heart_rate = "70 bpm"
spo2 = "98 %"
respiratory_rate = "14 /min"

[[patient.medications]]
name = "sertraline"

[[patient.medications]]
name = "studydrug"
classes = ["ssri"]

[patient.conditions]
eclampsia = "absent"

[patient.checks]
ecg = "done"
consent = { state = "done", day = -3 }

[baseline]
madrs = 32

[course]
horizon = "60 d"
masking = "open"
setting = "clinic"
new_oral_antidepressant = false

[[course.sessions]]
day = 0
drug = "ketamine"
route = "iv_infusion"
dose = "0.5 mg/kg"
duration = "40 min"

[[course.sessions]]
day = 3
drug = "ketamine"
route = "im"
dose = "30 mg"

[[course.therapy]]
days = [1, 4]
duration = "60 min"
kind = "cbt"

[[scores]]
day = 1
scale = "madrs"
total = 20

[[vitals]]
day = 0
moment = "pre_dose"
sbp = "130 mmHg"
"""


@dataclass(frozen=True, kw_only=True)
class Slip:
    """One change of the good case and what must be said about it."""

    name: str
    old: str
    new: str
    path: str
    says: tuple[str, ...]


def slip(name: str, old: str, new: str, path: str, *says: str) -> Slip:
    return Slip(name=name, old=old, new=new, path=path, says=says)


P = "patient"
S1 = "course.sessions[1]"
S2 = "course.sessions[2]"
DOSE = 'dose = "0.5 mg/kg"'
TIME = 'duration = "40 min"'
SECOND = '[[course.sessions]]\nday = 3\ndrug = "ketamine"\nroute = "im"\ndose = "30 mg"\n'
FIRST = GOOD[GOOD.index("[[course.sessions]]") : GOOD.index(SECOND)]
VITALS = GOOD[GOOD.index("[patient.vitals]") : GOOD.index("[[patient.medications]]")]
SCORE = '[[scores]]\nday = 1\nscale = "madrs"\ntotal = 20\n'

SLIPS = [
    # keys
    slip("a key of the patient is misspelt", "weight =", "wieght =", f"{P}.wieght",
         "not known", "Did you mean 'weight'"),
    slip("a key nobody knows", "crp =", "zodiac =", f"{P}.zodiac", "not known", "Use one of"),
    slip("a table is misspelt", "[baseline]", "[basline]", "basline", "'baseline'"),
    slip("a key of a session is misspelt", 'route = "im"', 'rout = "im"', f"{S2}.rout",
         "Did you mean 'route'?"),
    slip("the patient has no weight", 'weight = "72 kg"\n', "", f"{P}.weight", "missing", "72 kg"),
    slip("the patient has no age", 'age = "44 years"\n', "", f"{P}.age", "missing", "44 years"),
    slip("the patient has no sex", 'sex = "female"\n', "", f"{P}.sex", "missing", "female, male"),
    slip("the patient has no diagnosis", 'diagnosis = "trd"\n', "", f"{P}.diagnosis",
         "missing", "bipolar_depression"),
    slip("a session has no dose", 'dose = "30 mg"\n', "", f"{S2}.dose", "missing", "0.5 mg/kg"),
    slip("a session has no route", 'route = "im"\n', "", f"{S2}.route", "missing", "im, sc"),
    slip("a score has no total", "total = 20\n", "", "scores[1].total", "missing"),
    # types
    slip("the sex is a number", 'sex = "female"', "sex = 1", f"{P}.sex", "1", "'female' or 'male'"),
    slip("the vital signs are a text", VITALS, 'vitals = "fine"\n', f"{P}.vitals", '"fine"',
         "a text", "Give a table"),
    slip("the number of failed drugs is a text", "antidepressants = 3", 'antidepressants = "3"',
         f"{P}.failed_antidepressants", "a text", "whole number"),
    slip("the number of failed drugs has a fraction", "antidepressants = 3",
         "antidepressants = 2.5", f"{P}.failed_antidepressants", "2.5", "whole number"),
    slip("the number of failed drugs is negative", "antidepressants = 3", "antidepressants = -1",
         f"{P}.failed_antidepressants", "-1", "at least 0"),
    slip("the number of failed drugs is absurd", "antidepressants = 3", "antidepressants = 300",
         f"{P}.failed_antidepressants", "300", "at most 40"),
    slip("a flag is a text", "antidepressant = false", 'antidepressant = "no"',
         "course.new_oral_antidepressant", '"no"', "true or false"),
    slip("a day is a text", "[[course.sessions]]\nday = 0", '[[course.sessions]]\nday = "0"',
         f"{S1}.day", '"0"', "Give a number"),
    slip("a day is a date", "[[course.sessions]]\nday = 0", "[[course.sessions]]\nday = 2024-01-01",
         f"{S1}.day", "2024-01-01", "Give a number"),
    slip("the scores are one table", SCORE, "[scores]\nday = 1\n", "scores", "a table", "a list"),
    slip("the identifier is empty", '"p-001"', '""', f"{P}.identifier", "at least 1"),
    slip("the title is too long", '"Good case"', f'"{"x" * 401}"', "title", "at most 400"),
    # units
    slip("the weight is a bare number", '"72 kg"', "72", f"{P}.weight", "72", "no unit", "72 kg"),
    slip("the weight has no unit", '"72 kg"', '"72"', f"{P}.weight", '"72"', "no unit"),
    slip("the weight is in centimetres", '"72 kg"', '"72 cm"', f"{P}.weight", "72 cm", "kg, g, lb"),
    slip("the weight has a decimal comma", '"72 kg"', '"72,5 kg"', f"{P}.weight", "72,5 kg", "kg"),
    slip("the weight is a word", '"72 kg"', '"heavy"', f"{P}.weight", "heavy", "with a number"),
    slip("the weight is not a number", '"72 kg"', '"nan kg"', f"{P}.weight", "nan kg", "number"),
    slip("the weight is true", '"72 kg"', "true", f"{P}.weight", "true", "not a quantity"),
    slip("the height is a bare number", '"168 cm"', "168", f"{P}.height", "168", "178 cm"),
    slip("the age is a bare number", '"44 years"', "44", f"{P}.age", "44", "44 years"),
    slip("the CRP is a bare number", '"6 mg/L"', "6", f"{P}.crp", "6", "6 mg/L"),
    slip("the CRP is an amount", '"6 mg/L"', '"6 mg"', f"{P}.crp", "6 mg", "mg/L"),
    slip("the IL-6 is a bare number", '"2.5 pg/mL"', "2.5", f"{P}.il6", "2.5", "pg/mL"),
    slip("the dose is a bare number", DOSE, "dose = 0.5", f"{S1}.dose", "0.5", "no unit",
         "0.5 mg/kg"),
    slip("the dose has no unit", DOSE, 'dose = "0.5"', f"{S1}.dose", '"0.5"', "no unit"),
    slip("the dose is a rate", DOSE, 'dose = "0.5 mg/kg/h"', f"{S1}.dose", "mg/kg/h", "units: mg"),
    slip("the dose is a volume", DOSE, 'dose = "5 mL"', f"{S1}.dose", "5 mL", "units: mg"),
    slip("the dose hides a product", DOSE, 'dose = "0.5 mg/kg*2"', f"{S1}.dose", "mg/kg*2"),
    slip("the duration is a bare number", TIME, "duration = 40", f"{S1}.duration", "40", "40 min"),
    slip("the duration is in metres", TIME, 'duration = "40 m"', f"{S1}.duration", "40 m", "min"),
    slip("the duration is in milligrams", TIME, 'duration = "40 mg"', f"{S1}.duration", "40 mg"),
    slip("the horizon is a bare number", '"60 d"', "60", "course.horizon", "60", "84 d"),
    slip("the pressure is a bare number", 'sbp = "124 mmHg"', "sbp = 124", f"{P}.vitals.sbp",
         "124", "128 mmHg"),
    slip("the saturation is a bare number", '"98 %"', "98", f"{P}.vitals.spo2", "98", "98 %"),
    # bounds
    slip("the weight is negative", '"72 kg"', '"-72 kg"', f"{P}.weight", "-72 kg", "20 to 400 kg"),
    slip("the weight is absurd", '"72 kg"', '"720 kg"', f"{P}.weight", "720 kg", "20 to 400 kg",
         "slips of unit"),
    slip("the weight is in grams by mistake", '"72 kg"', '"72 g"', f"{P}.weight", "0.072 kg"),
    slip("the weight overflows", '"72 kg"', '"1e999 kg"', f"{P}.weight", "inf", "20 to 400 kg"),
    slip("the age is negative", '"44 years"', '"-44 years"', f"{P}.age", "-44", "1 to 120 years"),
    slip("the age is absurd", '"44 years"', '"440 years"', f"{P}.age", "440", "1 to 120 years"),
    slip("the height is in metres by mistake", '"168 cm"', '"168 m"', f"{P}.height", "16800 cm"),
    slip("the CRP is negative", '"6 mg/L"', '"-6 mg/L"', f"{P}.crp", "-6 mg/L", "0 to 600 mg/L"),
    slip("the saturation is above 100", '"98 %"', '"102 %"', f"{P}.vitals.spo2", "102 %", "100 %"),
    slip("the pressure is absurd", '"124 mmHg"', '"1240 mmHg"', f"{P}.vitals.sbp", "1240 mmHg",
         "artefacts"),
    slip("the pressures are exchanged", '"78 mmHg"', '"178 mmHg"', f"{P}.vitals.dbp", "178 mmHg",
         "124 mmHg", "exchanged"),
    slip("the vital signs are empty", 'moment = "pre_dose"\nsbp = "130 mmHg"\n', "", "vitals[1]",
         "No reading"),
    slip("the dose is negative", DOSE, 'dose = "-0.5 mg/kg"', f"{S1}.dose", "-0.5 mg/kg",
         "0.01 to 4.5 mg/kg"),
    slip("the dose is zero", DOSE, 'dose = "0 mg/kg"', f"{S1}.dose", "0 mg/kg", "left out"),
    slip("the dose is in micrograms", DOSE, 'dose = "0.5 ug/kg"', f"{S1}.dose", "0.0005 mg/kg",
         "slip of unit"),
    slip("the dose is absurd", DOSE, 'dose = "50 mg/kg"', f"{S1}.dose", "50 mg/kg",
         "0 to 4.5 mg/kg", "anaesthetic"),
    slip("the whole dose is absurd", '"30 mg"', '"30000 mg"', f"{S2}.dose", "30000 mg", "1950 mg"),
    slip("the whole dose is absurd for the weight", '"30 mg"', '"1500 mg"', f"{S2}.dose",
         "1500 mg", "20.8 mg/kg at 72 kg", "13 mg/kg"),
    slip("the infusion has no duration", f"{TIME}\n", "", f"{S1}.duration", "no duration",
         "40 min"),
    slip("the infusion takes no time", TIME, 'duration = "0 min"', f"{S1}.duration", "0 min",
         "1 to 6000 min"),
    slip("the infusion runs backwards", TIME, 'duration = "-40 min"', f"{S1}.duration", "-40 min"),
    slip("the infusion takes days", TIME, 'duration = "400 h"', f"{S1}.duration", "24000 min",
         "96 h"),
    slip("the injection takes hours", '"30 mg"', '"30 mg"\nduration = "3 h"', f"{S2}.duration",
         "180 min", "0 to 15 min"),
    slip("the therapy session takes a minute", '"60 min"', '"1 min"', "course.therapy[1].duration",
         "0.0166667 h", "0.25 to 8 h"),
    slip("the horizon is negative", '"60 d"', '"-60 d"', "course.horizon", "-60", "1 to 730"),
    slip("the horizon is absurd", '"60 d"', '"6000 d"', "course.horizon", "6000", "two years"),
    # not a number
    slip("a day is not a number", "[[course.sessions]]\nday = 3", "[[course.sessions]]\nday = nan",
         f"{S2}.day", "nan", "finite"),
    slip("a day is infinite", "[[course.sessions]]\nday = 3", "[[course.sessions]]\nday = inf",
         f"{S2}.day", "inf", "finite"),
    slip("the day of a score is not a number", "[[scores]]\nday = 1", "[[scores]]\nday = nan",
         "scores[1].day", "nan", "finite"),
    # choices
    slip("the diagnosis is unknown", '"trd"', '"sadness"', f"{P}.diagnosis", "sadness", "'trd'"),
    slip("the drug is unknown", 'drug = "ketamine"\nroute = "im"', 'drug = "esk"\nroute = "im"',
         f"{S2}.drug", "esk", "'esketamine'"),
    slip("the route is unknown", '"im"', '"rectal"', f"{S2}.route", "rectal", "'sublingual'"),
    slip("the masking is unknown", '"open"', '"blind"', "course.masking", "blind", "'anaesthesia'"),
    slip("the setting is unknown", '"clinic"', '"home"', "course.setting", "home", "'trial'"),
    slip("the genotype is unknown", 'bdnf_genotype = "unknown"', 'bdnf_genotype = "met"',
         f"{P}.bdnf_genotype", "met", "'val/met'"),
    slip("the ancestry is unknown", '"european"', '"martian"', f"{P}.ancestry", "martian"),
    slip("the CYP genotype is unknown", 'cyp2b6_genotype = "unknown"', 'cyp2b6_genotype = "*6"',
         f"{P}.cyp2b6_genotype", "*6", "*1/*6"),
    slip("the condition is misspelt", "eclampsia =", "eclampsie =", f"{P}.conditions.eclampsie",
         "not known", "'eclampsia'"),
    slip("the condition is neither present nor absent", '"absent"', '"maybe"',
         f"{P}.conditions.eclampsia", "maybe", "'present' or 'absent'"),
    slip("the check is misspelt", "ecg =", "eeg =", f"{P}.checks.eeg", "not known", "'ecg'"),
    slip("the check has a state nobody knows", 'ecg = "done"', 'ecg = "ok"',
         f"{P}.checks.ecg.state", "ok", "'not_done'"),
    slip("the medicine is not in the table", '"sertraline"', '"sertralin"',
         f"{P}.medications[1].name", "sertralin", "'sertraline'"),
    slip("the medication class is unknown", '["ssri"]', '["ssrl"]',
         f"{P}.medications[2].classes[1]", "ssrl", "'ssri'"),
    slip("a medicine is listed twice", '"studydrug"', '"Sertraline"', f"{P}.medications[2].name",
         "sertraline", "twice"),
    slip("the moment is unknown", '"pre_dose"', '"before"', "vitals[1].moment", "'in_session'"),
    # plan
    slip("the protocol does not exist", 'horizon = "60 d"', 'protocol = "iv_six_over_two_week"',
         "course.protocol", "iv_six_over_two_week", "'iv_six_over_two_weeks'"),
    slip("a protocol and sessions are given", 'horizon = "60 d"', 'protocol = "iv_single"',
         "course.sessions", "both given", "boosters"),
    slip("neither protocol nor sessions are given", FIRST + SECOND, "", "course",
         "Neither", "iv_six_over_two_weeks"),
    slip("a session has no day", "[[course.sessions]]\nday = 3\n", "[[course.sessions]]\n", S2,
         "No day"),
    slip("a session has day and days", "[[course.sessions]]\nday = 3\n",
         "[[course.sessions]]\nday = 3\ndays = [4]\n", S2, "Both day and days"),
    slip("the list of days is empty", "days = [1, 4]", "days = []", "course.therapy[1].days",
         "at least 1"),
    slip("a dose is before the first day", "[[course.sessions]]\nday = 3",
         "[[course.sessions]]\nday = -3", f"{S2}.day", "-3", "at least 0"),
    slip("the first dose is late", "[[course.sessions]]\nday = 0", "[[course.sessions]]\nday = 1",
         f"{S1}.day", "day 1", "day 0"),
    slip("a session is given twice", "[[course.sessions]]\nday = 3",
         "[[course.sessions]]\nday = 0", S2, "repeats course.sessions[1]"),
    slip("a session overlaps the infusion", "[[course.sessions]]\nday = 3",
         "[[course.sessions]]\nday = 0.01", S2, "25.6 min before", "0.0278"),
    slip("a day is repeated in a list", SECOND, SECOND.replace("day = 3", "days = [3, 3]"), S2,
         "repeats"),
    slip("a session lies after the horizon", "[[course.sessions]]\nday = 3",
         "[[course.sessions]]\nday = 61", S2, "61", "60 days", 'horizon = "89 d"'),
    slip("therapy lies after the horizon", "days = [1, 4]", "days = [1, 70]", "course.therapy[1]",
         "70", "60 days"),
    slip("a therapy session is given twice", "days = [1, 4]", "days = [1, 1]",
         "course.therapy[1]", "repeats course.therapy[1]"),
    slip("a therapy session overlaps another", "days = [1, 4]", "days = [1, 1.01]",
         "course.therapy[1]", "45.6 min before", "may not overlap"),
    # observations
    slip("the baseline is above its scale", "madrs = 32", "madrs = 61", "baseline.madrs", "61",
         "0 to 60"),
    slip("the baseline has a fraction", "madrs = 32", "madrs = 32.5", "baseline.madrs", "32.5",
         "whole number"),
    slip("the baseline scale is unknown", "madrs = 32", "bdi = 32", "baseline.bdi", "not known"),
    slip("a score is above its scale", "total = 20", "total = 200", "scores[1].total", "200",
         "0 to 60"),
    slip("a score is negative", "total = 20", "total = -1", "scores[1].total", "-1", "0 to 60"),
    slip("a score has a fraction", "total = 20", "total = 20.5", "scores[1].total", "20.5",
         "whole number"),
    slip("a score has hundreds of digits", "total = 20", f"total = {'9' * 400}", "scores[1].total",
         "hundreds of digits", "0 to 60"),
    slip("the baseline has hundreds of digits", "madrs = 32", f"madrs = {'9' * 400}",
         "baseline.madrs", "hundreds of digits", "0 to 60"),
    slip("a day has hundreds of digits", "[[scores]]\nday = 1", f"[[scores]]\nday = {'9' * 400}",
         "scores[1].day", "more than 20 digits"),
    slip("a score is true", "total = 20", "total = true", "scores[1].total", "true"),
    slip("the scale of a score is unknown", 'scale = "madrs"', 'scale = "phq-9"',
         "scores[1].scale", "phq-9", "'phq9'"),
    slip("a score is given twice", SCORE, SCORE + SCORE, "scores[2]", "twice", "Keep one"),
    slip("a score lies after the course", "[[scores]]\nday = 1", "[[scores]]\nday = 61",
         "scores[1].day", "61", "60 days"),
    slip("a score is far in the past", "[[scores]]\nday = 1", "[[scores]]\nday = -800",
         "scores[1].day", "-800", "at least -730"),
    slip("vital signs lie after the course", "[[vitals]]\nday = 0", "[[vitals]]\nday = 90",
         "vitals[1].day", "90", "60 days"),
]  # fmt: skip


def read(text: str, folder: Path) -> None:
    file = folder / "case.toml"
    file.write_text(text, encoding="utf-8")
    load_case(file)


def test_the_good_case_is_good(tmp_path: Path) -> None:
    read(GOOD, tmp_path)


def test_at_least_seventy_slips_are_tried() -> None:
    assert len({s.name for s in SLIPS}) == len(SLIPS) >= 70


@pytest.mark.parametrize("slip", SLIPS, ids=lambda s: s.name.replace(" ", "-"))
def test_a_slip_is_named_with_place_value_and_remedy(slip: Slip, tmp_path: Path) -> None:
    assert slip.old in GOOD
    with pytest.raises(CaseError) as caught:
        read(GOOD.replace(slip.old, slip.new, 1), tmp_path)
    found = {fault.path: fault for fault in caught.value.faults}
    assert slip.path in found, str(caught.value)
    fault = found[slip.path]
    for words in slip.says:
        assert words in str(fault)
    assert fault.problem
    assert fault.remedy
    assert caught.value.exit_code == 2


def test_a_score_before_birth_is_refused(tmp_path: Path) -> None:
    young = GOOD.replace('"44 years"', '"1 year"').replace(
        "[[scores]]\nday = 1", "[[scores]]\nday = -400"
    )
    with pytest.raises(CaseError, match=re.escape("Day -400 lies before the patient's birth")):
        read(young, tmp_path)


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    bad = GOOD.replace('"72 kg"', "72").replace("total = 20", "total = 99")
    bad = bad.replace("[[course.sessions]]\nday = 3", "[[course.sessions]]\nday = 0")
    with pytest.raises(CaseError) as caught:
        read(bad, tmp_path)
    paths = {fault.path for fault in caught.value.faults}
    assert paths == {"patient.weight", "scores[1].total", "course.sessions[2]"}


def test_a_booster_may_not_repeat_a_dose_of_the_protocol(tmp_path: Path) -> None:
    plan = GOOD[: GOOD.index("[course]")] + (
        '[course]\nprotocol = "iv_single"\n[[course.boosters]]\nday = 0\ndrug = "ketamine"\n'
        'route = "sc"\ndose = "0.5 mg/kg"\n'
    )
    with pytest.raises(CaseError, match=r"repeats the protocol's dose on day 0"):
        read(plan, tmp_path)


def test_a_byte_order_mark_is_read_over(tmp_path: Path) -> None:
    file = tmp_path / "case.toml"
    file.write_bytes(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())
    assert load_case(file).title == "Good case"
