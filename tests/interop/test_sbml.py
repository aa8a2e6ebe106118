"""The SBML export: valid, unit-consistent, and the same numbers (see tests/engine)."""

import re
import sys
from dataclasses import replace

import numpy as np
import pytest

from ketacourse.engine.schedule import Schedule, Span
from ketacourse.errors import InputError, KetacourseError
from ketacourse.evidence.catalogue import load_catalogue
from ketacourse.interop import sbml as sbml_module
from ketacourse.interop.sbml import faults_of, sbml_of
from ketacourse.model import chain
from ketacourse.model.pk.linear import Inflow
from ketacourse.population.batch import Body, drug_system

libsbml = pytest.importorskip("libsbml")
pytest.importorskip("antimony")


@pytest.fixture(scope="module")
def patient(chain_rows, infusions):
    """Give system, schedule and parameters of one patient."""
    rows = chain_rows("disinhibition")
    system = drug_system(infusions(0), Body(), rows, catalogue=load_catalogue())
    system = replace(system, rates=system.rates[0], observe=system.observe[0])
    return {
        "system": system,
        "schedule": Schedule(
            start_h=-24.0,
            end_h=48.0,
            inflows=(
                Inflow("s_ketamine.iv", 0.0, 0.5, 70.0),
                Inflow("r_ketamine.iv", 2.0, 0.0, 30.0),
            ),
            visits=(Span(0.0, 2.0),),
            therapy=(Span(-24.0, -23.0), Span(24.0, 25.0)),
            times_h=np.array([0.0, 48.0]),
        ),
        "parameters": {name: float(values[0]) for name, values in rows.items()},
    }


@pytest.fixture(scope="module")
def document(patient):
    return sbml_of(**patient)


def test_the_document_has_no_error_and_no_unit_warning(document):
    assert faults_of(document) == ()


def test_a_wrong_unit_is_noticed(document):
    wrong = re.sub(r'(id="mood_rate"[^>]*units=")unit_per_h"', r'\1unit_h"', document)
    assert any("units" in fault for fault in faults_of(wrong))


def test_a_document_that_is_no_sbml_is_noticed():
    assert faults_of("<sbml>") != ()


def test_every_state_output_and_parameter_is_in_the_document(document):
    model = libsbml.readSBMLFromString(document).getModel()
    names = {p.getId() for p in model.getListOfParameters()}
    assert set(chain.STATE_NAMES) | set(chain.OUTPUT_NAMES) <= names
    assert {name.replace(".", "_") for name in chain.PARAMETER_NAMES} <= names
    assert all(p.isSetUnits() for p in model.getListOfParameters())


def test_every_state_has_a_rate_and_every_output_an_assignment(document):
    model = libsbml.readSBMLFromString(document).getModel()
    assert all(model.getRateRule(name) for name in chain.STATE_NAMES)
    assert all(model.getAssignmentRule(name) for name in chain.OUTPUT_NAMES)


def test_time_starts_with_the_run_and_events_follow_the_schedule(document):
    model = libsbml.readSBMLFromString(document).getModel()
    assert model.getParameter("time_of_day_0").getValue() == 24.0
    assert model.getParameter("therapy").getValue() == 1.0
    edges = [p for p in model.getListOfParameters() if p.getId().startswith("edge_")]
    assert [p.getValue() for p in edges] == [1.0, 24.0, 24.5, 26.0, 48.0, 49.0]
    assert model.getNumEvents() == len(edges)


def test_a_push_is_an_event_on_the_amount(document):
    model = libsbml.readSBMLFromString(document).getModel()
    events = model.getListOfEvents()
    pushes = [e for e in events if e.getEventAssignment("r_ketamine")]
    assert len(pushes) == 1
    formula = libsbml.formulaToL3String(pushes[0].getEventAssignment("r_ketamine").getMath())
    assert formula == "r_ketamine + 30 unit_umol"


def test_the_text_is_the_same_every_time(patient, document):
    assert sbml_of(**patient) == document


def test_many_patients_at_once_are_refused(patient):
    system = replace(patient["system"], rates=np.stack([patient["system"].rates] * 2))
    with pytest.raises(InputError, match="holds 2 patients"):
        sbml_of(**{**patient, "system": system})


@pytest.mark.parametrize("library", ["antimony", "libsbml"])
def test_a_missing_library_is_named_with_the_extra_that_brings_it(patient, monkeypatch, library):
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(InputError, match=rf"needs the library '{library}'.*ketacourse\[interop\]"):
        sbml_of(**patient)


def test_what_antimony_refuses_is_an_error_with_its_words(patient, monkeypatch):
    monkeypatch.setattr(sbml_module, "_plain", lambda name: f"{name} no identifier")
    with pytest.raises(KetacourseError, match="could not be written as SBML: Error in model"):
        sbml_of(**patient)


def test_a_fault_libsbml_finds_is_an_error(patient, monkeypatch):
    monkeypatch.setattr(sbml_module, "faults_of", lambda _: ("Warning: a unit",))
    with pytest.raises(KetacourseError, match="1 faults, first: Warning: a unit"):
        sbml_of(**patient)
