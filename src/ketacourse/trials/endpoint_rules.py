"""What can be wrong with the questions of a trial file: endpoints, contrasts, subgroups."""

from collections.abc import Iterator, Mapping, Sequence

from ketacourse.errors import Fault
from ketacourse.therapy.case_faults import path_text, shown
from ketacourse.therapy.scales import scale
from ketacourse.trials.arm_rules import criterion_faults, rated_days, seen_faults, visits_of
from ketacourse.trials.covariate_columns import CATEGORIES, NUMBERS
from ketacourse.trials.question_file import EndpointTable, SubgroupTable
from ketacourse.trials.trial_file import TrialFile

NEEDS_DAY = ("change", "percent_change", "response", "remission", "sustained_response",
             "relapse_free")  # fmt: skip
NEEDS_FROM_DAY = ("sustained_response", "relapse_free", "time_to_relapse")
TAKES: Mapping[str, tuple[str, ...]] = {
    "cut_off": ("remission",),
    "fraction": ("response", "sustained_response", "relapse_free", "time_to_relapse"),
    "missing": ("change", "percent_change", "response", "remission", "sustained_response"),
    "rescued": ("change", "percent_change", "response", "remission", "sustained_response"),
    "day": (*NEEDS_DAY, "time_to_relapse"),
    "from_day": NEEDS_FROM_DAY,
}
"""Keys that only some kinds of endpoint have."""
TESTS: Mapping[str, tuple[str, ...]] = {
    "t_test": ("change", "percent_change"),
    "log_rank": ("relapse_free", "time_to_relapse"),
    "proportions": ("response", "remission", "sustained_response", "pressure_surge",
                    "dissociation", "nausea", "drop_out"),
}  # fmt: skip
"""Kinds of endpoint that a test fits."""


def endpoint_faults(trial: TrialFile) -> Iterator[Fault]:
    """Yield what is wrong with the endpoints."""
    names = [endpoint.name for endpoint in trial.endpoints]
    for index, endpoint in enumerate(trial.endpoints):
        place = ("endpoints", index)
        if endpoint.name in names[:index]:
            yield _fault(
                (*place, "name"), endpoint.name, "Two endpoints have this name.", "Rename one."
            )
        yield from _key_faults(endpoint, place)
        yield from _scale_faults(endpoint, place)
        yield from _day_faults(trial, endpoint, place)
        if endpoint.among == "rerandomised" and trial.rerandomise is None:
            yield _fault(
                (*place, "among"), endpoint.among, "Nobody is re-randomised in this trial.",
                'Set design = "sequential" and add [rerandomise].',
            )  # fmt: skip
        if endpoint.kind in NEEDS_FROM_DAY[1:] and trial.relapse is None:
            yield _fault(
                (*place, "kind"), endpoint.kind, "The file does not say what a relapse is.",
                "Add [relapse] with when = { improved_less_than = 0.5 }.",
            )  # fmt: skip
    if trial.relapse is not None:
        yield from criterion_faults(trial.relapse.when, ("relapse", "when"))


