"""The explain step: how the drug is thought to work in this patient, link by link."""

import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from ketacourse.course import plan
from ketacourse.course.result import FloatArray, Series, Simulation
from ketacourse.course.screen import screen
from ketacourse.course.simulate import simulate
from ketacourse.evidence.ancestry import genotype_probabilities, val66met_frequencies
from ketacourse.evidence.catalogue import Source, load_catalogue
from ketacourse.evidence.claims import VERDICT_WORDS, Claim, load_claims
from ketacourse.evidence.links import Link, load_links
from ketacourse.evidence.variants import Variant, load_variants
from ketacourse.therapy.case import Case
from ketacourse.therapy.patient import Patient

WIDTH = 88
DRAWS = 200

QUANTITY_OF_TARGET: dict[str, str] = {
    "NMDA receptor block": "block_interneuron",
    "dissociation": "cadss",
    "blood pressure": "sbp_rise",
    "memory encoding": "encoding",
    "glutamate surge": "glutamate",
    "AMPA strengthening": "ampa_strength",
    "BDNF translation": "bdnf_pool",
    "BDNF release": "bdnf_release",
    "BDNF in blood": "plasma_bdnf",
    "TrkB": "trkb",
    "mTORC1": "mtorc1",
    "new synapses": "spines_new",
    "habenula block": "block_trapped",
    "inflammation": "il6",
    "CRP": "crp",
    "kynurenine balance": "kynurenine_balance",
    "plasticity window": "plasticity_window",
    "learned coping": "coping",
    "mood": "madrs",
}
"""The simulated quantity that shows what a link does, by the link's target."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One link of the chain as it stands for this patient.

    ``here`` says what the model gives for the patient, with its range; empty where the
    target is not simulated, or was told at an earlier link.
    """

    link: Link
    here: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """The mechanism for one patient.

    Attributes
    ----------
    title
        Title of the case.
    personal
        What this patient brings, one sentence each.
    steps
        The links of the chain, in order.
    variants
        The competing accounts.
    claims
        Popular claims with their verdicts.
    sources
        Every source named.
    band_contains
        What the bands given for this patient contain.
    """

    title: str
    personal: tuple[str, ...]
    steps: tuple[Step, ...]
    variants: tuple[Variant, ...]
    claims: tuple[Claim, ...]
    sources: Mapping[str, Source]
    band_contains: str

    def text(self) -> str:
        """Return the explanation as plain text."""
        lines = [f"How ketamine is thought to work: {self.title}", ""]
        lines += [*_wrapped(DISCLAIMER), "", "THIS PATIENT", ""]
        for sentence in self.personal:
            lines += _wrapped(sentence, "- ", "  ")
        lines += ["", "THE CHAIN, LINK BY LINK", ""]
        lines += [*_wrapped(f"Bands (5th to 95th percentile) contain {self.band_contains}."), ""]
        for step in self.steps:
            link = step.link
            lines.append(f"{link.source} -> {link.target}   [{link.grade}]")
            lines += _wrapped(link.statement, "  ")
            if step.here:
                lines += _wrapped(f"Here: {step.here}", "  ")
            lines += [*_wrapped("Sources: " + ", ".join(link.source_keys), "  ", "    "), ""]
        lines += ["COMPETING ACCOUNTS", ""]
        for variant in self.variants:
            lines += _wrapped(f"{variant.label} [{variant.grade}]: {variant.statement}", "- ", "  ")
        lines += ["", "WHAT PEOPLE SAY", ""]
        for claim in self.claims:
            verdict = f"{VERDICT_WORDS[claim.verdict].upper()} [{claim.grade}]"
            lines += _wrapped(f'"{claim.claim}" {verdict}', "- ", "  ")
            lines += _wrapped(claim.evidence, "  ")
            lines += _wrapped(f"In the model: {claim.model}", "  ")
            lines += [*_wrapped("Sources: " + ", ".join(claim.source_keys), "  ", "    "), ""]
        lines += ["SOURCES", ""]
        for key, source in self.sources.items():
            lines += _wrapped(f"{key}: {source.citation}. {source.link}", "- ", "  ")
        return "\n".join(lines)

    def as_dict(self) -> dict[str, Any]:
        """Return the explanation with plain values, ready for JSON."""
        return {
            "title": self.title,
            "disclaimer": DISCLAIMER,
            "personal": list(self.personal),
            "band_contains": self.band_contains,
            "links": [{**asdict(s.link), "here": s.here} for s in self.steps],
            "variants": [{**asdict(v), "overrides": dict(v.overrides)} for v in self.variants],
            "claims": [asdict(c) for c in self.claims],
            "sources": {k: {**asdict(s), "link": s.link} for k, s in self.sources.items()},
        }


DISCLAIMER = (
    "For professionals and for talking a treatment through. It is not a medical device and "
    "doses no one. Most steps between the receptor and the mood score were seen in animals; "
    "the grade of each link says how well it is supported."
)


