"""A made-up trial: patients drawn from simple shapes, counted as real ones are."""

import tomllib
from collections import Counter
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pytest

from ketacourse.report.trial_page import render_trial
from ketacourse.trials.counts import count_cell, frames_of_cell
from ketacourse.trials.covariate_columns import CATEGORIES, NUMBERS
from ketacourse.trials.design import Trial
from ketacourse.trials.gather import gather
from ketacourse.trials.results import TrialResult, result_of
from ketacourse.trials.rows import DRUG, MISSED, SHAM, UNSEEN, ArmRows, Frame
from ketacourse.trials.trial_read import parse_trial

PARALLEL = """
title = "Two doses and midazolam"
note = "A made-up trial."
patients = 15
replicates = 12
seed = 7
masking = "active_placebo"
reference = "Midazolam"
visits = [{ days = [1, 7, 14, 28], scales = ["madrs"] }, { days = [14], scales = ["phq9"] }]
relapse = { when = { improved_less_than = 0.5 } }
power = { patients = [5, 10, 30] }

[[arms]]
name = "Midazolam"
control = "midazolam"
session_days = [0, 3, 7]

[[arms]]
name = "Ketamine 0.25 mg/kg"
[[arms.sessions]]
days = [0, 3, 7]
drug = "ketamine"
route = "iv_infusion"
dose = "0.25 mg/kg"
duration = "40 min"

[[arms]]
name = "Ketamine and CBT"
therapy = [{ days = [1, 8], duration = "60 min" }]
[[arms.sessions]]
days = [0, 3, 7]
drug = "ketamine"
route = "iv_infusion"
dose = "0.5 mg/kg"
duration = "40 min"

[[endpoints]]
name = "Change, day 14"
kind = "change"
day = 14

[[endpoints]]
name = "Response, day 14"
kind = "response"
day = 14

[[endpoints]]
name = "Time to relapse"
kind = "time_to_relapse"
from_day = 1

[[endpoints]]
name = "Dissociation"
kind = "dissociation"

[[subgroups]]
name = "Sex"
covariate = "sex"

[[subgroups]]
name = "Age"
covariate = "age_years"
cut = 45
"""

SEQUENTIAL = """
title = "Withdrawal"
patients = 120
seed = 3
design = "sequential"
reference = "Placebo"
visits = [{ days = [7, 14, 28, 42] }]
relapse = { when = { improved_less_than = 0.4 } }

[[arms]]
name = "Esketamine"
sessions = [{ days = [0, 7], drug = "esketamine", route = "intranasal", dose = "84 mg" }]

[rerandomise]
day = 14

[[rerandomise.branches]]
name = "Weekly"
sessions = [{ days = [14, 21, 28], drug = "esketamine", route = "intranasal", dose = "84 mg" }]

[[rerandomise.branches]]
name = "Placebo"
masking = "placebo_spray"
control = "placebo_spray"
session_days = [14, 21, 28]

[[endpoints]]
name = "Time to relapse"
kind = "time_to_relapse"
from_day = 14
among = "rerandomised"
"""

BARE = """
patients = 3
visits = [{ days = [1] }]

[[arms]]
name = "Only"
sessions = [{ day = 0, drug = "ketamine", route = "im", dose = "0.5 mg/kg" }]
"""


def make_trial(text: str = PARALLEL, **changes: Any) -> Trial:
    """Return a trial from the text of its file with some top-level keys changed."""
    return parse_trial({**tomllib.loads(text), **changes})


