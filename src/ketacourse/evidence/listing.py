"""The evidence as text or JSON: what ``ketacourse evidence [NAME]`` shows.

A name may be a parameter, a stage, a grade, a source, one of the words ``sources``,
``links``, ``claims`` and ``observations``, or any words to search for. Nothing here
prints: an :class:`Answer` is text and data for whoever shows it.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, NamedTuple

from ketacourse.errors import EvidenceError
from ketacourse.evidence.catalogue import GRADES, Catalogue, Parameter, load_catalogue
from ketacourse.evidence.claims import VERDICT_WORDS, load_claims
from ketacourse.evidence.concentrations import load_concentrations
from ketacourse.evidence.links import load_links
from ketacourse.evidence.observations import KINDS, load_observations
from ketacourse.evidence.posterior import as_calibrated, load_posterior
from ketacourse.evidence.source import Source
from ketacourse.evidence.variants import BASE

STAGES = {
    "patient": "defaults for a patient",
    "brain": "drug in the brain",
    "receptors": "block of NMDA receptors",
    "glutamate": "glutamate and AMPA receptors",
    "plasticity": "BDNF, TrkB and mTORC1",
    "structure": "synaptic protein and spines",
    "learning": "plasticity window and learned coping",
    "inflammation": "cytokines, CRP and kynurenine balance",
    "adaptation": "tolerance, wanting and exposure",
    "placebo": "expectancy, masking and usual care",
    "mood": "mood",
    "safety": "side effects in the chair",
    "variability": "how patients and sessions differ",
    "covariates": "who virtual patients are",
    "measurement": "how scores are read",
    "adherence": "who comes and who stays",
}
"""Stage to its words; the stages of the pharmacokinetics follow under their own names."""

UsedBy = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What was found: the same content as lines and as data.

    Parameters
    ----------
    title
        One line that says what follows.
    lines
        The content as plain text.
    data
        The content as values that JSON can hold.
    """

    title: str
    lines: tuple[str, ...]
    data: Mapping[str, Any]

    def text(self) -> str:
        """Return the answer as plain text."""
        return "\n".join((self.title, "", *self.lines))

    def as_dict(self) -> dict[str, Any]:
        """Return the answer as values that JSON can hold."""
        return {"title": self.title, **self.data}


def look_up(
    name: str = "", *, catalogue: Catalogue | None = None, used_by: UsedBy | None = None
) -> Answer:
    """Return what is known under a name, or everything.

    Parameters
    ----------
    name
        A parameter, stage, grade, source, list, or words to search for; empty for all.
    catalogue
        The catalogue to look in; the shipped one by default.
    used_by
        Parameter to who reads it; the stage of the chain by default.

    Raises
    ------
    EvidenceError
        If nothing is found.
    """
    known = catalogue or load_catalogue()
    wanted = name.strip()
    if not wanted:
        return list_parameters(known.parameters.values(), title="Every number of the model")
    if wanted in known.parameters:
        return describe_parameter(wanted, known, used_by or {})
    if wanted in known.sources:
        return describe_source(wanted, known)
    return _group(wanted.lower(), known) or _search(wanted, known)


def list_parameters(parameters: Iterable[Parameter], *, title: str) -> Answer:
    """Return parameters as a table, stage by stage."""
    by_stage: dict[str, list[Parameter]] = {}
    for parameter in parameters:
        by_stage.setdefault(parameter.stage, []).append(parameter)
    first = [s for s in STAGES if s in by_stage]
    order = [*first, *(s for s in by_stage if s not in STAGES)]
    lines: list[str] = []
    for stage in order:
        lines += [_heading(stage), *_table(by_stage[stage]), ""]
    shown = [p for stage in order for p in by_stage[stage]]
    counts = {grade: sum(p.grade == grade for p in shown) for grade in GRADES}
    lines.append(
        f"{len(shown)} numbers: " + ", ".join(f"{n} {grade}" for grade, n in counts.items()) + "."
    )
    moved = [p.name for p in shown if _in_force(p) is not None]
    if moved:
        lines.append(
            f"{len(moved)} of them are priors of the calibration; name one to see what runs use."
        )
    data = {
        "parameters": [parameter_as_dict(p) for p in shown],
        "counts": counts,
        "calibrated": moved,
    }
    return Answer(title=title, lines=tuple(lines), data=data)


