"""What a row of a table of concentrations asks of the model.

Two layouts: as published results are collected (free text for drug, route, analyte and
matrix), and restated, with the regimen and the model's output written out.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from ketacourse.errors import UnitError
from ketacourse.evidence.concentrations import READERS, ConcentrationObservation
from ketacourse.model.pk.routes import SHARES
from ketacourse.quantity import conversion_factor
from ketacourse.trials import replicate_regimen as regimen
from ketacourse.trials.replicate_cells import count_in, number_in
from ketacourse.trials.replicate_prediction import RowFaultError, UnsupportedRowError
from ketacourse.trials.replicate_regimen import Regimen

USUAL_INFUSION_MIN = 40.0

METRICS: tuple[tuple[str, str], ...] = (
    (r"auc.*ratio|ratio.*auc|metabolic ratio|^ratio$", "auc_ratio"),
    (r"c[_ ]?max|peak(?! time)", "cmax"),
    (r"t[_ ]?max|time (?:of|to) (?:the )?(?:peak|maximum)|peak time", "tmax"),
    (r"auc.*inf|auc.*\u221e|auc_?0_?oo", "auc_inf"),
    (r"^auc", "auc"),
    (r"half[-_ ]?life|t[_ ]?1/?2|t[_ ]?half", "half_life"),
    (r"^mrt|mean residence", "residence"),
    (r"^v(?:d|dist)?[_ ]?ss|steady[- ]state vol|vol.*steady", "steady_volume"),
    (r"^v_?(?:z|d|beta|area)|distribution vol|volume of dist", "terminal_volume"),
    (r"^cl\b|^cl[_/]|clearance", "clearance"),
    (r"bioavailab|^f$|^f[_ ]", "bioavailability"),
    (r"concentration|^conc|^c[pt]?$|^c\(t\)$|level", "conc"),
)  # fmt: skip
"""Pattern to metric; the first that fits holds."""

OF_THE_PARENT = ("clearance", "bioavailability", "steady_volume", "terminal_volume")
"""Quantities that need the amount given, which is known for ketamine only."""

ASKS = (
    "drug", "route", "dose_unit", "steps", "weight_kg", "analyte", "output", "share", "metric",
    "time_h", "unit",
)  # fmt: skip
"""Columns of a restated table that a prediction reads, beside the number of subjects."""

WINDOW = re.compile(r"auc[_ ]*\(?0[-_\u2013](?:t=)?(\d+(?:\.\d+)?)", re.IGNORECASE)

MATRICES: tuple[tuple[str, str], ...] = (
    (r"urine|saliva|cerebro|csf|brain|milk|hair|dialys", ""),
    (r"whole blood|capillary|dried", ""),
    (r"arterial", "arterial"),
    (r"venous|serum|plasma|^$", "venous"),
)  # fmt: skip

BASE_UNITS = {
    "conc": ("umol/L", "ng/mL"),
    "cmax": ("umol/L", "ng/mL"),
    "auc": ("umol*h/L", "ng*h/mL"),
    "tmax": ("h",),
    "half_life": ("h",),
    "residence": ("h",),
    "steady_volume": ("L", "L/kg"),
    "terminal_volume": ("L", "L/kg"),
    "clearance": ("L/h", "L/h/kg"),
}
"""Metric to the units in which it is computed: molar first, then by mass (or per kg)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConcentrationQuery:
    """One quantity asked of the pharmacokinetic model.

    Parameters
    ----------
    regimen
        What was given to whom.
    output
        Output of the model, two joined by ``/`` for a ratio.
    isomer
        ``s`` or ``r`` where only what stems from one enantiomer is asked for.
    share
        Factor from the output to what was measured (one enantiomer of a sum).
    metric
        ``conc``, ``cmax``, ``tmax``, ``auc``, ``auc_ratio``, ``half_life``, ``residence``,
        ``clearance``, ``bioavailability``, ``steady_volume`` or ``terminal_volume``.
    time_h
        Time of a concentration, or end of the window of an exposure (h); None means the
        peak, or to infinity.
    unit
        Unit of the answer: ``molar`` and ``mass`` outputs differ by the molar mass.
    factor
        Factor from the base unit to the unit of the row.
    """

    regimen: Regimen
    output: str
    isomer: str = ""
    share: float = 1.0
    metric: str
    time_h: float | None
    unit: str = "molar"
    factor: float = 1.0
    n: int | None = None
    assumptions: tuple[str, ...] = ()


