"""Run the studies: one command, with progress, going on where an earlier run stopped.

``python -m studies.run --out docs/validation/forecast`` runs everything at full size;
``--share 0.1`` runs a tenth of that; names of studies run some of them.
"""

import argparse
import hashlib
import json
import os
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

from ketacourse.course.preferences import Preferences
from ketacourse.evidence.catalogue import load_catalogue
from ketacourse.forecast.population_file import load_population
from ketacourse.version import VERSION
from studies import advice_trial, calibration_ranks, prequential
from studies.page import FOREIGN, write_page
from studies.patients import TRUTHS

Result = dict[str, Any]

SIZES = {"prequential": 1000, "ranks": 600, "advice": 2000}
"""Study to its full size: patients per truth, or replicates."""
FURTHER = 12.0
"""Further patients of the full chain per patient of the prequential test, followed for relapse
alone: few relapse, and a slope must be known to a few hundredths to be judged by tenths."""
FURTHER_FOREIGN = 3.0
"""Further patients of a foreign truth per patient of the prequential test: a loss of two percent
against the best baseline must be known to less than one."""
SEED = 2026
"""Not a seed that anything was tuned on."""
ADVISED = ("full_chain", "two_exponential", "random_walk")


def digest() -> str:
    """Return what the results depend on beside the code: numbers and possible patients."""
    text = f"{load_catalogue().digest}-{load_population().made_by['digest']}-{VERSION}"
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def done(
    name: str, tasks: Sequence[Any], work: Callable[[Any], Result], *, cache: Path, workers: int
) -> list[Result]:
    """Run every task that has no stored result, and return all results in order."""
    folder = cache / digest() / name
    folder.mkdir(parents=True, exist_ok=True)
    missing = [t for t in tasks if not (folder / f"{t.name}.json").exists()]
    started = time.monotonic()
    for finished, (task, result) in enumerate(_each(missing, work, workers), start=1):
        write_json(folder / f"{task.name}.json", result)
        left = (time.monotonic() - started) / finished * (len(missing) - finished)
        _tell(f"{name}: {len(tasks) - len(missing) + finished} of {len(tasks)}, {left:.0f} s left")
    if missing:
        sys.stderr.write("\n")
    return [json.loads((folder / f"{t.name}.json").read_text("utf-8")) for t in tasks]


def _each(
    tasks: Sequence[Any], work: Callable[[Any], Result], workers: int
) -> Iterable[tuple[Any, Result]]:
    if workers == 1:
        for task in tasks:
            yield task, work(task)
        return
    with ProcessPoolExecutor(workers) as pool:
        yield from zip(tasks, pool.map(work, tasks), strict=True)


def write_json(path: Path, content: Any) -> None:
    """Write JSON whole or not at all."""
    aside = path.with_suffix(".part")
    aside.write_text(json.dumps(content, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    aside.replace(path)


def _tell(text: str) -> None:
    sys.stderr.write(f"\r{text}      ")
    sys.stderr.flush()


def run_prequential(size: int, *, cache: Path, workers: int, seed: int) -> Result:
    """Run the prequential test on every truth."""
    found: Result = {}
    for truth in TRUTHS:
        todo = prequential.tasks(size, truths=(truth,), seed=seed)
        if truth == "full_chain":
            todo += prequential.tasks(
                round(FURTHER * size), truths=(truth,), seed=seed + 1, relapse_only=True
            )
        if truth in FOREIGN:
            todo += prequential.tasks(round(FURTHER_FOREIGN * size), truths=(truth,), seed=seed + 1)
        parts = done("prequential", todo, prequential.run, cache=cache, workers=workers)
        found[truth] = prequential.summary(parts)
    return found


def run_ranks(total: int, *, cache: Path, workers: int, seed: int) -> Result:
    """Run simulation-based calibration."""
    todo = calibration_ranks.tasks(total, seed=seed)
    parts = done("ranks", todo, calibration_ranks.run, cache=cache, workers=workers)
    return calibration_ranks.summary(parts)


def run_advice(patients: int, *, cache: Path, workers: int, seed: int) -> Result:
    """Run the trial of the advice on the full chain and on both foreign truths."""
    found: Result = {}
    for truth in ADVISED:
        todo = advice_trial.tasks(patients, truth=truth, seed=seed)
        parts = done("advice", todo, advice_trial.run, cache=cache, workers=workers)
        found[truth] = advice_trial.summary(parts)
    return found


def main(arguments: list[str] | None = None) -> int:
    """Run studies, write their results, and write the page from all results there are."""
    parser = argparse.ArgumentParser(prog="python -m studies.run", description=__doc__)
    parser.add_argument("studies", nargs="*", help=f"some of {', '.join(SIZES)}; all by default")
    parser.add_argument("--out", type=Path, default=Path("docs/validation/forecast"))
    parser.add_argument("--cache", type=Path, default=Path(".studies"))
    parser.add_argument(
        "--share", type=float, default=1.0, metavar="S",
        help="share of the full size, such as 0.1 for a first look",
    )  # fmt: skip
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--seed", type=int, default=SEED)
    given = parser.parse_args(arguments)
    unknown = sorted(set(given.studies) - set(SIZES))
    if unknown:
        parser.error(f"there is no study '{unknown[0]}'; use {', '.join(SIZES)}")
    given.out.mkdir(parents=True, exist_ok=True)
    run: dict[str, Callable[..., Result]] = {
        "prequential": run_prequential, "ranks": run_ranks, "advice": run_advice,
    }  # fmt: skip
    for name in given.studies or list(SIZES):
        size = max(round(SIZES[name] * given.share), 20)
        result = run[name](size, cache=given.cache, workers=given.workers, seed=given.seed)
        whole = result if name == "ranks" else {"truths": result}
        extra = {"digest": digest(), "seed": given.seed, "size": size}
        if name == "advice":
            extra["session_cost"] = Preferences().session
        write_json(given.out / f"{name}.json", {**whole, **extra})
    write_page(given.out, given.out.with_suffix(".md"))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