def describe_parameter(name: str, catalogue: Catalogue, used_by: UsedBy) -> Answer:
    """Return one parameter in full, with its source."""
    p = catalogue.parameter(name)
    source = catalogue.source_of(name)
    readers = tuple(used_by.get(name, (f"the equations of the stage '{p.stage}'",)))
    used = _in_force(p)
    rows = [
        ("value", _amount(p.typical, p.unit)),
        ("90% belief", _interval(p)),
        ("as calibrated", _as_used(used)),
        ("prior", p.prior),
        ("between patients", f"CV {100.0 * p.bsv_cv:.3g}%" if p.bsv_cv else "no spread of its own"),
        ("hard bounds", f"{_short(p.minimum)} to {_short(p.maximum)}"),
        ("grade", p.grade),
        ("used by", ", ".join(readers)),
        ("note", p.note),
        *_source_rows(source),
    ]
    data = {
        "parameter": parameter_as_dict(p),
        "calibrated": None if used is None else parameter_as_dict(used),
        "used_by": list(readers),
        "source": source_as_dict(source),
    }
    return Answer(title=f"{p.name}: {p.label}", lines=_pairs(rows), data=data)


def describe_source(key: str, catalogue: Catalogue) -> Answer:
    """Return one source, and what rests on it."""
    source = catalogue.sources[key]
    parameters = [p.name for p in catalogue.parameters.values() if p.source == key]
    links = [link.key for link in load_links() if key in link.source_keys]
    counts = {name: sum(row.source == key for row in rows) for name, rows in _tables().items()}
    rows = {name: n for name, n in counts.items() if n}
    observed = ", ".join(f"{n} in {name}" for name, n in rows.items())
    lines = _pairs(
        [
            *_source_rows(source),
            ("numbers", ", ".join(parameters)),
            ("links", ", ".join(links)),
            ("observations", observed),
        ]
    )
    data = {
        "source": source_as_dict(source),
        "parameters": parameters,
        "links": links,
        "observations": rows,
    }
    return Answer(title=f"Source {key}", lines=lines, data=data)


def list_sources(catalogue: Catalogue) -> Answer:
    """Return every source with its address."""
    sources = sorted(catalogue.sources.values(), key=lambda s: s.key)
    lines = tuple(f"{s.key}: {s.citation}. {s.link}{_unread(s)}" for s in sources)
    data = {"sources": [source_as_dict(s) for s in sources]}
    return Answer(title=f"{len(sources)} sources", lines=lines, data=data)


def list_links(catalogue: Catalogue) -> Answer:
    """Return every link of the chain with its grade."""
    del catalogue  # links come with their own file; the argument keeps the lists alike
    links = load_links()
    lines: list[str] = []
    for link in links:
        lines += [f"{link.source} -> {link.target} ({link.grade})", f"    {link.statement}"]
    rows = [
        {
            "key": x.key, "source": x.source, "target": x.target, "grade": x.grade,
            "statement": x.statement, "source_keys": list(x.source_keys),
        }
        for x in links
    ]  # fmt: skip
    return Answer(
        title=f"{len(links)} links of the chain", lines=tuple(lines), data={"links": rows}
    )


def list_claims(catalogue: Catalogue) -> Answer:
    """Return every popular claim and its verdict."""
    del catalogue
    claims = load_claims()
    lines: list[str] = []
    for c in claims:
        lines += [
            f"{c.claim} {VERDICT_WORDS[c.verdict].capitalize()}.",
            f"    {c.evidence}",
            f"    Here: {c.model}",
        ]
    rows = [
        {
            "key": c.key, "claim": c.claim, "verdict": c.verdict, "grade": c.grade,
            "evidence": c.evidence, "model": c.model, "source_keys": list(c.source_keys),
        }
        for c in claims
    ]  # fmt: skip
    return Answer(title=f"{len(claims)} claims, checked", lines=tuple(lines), data={"claims": rows})


def list_observations(catalogue: Catalogue) -> Answer:
    """Return how many published observations there are, and how many a fit may use."""
    del catalogue
    rows = []
    for name, found in _tables().items():
        seen, usable = sum(row.seen for row in found), sum(row.usable for row in found)
        rows.append({"table": name, "rows": len(found), "seen": seen, "usable": usable})
    lines = [f"{'table':<18}{'rows':>6}{'read':>6}{'usable':>8}"]
    lines += [f"{r['table']:<18}{r['rows']:>6}{r['seen']:>6}{r['usable']:>8}" for r in rows]
    lines += ["", "Rows that were recalled and not read, or that no output matches, enter no fit."]
    return Answer(title="Published observations", lines=tuple(lines), data={"observations": rows})