def query_of(row: ConcentrationObservation) -> ConcentrationQuery:
    """Return what a restated observation asks of the model."""
    unit, factor = _unit(row.metric, row.unit)
    return ConcentrationQuery(
        regimen=Regimen(
            drug=row.drug,  # type: ignore[arg-type]  # the reader allows known drugs only
            route=row.route,  # type: ignore[arg-type]  # likewise routes
            dose_unit=row.dose_unit,
            steps=row.steps,
            weight_kg=row.weight_kg,
            weight_stated=not row.weight_source.startswith("assumed"),
            ancestry=regimen.ancestry_of(row.population),
        ),
        output=row.output,
        share=row.share,
        metric=row.metric,
        time_h=row.time_h,
        unit=unit,
        factor=factor,
        n=row.n,
    )


def restated_query(cells: Mapping[str, str]) -> ConcentrationQuery:
    """Return what a row of a restated table asks.

    Raises
    ------
    RowFaultError, UnsupportedRowError
        If a cell cannot be read, or no output of the model corresponds to the row.
    """
    if cells.get("supported", "") == "no":
        raise UnsupportedRowError(cells.get("reason", "") or "the table says so")
    read: dict[str, Any] = {c: _cell(c, cells) for c in READERS if c in cells}
    if not read["output"]:
        raise UnsupportedRowError(f"no output of the model is '{read['analyte']}'")
    if read["drug"] == "none" or not read["route"]:
        raise UnsupportedRowError("no drug was given by a known route")
    _check_time(read["metric"], read["time_h"])
    unit, factor = _unit(read["metric"], read["unit"])
    return ConcentrationQuery(
        regimen=Regimen(
            drug=read["drug"],
            route=read["route"],
            dose_unit=read["dose_unit"],
            steps=read["steps"],
            weight_kg=read["weight_kg"],
            weight_stated=not cells.get("weight_source", "").startswith("assumed"),
            ancestry=regimen.ancestry_of(cells.get("population", "")),
        ),
        output=read["output"],
        share=read["share"],
        metric=read["metric"],
        time_h=read["time_h"],
        unit=unit,
        factor=factor,
        n=count_in(cells, "n"),
    )


def _cell(column: str, cells: Mapping[str, str]) -> Any:
    if column not in ASKS:
        return ""  # the value above all: it is never read by the prediction
    try:
        return READERS[column](cells[column])
    except ValueError as error:
        raise RowFaultError(column, str(error)) from None


def published_query(cells: Mapping[str, str]) -> ConcentrationQuery:
    """Return what a row of a table of published concentrations asks; see `restated_query`."""
    if cells.get("supported", "") == "no":
        raise UnsupportedRowError(cells.get("reason", "") or "the table says so")
    numbers = _numbers(cells)
    population = cells["population"]
    regimen.refuse_others(population)
    metric, time_h = _metric(cells["metric"], numbers["time_h"])
    matrix = _matrix(cells["matrix"])
    given, assumptions = _regimen(cells, numbers, metric, time_h)
    _check_time(metric, time_h)
    output, isomer, share = _analyte(cells["analyte"], matrix, given)
    if metric == "auc" and time_h is None and "inf" not in cells["metric"].lower():
        assumptions = (*assumptions, "an exposure without a window runs to infinity")
    unit, factor = _unit("auc_ratio" if "/" in output else metric, cells["unit"])
    query = ConcentrationQuery(
        regimen=given,
        output=output,
        isomer=isomer,
        share=share,
        metric=metric,
        time_h=time_h,
        unit=unit,
        factor=factor,
        n=count_in(cells, "n"),
        assumptions=assumptions,
    )
    return _whole_if_ratio(query)


def _numbers(cells: Mapping[str, str]) -> dict[str, float | None]:
    return {
        "dose_mg_per_kg": number_in(cells, "dose_mg_per_kg", above=0.0),
        "dose_mg": number_in(cells, "dose_mg", above=0.0),
        "infusion_min": number_in(cells, "infusion_min", at_least=0.0),
        "time_h": number_in(cells, "time_h", at_least=0.0),
    }


