"""Drug, route, doses and body of a published regimen, read from free text.

What the text does not say is assumed and named among the assumptions; what it says in a
way that no model covers is refused with the reason.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from ketacourse.model.pk.modifiers import PkModifiers, modifiers_for
from ketacourse.model.pk.routes import Drug, Route
from ketacourse.trials.replicate_prediction import RowFaultError, UnsupportedRowError

USUAL_WEIGHT_KG = 70.0
USUAL_AGE_YEARS = 40.0
PUSH_H = 1.0 / 60.0
"""Time of a push that is not stated (h, assumed)."""
LIGHTEST_KG, HEAVIEST_KG = 30.0, 200.0

ANY_CASE = re.IGNORECASE
NUMBER = r"(\d+(?:\.\d+)?)"
STEPS = re.compile(
    r"((?:\d+(?:\.\d+)?\s*/\s*)+\d+(?:\.\d+)?)\s*(mg|ug|mcg|µg)(/kg)?/(h|hr|hour|min)\b"
)
STEP_TIME = re.compile(rf"{NUMBER}[-\s]*(min|minute|minutes|h|hr|hour|hours)[-\s]*steps?", ANY_CASE)
WEIGHT = re.compile(
    rf"{NUMBER}\s*(?:\(?\s*(?:SD|SE|s\.d\.|±|\+/-)?\s*[\d.\-–,\s]*\)?)?\s*(?:±\s*[\d.]+\s*)?kg\b",
    ANY_CASE,
)
AGE = re.compile(
    rf"(?:mean age|aged?|age of)\s*(?:of\s*)?{NUMBER}(?:\s*(?:-|–|to)\s*{NUMBER})?", ANY_CASE
)

ROUTE_WORDS: tuple[tuple[str, Route | str], ...] = (
    (r"rectal|supposit", "no rectal route"),
    (r"transderm|patch", "no route through the skin"),
    (r"epidural|intrathecal|caudal|spinal", "no route at the spine"),
    (r"inhal|nebuli", "no inhaled route"),
    (r"intra-?articular|topical|intra-?osseous", "no such route"),
    (r"prolonged|extended|modified|controlled|sustained|slow[- ]release|\b(?:pr|er|xr|sr|mr)\b",
     "prolonged-release tablets have no absorption model"),
    (r"target.controlled|\btci\b", "the rates of a target-controlled infusion are not known"),
    (r"sublingual|buccal|transmucosal|oromucosal|\bsl\b|lozenge|troche|wafer|thin film",
     "sublingual"),
    (r"nasal|\bin\b|spray", "intranasal"),
    (r"intramuscular|\bi\.?m\b\.?", "im"),
    (r"subcutaneous|\bs\.?c\b\.?", "sc"),
    (r"\boral|by mouth|\bp\.?o\b\.?|tablet|capsule|solution|syrup", "oral"),
    (r"bolus|push|\binjection\b", "iv_bolus"),
    (r"\bi\.?v\b\.?|intravenous|infusion", "iv_infusion"),
)  # fmt: skip
"""Pattern to route, or to the reason why there is none; the first that fits holds."""

ROUTE_NAMES: tuple[Route, ...] = (
    "iv_infusion", "iv_bolus", "im", "sc", "intranasal", "oral", "sublingual",
)  # fmt: skip

SPECIES = re.compile(
    r"\b(rats?|mice|mouse|dogs?|monkeys?|pigs?|sheep|horses?|rabbits?)\b", ANY_CASE
)
YOUNG = re.compile(
    r"\b(child|children|paediatric|pediatric|infants?|neonat\w*|adolescents?)\b", ANY_CASE
)
INTERACTIONS = (
    "ticlopidine", "clarithromycin", "grapefruit", "itraconazole", "rifampicin", "rifampin",
    "st john's wort",
)  # fmt: skip


Ancestry = Literal["", "asian", "japanese"]
"""Ancestry on which parameters depend where a publication found that they do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Regimen:
    """What was given to whom.

    Parameters
    ----------
    steps
        Duration (h) and amount (in ``dose_unit``) of each step, one after another.
    weight_stated
        Whether the body weight was stated.
    modifiers
        Medication and organ function that change exposure.
    """

    drug: Drug
    route: Route
    dose_unit: str
    steps: tuple[tuple[float, float], ...]
    weight_kg: float = USUAL_WEIGHT_KG
    weight_stated: bool = True
    age_years: float = USUAL_AGE_YEARS
    ancestry: Ancestry = ""
    scenarios: tuple[str, ...] = ()

    def modifiers(self) -> PkModifiers:
        """Return the scenarios that change exposure, each at its typical value."""
        return PkModifiers(scenarios=dict.fromkeys(self.scenarios, "typical"))


