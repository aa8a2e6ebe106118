"""The recorded chain: a cascade, identified by its equations."""

import pytest

from ketacourse.engine import recorded
from ketacourse.engine.recorded import record_chain
from ketacourse.model import chain
from ketacourse.model.flow import Flow


@pytest.fixture
def changed_chain(monkeypatch):
    """Return a function that records the chain with some equations changed."""

    def record(**flows):
        states = tuple(s._replace(flow=flows.get(s.name, s.flow)) for s in chain.STATES)
        monkeypatch.setattr(recorded.chain, "STATES", states)
        return record_chain.__wrapped__()

    return record


def test_an_equation_that_uses_a_later_state_is_refused(changed_chain):
    with pytest.raises(ValueError, match=r"'glutamate' uses \['x.madrs'\] out of order"):
        changed_chain(glutamate=lambda v: Flow(v.x.madrs, 1.0))


def test_an_equation_that_uses_its_own_state_is_refused(changed_chain):
    with pytest.raises(ValueError, match=r"'madrs' uses \['x.madrs'\] out of order"):
        changed_chain(madrs=lambda v: Flow(1.0, v.x.madrs))


def test_a_changed_equation_changes_the_digest(changed_chain):
    before = record_chain().digest
    assert changed_chain(care=lambda v: Flow(0.5 * v.patient.in_care, 1.0)).digest != before


def test_an_unchanged_chain_keeps_its_digest(changed_chain):
    assert changed_chain().digest == record_chain().digest


def test_a_loss_is_constant_exactly_when_it_depends_on_parameters_only():
    constant = {s.name: s.constant_loss for s in record_chain().states}
    assert constant["madrs"]
    assert constant["exposure"]
    assert not constant["ampa_strength"]
    assert not constant["coping"]
