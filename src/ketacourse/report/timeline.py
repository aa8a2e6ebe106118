"""The plan as a timeline: one lane for doses, therapy, ratings and readings each."""

from html import escape

from ketacourse.course.result import Simulation
from ketacourse.report.chart import Drawing, svg_element
from ketacourse.report.scale import DAY_STEPS, time_axis
from ketacourse.report.section import Figure, Section
from ketacourse.report.shown import number
from ketacourse.report.view import DataTable
from ketacourse.report.wording import duration, listing, plan_lines
from ketacourse.therapy.protocol import load_protocols

_WIDE, _NARROW = 860.0, 350.0
_LANE, _LEFT, _RIGHT, _TOP = 46.0, 116.0, 18.0, 8.0
_LABEL_ROOM = 20.0  # least distance between two day labels (px)


def plan_section(simulation: Simulation) -> Section:
    """Return the section on the plan."""
    lines = plan_lines(simulation.case.course, simulation.case.patient.weight_kg)
    rule = _open_rule(simulation.case.course.protocol)
    table = DataTable(header=("day", "what", "how much", "time", "remark"), rows=_rows(simulation))
    drawn = Figure(
        key="plan",
        reading=_reading(simulation),
        drawings=(_draw(simulation, " ".join(lines), _WIDE),),
        narrow=(_draw(simulation, " ".join(lines), _NARROW),),
        caption=f"Days count from the first dose, which is day 0. {rule}".strip(),
        grades=(),
        table=table,
        wide=True,
    )
    return Section(key="plan", title="The plan", intro="", figures=(drawn,))


def _reading(simulation: Simulation) -> str:
    course = simulation.case.course
    counts = [(len(course.sessions), "drug session"), (len(course.therapy), "therapy session")]
    parts = [f"{n} {noun}{'' if n == 1 else 's'}" for n, noun in counts if n]
    last = course.last_dose_day
    until = f", the last dose on day {last:g}" if last > 0.0 else ""
    told = listing(parts) or "No session"
    return f"{told}{until}; followed to day {course.horizon_days:g}."


def _open_rule(name: str) -> str:
    found = load_protocols().get(name)
    return "" if found is None or found.escalation is None else found.escalation.said_aloud


def _lanes(simulation: Simulation) -> list[tuple[str, str, str, list[float]]]:
    case = simulation.case
    lanes = [
        ("Drug sessions", "ink", "triangle", [s.day for s in case.course.sessions]),
        ("Therapy", "purple", "circle", [s.day for s in case.course.therapy]),
        ("Scores recorded", "blue", "square", sorted({s.day for s in case.scores})),
        ("Vital signs", "vermillion", "square", sorted({v.day for v in case.vitals})),
    ]
    return [lane for lane in lanes if lane[3] or lane[0] == "Drug sessions"]


def _draw(simulation: Simulation, description: str, width: float) -> Drawing:
    lanes = _lanes(simulation)
    start = min([0.0, *(day for _, _, _, days in lanes for day in days)])
    end = float(simulation.times_h[-1]) / 24.0
    axis = time_axis("days from the first dose", start, end, DAY_STEPS)
    bottom = _TOP + _LANE * len(lanes)
    span = width - _LEFT - _RIGHT

    def place(day: float) -> float:
        return _LEFT + float(axis.fraction(day)) * span

    parts = [
        f'<path class="grid" d="M{place(v):.1f} {_TOP:g}V{bottom:g}"/><text class="small" '
        f'x="{place(v):.1f}" y="{bottom + 16:g}" text-anchor="middle">{text}</text>'
        for v, text in axis.ticks
    ]
    parts.append(
        f'<path class="axis" d="M{_LEFT:g} {bottom:g}H{width - _RIGHT:g}"/><text class="small" '
        f'x="{_LEFT + span / 2:g}" y="{bottom + 33:g}" text-anchor="middle">{axis.label}</text>'
    )
    for k, (name, tone, shape, days) in enumerate(lanes):
        y = _TOP + _LANE * (k + 0.62)
        parts.append(f'<text x="2" y="{y + 4:.1f}">{escape(name)}</text>')
        parts.append(f'<path class="grid" d="M{_LEFT:g} {y:.1f}H{width - _RIGHT:g}"/>')
        if not days:
            parts.append(f'<text class="small" x="{_LEFT + 6:g}" y="{y - 6:.1f}">none</text>')
        last = float("-inf")
        for day in days:
            x = place(day)
            parts.append(_symbol(shape, tone, x, y))
            if x - last >= _LABEL_ROOM:
                last = x
                parts.append(
                    f'<text class="small" x="{x:.1f}" y="{y - 11:.1f}" '
                    f'text-anchor="middle">{number(round(day, 1))}</text>'
                )
    return svg_element(width, bottom + 42.0, f"The plan. {description}", "".join(parts))


def _symbol(shape: str, tone: str, x: float, y: float) -> str:
    if shape == "triangle":
        d = f"M{x - 6:.1f} {y + 6:.1f}L{x:.1f} {y - 6:.1f}L{x + 6:.1f} {y + 6:.1f}Z"
    elif shape == "circle":
        d = f"M{x - 5:.1f} {y:.1f}a5 5 0 1 0 10 0a5 5 0 1 0 -10 0Z"
    else:
        d = f"M{x - 4:.1f} {y - 4:.1f}h8v8h-8Z"
    return f'<path class="f-{tone}" d="{d}"/>'


def _rows(simulation: Simulation) -> tuple[tuple[str, ...], ...]:
    case = simulation.case
    rows: list[tuple[float, tuple[str, ...]]] = []
    for session in case.course.sessions:
        dose = session.dose
        amount = f"{number(dose.total_mg(case.patient.weight_kg))} mg"
        time = duration(dose.duration_h) if dose.duration_h else "at once"
        rows.append((session.day, (dose.label, amount, time, session.note)))
    rows.extend(
        (meeting.day, (f"therapy ({meeting.kind})", "", duration(meeting.duration_h), ""))
        for meeting in case.course.therapy
    )
    by_day: dict[float, list[str]] = {}
    for score in case.scores:
        by_day.setdefault(score.day, []).append(f"{score.scale} {score.total}")
    rows.extend((day, (f"recorded: {listing(s)}", "", "", "")) for day, s in by_day.items())
    rows.sort(key=lambda row: row[0])
    return tuple((number(day), *cells) for day, cells in rows)
