"""``ketacourse simulate`` writes a whole report or nothing."""

import json

import pytest

RESULTS = {"report.html", "summary.json", "trajectory.parquet"}
FEW = ("--draws", "10")
TRD = "example:trd_iv_six_with_cbt"
SIGNED = ("--by", "Dr Example", "--on", "2026-05-03")


def test_an_example_becomes_a_report_and_its_place_is_told(run, tmp_path):
    ended = run("simulate", TRD, "--out", "report", *FEW)
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.splitlines()[-1] == "Report: report/report.html"
    assert {entry.name for entry in (tmp_path / "report").iterdir()} == RESULTS


def test_the_same_seed_gives_the_same_bytes(run, tmp_path):
    for folder in ("one", "two"):
        run("simulate", TRD, "--out", folder, *FEW, "--seed", "7")
    for name in RESULTS:
        one, two = ((tmp_path / folder / name).read_bytes() for folder in ("one", "two"))
        assert one == two, name


def test_another_seed_moves_the_bands(run, tmp_path):
    for seed in ("1", "2"):
        run("simulate", TRD, "--out", seed, *FEW, "--seed", seed)
    one, two = ((tmp_path / s / "trajectory.parquet").read_bytes() for s in ("1", "2"))
    assert one != two


def test_an_existing_report_is_kept_unless_forced(run, tmp_path):
    run("simulate", TRD, "--out", "report", *FEW)
    before = (tmp_path / "report" / "summary.json").read_bytes()
    refused = run("simulate", TRD, "--out", "report", *FEW, "--seed", "2")
    assert refused.code == 2
    assert "already holds files" in refused.err
    assert (tmp_path / "report" / "summary.json").read_bytes() == before
    assert run("simulate", TRD, "--out", "report", *FEW, "--seed", "2", "--force").code == 0
    assert (tmp_path / "report" / "summary.json").read_bytes() != before


def test_a_blocked_case_is_not_simulated(run, tmp_path):
    ended = run("simulate", "example:blocked_aneurysm", "--out", "report", *FEW)
    assert (ended.code, ended.out) == (3, "")
    assert "CON-001" in ended.err
    assert not (tmp_path / "report").exists()


def test_a_blocked_case_can_be_studied_and_is_marked(run, tmp_path):
    ended = run("simulate", "example:blocked_aneurysm", "--out", "report", *FEW, "--research")
    assert ended.code == 0
    assert "Not for a patient" in ended.out
    assert json.loads((tmp_path / "report" / "summary.json").read_text())["research"] is True


def test_overrides_stand_in_the_summary(run, tmp_path, high_pressure):
    ended = run(
        "simulate", high_pressure, "--out", "report", *FEW, *SIGNED,
        "--override", "MON-004", "--reason", "128/80 after rest",
        "--override", "MON-005", "--reason", "the same reading",
    )  # fmt: skip
    assert ended.code == 0
    findings = json.loads((tmp_path / "report" / "summary.json").read_text())["findings"]
    assert {f["code"]: f["override"] for f in findings if f["override"]} == {
        "MON-004": "Overridden by Dr Example on 2026-05-03: 128/80 after rest",
        "MON-005": "Overridden by Dr Example on 2026-05-03: the same reading",
    }


def test_numbers_lists_each_number_with_its_source(run):
    ended = run("simulate", TRD, "--out", "report", *FEW, "--numbers")
    assert any("pk_kamp." in line and "kamp2020" in line for line in ended.out.splitlines())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--draws", "3"], "Give 10 to 100000"),
        (["--draws", "many"], "'many' is not a valid integer"),
        (["--seed", "-1"], "Invalid value for '--seed'"),
        (["--pk-model", "guess"], "guess"),
        (["--variant", "wishes"], "wishes"),
        (["--out", "case.toml"], "A file is in the way"),
        (["--out", "case.toml/below"], "A file is in the way"),
        (["--out", "."], "in use and cannot be replaced"),
    ],
)
def test_a_wrong_option_ends_in_2_and_writes_nothing(run, tmp_path, options, message):
    (tmp_path / "case.toml").write_text("", encoding="utf-8")
    ended = run("simulate", TRD, "--out", "report", *options)
    assert ended.code == 2
    assert message in ended.err
    assert [entry.name for entry in tmp_path.iterdir()] == ["case.toml"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"\xff\xfe", "not UTF-8"),
        (b"patient = ", "not TOML"),
        (b"[patient]\nweight = 70\n", "patient.weight"),
    ],
)
def test_a_wrong_case_ends_in_2_and_writes_nothing(run, tmp_path, content, message):
    (tmp_path / "case.toml").write_bytes(content)
    ended = run("simulate", "case.toml", "--out", "report")
    assert ended.code == 2
    assert message in ended.err
    assert not (tmp_path / "report").exists()