LISTS: dict[str, Callable[[Catalogue], Answer]] = {
    "sources": list_sources,
    "links": list_links,
    "claims": list_claims,
    "observations": list_observations,
}


def parameter_as_dict(p: Parameter) -> dict[str, Any]:
    """Return a parameter as values that JSON can hold; an open bound is None."""
    return {
        "name": p.name,
        "label": p.label,
        "typical": p.typical,
        "unit": p.unit,
        "lower": p.lower,
        "upper": p.upper,
        "minimum": None if math.isinf(p.minimum) else p.minimum,
        "maximum": None if math.isinf(p.maximum) else p.maximum,
        "prior": p.prior,
        "bsv_cv": p.bsv_cv,
        "grade": p.grade,
        "source": p.source,
        "note": p.note,
    }


def source_as_dict(s: Source) -> dict[str, Any]:
    """Return a source as values that JSON can hold."""
    return {
        "key": s.key,
        "citation": s.citation,
        "link": s.link,
        "design": s.design,
        "n": s.n,
        "population": s.population,
        "read": s.read,
    }


def _in_force(p: Parameter) -> Parameter | None:
    """Return a parameter as runs of the base variant use it, or None if it was not calibrated."""
    posterior = load_posterior()
    if posterior is None or p.name not in posterior.names:
        return None
    return as_calibrated(p, BASE)


def _as_used(used: Parameter | None) -> str:
    if used is None:
        return ""
    amount = _amount(used.typical, used.unit)
    return f"{amount} {_interval(used)}, which runs use; value and belief above are its prior"


class _Row(NamedTuple):
    source: str
    seen: bool
    usable: bool


def _tables() -> dict[str, list[_Row]]:
    tables = {
        str(kind): [_Row(o.source, o.seen, o.usable) for o in load_observations(kind)]
        for kind in KINDS
    }
    tables["concentrations"] = [
        _Row(o.source, o.seen, o.seen and o.supported) for o in load_concentrations()
    ]
    return tables


def _group(word: str, catalogue: Catalogue) -> Answer | None:
    if word in LISTS:
        return LISTS[word](catalogue)
    parameters = catalogue.parameters.values()
    if word in GRADES:
        found = [p for p in parameters if p.grade == word]
        return list_parameters(found, title=f"Every number that is {word}")
    staged = [p for p in parameters if p.stage == word]
    return list_parameters(staged, title=f"The stage '{word}'") if staged else None


def _search(wanted: str, catalogue: Catalogue) -> Answer:
    found = catalogue.search(wanted)
    if found:
        return list_parameters(found, title=f"Numbers that mention '{wanted}'")
    names = [*catalogue.parameters, *catalogue.sources, *STAGES, *LISTS]
    close = get_close_matches(wanted, names, n=3)
    hint = f"Did you mean {' or '.join(close)}?" if close else "Give other words, or no name."
    raise EvidenceError(f"Nothing is known under '{wanted}'.", remedy=hint)


def _heading(stage: str) -> str:
    return f"{stage}: {STAGES[stage]}" if stage in STAGES else stage


def _table(parameters: Sequence[Parameter]) -> list[str]:
    rows = [
        (p.name, _amount(p.typical, p.unit), _interval(p), p.grade, p.source) for p in parameters
    ]
    widths = [max(len(row[k]) for row in rows) for k in range(4)]
    return [
        "  " + "  ".join(c.ljust(w) for c, w in zip(row, widths, strict=False)) + f"  {row[4]}"
        for row in rows
    ]


def _source_rows(s: Source) -> list[tuple[str, str]]:
    return [
        ("source", f"{s.citation}{_unread(s)}"),
        ("address", s.link),
        ("design", s.design + (f", n {s.n}" if s.n else "")),
        ("population", s.population),
    ]


def _unread(s: Source) -> str:
    return "" if s.read else " (recalled, not read)"


def _pairs(rows: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    return tuple(f"{name:<18}{value}" for name, value in rows if value)


def _amount(value: float, unit: str) -> str:
    return _short(value) if unit == "1" else f"{_short(value)} {unit}"


def _interval(p: Parameter) -> str:
    return "" if p.lower == p.upper else f"[{_short(p.lower)}, {_short(p.upper)}]"


def _short(value: float) -> str:
    if math.isinf(value):
        return "none"
    return f"{value:.4g}"