def _regimen(
    cells: Mapping[str, str],
    numbers: Mapping[str, float | None],
    metric: str,
    time_h: float | None,
) -> tuple[Regimen, tuple[str, ...]]:
    notes, route_text = cells.get("notes", ""), cells["route"]
    drug, route = regimen.drug_of(cells["drug"]), regimen.route_of(route_text)
    assumptions: list[str] = []
    minutes = numbers["infusion_min"]
    if route == "iv_bolus" and minutes and minutes > 15.0:
        route = "iv_infusion"
    implied = regimen.checked_dose(numbers["dose_mg_per_kg"], numbers["dose_mg"])
    unit, steps = regimen.steps_of(
        per_kg=numbers["dose_mg_per_kg"],
        whole=numbers["dose_mg"],
        minutes=minutes,
        route=route,
        text=f"{route_text}; {notes}",
    )
    if route == "iv_infusion" and not any(h > 0.0 for h, _ in steps):
        if metric in ("conc", "cmax", "tmax") or time_h is not None:
            raise UnsupportedRowError("the time of the infusion is not stated")
        steps = ((USUAL_INFUSION_MIN / 60.0, steps[0][1]),)
    if route == "iv_bolus" and minutes is None:
        assumptions.append("a push of one minute")
    weight = regimen.weight_of(cells["population"]) or implied
    age = regimen.age_of(cells["population"])
    if weight is None:
        assumptions.append(f"a body weight of {regimen.USUAL_WEIGHT_KG:g} kg")
    given = Regimen(
        drug=drug,
        route=route,
        dose_unit=unit,
        steps=steps,
        weight_kg=weight or regimen.USUAL_WEIGHT_KG,
        weight_stated=weight is not None,
        age_years=age or regimen.USUAL_AGE_YEARS,
        ancestry=regimen.ancestry_of(cells["population"]),
        scenarios=regimen.scenarios_of(f"{cells['population']}; {notes}; {route_text}"),
    )
    return given, tuple(assumptions)


def _metric(text: str, time_h: float | None) -> tuple[str, float | None]:
    plain = text.strip().lower()
    if plain in ("conc", "cmax", "tmax", "auc_ratio"):
        return plain, (time_h if plain in ("conc", "auc_ratio") else None)
    for pattern, metric in METRICS:
        if re.search(pattern, plain):
            if metric == "auc":
                window = WINDOW.search(plain)
                return "auc", float(window[1]) if window else time_h
            if metric == "auc_inf":
                return "auc", None
            return metric, (time_h if metric in ("conc", "auc_ratio") else None)
    raise UnsupportedRowError(f"the model does not give '{text}'")


def _check_time(metric: str, time_h: float | None) -> None:
    if metric == "conc" and time_h is None:
        raise RowFaultError("time_h", "a concentration needs its time")
    if metric == "conc" and time_h == 0.0:
        raise UnsupportedRowError("before any drug the concentration is zero")


def _matrix(text: str) -> str:
    plain = text.strip().lower()
    for pattern, matrix in MATRICES:
        if re.search(pattern, plain):
            if not matrix:
                break
            return matrix
    raise UnsupportedRowError(f"no model of '{text}': arterial or venous plasma only")


def _analyte(text: str, matrix: str, given: Regimen) -> tuple[str, str, float]:
    """Return output, isomer and share of an analyte or of a ratio of two."""
    above, slash, below = text.partition("/")
    if slash and not re.search(r"each", below):
        first, second = _substance(above, matrix, given), _substance(below, matrix, given)
        return f"{first[0]}/{second[0]}", _shared_isomer(first, second), first[2] / second[2]
    return _substance(text, matrix, given)


def _shared_isomer(first: tuple[str, str, float], second: tuple[str, str, float]) -> str:
    """Return the enantiomer from which both sides of a ratio stem, empty for both."""
    if first[1] and second[1] and first[1] != second[1]:
        if "hydroxynorketamine" in (first[0], second[0]):
            raise UnsupportedRowError("hydroxynorketamine of one enantiomer over the other")
        return ""
    return first[1] or second[1]


