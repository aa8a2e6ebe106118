"""Measure, and write the page: ``python -m benchmarks``."""

import argparse
import sys
import time
from pathlib import Path

from benchmarks import floor, growth, machine, speed, startup
from benchmarks.page import write_page
from benchmarks.store import Store

ROOT = Path(__file__).parent
CASES = ("speed", "growth", "trials", "startup", "floor")


def main() -> int:
    """Run what is asked for and write the page from all results there are."""
    given = _arguments()
    begin = time.monotonic()

    def tell(text: str) -> None:
        minutes, seconds = divmod(int(time.monotonic() - begin), 60)
        sys.stderr.write(f"{minutes:3d}:{seconds:02d}  {text}\n")

    store = Store(given.out, quick=given.quick, again=given.again)
    if not given.page_only:
        steps = {
            "speed": lambda: speed.measure(store, speed.Extent(quick=given.quick), tell),
            "growth": lambda: growth.measure_growth(store, tell, quick=given.quick),
            "trials": lambda: growth.measure_trials(store, tell, quick=given.quick),
            "startup": lambda: startup.measure(store, tell, quick=given.quick),
            "floor": lambda: floor.measure(store, tell, quick=given.quick),
        }
        store.put("machine", {**machine.describe(), "quick": given.quick})
        for name in given.only or CASES:
            steps[name]()
    page = write_page(given.out, given.docs)
    tell(f"wrote {page}")
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "results", help="folder of results")
    parser.add_argument(
        "--docs", type=Path, default=ROOT.parent / "docs" / "explanation", help="folder of the page"
    )
    parser.add_argument("--quick", action="store_true", help="about a minute, rough figures")
    parser.add_argument("--again", action="store_true", help="measure anew what is there")
    parser.add_argument("--only", nargs="+", choices=CASES, help="measure these parts only")
    parser.add_argument("--page-only", action="store_true", help="only write the page")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
