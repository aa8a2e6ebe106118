r"""The course model: severity of many possible patients over one regimen, in closed form.

Doses and therapy sessions are events. Between them every state only decays. A dose of
strength :math:`d` fills a share :math:`f = 1 - e^{-\kappa d}` of the room that is left in
the fast (:math:`F`) and the consolidated (:math:`C`) store, and adds to what lasts
(:math:`P`); what has just been stored is not felt at once (:math:`Q`):

.. math::

    F &\leftarrow F + f (1 - F), \qquad C \leftarrow C + f (1 - C), \qquad
    P \leftarrow P + \ell \frac{f}{f_1} (1 - P) \\
    \dot F &= -F / \tau_F, \qquad \dot C = -\frac{\rho C}{\tau_C (1 + \psi L)}, \qquad
    \dot P = -\frac{\rho P}{r \tau_C (1 + \psi L)} \\
    x_F &= (F - Q_F) / f_1, \qquad x_C = (C - Q_C) / f_1 + P \\
    m &= M_0 (1 + \delta D(t)) (1 - g_F x_F) (1 - g_C x_C) (1 - w L)
         (1 - e X) (1 - c N) (1 - a O)

:math:`L` is learned coping, :math:`X` expectancy after visits, :math:`N` care, :math:`O` a
new antidepressant, :math:`D` the slow drift, and :math:`\rho` what the circumstances do to
fading. :math:`Q` takes the same amount at a dose as its store and fades with the onset. A
component never removes more than a set share.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logit

from ketacourse.forecast.constants import Constants, course_constants
from ketacourse.forecast.parameters import COLUMN
from ketacourse.forecast.people import People
from ketacourse.forecast.regimen import Regimen

Array = NDArray[np.float64]

SEVERITY_MAXIMUM = 60.0
"""Largest MADRS total (points)."""
MOST_REMOVED = 0.99
"""Largest share of severity that one component removes."""


@dataclass(slots=True)
class _Stores:
    """What has been stored at one moment, each of shape (N,) except where all are alike."""

    day: float
    fast: Array
    fast_new: Array
    consolidated: Array
    consolidated_new: Array
    lasting: Array
    coping: float
    expectancy: float


def latent(people: People, regimen: Regimen, days: Array) -> Array:
    """Return the true severity of everybody without random fluctuation, shape (N, T).

    Parameters
    ----------
    days
        When (days from the first dose, in any order), shape (T,); before the first event
        severity is the baseline, and at the very time of an event what it was before it.

    Returns
    -------
    MADRS points, 0 to 60.
    """
    wanted = np.asarray(days, dtype=np.float64)
    constants = course_constants()
    one = {name: people.values[:, i].copy() for name, i in COLUMN.items()}
    removed = _Removed(one, regimen, constants)
    found = np.empty((people.size, wanted.size))
    for first, last, stores in removed.segments():
        # A score at the very time of a dose is taken before it.
        inside = np.flatnonzero((wanted > first) & (wanted <= last))
        if inside.size:
            found[:, inside] = removed.kept(stores, wanted[inside])
    level = 1.0 + one["drift"][:, None] * -np.expm1(-np.maximum(wanted, 0.0) / constants.drift_time)
    whole = one["baseline"][:, None] * np.maximum(level, 0.0) * found
    return np.asarray(np.clip(whole, 0.0, SEVERITY_MAXIMUM))


class _Removed:
    """The events of a regimen, and what they leave of severity."""

    def __init__(self, one: dict[str, Array], regimen: Regimen, constants: Constants) -> None:
        self.one, self.regimen, self.c = one, regimen, constants
        self.first_fill = -np.expm1(-one["repeat"])
        shift = regimen.expectancy_shift
        self.expectancy = expit(logit(one["expectancy"]) + shift)
        self.expectancy_days = regimen.expectancy_days or constants.expectancy_time
        for gain in ("fast_gain", "consolidated_gain"):
            one[gain] = regimen.drug_share * one[gain]
        self.care = expit(logit(one["care"]) + regimen.care_shift)

    def segments(self) -> "list[tuple[float, float, _Stores]]":
        """Return the stretches between events with the stores at the start of each."""
        zero = np.zeros_like(self.first_fill)
        stores = _Stores(-np.inf, zero, zero, zero, zero, zero, 0.0, 0.0)
        events = [(day, 1, i) for i, day in enumerate(self.regimen.days)]
        events += [(day, 0, i) for i, day in enumerate(self.regimen.therapy_days)]
        events.sort()
        found, start = [], -np.inf
        for day, is_dose, i in events:
            found.append((start, day, stores))
            stores = self._dosed(stores, day, i) if is_dose else self._taught(stores, day, i)
            start = day
        return [*found, (start, np.inf, stores)]

    def _at(self, stores: _Stores, day: float) -> _Stores:
        """Return the stores faded until a day."""
        if not np.isfinite(stores.day):
            return _Stores(
                day, stores.fast, stores.fast_new, stores.consolidated,
                stores.consolidated_new, stores.lasting, stores.coping, stores.expectancy,
            )  # fmt: skip
        fast, new, consolidated, consolidating, lasting = self._faded(
            stores, np.array([day - stores.day])
        )
        gap = day - stores.day
        return _Stores(
            day, fast[:, 0], new[:, 0], consolidated[:, 0], consolidating[:, 0], lasting[:, 0],
            stores.coping * float(np.exp(-gap / self.c.coping_time)),
            stores.expectancy * float(np.exp(-gap / self.expectancy_days)),
        )  # fmt: skip

    def _faded(self, stores: _Stores, gap: Array) -> tuple[Array, Array, Array, Array, Array]:
        """Return fast, fast new, consolidated, its new part and lasting, each (N, gaps)."""
        one, c = self.one, self.c
        held = self.regimen.decay * self._held(stores.coping, gap)
        loss = np.exp(-held / one["consolidated_time"][:, None])
        return (
            stores.fast[:, None] * np.exp(-gap / one["fast_time"][:, None]),
            stores.fast_new[:, None] * np.exp(-gap / c.rise_time),
            stores.consolidated[:, None] * loss,
            stores.consolidated_new[:, None] * np.exp(-gap / one["onset"][:, None]),
            stores.lasting[:, None] * loss ** (1.0 / c.lasting_ratio),
        )

    def _held(self, coping: float, gap: Array) -> Array:
        """Return how long a gap counts for the loss of what was gained, (N or 1, gaps).

        The integral of 1 / (1 + psi L) with coping L fading exponentially.
        """
        if coping == 0.0:
            return gap[None, :]
        weight = np.maximum(self.one["holding"][:, None] * coping, -0.9)
        tau = self.c.coping_time
        return np.asarray(tau * (np.log(np.expm1(gap / tau) + 1.0 + weight) - np.log1p(weight)))

    def _dosed(self, stores: _Stores, day: float, i: int) -> _Stores:
        now = self._at(stores, day)
        strength = self.regimen.strength[i]
        seen = -float(np.expm1(-self.c.expectancy_on))
        now.expectancy += (1.0 - now.expectancy) * seen
        if not np.any(strength):
            return now
        fill = -np.expm1(-self.one["repeat"] * strength)
        into_fast, into_slow = fill * (1.0 - now.fast), fill * (1.0 - now.consolidated)
        share = np.minimum(self.one["lasting"] * fill / self.first_fill, 1.0)
        now.fast, now.fast_new = now.fast + into_fast, now.fast_new + into_fast
        now.consolidated = now.consolidated + into_slow
        now.consolidated_new = now.consolidated_new + into_slow
        now.lasting = now.lasting + share * (1.0 - now.lasting)
        return now

    def _taught(self, stores: _Stores, day: float, i: int) -> _Stores:
        now = self._at(stores, day)
        learned = -float(np.expm1(-self.c.acquisition * self.regimen.therapy_hours[i]))
        now.coping += (1.0 - now.coping) * learned
        return now

    def kept(self, stores: _Stores, days: Array) -> Array:
        """Return the share of severity that is left on some days, shape (N, T)."""
        one, c = self.one, self.c
        if not np.isfinite(stores.day):
            return self._without(np.ones((1, days.size)), days)
        gap = days - stores.day
        fast, new, slow, slow_new, lasting = self._faded(stores, gap)
        unit = self.first_fill[:, None]
        felt_fast = np.maximum(fast - new, 0.0) / unit
        felt_slow = np.maximum(slow - slow_new, 0.0) / unit + lasting
        left = 1.0 - np.minimum(one["fast_gain"][:, None] * felt_fast, MOST_REMOVED)
        left *= 1.0 - np.minimum(one["consolidated_gain"][:, None] * felt_slow, MOST_REMOVED)
        if stores.coping > 0.0:
            coping = stores.coping * np.exp(-gap / c.coping_time)
            left *= 1.0 - one["therapy"][:, None] * coping
        if stores.expectancy > 0.0:
            expects = stores.expectancy * np.exp(-gap / self.expectancy_days)
            left *= 1.0 - self.expectancy[:, None] * expects
        return self._without(left, days)

    def _without(self, left: Array, days: Array) -> Array:
        """Return what care and a new antidepressant leave besides."""
        in_care = -np.expm1(-np.maximum(days, 0.0) / self.c.care_time)
        left = left * (1.0 - self.care[:, None] * in_care)
        if self.regimen.new_antidepressant:
            taken = -np.expm1(-np.maximum(days, 0.0) / self.c.antidepressant_time)
            left = left * (1.0 - self.one["antidepressant"][:, None] * taken)
        return left
