"""Random numbers that belong to a patient, not to a moment of the run.

A counter-based generator (Philox) gives the number at any position of a stream at
once. Each purpose is a stream of its own, keyed by seed and purpose, in which patient
``i`` owns the numbers ``i * width`` to ``(i + 1) * width``. A patient therefore gets the
same numbers whatever the arm, the order, the chunk or the worker.
"""

from typing import cast

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from ketacourse.errors import InputError
from ketacourse.population.uncertainty import stream

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
    bits = cast("np.random.Philox", stream(seed, purpose).bit_generator)
    bits.advance(block)
    raw = bits.random_raw(skipped + count * width)[skipped:] >> LOW_BITS
    return np.asarray((raw + 0.5) * 2.0**-52).reshape(count, width)


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