def _substance(text: str, matrix: str, given: Regimen) -> tuple[str, str, float]:
    plain = re.sub(r"[\s\u2013]", "", text.lower())
    if re.search(r"dehydro|dhnk|\b5-?h|4-?h(?:ydroxy)?n", plain):
        raise UnsupportedRowError(f"no model holds '{text.strip()}'")
    isomer = _isomer(plain)
    if isomer and isomer not in SHARES[given.drug]:
        raise UnsupportedRowError(f"{given.drug} holds no {isomer.upper()}-ketamine")
    each = 0.5 if re.search(r"each|per(?:enantiomer|isomer)", plain) else 1.0
    if re.search(r"hydroxynor|hnk", plain):
        return "hydroxynorketamine", isomer, each
    if re.search(r"norketamine|^[sr()+-]*nk", plain):
        return _at_site("norketamine", isomer, matrix), isomer, each
    if re.search(r"ketamine|^[sr()+-]*k$", plain):
        return _at_site("ketamine", isomer, matrix), isomer, each
    raise UnsupportedRowError(f"no output of the model is '{text.strip()}'")


def _at_site(substance: str, isomer: str, matrix: str) -> str:
    """Return the output of a substance in the blood that was drawn."""
    name = f"{isomer}_{substance}" if isomer else substance
    if matrix == "venous":
        return f"{name}_venous"
    return name if isomer else f"{name}_total"


def _isomer(plain: str) -> str:
    """Return the enantiomer that a name asks for, empty for both.

    Examples
    --------
    >>> _isomer("s-ketamine"), _isomer("hydroxynorketamine(totalr+s)"), _isomer("(2r,6r)-hnk")
    ('s', '', 'r')
    """
    if re.search(r"total|r\+s|s\+r|rs|r,s|s,r|each|rac|;", plain):
        return ""
    if plain.startswith(("esk", "esnor")) or re.match(r"\(?2?s", plain):
        return "s"
    if plain.startswith(("ark", "arnor")) or re.match(r"\(?2?r", plain):
        return "r"
    return ""


def _whole_if_ratio(query: ConcentrationQuery) -> ConcentrationQuery:
    ratio = "/" in query.output
    if ratio and query.metric not in ("auc_ratio", "auc", "conc", "cmax"):
        raise UnsupportedRowError(f"a ratio of {query.metric}s is not predicted")
    if ratio and query.metric == "auc":
        return replace(query, metric="auc_ratio")
    if query.metric in OF_THE_PARENT and "nor" in query.output:
        raise UnsupportedRowError(
            f"the {query.metric.replace('_', ' ')} of a metabolite is not predicted"
        )
    if query.metric == "steady_volume" and query.regimen.route not in ("iv_infusion", "iv_bolus"):
        raise UnsupportedRowError("a volume at steady state needs a dose into the vein")
    if query.metric == "auc_ratio" and not ratio:
        raise UnsupportedRowError("a ratio needs two analytes, such as norketamine/ketamine")
    return query


def _unit(metric: str, text: str) -> tuple[str, float]:
    """Return whether the answer is molar or by mass, and the factor to the row's unit."""
    plain = _spelt(text)
    if metric in ("auc_ratio", "bioavailability"):
        if plain in ("", "1", "ratio", "fraction", "dimensionless"):
            return "molar", 1.0
        if plain in ("percent", "%"):
            return "molar", 100.0
        raise RowFaultError("unit", f"'{text}' is no unit of a ratio")
    for base, kind in zip(BASE_UNITS[metric], ("molar", "mass"), strict=False):
        try:
            return kind, conversion_factor(base, plain)
        except UnitError:
            continue
    raise RowFaultError("unit", f"'{text}' is no unit of {metric}")


def _spelt(text: str) -> str:
    """Return a unit as the unit library spells it.

    Examples
    --------
    >>> _spelt("ng.hr/ml"), _spelt("mcg/L"), _spelt("h·ng/mL")
    ('ng*h/mL', 'ug/L', 'h*ng/mL')
    """
    plain = text.strip().replace("\u00b7", "*").replace("\u22c5", "*").replace("\u00d7", "*")
    plain = re.sub(r"(?<=[A-Za-z])[.\s]+(?=[A-Za-z])", "*", plain)
    plain = re.sub(r"\b(?:hr|hrs|hours?)\b", "h", plain)
    plain = re.sub(r"\b(?:mins|minutes?)\b", "min", plain)
    plain = plain.replace("mcg", "ug").replace("\u03bc", "\u00b5")
    return re.sub(r"(?<![A-Za-z])(n|u|m|\u00b5|p)?[lL]\b", lambda m: f"{m[1] or ''}L", plain)
