"""One patient's course as an SBML Level 3 model, for any simulator that reads SBML.

The text is generated from the recorded chain, so it holds the same equations as the
engine and none of its numerics: drug amounts are plain compartments, doses and sessions
are events. SBML time 0 is the start of the run; ``time_of_day_0`` says where the first
dose lies. libSBML checks the result, units included.
"""

from collections.abc import Iterator, Mapping
from types import ModuleType

import numpy as np

from ketacourse.engine.recorded import RecordedChain, record_chain
from ketacourse.engine.schedule import EDGE_H, Schedule
from ketacourse.errors import InputError, KetacourseError
from ketacourse.interop.antimony_text import GraphText
from ketacourse.interop.antimony_units import Unit, unit_definition, unit_id, unit_of
from ketacourse.model import brain, chain
from ketacourse.model.pk.linear import Inflow, LinearSystem

MODEL = "patient"
EXTRA = "interop"


def sbml_of(*, system: LinearSystem, schedule: Schedule, parameters: Mapping[str, float]) -> str:
    """Return the SBML document of one patient.

    Parameters
    ----------
    system
        Compartments of one patient, with ``driver.*`` outputs.
    schedule
        What happens when, with scalar amounts.
    parameters
        Every parameter of the chain by name, in its declared unit.

    Raises
    ------
    InputError
        If antimony or libSBML is not installed, or the system holds many patients.
    KetacourseError
        If libSBML finds a fault in the result.
    """
    if system.n_patients is not None:
        raise InputError(
            f"The system holds {system.n_patients} patients.", remedy="Export one at a time."
        )
    antimony = _library("antimony")
    text = "\n".join(_Model(system, schedule, parameters).lines())
    antimony.clearPreviousLoads()
    if antimony.loadAntimonyString(text) < 0:
        raise KetacourseError(f"The model could not be written as SBML: {antimony.getLastError()}")
    sbml = str(antimony.getSBMLString(MODEL))
    faults = faults_of(sbml)
    if faults:
        raise KetacourseError(f"The SBML model has {len(faults)} faults, first: {faults[0]}")
    return sbml


def faults_of(sbml: str) -> tuple[str, ...]:
    """Return the errors and warnings of libSBML on a document, units included."""
    libsbml = _library("libsbml")
    document = libsbml.readSBMLFromString(sbml)
    document.checkConsistency()
    errors = (document.getError(i) for i in range(document.getNumErrors()))
    return tuple(f"{e.getSeverityAsString()}: {e.getMessage().strip()}" for e in errors)


def _library(name: str) -> ModuleType:
    try:
        return __import__(name)
    except ImportError:
        raise InputError(
            f"The SBML export needs the library '{name}'.",
            remedy=f"Install it with: pip install 'ketacourse[{EXTRA}]'.",
        ) from None


