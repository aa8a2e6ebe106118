"""The evidence catalogue: every number of the model with unit, range, grade and source.

Parameters live in ``parameters/*.toml`` (one file per stage), sources in
``sources/*.toml``. The loader refuses what it cannot stand behind.
"""

import hashlib
import math
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import astuple, dataclass
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from typing import Any, Literal

from ketacourse.errors import EvidenceError, UnitError
from ketacourse.evidence.source import Source, build_source, shipped_sources
from ketacourse.quantity import conversion_factor

__all__ = [
    "GRADES",
    "PRIORS",
    "Catalogue",
    "Grade",
    "Parameter",
    "Prior",
    "Source",
    "build_catalogue",
    "load_catalogue",
]

Grade = Literal["measured", "derived", "calibrated", "assumed"]
Prior = Literal["fixed", "normal", "lognormal", "uniform"]

GRADES = ("measured", "derived", "calibrated", "assumed")
PRIORS = ("fixed", "normal", "lognormal", "uniform")
NEEDED = ("label", "typical", "unit", "grade", "source")
NUMBERS = ("typical", "lower", "upper", "minimum", "maximum", "bsv_cv")
PARAMETER_KEYS = {*NEEDED, *NUMBERS, "prior", "note"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One number of the model.

    ``lower`` and ``upper`` bound the central 90% of belief about the typical value;
    ``minimum`` and ``maximum`` are hard bounds; ``bsv_cv`` is the spread between
    patients (coefficient of variation of a log-normal, dimensionless).
    """

    name: str
    label: str
    typical: float
    unit: str
    lower: float
    upper: float
    minimum: float
    maximum: float
    prior: Prior
    bsv_cv: float
    grade: Grade
    source: str
    note: str

    @property
    def stage(self) -> str:
        """Return the stage of the chain that the number belongs to."""
        return self.name.partition(".")[0]

    def value_in(self, unit: str) -> float:
        """Return the typical value expressed in ``unit``."""
        return self.typical * conversion_factor(self.unit, unit)

    def interval_in(self, unit: str) -> tuple[float, float]:
        """Return the central 90% of belief about the typical value, in ``unit``."""
        factor = conversion_factor(self.unit, unit)
        return self.lower * factor, self.upper * factor


@dataclass(frozen=True, slots=True, eq=False)
class Catalogue:
    """All parameters and sources, by name.

    A catalogue equals only itself, so that what follows from it alone can be kept under it.
    """

    parameters: Mapping[str, Parameter]
    sources: Mapping[str, Source]

    def parameter(self, name: str) -> Parameter:
        """Return one parameter, or say which names are close."""
        if name in self.parameters:
            return self.parameters[name]
        close = get_close_matches(name, self.parameters, n=3)
        hint = f"Did you mean {' or '.join(close)}? " if close else ""
        raise EvidenceError(
            f"The catalogue has no parameter '{name}'.",
            remedy=f"{hint}Run 'ketacourse evidence' for the list.",
        )

    def require(self, name: str, unit: str) -> Parameter:
        """Return a parameter whose unit measures what the code declares.

        Raises
        ------
        EvidenceError
            If there is no such parameter, or its unit measures something else.
        """
        parameter = self.parameter(name)
        try:
            conversion_factor(parameter.unit, unit)
        except UnitError:
            raise EvidenceError(
                f"'{name}' is given in {parameter.unit}, but the code declares {unit}.",
                remedy="Correct the unit in the catalogue or the declaration in the code.",
            ) from None
        return parameter

    def value(self, name: str, unit: str) -> float:
        """Return a parameter's typical value in ``unit``."""
        return self.require(name, unit).value_in(unit)

    @property
    def digest(self) -> str:
        """Return a fingerprint of all numbers: a changed number changes it."""
        numbers = sorted((astuple(p) for p in self.parameters.values()), key=str)
        return hashlib.sha256(repr(numbers).encode()).hexdigest()[:16]

    def source_of(self, name: str) -> Source:
        """Return the source of one parameter."""
        return self.sources[self.parameter(name).source]

    def search(self, text: str) -> tuple[Parameter, ...]:
        """Return the parameters whose name, label, source or note holds every word."""
        words = text.lower().split()
        return tuple(
            p
            for p in self.parameters.values()
            if all(w in f"{p.name} {p.label} {p.source} {p.note} {p.grade}".lower() for w in words)
        )


@cache
def load_catalogue() -> Catalogue:
    """Return the catalogue that ships with the package."""
    root = files("ketacourse.evidence").joinpath("parameters")
    tables = {
        entry.name: tomllib.loads(entry.read_text(encoding="utf-8"))
        for entry in sorted(root.iterdir(), key=lambda e: e.name)
        if entry.name.endswith(".toml")
    }
    sources = shipped_sources()
    return Catalogue(_parameters(tables, sources), sources)


def build_catalogue(
    tables: Mapping[str, Mapping[str, Any]], sources: Mapping[str, Any]
) -> Catalogue:
    """Build a catalogue from parsed TOML.

    Parameters
    ----------
    tables
        File name to stage to parameter to fields.
    sources
        Source key to fields.

    Raises
    ------
    EvidenceError
        On a missing or unknown field, unknown unit or grade, source that does not
        resolve, or an impossible order of bounds.
    """
    known = {key: build_source(key, fields) for key, fields in sources.items()}
    return Catalogue(_parameters(tables, known), known)


def _parameters(
    tables: Mapping[str, Mapping[str, Any]], sources: Mapping[str, Source]
) -> dict[str, Parameter]:
    parameters: dict[str, Parameter] = {}
    for file_name, name, fields in _entries(tables):
        if name in parameters:
            raise EvidenceError(f"{file_name}: '{name}' is given twice.", remedy="Keep one.")
        parameters[name] = _parameter(f"{file_name}: '{name}'", name, fields, sources)
    return parameters


def _entries(
    tables: Mapping[str, Mapping[str, Any]],
) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for file_name, stages in tables.items():
        for stage, entries in stages.items():
            if not isinstance(entries, Mapping):
                raise EvidenceError(
                    f"{file_name}: '{stage}' stands outside any parameter.",
                    remedy="Write [stage.name] with its fields below.",
                )
            for short, fields in entries.items():
                if not isinstance(fields, Mapping):
                    raise EvidenceError(
                        f"{file_name}: '{stage}.{short}' is not a table.",
                        remedy=f"Write [{stage}.{short}] with its fields below.",
                    )
                yield file_name, f"{stage}.{short}", fields


def _parameter(
    where: str, name: str, fields: Mapping[str, Any], sources: Mapping[str, Source]
) -> Parameter:
    unknown = sorted(set(fields) - PARAMETER_KEYS)
    if unknown:
        raise EvidenceError(
            f"{where} has unknown fields {unknown}.",
            remedy=f"Known fields are {', '.join(sorted(PARAMETER_KEYS))}.",
        )
    for needed in NEEDED:
        if fields.get(needed, "") == "":
            raise EvidenceError(f"{where} lacks '{needed}'.", remedy="State it.")
    if fields["grade"] not in GRADES:
        raise EvidenceError(
            f"{where} has the unknown grade '{fields['grade']}'.",
            remedy=f"Grades are {', '.join(GRADES)}.",
        )
    if fields["source"] not in sources:
        raise EvidenceError(
            f"{where} names the source '{fields['source']}', which does not exist.",
            remedy="Add it to one of the files in sources/.",
        )
    try:
        conversion_factor(fields["unit"], fields["unit"])
    except UnitError as error:
        raise EvidenceError(f"{where}: {error}") from None
    return _ordered(where, name, fields)


def _number(where: str, fields: Mapping[str, Any], name: str, default: float) -> float:
    value = fields.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or math.isnan(value):
        raise EvidenceError(f"{where}: {name} is {value!r}.", remedy="Give a number.")
    if name not in ("minimum", "maximum") and math.isinf(value):
        raise EvidenceError(f"{where}: {name} is {value!r}.", remedy="Give a finite number.")
    return float(value)


def _ordered(where: str, name: str, fields: Mapping[str, Any]) -> Parameter:
    typical = _number(where, fields, "typical", math.nan)
    lower = _number(where, fields, "lower", typical)
    upper = _number(where, fields, "upper", typical)
    minimum = _number(where, fields, "minimum", -math.inf)
    maximum = _number(where, fields, "maximum", math.inf)
    if not minimum <= lower <= typical <= upper <= maximum:
        raise EvidenceError(
            f"{where} has an impossible order: minimum {minimum}, lower {lower}, "
            f"typical {typical}, upper {upper}, maximum {maximum}.",
            remedy="Give minimum <= lower <= typical <= upper <= maximum.",
        )
    bsv_cv = _number(where, fields, "bsv_cv", 0.0)
    if not 0.0 <= bsv_cv <= 5.0:
        raise EvidenceError(f"{where} has bsv_cv {bsv_cv}.", remedy="Give 0 to 5.")
    return Parameter(
        name=name, label=fields["label"], typical=typical, unit=fields["unit"],
        lower=lower, upper=upper, minimum=minimum, maximum=maximum,
        prior=_prior(where, fields, lower), bsv_cv=bsv_cv, grade=fields["grade"],
        source=fields["source"], note=fields.get("note", ""),
    )  # fmt: skip


def _prior(where: str, fields: Mapping[str, Any], lower: float) -> Prior:
    has_range = "lower" in fields or "upper" in fields
    default = "fixed" if not has_range else ("lognormal" if lower > 0 else "normal")
    prior: Prior = fields.get("prior", default)
    if prior not in PRIORS or (prior == "lognormal" and not lower > 0):
        raise EvidenceError(
            f"{where} cannot have the prior '{prior}'.",
            remedy=f"Priors are {', '.join(PRIORS)}; a lognormal needs a lower bound above 0.",
        )
    return prior