def drug_of(text: str) -> Drug:
    """Return the drug that a text names.

    Examples
    --------
    >>> drug_of("S(+)-ketamine"), drug_of("racemate"), drug_of("(R)-ketamine")
    ('esketamine', 'ketamine', 'arketamine')
    """
    plain = re.sub(r"[\s()+\-±_]", "", text.lower())
    if plain in ("s", "sketamine", "esketamine", "sesketamine") or plain.startswith("esketamine"):
        return "esketamine"
    if plain in ("r", "rketamine", "arketamine"):
        return "arketamine"
    if plain.startswith(("rac", "ketamine", "r,s", "rs", "s,r", "dlketamine")):
        return "ketamine"
    if not plain:
        raise UnsupportedRowError("the drug is not stated")
    raise UnsupportedRowError(f"no model of the drug '{text}'")


def route_of(text: str) -> Route:
    """Return the route that a text names.

    Examples
    --------
    >>> route_of("oral thin film sublingual/buccal"), route_of("IV 3-step infusion")
    ('sublingual', 'iv_infusion')
    """
    plain = text.strip().lower()
    if plain in ROUTE_NAMES:
        return plain
    if not plain:
        raise UnsupportedRowError("the route is not stated")
    if re.search(r"\bmixed\b|\bor\b|\bvs\.?\b|various", plain) or len(_parenteral(plain)) > 1:
        raise UnsupportedRowError("two routes pooled")
    for pattern, meaning in ROUTE_WORDS:
        if re.search(pattern, plain):
            if meaning in ROUTE_NAMES:
                return meaning
            raise UnsupportedRowError(meaning)
    raise UnsupportedRowError(f"no model of the route '{text}'")


def _parenteral(plain: str) -> set[str]:
    return set(re.findall(r"\b(iv|im|sc|in|po|sl)\b", plain))


def steps_of(
    *, per_kg: float | None, whole: float | None, minutes: float | None, route: Route, text: str
) -> tuple[str, tuple[tuple[float, float], ...]]:
    """Return the unit of a dose and its steps (h, amount).

    Parameters
    ----------
    per_kg, whole
        Dose per kilogram (mg/kg) and whole dose (mg); both only where they agree.
    minutes
        Time over which it was given (min).
    text
        Route and notes, where the rates of several steps may stand.
    """
    stepped = _stepped(text)
    if stepped:
        return stepped
    if re.search(r"\d[- ]step|stepwise|stepped", text, ANY_CASE):
        raise UnsupportedRowError("the rates of the steps are not stated")
    if re.search(r"bolus\s*(?:\+|and|then|followed|plus)", text, ANY_CASE):
        raise UnsupportedRowError("a bolus with an infusion is not stated step by step")
    if per_kg is None and whole is None:
        raise UnsupportedRowError("dose not stated")
    duration_h = 0.0 if minutes is None else minutes / 60.0
    if route == "iv_bolus" and minutes is None:
        duration_h = PUSH_H
    unit, amount = ("mg/kg", per_kg) if per_kg is not None else ("mg", whole)
    assert amount is not None
    return unit, ((duration_h, amount),)


