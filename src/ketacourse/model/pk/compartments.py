"""Put a linear system together from named compartments and transfers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ketacourse.model.pk.linear import FloatArray, LinearSystem, side_by_side

Quantity = float | FloatArray
"""A number, or one number per patient, shape ``(N,)``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """First-order passage of drug from one compartment to another or out of the body.

    ``rate`` is in 1/h; ``target`` None means eliminated. A ``copied`` transfer lets the
    target follow the source without taking drug from it (a sampling delay): the target
    approaches the source's amount with the same rate.
    """

    source: str
    target: str | None
    rate: Quantity
    copied: bool = False


def assemble(
    *,
    transfers: Sequence[Transfer],
    channels: Mapping[str, str],
    outputs: Mapping[str, Mapping[str, Quantity]],
    spare: bool = False,
) -> LinearSystem:
    """Return the system made of transfers, input channels and outputs.

    Parameters
    ----------
    transfers
        All passages. The states are the compartments they name, in order of appearance,
        without those that drug from no channel can reach: these would stay empty.
    channels
        Channel name to the compartment it fills.
    outputs
        Output name to the concentration (umol/L) per amount (umol) of each compartment
        that contributes.
    spare
        Whether to leave out compartments on which no output depends; what passes into them
        leaves the body.
    """
    filled = _filled(transfers, channels)
    transfers = [t for t in transfers if t.source in filled]
    states = tuple(
        dict.fromkeys(s for t in transfers for s in (t.source, t.target) if s is not None)
    )
    if spare:
        needed = _needed(transfers, outputs)
        states = tuple(s for s in states if s in needed)
        transfers = [t for t in transfers if t.source in needed]
    index = {name: i for i, name in enumerate(states)}
    inflow = np.zeros((len(states), len(channels)))
    for column, state in enumerate(channels.values()):
        if state in index:
            inflow[index[state], column] = 1.0
    shares = [share for row in outputs.values() for share in row.values()]
    observe = side_by_side(_lead(shares), len(outputs), len(states))
    for row, contributions in enumerate(outputs.values()):
        for state, share in contributions.items():
            if state in index:
                observe[..., row, index[state]] += share
    followers = [t.target for t in transfers if t.copied and t.target]
    return LinearSystem(
        states=states,
        rates=_rates(transfers, index),
        channels=tuple(channels),
        inflow=inflow,
        outputs=tuple(outputs),
        observe=observe,
        observers=tuple(dict.fromkeys(name for name in followers if name in index)),
    )


def _rates(transfers: Sequence[Transfer], index: Mapping[str, int]) -> FloatArray:
    """Return the matrix of rates (1/h) among the compartments of an index."""
    rates = side_by_side(_lead([t.rate for t in transfers]), len(index), len(index))
    for t in transfers:
        source = index[t.source]
        target = index.get(t.target) if t.target else None
        if not t.copied:
            rates[..., source, source] -= t.rate
        if target is not None:
            rates[..., target, source] += t.rate
            if t.copied:
                rates[..., target, target] -= t.rate
    return rates


def _filled(transfers: Sequence[Transfer], channels: Mapping[str, str]) -> set[str]:
    """Return the compartments that drug from some channel can reach."""
    filled = set(channels.values())
    while True:
        further = {t.target for t in transfers if t.source in filled and t.target} - filled
        if not further:
            return filled
        filled |= further


def _needed(
    transfers: Sequence[Transfer], outputs: Mapping[str, Mapping[str, Quantity]]
) -> set[str]:
    """Return the compartments on which some output depends."""
    needed = {state for row in outputs.values() for state in row}
    while True:
        further = {t.source for t in transfers if t.target in needed} - needed
        if not further:
            return needed
        needed |= further


def exchange(
    inner: str, outer: str, *, q: Quantity, v_inner: Quantity, v_outer: Quantity
) -> tuple[Transfer, Transfer]:
    """Return the two transfers between compartments with clearance ``q`` (L/h), volumes in L."""
    return (
        Transfer(source=inner, target=outer, rate=q / v_inner),
        Transfer(source=outer, target=inner, rate=q / v_outer),
    )


def to_the_vein(blood: str, p: Mapping[str, Quantity]) -> Transfer:
    """Return the sampling delay from a compartment of arterial blood to the arm vein.

    The vein is called as the blood with ``_vein`` behind it, and takes no drug from it.
    """
    rate = 1.0 / p["pk_sampling.venous_delay"]
    return Transfer(source=blood, target=f"{blood}_vein", rate=rate, copied=True)


def _lead(quantities: Sequence[Quantity]) -> tuple[int, ...]:
    """Return () for one patient, (N,) as soon as any quantity is given per patient."""
    return np.broadcast_shapes(*(np.shape(q) for q in quantities)) if quantities else ()
