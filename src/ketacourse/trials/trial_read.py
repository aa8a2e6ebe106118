"""From a trial file to a trial, or to every fault of the file at once."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import astuple
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ketacourse.engine.recorded import record_chain
from ketacourse.errors import CaseError, Fault, InputError
from ketacourse.evidence.catalogue import load_catalogue
from ketacourse.therapy.case_faults import faults_of
from ketacourse.therapy.case_read import read_toml
from ketacourse.trials.design import Trial
from ketacourse.trials.population_file import build_population
from ketacourse.trials.trial_build import build_trial
from ketacourse.trials.trial_file import TrialFile, trial_schema
from ketacourse.trials.trial_rules import trial_faults
from ketacourse.version import VERSION

__all__ = ["load_trial", "parse_trial", "trial_schema"]

JOINED = frozenset({
    "arms", "visits", "relapse", "rerandomise", "crossover", "design", "allocation",
    "contrasts", "reference", "endpoints",
})  # fmt: skip
"""Keys that other keys refer to: while one cannot be read, nothing is said of the rest."""


def load_trial(path: Path, *, patients: int | None = None, replicates: int | None = None) -> Trial:
    """Read one trial file.

    Parameters
    ----------
    path
        A TOML file laid out as ``trial_schema`` states.
    patients, replicates
        Numbers that replace those of the file.

    Raises
    ------
    CaseError
        With every fault found, each with its place, value, problem and remedy.
    InputError
        If the file cannot be read, is not TOML, or a replaced number is impossible.
    """
    content = with_numbers(read_toml(path), patients=patients, replicates=replicates)
    return parse_trial(content, where=str(path), title=path.stem, folder=path.parent)


def _rule_faults(
    content: Mapping[str, Any], error: ValidationError, folder: Path
) -> tuple[Fault, ...]:
    """Return what else is wrong, where the keys that could not be read do not bear on it."""
    broken = {details["loc"][0] for details in error.errors() if details["loc"]}
    if broken & JOINED:
        return ()
    sound = {key: value for key, value in content.items() if key not in broken}
    try:
        read = TrialFile.model_validate(sound)
    except ValidationError:
        return ()
    _, wrong = build_population(read.population, seed=read.seed, folder=folder)
    return (*wrong, *trial_faults(read, catalogue=load_catalogue()))


def with_numbers(
    content: Mapping[str, Any], *, patients: int | None = None, replicates: int | None = None
) -> dict[str, Any]:
    """Return the tables of a trial file with other numbers of patients or replicates."""
    found = dict(content)
    for name, number in (("patients", patients), ("replicates", replicates)):
        if number is not None and number < 1:
            raise InputError(f"{name} is {number}.", remedy="Give at least 1.")
    if replicates is not None:
        found["replicates"] = replicates
    if patients is not None:
        found["patients"] = patients
        arms = found.get("arms")
        if isinstance(arms, list):
            found["arms"] = [
                {k: v for k, v in arm.items() if k != "patients"} if isinstance(arm, dict) else arm
                for arm in arms
            ]
    return found


def parse_trial(
    content: Mapping[str, Any], *, where: str = "", title: str = "", folder: Path = Path()
) -> Trial:
    """Build a trial from the tables of a parsed file.

    Parameters
    ----------
    content
        Tables as the TOML parser returns them.
    where, title
        What to call the file in an error, and the trial when the file gives no title.
    folder
        Where a relative path to a table of patients starts.

    Raises
    ------
    CaseError
        With every fault found.
    """
    try:
        read = TrialFile.model_validate(content)
    except ValidationError as error:
        faults = (*faults_of(error, TrialFile), *_rule_faults(content, error, folder))
        raise CaseError(faults, where=where) from None
    population, wrong = build_population(read.population, seed=read.seed, folder=folder)
    faults = (*wrong, *trial_faults(read, catalogue=load_catalogue()))
    if faults or population is None:
        raise CaseError(faults, where=where)
    named = read.model_copy(update={"title": read.title or title})
    kept = {**content, "title": named.title}
    table = read.population.table
    patients = (folder / table).read_bytes() if table else b""
    return build_trial(named, population=population, content=kept, digest=digest_of(kept, patients))


def digest_of(content: Mapping[str, Any], patients: bytes) -> str:
    """Return the fingerprint of everything that the results of a trial depend on.

    Parameters
    ----------
    content
        Tables of the trial file.
    patients
        Bytes of the table of patients, if there is one.
    """
    parts = [
        json.dumps(content, sort_keys=True, ensure_ascii=False),
        hashlib.sha256(patients).hexdigest(),
        repr(sorted((astuple(p) for p in load_catalogue().parameters.values()), key=str)),
        record_chain().digest,
        VERSION,
    ]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