def _stepped(text: str) -> tuple[str, tuple[tuple[float, float], ...]] | None:
    """Return the steps of a regimen such as ``three 60-min steps 0.14/0.28/0.57 mg/kg/h``."""
    rates, time = STEPS.search(text), STEP_TIME.search(text)
    if rates is None or time is None:
        return None
    duration_h = float(time[1]) * (1.0 if time[2].lower().startswith("h") else 1.0 / 60.0)
    per_h = 60.0 if rates[4] == "min" else 1.0
    milligrams = 1.0 if rates[2] == "mg" else 1e-3
    amounts = [float(r) * per_h * milligrams * duration_h for r in rates[1].split("/")]
    return "mg/kg" if rates[3] else "mg", tuple((duration_h, a) for a in amounts)


def checked_dose(per_kg: float | None, whole: float | None) -> float | None:
    """Return the body weight (kg) that two statements of one dose imply, or None.

    Raises
    ------
    RowFaultError
        If they imply the weight of no adult.
    """
    if per_kg is None or whole is None:
        return None
    weight = whole / per_kg
    if not LIGHTEST_KG <= weight <= HEAVIEST_KG:
        raise RowFaultError(
            "dose_mg",
            f"{whole:g} mg and {per_kg:g} mg/kg would be a body weight of {weight:.3g} kg",
        )
    return weight


def weight_of(population: str) -> float | None:
    """Return the mean body weight that a text states (kg), or None.

    Examples
    --------
    >>> weight_of("healthy adults 68.0 (SD 7.2) kg"), weight_of("mean weight 81 ± 12 kg")
    (68.0, 81.0)
    """
    for found in WEIGHT.finditer(population):
        value = float(found[1])
        if LIGHTEST_KG <= value <= HEAVIEST_KG:
            return value
    return None


def age_of(population: str) -> float | None:
    """Return the mean age that a text states (years), or None.

    Examples
    --------
    >>> age_of("healthy volunteers, mean age 26.04"), age_of("adults aged 60-80"), age_of("TRD")
    (26.04, 70.0, None)
    """
    if found := AGE.search(population):
        first = float(found[1])
        value = (first + float(found[2])) / 2.0 if found[2] else first
        return value if 18.0 <= value <= 100.0 else None
    if re.search(r"(?:>=|≥|over|above)\s*65|elderly|older adults", population, ANY_CASE):
        return 72.0
    return None


def ancestry_of(population: str) -> Ancestry:
    """Return the ancestry that a text states of all subjects, or nothing.

    Examples
    --------
    >>> ancestry_of("healthy Japanese"), ancestry_of("Chinese patients"), ancestry_of("TRD")
    ('japanese', 'asian', '')
    """
    if re.search(r"\bJapan(?:ese)?\b", population, ANY_CASE):
        return "japanese"
    if re.search(r"\b(?:Chinese|China|Korean?s?|Taiwan(?:ese)?|Asians?)\b", population, ANY_CASE):
        return "asian"
    return ""


def refuse_others(population: str) -> None:
    """Refuse animals and the young, whom no model here covers."""
    if found := SPECIES.search(population):
        raise UnsupportedRowError(f"the model is of people, not of {found[1].lower()}")
    if YOUNG.search(population):
        raise UnsupportedRowError("the model is of adults")


def scenarios_of(text: str) -> tuple[str, ...]:
    """Return what changes exposure: interacting medication and organ function.

    Examples
    --------
    >>> scenarios_of("healthy, after clarithromycin"), scenarios_of("placebo phase")
    (('clarithromycin',), ())
    """
    plain = text.lower().replace("\u2019", "'")
    if re.search(r"placebo phase|control phase|without (?:pretreatment|inhibitor)", plain):
        return ()
    taken = tuple(
        name
        for name in INTERACTIONS
        if re.search(rf"(?:with|after|during|plus|\+|on|and)\s+(?:[\w.-]+\s+){{0,3}}{name}", plain)
    )
    found: Mapping[str, object] = modifiers_for(
        medications=tuple({"grapefruit": "grapefruit juice"}.get(n, n) for n in taken),
        renal_impairment=bool(re.search(r"renal (?:impairment|failure)", plain)),
        hepatic_impairment=bool(re.search(r"(?:hepatic|liver) (?:impairment|failure)", plain)),
    ).scenarios
    return tuple(found)
