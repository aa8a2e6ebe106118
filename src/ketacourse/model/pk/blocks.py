"""Blocks of compartments that exchange drug in both directions, and their own modes."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ketacourse.errors import SolverError
from ketacourse.model.pk.linear import FloatArray

IMAGINARY = 1e-9
"""Largest imaginary part (relative) that counts as rounding."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """States that all reach one another.

    ``links`` are the exchanges (child, parent) in the order of a walk over the block
    when they form a tree, as in mammillary and catenary models; empty otherwise.
    ``upstream`` marks every state from which drug can come, ``feeding`` those from
    which it comes directly.
    """

    members: NDArray[np.intp]
    links: tuple[tuple[int, int], ...]
    upstream: NDArray[np.bool_]
    feeding: NDArray[np.bool_]

    def is_fed_by(self, other: "Block") -> bool:
        """Return whether drug of the other block can arrive here."""
        return bool(self.upstream[other.members].any())

    def is_fed_directly_by(self, other: "Block") -> bool:
        """Return whether drug passes from the other block straight into this one."""
        return bool(self.feeding[other.members].any())


def blocks_of(rates: FloatArray) -> tuple[tuple[Block, ...], NDArray[np.bool_]]:
    """Return the blocks, sources first, and which states lie upstream of which.

    ``upstream[i, j]`` is True when drug passes from j to i and never back.
    """
    present = rates != 0.0
    linked = np.asarray(present.any(axis=0) if present.ndim == 3 else present)
    n = len(linked)
    reaches = linked | np.eye(n, dtype=bool)
    for _ in range(n.bit_length()):
        reaches = (reaches.astype(np.int64) @ reaches.astype(np.int64)) > 0
    mutual = reaches & reaches.T
    upstream = reaches & ~mutual
    groups = {tuple(int(i) for i in np.flatnonzero(row)) for row in mutual}
    ordered = sorted(groups, key=lambda g: (int(reaches[g[0]].sum()), g))
    blocks = tuple(
        Block(
            members=np.array(group, dtype=np.intp),
            links=_tree(linked, group),
            upstream=upstream[group[0]],
            feeding=(linked[list(group)].any(axis=0)) & upstream[group[0]],
        )
        for group in ordered
    )
    return blocks, upstream


def diagonalised(rates: FloatArray, block: Block) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return decay rates, modes and their inverse of one block, for all patients.

    Shapes ``(N, m)``, ``(N, m, m)`` and ``(N, m, m)``. A block whose exchanges form a
    tree is similar to a symmetric matrix, so its rates are real and its modes
    orthogonal after scaling; any other block goes through the general solver.
    """
    at = block.members
    inner = rates[:, at[:, None], at]
    m = at.size
    if m == 1:
        one = np.ones((len(rates), 1, 1))
        return -inner[:, :, 0], one, one
    scale = np.ones((len(rates), m))
    for child, parent in block.links:
        into, back = inner[:, child, parent], inner[:, parent, child]
        if not ((into > 0.0) & (back > 0.0)).all():
            return _general(inner)
        scale[:, child] = scale[:, parent] * np.sqrt(into / back)
    if not block.links:
        return _general(inner)
    symmetric = -inner * scale[:, None, :] / scale[:, :, None]
    decay, turned = _symmetric_pair(symmetric) if m == 2 else np.linalg.eigh(symmetric)
    inverse = np.swapaxes(turned, 1, 2) / scale[:, None, :]
    return decay, scale[:, :, None] * turned, inverse


def _symmetric_pair(matrix: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the closed form for two exchanging compartments (one Jacobi rotation)."""
    a, b, c = matrix[:, 0, 0], matrix[:, 0, 1], matrix[:, 1, 1]
    ratio = (c - a) / (2.0 * b)
    tangent = np.copysign(1.0, ratio) / (np.abs(ratio) + np.hypot(1.0, ratio))
    cosine = 1.0 / np.hypot(1.0, tangent)
    sine = tangent * cosine
    decay = np.stack([a - tangent * b, c + tangent * b], axis=-1)
    turned = np.stack(
        [np.stack([cosine, sine], axis=-1), np.stack([-sine, cosine], axis=-1)], axis=-2
    )
    return decay, turned


def _general(inner: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    values, vectors = np.linalg.eig(-inner)
    if np.iscomplexobj(values):
        if (np.abs(values.imag) > IMAGINARY * np.abs(values)).any():
            raise SolverError(
                "Compartments that pass drug on in a circle oscillate: their rates are complex.",
                remedy="Use solve_linear, which needs no modes.",
            )
        values, vectors = values.real, vectors.real
    return values, vectors, np.linalg.inv(vectors)


def _tree(linked: NDArray[np.bool_], group: tuple[int, ...]) -> tuple[tuple[int, int], ...]:
    inner = linked[np.ix_(group, group)] & ~np.eye(len(group), dtype=bool)
    if (inner != inner.T).any() or inner.sum() != 2 * (len(group) - 1):
        return ()
    links: list[tuple[int, int]] = []
    reached, waiting = {0}, [0]
    while waiting:
        parent = waiting.pop()
        for child in np.flatnonzero(inner[:, parent]):
            if int(child) not in reached:
                reached.add(int(child))
                waiting.append(int(child))
                links.append((int(child), parent))
    return tuple(links)
