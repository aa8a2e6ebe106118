"""The page of the results: what was tested, what came out, and whether it was enough."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from studies.figures import draw_all

LABELS = {
    "full_chain": "full chain",
    "full_chain_steady": "full chain, steady illness",
    "two_exponential": "two exponentials (foreign)",
    "random_walk": "random walk (foreign)",
}
FOREIGN = ("two_exponential", "random_walk")

INTRO = """\
# Does the forecast hold, and does the advice help?

Everything here is computed, with virtual patients. It shows how the forecast behaves where the
truth is known, including truths it knows nothing of; it is no evidence about real patients.

The patients of the *full chain* are drawn anew from the model that the forecast's prior was made
from, with the ups and downs and the drift of the illness that patients are taken to have; beside
it stands the same chain with a *steady illness*. The two *foreign* truths were written for this
test only: a two-exponential course with response classes and autocorrelated noise, and an illness
that wanders at random and answers to one dose, not known which, with a step that later reverses.

Run it again, with progress and going on where it stopped:

```text
python -m studies.run
```
"""


def write_page(folder: Path, page: Path) -> None:
    """Write the page and its figures from the results in a folder."""
    found = {
        path.stem: json.loads(path.read_text("utf-8"))
        for path in (folder / f"{name}.json" for name in ("prequential", "ranks", "advice"))
        if path.exists()
    }
    draw_all(found, folder)
    page.write_text("\n".join(lines_of(found, folder.name)) + "\n", encoding="utf-8")


def lines_of(found: Mapping[str, Any], folder: str) -> Iterator[str]:
    """Yield the lines of the page."""
    yield INTRO
    yield "## In short"
    yield ""
    yield "| Asked beforehand | Found | Reached |"
    yield "|---|---|---|"
    yield from _verdicts(found)
    yield ""
    if "prequential" in found:
        yield from _prequential(found["prequential"], folder)
    if "ranks" in found:
        yield from _ranks(found["ranks"], folder)
    if "advice" in found:
        yield from _advice(found["advice"], folder)
    digests = sorted({f["digest"] for f in found.values()})
    yield f"Results of the numbers and possible patients with digest {', '.join(digests)}."


def _verdicts(found: Mapping[str, Any]) -> Iterator[str]:
    if "prequential" in found:
        yield from _prequential_verdicts(found["prequential"]["truths"])
    if "ranks" in found:
        ranks = found["ranks"]
        low = sum(v["p"] <= 0.01 for v in ranks["parameters"].values())
        count = len(ranks["parameters"])
        text = f"smallest p {ranks['smallest_p']:.3f}; {low} of {count} at or below 0.01"
        yield _row("ranks of every individual parameter uniform, p > 0.01", text, low == 0)
    if "advice" in found:
        yield from _advice_verdicts(found["advice"]["truths"])


def _prequential_verdicts(truths: Mapping[str, Any]) -> Iterator[str]:
    chain = truths["full_chain"]
    thirds = [chain["coverage_80_by_third"][k]["value"] for k in ("mild", "middle", "severe")]
    everywhere = [chain["coverage"]["0.8"]["value"], *thirds]
    yield _row(
        "80% intervals cover 76–84% on the full chain, in every severity third",
        _percents(everywhere), all(0.76 <= v <= 0.84 for v in everywhere),
    )  # fmt: skip
    for name in FOREIGN:
        own = truths[name]
        every = [own["coverage"]["0.8"]["value"]]
        every += [v["value"] for v in own["coverage_80_by_third"].values()]
        yield _row(
            f"80% intervals cover 70–90%: {LABELS[name]}", _percents(every),
            all(0.70 <= v <= 0.90 for v in every),
        )  # fmt: skip
    gap, squared = chain["mae_against_best"], chain["rmse_against_best"]
    yield _row(
        "next score on the full chain at least 10% nearer than the best baseline",
        f"{_signed(gap)} (mean absolute error), {_signed(squared)} (root mean square)",
        gap <= -0.10,
    )  # fmt: skip
    for name in FOREIGN:
        own, gap = truths[name], truths[name]["mae_against_best"]
        ends = (own["mae_against_best_lower"], own["mae_against_best_upper"])
        yield _row(
            f"never worse by more than 2%: {LABELS[name]}",
            f"{_signed(gap)} ({' to '.join(map(_signed, ends))})",
            gap <= 0.02,
        )
    slope = chain.get("relapse")
    if slope:
        yield _row(
            "calibration slope of the relapse probability 0.9–1.1 on the full chain",
            f"{slope['slope']:.2f} ({slope['slope_lower']:.2f} to {slope['slope_upper']:.2f})",
            0.9 <= slope["slope"] <= 1.1,
        )  # fmt: skip


def _advice_verdicts(truths: Mapping[str, Any]) -> Iterator[str]:
    for name, own in truths.items():
        yield _row(
            "advised: as many symptom-free days with 15% fewer sessions, or more with as many, "
            f"and no more surges: {LABELS[name]}",
            f"{own['symptom_free_days']['difference']:+.1f} days, "
            f"{_signed(own['sessions']['difference'] / own['sessions']['fixed'])} sessions, "
            f"{own['surges']['difference']:+.3f} surges a patient",
            own["reached"],
        )  # fmt: skip


def _row(asked: str, text: str, reached: bool) -> str:
    return f"| {asked} | {text} | {'yes' if reached else '**no**'} |"


def _percents(values: list[float]) -> str:
    return ", ".join(f"{100 * v:.0f}%" for v in values)


def _signed(share: float) -> str:
    return f"{100 * share:+.1f}%".replace("-", "−")


def _prequential(result: Mapping[str, Any], folder: str) -> Iterator[str]:
    yield "## Predicting the next score"
    yield ""
    yield (
        "Each patient is rated eleven times over twelve weeks (MADRS, with the error and the "
        "leaning of raters). At three visits drawn for each patient, the forecast as shipped "
        "predicts the next total from those before it. The baselines were fitted on 400 other "
        "patients of the same truth and visits, so they know that population from data; the "
        "forecast never saw it. Of the foreign truths four times as many patients are followed: a "
        "loss of two percent is to be told from none. What stands in brackets above beside it is "
        "its 95% interval."
    )
    yield ""
    yield (
        "| truth | predictions | forecast | last value | towards mean | mixed model | CRPS "
        "(best baseline) | 50% | 80% | 95% |"
    )
    yield "|---|---|---|---|---|---|---|---|---|---|"
    for name, own in result["truths"].items():
        base = own["baselines"]
        errors = " | ".join(
            f"{base[b]['mae']:.2f}" for b in ("last value", "towards mean", "mixed model")
        )
        best = min(b["crps"] for b in base.values())
        inside = " | ".join(
            f"{100 * own['coverage'][k]['value']:.0f}%" for k in ("0.5", "0.8", "0.95")
        )
        yield (
            f"| {LABELS[name]} | {own['predictions']} | {own['mae']:.2f} | {errors} | "
            f"{own['crps']:.2f} ({best:.2f}) | {inside} |"
        )
    yield ""
    yield "Mean absolute error in MADRS points; share of totals inside the intervals."
    yield ""
    yield f"![Error by number of scores known, and coverage]({folder}/prequential.svg)"
    yield ""
    yield (
        "Relapse by week twelve (MADRS 20 or more twice in a row) after a response on day 14. Of "
        "the full chain twelve further patients for each of the others are followed for this "
        "alone: few relapse. Every patient there is followed on both designs, and eight share one "
        "joint draw of the chain's numbers; the interval of the slope counts them as one group:"
    )
    yield ""
    yield "| truth | courses | stated | happened | Brier (of the mean) | slope (95%) |"
    yield "|---|---|---|---|---|---|"
    for name, own in result["truths"].items():
        r = own.get("relapse")
        if r:
            yield (
                f"| {LABELS[name]} | {r['n']} | {100 * r['stated']:.0f}% | "
                f"{100 * r['happened']:.0f}% | {r['brier']:.3f} ({r['brier_of_the_mean']:.3f}) | "
                f"{r['slope']:.2f} ({r['slope_lower']:.2f} to {r['slope_upper']:.2f}) |"
            )
    yield ""
    yield f"![Calibration of the relapse probability]({folder}/relapse.svg)"
    yield ""


def _ranks(result: Mapping[str, Any], folder: str) -> Iterator[str]:
    yield "## Does the posterior mean what it says?"
    yield ""
    methods = ", ".join(f"{v} {k}" for k, v in result["methods"].items())
    yield (
        f"Simulation-based calibration with {result['replicates']} patients drawn from the prior, "
        "scored by the model's own measurement on MADRS and PHQ-9, and inferred as any patient "
        f"({methods}). The rank of the truth among the posterior must be uniform."
    )
    yield ""
    yield f"![Rank histograms of the individual parameters]({folder}/ranks.svg)"
    yield ""
    yield "| parameter | p |"
    yield "|---|---|"
    for name, own in result["parameters"].items():
        yield f"| {name} | {own['p']:.3f} |"
    yield ""


def _advice(result: Mapping[str, Any], folder: str) -> Iterator[str]:
    yield "## Following the advice to the letter"
    yield ""
    yield (
        "Every virtual patient goes through both arms over sixteen weeks: the fixed protocol "
        "(0.5 mg/kg six times in two weeks, a booster on relapse), and the option that stands "
        "first at every visit from the fourth session on, carried out to the letter. The weights "
        f"are the defaults, with {result['session_cost']:g} symptom-free days for a session; that "
        "weight was chosen on other virtual patients so that the advice needs about as many "
        "sessions as the protocol. In this trial every patient is weighed by all scores at once "
        "over a shared sample of possible patients."
    )
    yield ""
    yield "| truth | patients | what | fixed | advised | difference (95%) |"
    yield "|---|---|---|---|---|---|"
    for name, own in result["truths"].items():
        for key, label in MEASURES.items():
            v = own[key]
            yield (
                f"| {LABELS[name]} | {own['patients']} | {label} | {v['fixed']:.2f} | "
                f"{v['advised']:.2f} | {v['difference']:+.2f} ({v['lower']:+.2f} to "
                f"{v['upper']:+.2f}) |"
            )
    yield ""
    yield f"![Benefit and sessions of both arms]({folder}/advice.svg)"
    yield ""


MEASURES = {
    "symptom_free_days": "symptom-free days",
    "relief_days": "relief days",
    "sessions": "sessions",
    "drug": "drug (mg/kg)",
    "surges": "pressure surges",
    "held_4": "response held, week 4 after the series",
    "held_8": "response held, week 8",
    "held_12": "response held, week 12",
}