def make_rows(trial: Trial, cell: int, arm: int, frame: Frame) -> ArmRows:
    """Return patients whose share of severity falls to a floor and half returns."""
    given, rng = trial.arms[arm], np.random.default_rng([trial.seed, cell, arm])
    n, visits, sessions = trial.patients_of(cell), len(frame.visits), len(frame.session_days)
    start = rng.normal(33.0, 5.0, n).clip(15.0, 55.0)
    gain = rng.beta(2.0 + arm, 3.0, n) if given.control == "none" else rng.beta(1.0, 6.0, n)
    days = np.array(frame.visit_days)
    curve = np.where(days > 0.0, 0.5 + 0.5 * np.exp(-days / 20.0), 0.0)
    latent = start[:, None] * (1.0 - gain[:, None] * curve)
    totals = np.rint(latent + rng.normal(0.0, 2.0, latent.shape)).clip(0, 60).astype(np.int16)
    last = np.where(rng.random(n) < 0.2, rng.integers(1, visits, n), visits - 1)
    gone = np.arange(visits) > last[:, None]
    scores = {}
    for key in frame.scales:
        seen = np.where(gone, UNSEEN, totals if key == "madrs" else totals // 2)
        rated = np.isin(np.arange(visits), frame.rated(key))
        scores[key] = np.where(rated, seen, UNSEEN).astype(np.int16)
    came = DRUG if given.control == "none" else SHAM
    session = np.where(rng.random((n, sessions)) < 0.05, MISSED, came).astype(np.int8)
    there = session != MISSED
    rise = np.where(there, rng.normal(20.0, 10.0, (n, sessions)).clip(0), -1).astype(np.int16)
    cadss = np.where(there, rng.integers(0, 12, (n, sessions)), -1).astype(np.int16)
    branches = len(trial.rerandomise.branches) if trial.rerandomise else 0
    responded = totals[:, frame.position(14.0)] <= 0.5 * totals[:, 0]
    branch = (
        np.where(responded, np.arange(n) % max(branches, 1), -1) if branches else np.full(n, -1)
    )
    return ArmRows(
        patient=trial.first_patient(cell) + np.arange(n, dtype=np.int64),
        trial=np.arange(n, dtype=np.int64) // given.patients,
        period=np.zeros(n, dtype=np.int8), branch=branch.astype(np.int8), scores=scores,
        latent=latent.astype(np.float32), session=session,
        dose_mg=np.where(there, 40.0, 0.0).astype(np.float32),
        sbp_peak=np.where(there, 130 + rise, -1).astype(np.int16), sbp_rise=rise, cadss=cadss,
        nausea=np.where(there, cadss > 9, -1).astype(np.int8), last_visit=last.astype(np.int16),
        dropped=last < visits - 1, rescue_visit=np.full(n, -1, dtype=np.int16),
        numbers={name: rng.normal(45.0, 8.0, n).astype(np.float32) for name in NUMBERS},
        categories={
            name: rng.integers(0, len(words), n).astype(np.int8)
            for name, words in CATEGORIES.items()
        },
    )  # fmt: skip


def make_result(trial: Trial, *, parts: int = 1) -> TrialResult:
    """Return what the made-up patients of a trial say, counted in so many parts."""
    counts = []
    for cell, arms in enumerate(trial.cells):
        frames = frames_of_cell(trial, cell)
        whole = {arm: make_rows(trial, cell, arm, frames[arm]) for arm in arms}
        edges = np.linspace(0, trial.patients_of(cell), parts + 1).astype(int)
        for low, high in zip(edges, edges[1:], strict=False):
            some = {a: (r.of(np.arange(low, high)), frames[a]) for a, r in whole.items()}
            counts.append(count_cell(trial, cell, some))
    return result_of(trial, gather(trial, counts))


class Outline(HTMLParser):
    """The tree of a page: faults of nesting, references, ids, images."""

    VOID = frozenset({"meta", "br", "link", "img", "hr", "input", "col", "wbr"})

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.faults: list[str] = []
        self.links: list[str] = []
        self.ids: list[str] = []
        self.images: list[dict[str, str | None]] = []
        self.tags: Counter[str] = Counter()
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.tags[tag] += 1
        self.links += [found[k] or "" for k in ("href", "src", "xlink:href") if k in found]
        self.ids += [str(found["id"])] if "id" in found else []
        self.images += [found] if tag == "svg" else []
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in self.VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"</{tag}> at {self.getpos()}")


@pytest.fixture(scope="session")
def trial_of() -> Callable[..., Trial]:
    """Return a function that makes a trial: parallel unless another text is given."""
    return make_trial


@pytest.fixture(scope="session")
def result_from() -> Callable[..., TrialResult]:
    """Return a function that makes the result of a trial."""
    return make_result


@pytest.fixture(scope="session")
def rows_of() -> Callable[..., ArmRows]:
    """Return a function that makes the patients of one arm of a parallel trial."""

    def made(trial: Trial, arm: int) -> ArmRows:
        return make_rows(trial, arm, arm, frames_of_cell(trial, arm)[arm])

    return made


@pytest.fixture(scope="session")
def result() -> TrialResult:
    """Return the result of the parallel trial."""
    return make_result(make_trial())


@pytest.fixture(scope="session")
def sequential() -> TrialResult:
    """Return the result of a trial that deals responders again."""
    return make_result(make_trial(SEQUENTIAL))


@pytest.fixture(scope="session")
def bare() -> TrialResult:
    """Return the result of a trial of three patients that asks nothing."""
    return make_result(make_trial(BARE))


@pytest.fixture(scope="session")
def trial_page(result: TrialResult) -> str:
    """Return the page of the parallel trial."""
    return render_trial(result)


@pytest.fixture(scope="session")
def outline_of() -> Callable[[str], Outline]:
    """Return a function that reads a page."""
    return Outline
