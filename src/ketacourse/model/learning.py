r"""The plasticity window, learned coping and memory encoding.

.. math::

    \dot W &= k_o T (1 - W) - k_c W \\
    \dot L &= r\,s\,e (1 + \omega W)(1 - L) - L / \tau_L, \qquad
    e = 1 - \frac{C^h}{C^h + C_{50}^h}

:math:`s` is the intensity of a therapy session (0 or 1), :math:`e` the encoding that
the drug leaves. A session during the infusion teaches little; one in the window may
teach more (:math:`\omega`; no human study has timed it).
"""

from ketacourse.model.expression import Number, hill
from ketacourse.model.flow import Flow, filling

UNITS = {
    "window_open": "1/h",
    "window_close": "1/h",
    "acquisition": "1/h",
    "window_gain": "1",
    "coping_time": "h",
    "encoding_half": "umol/L",
    "encoding_slope": "1",
    "encoding_loss": "1",
}


def plasticity_window(*, trkb: Number, p: Number) -> Flow:
    """Return the flow of the window in which learning is easier (0 to 1)."""
    return filling(p.window_open * trkb, p.window_close)


def encoding(drug: Number, p: Number) -> Number:
    """Return the share of memory encoding the drug leaves (0 to 1)."""
    return 1.0 - hill(drug, p.encoding_half, p.encoding_slope)


def encoding_score(drug: Number, p: Number) -> Number:
    """Return the change of memory encoding (standard deviations, negative is worse)."""
    return -p.encoding_loss * hill(drug, p.encoding_half, p.encoding_slope)


def coping(*, therapy: Number, drug: Number, window: Number, p: Number) -> Flow:
    """Return the flow of learned coping (0 to 1)."""
    learned = p.acquisition * therapy * encoding(drug, p) * (1.0 + p.window_gain * window)
    return filling(learned, 1.0 / p.coping_time)
