"""Forest plots: each difference between groups among all patients and by subgroup."""

from collections.abc import Iterator

from ketacourse.report.section import Figure, Section
from ketacourse.report.trial_endpoint_words import endpoint_words, lower_is_better
from ketacourse.report.trial_forest import Forest, ForestRow, draw_forest
from ketacourse.report.trial_look import cut
from ketacourse.report.trial_numbers import (
    difference,
    difference_unit,
    difference_words,
    p_words,
    whole,
)
from ketacourse.report.view import DataTable
from ketacourse.trials.estimates import ContrastEstimate, EndpointEstimate
from ketacourse.trials.results import TrialResult

_MOST_TOLD = 3


def subgroup_section(result: TrialResult) -> Section:
    """Return the section on comparisons by subgroup, one figure per endpoint."""
    found = [e for e in result.endpoints if e.contrasts]
    figures = tuple(_figure(e, k) for k, e in enumerate(found))
    if not found:
        intro = "The trial compares nothing."
    elif result.trial.subgroups:
        intro = (
            "Each comparison among all patients, and among some of them. Many subgroups find "
            "differences by chance: read them as questions."
        )
    else:
        intro = "Each comparison among all patients; the trial asks for no subgroups."
    return Section(key="subgroups", title="Comparisons and subgroups", intro=intro, figures=figures)


def _figure(found: EndpointEstimate, position: int) -> Figure:
    forests = [_forest(found, contrast) for contrast in found.contrasts]
    wide = len(forests) == 1  # several stand side by side, in the narrow form
    drawings = tuple(draw_forest(forest, wide=wide, beside=forests) for forest in forests)
    narrow = tuple(draw_forest(forest, wide=False) for forest in forests) if wide else ()
    paired = any(contrast.paired for contrast in found.contrasts)
    caption = (
        f"{endpoint_words(found.endpoint)} Diamond: all patients; squares: parts of them; lines: "
        "95% interval, not corrected for the number of comparisons."
    )
    if paired:
        caption += (
            " The whole is compared within patients, and so more exactly than the parts, which "
            "are compared as if their patients were different ones."
        )
    return Figure(
        key=f"forest-{position + 1}", reading=_reading(found), drawings=drawings,
        narrow=narrow, wide=wide, caption=caption, grades=(), table=_table(found),
    )  # fmt: skip


def _forest(found: EndpointEstimate, contrast: ContrastEstimate) -> Forest:
    first, second = " + ".join(contrast.arms), " + ".join(contrast.against)
    ratio = found.endpoint.measure == "survival"
    low_first = ratio or lower_is_better(found.endpoint)
    unit = "hazard ratio of relapse" if ratio else f"difference, {difference_unit(found.endpoint)}"
    return Forest(
        title=cut(contrast.name, 44),
        unit=unit,
        rows=tuple(_rows(found, contrast)),
        below=first if low_first else second,
        above=second if low_first else first,
        patients="patients",
        ratio=ratio,
    )


def _rows(found: EndpointEstimate, contrast: ContrastEstimate) -> Iterator[ForestRow]:
    yield _row(found, contrast, "", "")
    heading = ""
    for part in contrast.subgroups:
        if part.subgroup != heading:
            heading = part.subgroup
            yield ForestRow(label=heading)
        yield _row(found, contrast, part.subgroup, part.level)


def _row(
    found: EndpointEstimate, contrast: ContrastEstimate, subgroup: str, level: str
) -> ForestRow:
    comparison = contrast.comparison
    for part in contrast.subgroups:
        if (part.subgroup, part.level) == (subgroup, level) and part.comparison is not None:
            comparison = part.comparison
    value, lower, upper = difference(found.endpoint, comparison)
    return ForestRow(
        label=level or "all patients", value=value, lower=lower, upper=upper,
        words=difference_words(found.endpoint, comparison),
        patients=patients_words(found, contrast, subgroup, level), whole=not level,
    )  # fmt: skip


def patients_words(
    found: EndpointEstimate, contrast: ContrastEstimate, subgroup: str = "", level: str = ""
) -> str:
    """Return the patients on both sides of a comparison, such as ``352 v 348``."""
    counts = []
    for names in (contrast.arms, contrast.against):
        total = 0
        for group in found.groups:
            if group.group not in names:
                continue
            parts = [p for p in group.subgroups if (p.subgroup, p.level) == (subgroup, level)]
            estimate = parts[0].estimate if parts else group.estimate
            total += estimate.n if estimate is not None else 0
        counts.append(whole(total))
    return " v ".join(counts)


def _reading(found: EndpointEstimate) -> str:
    parts = []
    for contrast in found.contrasts[:_MOST_TOLD]:
        told = difference_words(found.endpoint, contrast.comparison)
        parts.append(f"{contrast.name}: {told}")
    unit = difference_unit(found.endpoint)
    more = len(found.contrasts) - _MOST_TOLD
    rest = f"; {more} more below" if more > 0 else ""
    effect = "hazard ratio" if unit == "hazard ratio" else f"difference in {unit}"
    return f"{found.endpoint.name}, {effect}. {'; '.join(parts)}{rest}."


def _table(found: EndpointEstimate) -> DataTable:
    rows = []
    for contrast in found.contrasts:
        rows.append(
            (
                contrast.name, "all patients", patients_words(found, contrast),
                difference_words(found.endpoint, contrast.comparison),
                p_words(contrast.comparison.p),
            )
        )  # fmt: skip
        for part in contrast.subgroups:
            if part.comparison is None:
                continue
            rows.append(
                (
                    contrast.name, f"{part.subgroup}: {part.level}",
                    patients_words(found, contrast, part.subgroup, part.level),
                    difference_words(found.endpoint, part.comparison), p_words(part.comparison.p),
                )
            )  # fmt: skip
    unit = difference_unit(found.endpoint)
    effect = unit if unit == "hazard ratio" else f"difference, {unit}"
    header = ("comparison", "among", "patients", f"{effect} (95% interval)", "p")
    return DataTable(header=header, rows=tuple(rows))
