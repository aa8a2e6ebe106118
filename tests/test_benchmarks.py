"""The benchmarks compare like with like, and their page is made from stored results."""

import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from benchmarks import growth, operations, page, store, targets  # noqa: E402
from benchmarks.accuracy import error_of, kernel_settings, tune  # noqa: E402
from benchmarks.engines import ENGINES, Settings, build, known  # noqa: E402
from benchmarks.workload import OUTPUTS, Design, Workload  # noqa: E402

SHORT = Design(sessions=1, weeks=1)


@pytest.fixture(scope="module")
def work() -> Workload:
    return Workload(SHORT, 2)


@pytest.fixture(scope="module")
def own(work):
    return build("ketacourse", work).run(2, Settings(1e-6))


def test_the_course_of_the_page_has_six_infusions_and_about_170_times():
    design = Design()
    assert design.session_days == (0.0, 3.0, 7.0, 10.0, 14.0, 17.0)
    assert 160 <= len(design.times_h) <= 180
    assert design.times_h[-1] == 84 * 24


@pytest.mark.parametrize("key", ["scipy", "roadrunner"])
def test_a_general_simulator_agrees_with_the_kernel_on_two_different_patients(key, work, own):
    if key == "roadrunner":
        pytest.importorskip("roadrunner")
        pytest.importorskip("antimony")
    values = build(key, work).run(2, Settings(1e-8, 1e-2))
    assert values.shape == own.shape == (2, len(SHORT.times_h), len(OUTPUTS))
    assert error_of(own, values) < 1e-5
    assert np.abs(own[0] - own[1]).max() > 0.01


def test_chunks_of_a_population_add_up_to_the_whole():
    nodes = growth.chosen_nodes(SHORT)
    whole, stages = growth.chunk_sums(SHORT, nodes, 0, 24)
    parts = [growth.chunk_sums(SHORT, nodes, first, 8)[0] for first in (0, 8, 16)]
    assert np.allclose(sum(parts), whole, rtol=1e-12)
    assert set(stages) == {"draw", "pose", "solve", "sum"}


def test_tuning_finds_the_loosest_tolerance_that_is_good_enough():
    truth = np.linspace(0.0, 1.0, 5).reshape(1, 5, 1)

    def run(settings):
        return 1.0, truth + 0.4 * settings.rtol

    found = tune(run, truth, 1e-3, known("scipy_numba"))
    assert found.error <= 1e-3 < found.error * 10**0.3
    assert kernel_settings(run, truth, 1e-3).settings.rtol == 1e-3


def test_tuning_gives_up_on_an_engine_that_never_gets_there():
    truth = np.linspace(0.0, 1.0, 5).reshape(1, 5, 1)
    assert tune(lambda _: (1.0, truth + 0.1), truth, 1e-3, known("scipy_numba")) is None


def test_a_value_that_is_missing_is_no_agreement():
    truth = np.ones((1, 2, 1)) * [[[0.0], [1.0]]]
    assert error_of(np.where(truth == 0.0, np.nan, truth), truth) == float("inf")


def test_every_counted_block_gets_a_counter_and_its_operations():
    text = """
    define void @run() {
    entry:
      %a = fadd <8 x double> zeroinitializer, zeroinitializer
      br label %body
    body:
      %i = phi i64 [ 0, %entry ], [ 1, %body ]
      %b = fmul <8 x double> %a, %a
      br label %body
    }
    """
    counted = operations.Counted("\n".join(line[4:] for line in text.strip("\n").splitlines()))
    assert [dict(block) for block in counted.blocks] == [{"add": 8}, {"multiply": 8}]
    lines = counted.text.splitlines()
    assert "bench.a1" in lines[lines.index("  %i = phi i64 [ 0, %entry ], [ 1, %body ]") + 1]


def test_a_result_of_other_code_is_measured_again(tmp_path):
    first = store.Store(tmp_path, quick=True)
    first.put("speed", {"rate": 123456.789})
    assert first.get("speed") == {"rate": 123460.0}
    assert store.Store(tmp_path, quick=False).get("speed") is None


def stored_results(rate: float = 30_000.0) -> dict[str, dict]:
    def engine(key: str, fast: float) -> dict:
        at = {"rate": fast, "low": fast, "high": fast, "patients": 8, "error": 5e-4,
              "settings": {"rtol": 1e-3, "atol_share": 1.0}}  # fmt: skip
        return {"key": key, "label": key, "what": "a test", "versions": {key: "1.0"},
                "targets": {"0.001": at, "1e-05": None}, "ready_seconds": 1.0,
                "peak_bytes": 1e8}  # fmt: skip

    engines = [engine("ketacourse", rate), engine("slow", 100.0)]
    missing = [{"label": "other", "install": "pip install x"}]
    return {"speed": {"engines": engines, "missing": missing, "failed": [], "checked": 8,
                      "rounds": 2}}  # fmt: skip


def test_the_page_gives_ratios_and_names_what_is_not_installed():
    text = page.page_of(stored_results())
    assert "| slow | 100 (100–100) | 300 |" in text
    assert "other: not installed. `pip install x`" in text
    assert "not reached" in text


@pytest.mark.parametrize(("rate", "verdict"), [(20_000.0, "met"), (19_999.0, "**missed**")])
def test_a_target_is_met_at_its_bound_and_missed_below(rate, verdict):
    row = targets.rows_of_targets(stored_results(rate))[0]
    assert row == ["patients per second and core at 1e-3", "at least 20,000", f"{rate:,.0f}",
                   verdict]  # fmt: skip


def test_page_and_plot_are_written_from_stored_results(tmp_path):
    results = store.Store(tmp_path / "results", quick=True)
    results.put("speed", stored_results()["speed"])
    written = page.write_page(tmp_path / "results", tmp_path / "docs")
    drawn = (tmp_path / "docs" / page.FIGURE).read_text(encoding="utf-8")
    assert written.read_text(encoding="utf-8").startswith("<!-- Written by")
    assert ">slow<" in drawn


def test_every_engine_says_what_it_needs():
    requirements = (ROOT / "benchmarks" / "requirements.txt").read_text(encoding="utf-8")
    needed = {p for e in ENGINES for p in e.packages} - {"scipy", "numpy", "llvmlite"}
    assert {p for p in needed if f"\n{p}==" not in requirements} == set()
