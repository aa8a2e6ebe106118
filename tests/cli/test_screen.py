"""``ketacourse screen`` shows the findings and stops scripts when a rule blocks."""

import json

OVERRIDE = ("--reason", "repeat reading 128/80", "--by", "Dr Example", "--on", "2026-05-03")


def test_a_case_that_may_go_on_ends_in_0(run):
    ended = run("screen", "example:trd_iv_six_with_cbt")
    assert (ended.code, ended.err) == (0, "")
    assert "not blocked" in ended.out.splitlines()[0]


def test_a_blocked_case_ends_in_3_and_names_the_rule(run):
    ended = run("screen", "example:blocked_aneurysm")
    assert ended.code == 3
    assert "CON-001" in ended.out


def test_before_the_dose_a_pressure_of_three_days_ago_stops(run):
    planning = run("screen", "example:trd_iv_six_with_cbt", "--phase", "plan")
    dosing = run("screen", "example:trd_iv_six_with_cbt", "--phase", "dose")
    assert (planning.code, dosing.code) == (0, 3)
    assert "MON-004  Pressure before the dose" in dosing.out
    assert "too old to rely on" in dosing.out


def test_json_holds_the_same_findings(run):
    ended = run("screen", "example:blocked_aneurysm", "--json")
    found = json.loads(ended.out)
    assert (ended.code, found["blocked"]) == (3, True)
    assert "CON-001" in {finding["code"] for finding in found["findings"]}


def test_an_override_lifts_its_own_rule_only(run, high_pressure):
    before = run("screen", high_pressure, "--json")
    after = run("screen", high_pressure, "--json", "--override", "MON-004", *OVERRIDE)
    blocking = [
        {f["code"] for f in json.loads(ended.out)["findings"] if f["severity"] == "blocked"}
        for ended in (before, after)
    ]
    assert blocking == [{"MON-004", "MON-005"}, {"MON-005"}]
    assert "Overridden by Dr Example on 2026-05-03: repeat reading 128/80" in after.out


def test_an_absolute_rule_cannot_be_overridden(run):
    ended = run("screen", "example:blocked_aneurysm", "--override", "CON-001", *OVERRIDE)
    assert ended.code == 3
    assert "CON-001 cannot be overridden" in ended.err


def test_an_override_of_what_does_not_block_is_refused(run):
    ended = run("screen", "example:trd_iv_six_with_cbt", "--override", "CON-001", *OVERRIDE)
    assert ended.code == 2
    assert "'CON-001' does not block this case. Blocking: nothing." in ended.err


def test_an_override_without_reason_or_name_is_refused(run, high_pressure):
    without_reason = run("screen", high_pressure, "--override", "MON-004", "--by", "Dr Example")
    without_name = run("screen", high_pressure, "--override", "MON-004", "--reason", "calm now")
    assert (without_reason.code, without_name.code) == (2, 2)
    assert "Give one --reason for each --override." in without_reason.err
    assert "has no 'by'" in without_name.err


def test_settings_of_the_clinic_are_read(run, tmp_path):
    settings = tmp_path / "clinic.toml"
    settings.write_text('clinic = "North"\nrules = 3\n', encoding="utf-8")
    ended = run("screen", "example:trd_iv_six_with_cbt", "--settings", settings)
    assert ended.code == 2
    assert "unknown keys ['rules']" in ended.err