def _key_faults(endpoint: EndpointTable, place: tuple[str | int, ...]) -> Iterator[Fault]:
    for key in ("day", "from_day"):
        needed = NEEDS_DAY if key == "day" else NEEDS_FROM_DAY
        if getattr(endpoint, key) is None and endpoint.kind in needed:
            yield _fault(
                (*place, key), "", f"An endpoint of kind {endpoint.kind} needs {key}.",
                f"Add {key}, a day at which {endpoint.scale} is rated.",
            )  # fmt: skip
    for key, kinds in TAKES.items():
        if getattr(endpoint, key) is not None and endpoint.kind not in kinds:
            yield _fault(
                (*place, key), getattr(endpoint, key),
                f"An endpoint of kind {endpoint.kind} has no {key}.", "Leave it out.",
            )  # fmt: skip
    if endpoint.test is not None and endpoint.kind not in TESTS[endpoint.test]:
        fitting = next(test for test, kinds in TESTS.items() if endpoint.kind in kinds)
        yield _fault(
            (*place, "test"), endpoint.test,
            f"This test does not fit the kind {endpoint.kind}.", f'Use test = "{fitting}".',
        )  # fmt: skip
    if endpoint.missing == "failure" and endpoint.kind in TESTS["t_test"]:
        yield _fault(
            (*place, "missing"), "failure", "A change cannot be a failure.",
            'Use missing = "observed" or "last".',
        )  # fmt: skip
    if endpoint.missing == "last" and endpoint.kind == "sustained_response":
        yield _fault(
            (*place, "missing"), "last", "A last score cannot show that a response was sustained.",
            'Use missing = "failure" or "observed".',
        )  # fmt: skip
    if endpoint.rescued == "failure" and endpoint.kind in TESTS["t_test"]:
        yield _fault(
            (*place, "rescued"), "failure", "A change cannot be a failure.",
            'Use rescued = "observed".',
        )  # fmt: skip
    order = (endpoint.from_day, endpoint.day)
    if None not in order and not order[0] < order[1]:  # type: ignore[operator]
        yield _fault(
            (*place, "from_day"), endpoint.from_day, "It is not before day.", "Exchange the two."
        )


def _scale_faults(endpoint: EndpointTable, place: tuple[str | int, ...]) -> Iterator[Fault]:
    about = scale(endpoint.scale)
    judged = ("response", "sustained_response", "relapse_free", "time_to_relapse")
    if endpoint.kind in judged and endpoint.fraction is None and about.response_fraction is None:
        yield _fault(
            (*place, "scale"), endpoint.scale, f"{about.label} has no response rule.",
            "Add fraction = 0.5, or use another scale.",
        )  # fmt: skip
    if endpoint.kind == "remission":
        if endpoint.cut_off is None and about.remission_max is None:
            yield _fault(
                (*place, "scale"), endpoint.scale, f"{about.label} has no remission rule.",
                "Add cut_off = 10, or use another scale.",
            )  # fmt: skip
        cut_off = endpoint.cut_off
        if cut_off is not None and not about.minimum <= cut_off <= about.maximum:
            yield _fault(
                (*place, "cut_off"), cut_off, f"This lies outside {about.label}.",
                f"Give {about.minimum} to {about.maximum} points.",
            )  # fmt: skip


def _day_faults(
    trial: TrialFile, endpoint: EndpointTable, place: tuple[str | int, ...]
) -> Iterator[Fault]:
    for key in ("day", "from_day"):
        day = getattr(endpoint, key)
        if day is None or endpoint.kind not in TAKES[key]:
            continue
        seen: set[str] = set()
        for arm in trial.arms:
            days = rated_days(visits_of(trial, arm))
            for fault in seen_faults([day], endpoint.scale, days, (*place, key)):
                if str(fault) not in seen:
                    seen.add(str(fault))
                    yield fault
    relapse = trial.relapse
    if relapse is not None and endpoint.kind in NEEDS_FROM_DAY[1:]:
        for arm in trial.arms:
            if visits_of(trial, arm) and relapse.when.scale not in rated_days(
                visits_of(trial, arm)
            ):
                yield _fault(
                    ("relapse", "when", "scale"), relapse.when.scale,
                    f"The arm '{arm.name}' does not rate it.", "Rate it, or use another scale.",
                )  # fmt: skip


