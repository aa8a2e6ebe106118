"""Machine code kept between runs: never trusted blindly, never required."""

import numpy as np
import pytest

pytest.importorskip("llvmlite")

from ketacourse.engine import machine_code
from ketacourse.engine.grid import base_nodes, build_grid
from ketacourse.engine.layout import QUANTITIES
from ketacourse.engine.machine_code import CACHE_VARIABLE, kernel
from ketacourse.engine.run import run


@pytest.fixture
def fresh_run(monkeypatch, chain_rows, on_course, infusions):
    """Return a function that runs one course with a kernel made or loaded anew."""
    problem = on_course(infusions(0, horizon_days=1), chain_rows(), np.linspace(0, 24, 7))
    grid = build_grid(problem.schedule, base_nodes(problem.schedule))

    def again(folder):
        monkeypatch.setenv(CACHE_VARIABLE, str(folder))
        kernel.cache_clear()
        return run(problem, grid, QUANTITIES)

    yield again
    kernel.cache_clear()


def test_a_stored_kernel_gives_identical_numbers_without_compiling(
    fresh_run, tmp_path, monkeypatch
):
    made = fresh_run(tmp_path)
    assert [f.suffix for f in tmp_path.iterdir()] == [".o"]
    monkeypatch.setattr(machine_code, "_compiled", lambda *_: pytest.fail("compiled again"))
    assert (fresh_run(tmp_path) == made).all()


@pytest.mark.parametrize("damage", [b"", b"\0" * 100_000])
def test_a_damaged_file_is_ignored_and_made_anew(fresh_run, tmp_path, damage):
    made = fresh_run(tmp_path)
    (stored,) = tmp_path.iterdir()
    whole = stored.read_bytes()
    stored.write_bytes(damage or whole[:-1])
    assert (fresh_run(tmp_path) == made).all()
    assert stored.read_bytes() == whole


def test_a_folder_that_cannot_be_written_is_no_error(fresh_run, tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    assert np.isfinite(fresh_run(blocked / "cache")).all()
    assert blocked.read_text() == "not a folder"


def test_the_name_of_the_file_changes_with_the_equations():
    assert machine_code._digest("one") != machine_code._digest("other")