def explain(case: Case, *, simulation: Simulation | None = None) -> Explanation:
    """Explain the mechanism for one patient.

    Parameters
    ----------
    case
        The patient and the planned course.
    simulation
        A simulation of the case; run here when absent.
    """
    simulation = simulation or simulate(case, draws=DRAWS, research=True, screening=screen(case))
    catalogue = load_catalogue()
    steps = tuple(_steps(simulation))
    claims, variants = tuple(load_claims()), tuple(load_variants().values())
    keys = dict.fromkeys(
        [k for s in steps for k in s.link.source_keys]
        + [k for c in claims for k in c.source_keys]
        + [k for v in variants for k in v.sources]
    )
    return Explanation(
        title=case.title or case.patient.identifier,
        personal=tuple(_personal(case)),
        steps=steps,
        variants=variants,
        claims=claims,
        sources={k: catalogue.sources[k] for k in keys},
        band_contains=simulation.band_contains,
    )


def _steps(simulation: Simulation) -> Iterator[Step]:
    """Yield the links; what a quantity does is told once, at the first link that leads to it.

    Told at every link, it would credit each of them with the whole effect.
    """
    told: set[str] = set()
    for link in load_links():
        yield Step(link=link, here="" if link.target in told else _here(link, simulation))
        told.add(link.target)


ACUTE_STAGES = ("plasma", "receptor", "glutamate", "safety")
"""Stages whose quantities are described over the first day after the first dose."""


def _here(link: Link, simulation: Simulation) -> str:
    name = QUANTITY_OF_TARGET.get(link.target)
    if name is None or name not in simulation.series:
        return ""
    series = simulation.series[name]
    acute = series.stage in ACUTE_STAGES or name == "encoding"
    at = _furthest(series, simulation.times_h, within_h=24.0 if acute else np.inf)
    hours = float(simulation.times_h[at])
    when = f"{hours * 60:.0f} min after the first dose" if hours < 2 else f"{hours:.0f} h"
    when = when if hours < 48 else f"day {hours / 24:.0f}"
    band = ""
    if series.lower is not None and series.upper is not None:
        band = f" (90% band {_shown(series.lower[at])} to {_shown(series.upper[at])})"
    start, end = _shown(series.typical[0]), _shown(series.typical[at])
    return f"{series.label} goes from {start} to {end}{band} {series.unit}, furthest at {when}."


def _shown(value: float) -> str:
    """Return a number with the digits it deserves; what is next to nothing is 0."""
    if abs(value) < 5e-4:
        return "0"
    return f"{value:.0f}" if abs(value) >= 10 else f"{value:.2f}"


def _furthest(series: Series, times_h: FloatArray, *, within_h: float) -> int:
    """Return the time at which a curve is furthest from where it started."""
    moved = np.abs(series.typical - series.typical[0])
    return int(np.argmax(np.where(times_h <= within_h, moved, -1.0)))


def _personal(case: Case) -> list[str]:
    patient = case.patient
    catalogue = load_catalogue()
    madrs, origin = plan.baseline_madrs(case, catalogue)
    found = [f"Severity before treatment: MADRS {madrs:.0f} ({origin}).", _genotype(patient)]
    crp = patient.crp_mg_per_l
    if crp is None:
        found.append("C-reactive protein was not measured; the median in depression is used.")
    else:
        level = "above" if crp > 3.0 else "not above"
        found.append(
            f"C-reactive protein {crp:g} mg/L, {level} 3 mg/L. Whether inflammation changes the "
            "response is contested; the model lets it lower BDNF synthesis a little, or not."
        )
    if plan.takes(patient, "benzodiazepine"):
        found.append("A benzodiazepine may weaken the fast part; by how much is not established.")
    if plan.takes(patient, "opioid_antagonist"):
        found.append("An opioid antagonist matters in one of the competing accounts only.")
    scenarios = plan.modifiers_of(patient).scenarios
    if scenarios:
        labels = [catalogue.parameter(f"pk_modifier.{s}_systemic").label for s in scenarios]
        found.append(f"Taken into account: {'; '.join(labels)}.")
    if patient.diagnosis == "bipolar_depression":
        found.append("In bipolar depression studies disagree on whether the effect fades sooner.")
    return found


def _genotype(patient: Patient) -> str:
    if patient.bdnf_genotype != "unknown":
        return (
            f"BDNF Val66Met genotype {patient.bdnf_genotype}: the Met form hinders release on "
            "activity. Its effect on the response to ketamine is weakly supported."
        )
    frequency = val66met_frequencies(patient.ancestry)
    shares = genotype_probabilities(frequency.met_allele)
    carriers = 100.0 * (1.0 - shares["val/val"])
    return (
        f"BDNF genotype not tested: averaged over {frequency.label}, where about {carriers:.0f}% "
        "carry a Met allele."
    )


def _wrapped(text: str, first: str = "", later: str | None = None) -> list[str]:
    following = first if later is None else later
    return textwrap.wrap(text, WIDTH, initial_indent=first, subsequent_indent=following)
