"""Random numbers that belong to a patient, not to a moment of the run.

A counter-based generator (Philox) gives the number at any position of a stream at
once. Each purpose is a stream of its own, keyed by seed and purpose, in which patient
``i`` owns the numbers ``i * width`` to ``(i + 1) * width``. A patient therefore gets the
same numbers whatever the arm, the order, the chunk or the worker.
"""

from threading import local

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from ketacourse.errors import InputError
from ketacourse.population.uncertainty import stream_key

Array = NDArray[np.float64]

NUMBERS_PER_BLOCK = 4
"""Numbers that one step of the counter yields."""
LOW_BITS = np.uint64(12)
"""Bits dropped, so that a number and the half added to it fit a float exactly."""


def uniforms(seed: int, purpose: str, first: int, count: int, width: int = 1) -> Array:
    """Return numbers strictly between 0 and 1, shape (count, width).

    Parameters
    ----------
    purpose
        What the numbers are for; different purposes are independent.
    first, count
        First patient and number of patients.
    width
        Numbers per patient; always the same for one purpose.

    Examples
    --------
    >>> whole = uniforms(1, "age", 0, 5)
    >>> bool((uniforms(1, "age", 3, 2) == whole[3:]).all())
    True
    """
    check_range(first, count)
    if width < 1:
        raise InputError(f"The width is {width}.", remedy="Give at least 1 number per patient.")
    block, skipped = divmod(first * width, NUMBERS_PER_BLOCK)
    raw = _GENERATOR.raw(stream_key(seed, purpose), block, skipped + count * width)
    raw = raw[skipped:] >> LOW_BITS
    return np.asarray((raw + 0.5) * 2.0**-52).reshape(count, width)


class _Generator(local):
    """The generator of a thread: to set it takes a tenth of the time of making one."""

    def __init__(self) -> None:
        self._bits = np.random.Philox(key=0)
        self._fresh = self._bits.state

    def raw(self, key: NDArray[np.uint64], block: int, count: int) -> NDArray[np.uint64]:
        """Return numbers of a stream from a step of its counter on."""
        self._fresh["state"]["key"] = key
        self._fresh["state"]["counter"][0] = block
        self._bits.state = self._fresh
        return self._bits.random_raw(count)


_GENERATOR = _Generator()


def normals(seed: int, purpose: str, first: int, count: int, width: int = 1) -> Array:
    """Return standard normal numbers, shape (count, width); see `uniforms`."""
    return np.asarray(ndtri(uniforms(seed, purpose, first, count, width)))


def check_range(first: int, count: int) -> None:
    """Raise unless the range of patients is possible.

    Raises
    ------
    InputError
        If the first patient is negative or there is none.
    """
    if first < 0:
        raise InputError(f"The first patient is {first}.", remedy="Count patients from 0.")
    if count < 1:
        raise InputError(f"The number of patients is {count}.", remedy="Give at least 1.")