def comparison_faults(trial: TrialFile, groups: Sequence[str]) -> Iterator[Fault]:
    """Yield what is wrong with reference, contrasts, replicates and power."""
    if trial.reference is not None and trial.reference not in groups:
        yield _fault(("reference",), trial.reference, *_unknown_group(groups))
    names = [contrast.name for contrast in trial.contrasts]
    for index, contrast in enumerate(trial.contrasts):
        place = ("contrasts", index)
        if contrast.name in names[:index]:
            yield _fault((*place, "name"), contrast.name, "Used twice.", "Rename one.")
        for side in ("arms", "against"):
            for name in getattr(contrast, side):
                if name not in groups:
                    yield _fault((*place, side), name, *_unknown_group(groups))
        both = sorted(set(contrast.arms) & set(contrast.against))
        if both:
            yield _fault(place, both[0], "This group is on both sides.", "Keep it on one side.")
    yield from _power_faults(trial)


def _unknown_group(groups: Sequence[str]) -> tuple[str, str]:
    return "There is no arm or branch of this name.", f"Use one of {', '.join(groups)}."


def _power_faults(trial: TrialFile) -> Iterator[Fault]:
    shares = trial.allocation == "common" or trial.design == "crossover"
    compared = trial.endpoints and (trial.reference is not None or trial.contrasts)
    if trial.replicates > 1 and not compared:
        yield _fault(
            ("replicates",), trial.replicates, "Replicates repeat a trial that compares nothing.",
            "Add [[endpoints]], and reference or [[contrasts]].",
        )  # fmt: skip
    if trial.replicates > 1 and trial.allocation == "common":
        yield _fault(
            ("allocation",), trial.allocation, "Power needs arms of different patients: with the "
            "same patients in every arm, differences vary less than in a real trial.",
            'Use allocation = "randomised", or replicates = 1.',
        )  # fmt: skip
    if trial.allocation == "common" and trial.design != "parallel":
        yield _fault(
            ("allocation",), trial.allocation, "Only arms in parallel can share their patients.",
            "Leave allocation out.",
        )  # fmt: skip
    sizes = {arm.patients or trial.patients for arm in trial.arms}
    if shares and len(sizes) > 1:
        yield _fault(
            ("arms",), sorted(sizes), "Arms that share their patients have different sizes.",
            "Give one number of patients.",
        )  # fmt: skip
    if trial.power is not None:
        smallest = min(sizes) * trial.replicates
        for index, size in enumerate(trial.power.patients):
            if size > smallest:
                yield _fault(
                    ("power", "patients", index), size,
                    f"Only {smallest} patients per arm are simulated.",
                    "Raise replicates, or leave this size out.",
                )  # fmt: skip
        if not compared:
            yield _fault(
                ("power",), "", "There is nothing to compare.",
                "Add [[endpoints]], and reference or [[contrasts]].",
            )  # fmt: skip


def subgroup_faults(subgroups: Sequence[SubgroupTable]) -> Iterator[Fault]:
    """Yield what is wrong with the subgroups."""
    names = [subgroup.name for subgroup in subgroups]
    for index, subgroup in enumerate(subgroups):
        place = ("subgroups", index)
        if subgroup.name in names[:index]:
            yield _fault((*place, "name"), subgroup.name, "Used twice.", "Rename one.")
        known = subgroup.covariate in NUMBERS or subgroup.covariate in CATEGORIES
        if not known:
            yield _fault(
                (*place, "covariate"), subgroup.covariate, "This covariate is not known.",
                f"Use one of {', '.join((*NUMBERS, *CATEGORIES))}.",
            )  # fmt: skip
        elif subgroup.covariate in NUMBERS and subgroup.cut is None:
            yield _fault(
                (*place, "cut"), "", "A number is split at a cut.",
                f"Add cut = ..., in {NUMBERS[subgroup.covariate]}.",
            )  # fmt: skip
        elif subgroup.covariate in CATEGORIES and subgroup.cut is not None:
            yield _fault(
                (*place, "cut"), subgroup.cut, "This covariate has categories.", "Leave cut out."
            )


def _fault(place: tuple[str | int, ...], value: object, problem: str, remedy: str) -> Fault:
    given = "" if value == "" else shown(value)
    return Fault(path=path_text(place), value=given, problem=problem, remedy=remedy)
