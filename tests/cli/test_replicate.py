"""``ketacourse replicate`` on the command line."""

import pytest

HEADER = "n,population,route,dose_mg_per_kg,infusion_min,quantity,time_min,unit,value"
TABLE = f"{HEADER}\n40,TRD,IV,0.5,40,SBP_peak_change_mean_mmHg,,mmHg,17\n"
FEW = ("--draws", 5, "--patients", 20)


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "safety.csv"
    path.write_text(TABLE, encoding="utf-8")
    return path


def test_predictions_are_written_and_summed_up(run, table, tmp_path):
    ended = run("replicate", table, "--out", "pred.csv", *FEW)
    assert ended.code == 0
    assert "1 rows of safety; 1 predicted" in ended.err
    text = (tmp_path / "pred.csv").read_text(encoding="utf-8")
    assert text.splitlines()[0] == f"{HEADER},predicted,pi90_low,pi90_high,status"
    assert text.splitlines()[1].endswith(",predicted")


def test_an_existing_file_is_kept_unless_forced(run, table, tmp_path):
    out = tmp_path / "pred.csv"
    out.write_text("mine", encoding="utf-8")
    ended = run("replicate", table, "--out", out, *FEW)
    assert (ended.code, out.read_text(encoding="utf-8")) == (2, "mine")
    assert "exists" in ended.err
    assert "--force" in ended.err
    assert run("replicate", table, "--out", out, "--force", *FEW).code == 0
    assert out.read_text(encoding="utf-8").startswith(HEADER)


def test_the_table_itself_is_never_the_output(run, table):
    ended = run("replicate", table, "--out", table, "--force", *FEW)
    assert ended.code == 2
    assert "the table itself" in ended.err
    assert table.read_text(encoding="utf-8") == TABLE


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "is empty"),
        ("a,b\n1,2\n", "no table that can be predicted"),
        (TABLE.replace("quantity", "quanity"), "Is it 'quanity'"),
    ],
)
def test_a_wrong_table_ends_in_2_and_writes_nothing(run, tmp_path, content, message):
    (tmp_path / "t.csv").write_text(content, encoding="utf-8")
    ended = run("replicate", "t.csv", "--out", "pred.csv", *FEW)
    assert ended.code == 2
    assert message in ended.err
    assert [entry.name for entry in tmp_path.iterdir()] == ["t.csv"]


def test_a_missing_table_or_folder_ends_in_2(run, table):
    assert "cannot be read" in run("replicate", "none.csv", "--out", "p.csv").err
    ended = run("replicate", table, "--out", "no/such/p.csv")
    assert ended.code == 2
    assert "does not exist" in ended.err
