"""Margins are read strictly, figures are judged by them, and finished parts are found again."""

from pathlib import Path

import numpy as np
import pytest

from ketacourse.course.validation_margins import read_margins, read_notes, verdicts
from ketacourse.course.validation_parts import PartStore
from ketacourse.errors import InputError

SHIPPED = Path(__file__).parents[2] / "docs" / "validation" / "margins.toml"
ONE = 'what = "errors"\nmeasure = "points"\nreason = "a fifth"\n'


def margins_in(folder, text):
    path = folder / "margins.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_every_shipped_margin_has_a_reason_and_a_bound():
    found = read_margins(SHIPPED)
    assert len(found) >= 20
    assert all(m.reason and (m.at_least, m.at_most) != (None, None) for m in found)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('[a]\nwhat = "x"\nmeasure = "y"\nat_most = 1.0\n', "lacks 'reason'"),
        (f"[a]\n{ONE}", "has no bound"),
        (f"[a]\n{ONE}at_most = 'much'\n", "a bound that is no number"),
        (f"[a]\n{ONE}at_least = 2.0\nat_most = 1.0\n", "runs downwards"),
        (f"[a]\n{ONE}at_most = 1.0\nmoved = true\n", "unknown field 'moved'"),
        ("a = 1\n", "is no table"),
        ("[a\n", "cannot be read"),
    ],
)
def test_a_margin_that_says_too_little_is_refused(tmp_path, text, problem):
    with pytest.raises(InputError, match=problem):
        read_margins(margins_in(tmp_path, text))


def test_margins_that_are_not_there_are_refused(tmp_path):
    with pytest.raises(InputError, match=r"cannot be read.*--margins"):
        read_margins(tmp_path / "margins.toml")


@pytest.mark.parametrize(
    ("value", "outcome"),
    [(0.99, "missed"), (1.0, "met"), (2.0, "met"), (2.01, "missed"), (np.nan, "not_supported")],
)
def test_a_figure_is_judged_by_both_bounds(tmp_path, value, outcome):
    margins = read_margins(margins_in(tmp_path, f"[a]\n{ONE}at_least = 1.0\nat_most = 2.0\n"))
    (found,) = verdicts(margins, {"a": value}, {"a": "Two studies."})
    assert found.outcome == outcome
    assert ("Two studies." in found.cause) == (outcome == "missed")


def test_a_margin_without_a_figure_is_kept_and_said_to_be_missing(tmp_path):
    margins = read_margins(margins_in(tmp_path, f"[a]\n{ONE}at_most = 2.0\n"))
    (found,) = verdicts(margins, {}, {})
    assert (found.outcome, found.cause) == (
        "not_supported", "The figure was not computed in this run.",
    )  # fmt: skip


def test_notes_on_causes_stand_beside_the_margins(tmp_path):
    path = margins_in(tmp_path, f"[a]\n{ONE}at_most = 2.0\n")
    assert read_notes(path) == {}
    (tmp_path / "causes.toml").write_text('a = "One old study."\n', encoding="utf-8")
    assert read_notes(path) == {"a": "One old study."}


class Counting:
    def __init__(self):
        self.calls = 0

    def __call__(self):
        self.calls += 1
        return {"x": np.arange(3.0)}


def test_a_finished_part_is_not_computed_again(tmp_path):
    make = Counting()
    store = PartStore(folder=tmp_path / "parts")
    assert (store.get("fit", "80", make)["x"] == store.get("fit", "80", make)["x"]).all()
    assert make.calls == 1


def test_a_part_of_other_settings_is_computed_anew(tmp_path):
    make = Counting()
    store = PartStore(folder=tmp_path)
    store.get("fit", "80", make)
    store.get("fit", "160", make)
    assert make.calls == 2


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04 cut short"])
def test_a_damaged_part_is_computed_anew(tmp_path, content):
    make = Counting()
    (tmp_path / "fit.npz").write_bytes(content)
    assert PartStore(folder=tmp_path).get("fit", "80", make)["x"].sum() == 3.0
    assert make.calls == 1
    assert [p.name for p in tmp_path.iterdir()] == ["fit.npz"]


def test_without_a_folder_nothing_is_kept():
    make = Counting()
    PartStore().get("fit", "80", make)
    PartStore().get("fit", "80", make)
    assert make.calls == 2