class _Model:
    """Writes the Antimony text of one patient."""

    def __init__(
        self, system: LinearSystem, schedule: Schedule, parameters: Mapping[str, float]
    ) -> None:
        self.system = system
        self.schedule = schedule
        self.parameters = parameters
        self.units: dict[str, Unit] = {}
        self.names: set[str] = set()
        self.recorded = record_chain()

    def lines(self) -> list[str]:
        """Return the whole model."""
        body = [
            *self._parameter_lines(),
            *self._input_lines(),
            *self._compartment_lines(),
            *self._chain_lines(self.recorded),
            *self._event_lines(),
        ]
        head = [
            f"model {MODEL}()",
            "unit time_unit = 3600 second;",
            "unit substance = 1e-6 mole;",
            "unit extent = 1e-6 mole;",
            "unit volume = litre;",
        ]
        defined = [f"unit {i} = {unit_definition(u)};" for i, u in sorted(self.units.items())]
        return [*head, *defined, *body, "end"]

    # Declarations

    def _unit(self, unit: Unit) -> str:
        name = unit_id(unit)
        if name != "dimensionless":
            self.units[name] = unit
        return name

    def _declared(self, name: str, value: float, unit: Unit) -> str:
        return f"{self._new(name)} = {value!r}; {name} has {self._unit(unit)};"

    def _ruled(self, name: str, formula: str, unit: Unit) -> str:
        return f"{self._new(name)} := {formula}; {name} has {self._unit(unit)};"

    def _new(self, name: str) -> str:
        if name in self.names:
            raise ValueError(f"Two things are called '{name}' in the exported model.")
        self.names.add(name)
        return name

    def _parameter_lines(self) -> Iterator[str]:
        for name, unit in _parameter_units().items():
            yield self._declared(_plain(name), float(self.parameters[name]), unit)
        yield self._declared("time_of_day_0", -self.schedule.start_h, unit_of("h"))

    # The drug

    def _state_unit(self, state: str) -> Unit:
        """Return umol for an amount, umol/L for an effect site."""
        return unit_of("umol/L" if state.startswith("driver.") else "umol")

    def _compartment_lines(self) -> Iterator[str]:
        system = self.system
        pushed = self._pushed(self.schedule.start_h)
        for row, state in enumerate(system.states):
            yield self._declared(_plain(state), pushed[row], self._state_unit(state))
        for row, state in enumerate(system.states):
            terms = []
            for column in np.flatnonzero(system.rates[row]):
                source = system.states[column]
                rate = f"k_{_plain(state)}_from_{_plain(source)}"
                unit = self._state_unit(state) / self._state_unit(source) / unit_of("h")
                yield self._declared(rate, float(system.rates[row, column]), unit)
                terms.append(f"{rate} * {_plain(source)}")
            terms += [
                f"({float(system.inflow[row, c])!r} dimensionless) * into_{_plain(channel)}"
                for c, channel in enumerate(system.channels)
                if system.inflow[row, c] != 0.0
            ]
            yield f"{_plain(state)}' = {' + '.join(terms)};"
        for driver in brain.DRIVERS:
            yield from self._driver_lines(driver)

    def _driver_lines(self, driver: str) -> Iterator[str]:
        row = self.system.observe[self.system.output_index(f"driver.{driver}")]
        terms = []
        for column in np.flatnonzero(row):
            state = self.system.states[column]
            weight = f"w_{driver}_{_plain(state)}"
            unit = unit_of("umol/L") / self._state_unit(state)
            yield self._declared(weight, float(row[column]), unit)
            terms.append(f"{weight} * {_plain(state)}")
        yield self._ruled(f"drug_{driver}", " + ".join(terms), unit_of("umol/L"))

    # The chain

    def _chain_lines(self, recorded: RecordedChain) -> Iterator[str]:
        inputs = {f"p.{n}": (_plain(n), unit) for n, unit in _parameter_units().items()}
        inputs |= {f"d.{d}": (f"drug_{d}", unit_of("umol/L")) for d in brain.DRIVERS}
        inputs |= {f"u.{n}": (n, unit_of("1")) for n in chain.INPUTS}
        units = {n: unit_of(u) for n, u in chain.QUANTITY_UNITS.items()}
        inputs |= {f"x.{s}": (s, units[s]) for s in chain.STATE_NAMES}
        roots = [e for s in recorded.states for e in (s.initial, s.gain, s.loss)]
        text = GraphText(recorded.graph, inputs, [*roots, *recorded.outputs.values()])
        for name, formula, unit in text.definitions():
            yield self._ruled(name, formula, unit)
        for state in recorded.states:
            unit, per_h = units[state.name], unit_of("1/h")
            name = self._new(state.name)
            yield f"{name} = {text.formula(state.initial, unit)}; {name} has {self._unit(unit)};"
            gain = text.formula(state.gain, unit * per_h)
            self._unit(unit * per_h)
            yield f"{name}' = {gain} - {text.formula(state.loss, per_h)} * {name};"
        for name, expression in recorded.outputs.items():
            yield self._ruled(name, text.formula(expression, units[name]), units[name])

    # What happens when

    def _inputs_at(self, time_h: float) -> dict[str, float]:
        """Return the inputs and the rates of inflow (umol/h) just after a time."""
        now = {n: float(self.schedule.event_row(n, time_h) >= 0) for n in chain.INPUTS}
        now |= {f"into_{_plain(c)}": 0.0 for c in self.system.channels}
        for inflow in self.schedule.inflows:
            start, end = inflow.start_h, inflow.start_h + inflow.duration_h
            if inflow.duration_h > 0 and start - EDGE_H <= time_h < end - EDGE_H:
                now[f"into_{_plain(inflow.channel)}"] += _amount(inflow) / inflow.duration_h
        return now

    def _pushed(self, time_h: float) -> list[float]:
        """Return what is added to each compartment at an instant (umol)."""
        total = np.zeros(len(self.system.states))
        for inflow in self.schedule.inflows:
            if inflow.duration_h == 0 and abs(inflow.start_h - time_h) < EDGE_H:
                channel = self.system.channel_index(inflow.channel)
                total += self.system.inflow[:, channel] * _amount(inflow)
        return [float(amount) for amount in total]

    def _input_lines(self) -> Iterator[str]:
        for name, value in self._inputs_at(self.schedule.start_h).items():
            yield self._declared(name, value, self._input_unit(name))

    def _input_unit(self, name: str) -> Unit:
        return unit_of("1") if name in chain.INPUTS else unit_of("umol/h")

    def _event_lines(self) -> Iterator[str]:
        before = self._inputs_at(self.schedule.start_h)
        for number, edge in enumerate(self.schedule.edges()[1:-1], start=1):
            now = self._inputs_at(edge)
            changes = [
                f"{name} = ({value!r} {self._unit(self._input_unit(name))})"
                for name, value in now.items()
                if value != before[name]
            ]
            for state, amount in zip(self.system.states, self._pushed(edge), strict=True):
                if amount != 0.0:
                    unit = self._unit(self._state_unit(state))
                    changes.append(f"{_plain(state)} = {_plain(state)} + ({amount!r} {unit})")
            if changes:
                time = float(edge) - self.schedule.start_h
                yield self._declared(f"edge_{number}", time, unit_of("h"))
                yield f"at (time >= edge_{number}): {', '.join(changes)};"
            before = now


def _parameter_units() -> dict[str, Unit]:
    units = {f"{s}.{n}": u for s, pairs in chain.STAGE_UNITS.items() for n, u in pairs.items()}
    units |= {f"patient.{n}": u for n, u in chain.PATIENT_UNITS.items()}
    return {name: unit_of(unit) for name, unit in units.items()}


def _amount(inflow: Inflow) -> float:
    return float(np.asarray(inflow.amount_umol))


def _plain(name: str) -> str:
    return name.replace(".", "_")
