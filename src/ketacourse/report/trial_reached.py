"""Response and remission of the groups at a few visits, as bars with intervals."""

from ketacourse.report.section import Figure, Section
from ketacourse.report.trial_bars import Bar, Block, draw_bars, largest
from ketacourse.report.trial_look import cut, key, labels, looks
from ketacourse.report.trial_numbers import percent, share_words, whole
from ketacourse.report.view import DataTable
from ketacourse.report.wording import listing
from ketacourse.therapy.scales import scale
from ketacourse.trials.design import Trial
from ketacourse.trials.result import ShareAtVisit, ShareCourse, TrialResult

_MOST_DAYS = 4
_NAME = 15  # letters of a name that fit beside a bar
_FEW = 4  # more groups than this are told by their extremes

Shares = dict[str, ShareCourse]


def reached_section(result: TrialResult) -> Section:
    """Return the section on response and remission, one figure per scale."""
    names = dict.fromkeys(s.scale for group in result.groups for s in group.shares)
    figures = tuple(_figure(result, name) for name in names)
    return Section(
        key="reached",
        title="Response and remission",
        intro="" if figures else "Neither was counted.",
        figures=figures,
    )


def key_days(trial: Trial, name: str, days: list[float]) -> list[float]:
    """Return at most four days to draw: those that endpoints ask about, else spread ones."""
    asked = {e.day for e in trial.endpoints if e.scale == name and e.measure == "binary"}
    found = [day for day in days if day in asked]
    if not found:
        found = days
    if len(found) <= _MOST_DAYS:
        return found
    last = len(found) - 1
    return [found[round(k * last / (_MOST_DAYS - 1))] for k in range(_MOST_DAYS)]


def _figure(result: TrialResult, name: str) -> Figure:
    kinds: dict[str, Shares] = {}
    for group in result.groups:
        for share in group.shares:
            if share.scale == name:
                kinds.setdefault(share.kind, {})[group.name] = share
    days = sorted({v.day for s in kinds.values() for c in s.values() for v in c.visits} - {0.0})
    shown = key_days(result.trial, name, days)
    blocks = {kind: _blocks(result, shares, shown) for kind, shares in kinds.items()}
    label = scale(name).label
    drawings = tuple(
        draw_bars(
            f"{kind.capitalize()} on the {label}", "% of the arm", found,
            most=max(largest(b) for b in blocks.values()),
        )
        for kind, found in blocks.items()
    )  # fmt: skip
    rules = {f"{k.capitalize()}: {s.rule}" for shares in kinds.values() for k, s in _ruled(shares)}
    known = list(looks(result.trial.groups).values())
    caption = (
        f"{' '.join(f'{rule}.' for rule in sorted(rules, reverse=True))} Lines across the ends: 95% "
        f"interval (Wilson). {key(known)}."
    )
    return Figure(
        key=f"reached-{name}", reading=_reading(kinds, label), drawings=drawings, caption=caption,
        grades=(), table=_table(kinds),
    )  # fmt: skip


def _ruled(shares: Shares) -> list[tuple[str, ShareCourse]]:
    return [(share.kind, share) for share in shares.values()]


def _blocks(result: TrialResult, shares: Shares, days: list[float]) -> list[Block]:
    known = [look for look in looks(result.trial.groups).values() if look.name in shares]
    texts = labels(known, _NAME)
    found = []
    for day in days:
        bars = []
        for look, text in zip(known, texts, strict=True):
            visit = _at(shares[look.name], day)
            if visit is not None:
                bars.append(Bar(label=text, tone=look.tone, share=visit.share))
        if bars:
            found.append(Block(heading=f"day {day:g}", bars=tuple(bars)))
    return found


def _at(course: ShareCourse, day: float) -> ShareAtVisit | None:
    return next((v for v in course.visits if v.day == day), None)


def _reading(kinds: dict[str, Shares], label: str) -> str:
    sentences = []
    for kind, shares in kinds.items():
        last = {name: share.visits[-1] for name, share in shares.items() if share.visits}
        if not last:
            continue
        told = sorted(last.items(), key=lambda item: -item[1].share.value)
        told = list(last.items()) if len(last) <= _FEW else [told[0], told[-1]]
        parts = [
            f"{percent(v.share.value)} in {cut(name, 40)} (day {v.day:g})" for name, v in told
        ]
        sentences.append(f"{kind.capitalize()} on the {label} at the last visit: {listing(parts)}.")
    return " ".join(sentences)


def _table(kinds: dict[str, Shares]) -> DataTable:
    rows = [
        (kind, name, f"{visit.day:g}", whole(visit.share.n), share_words(visit.share))
        for kind, shares in kinds.items()
        for name, share in shares.items()
        for visit in share.visits
        if visit.day > 0.0
    ]
    return DataTable(
        header=("reached", "arm", "day", "counted", "share (95% interval)"), rows=tuple(rows)
    )
