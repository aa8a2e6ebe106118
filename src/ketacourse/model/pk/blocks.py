"""Blocks of compartments that exchange drug in both directions, and their own modes."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ketacourse.errors import SolverError
from ketacourse.model.pk.linear import FloatArray

IMAGINARY = 1e-9
"""Largest imaginary part (relative) that counts as rounding."""

SWEEPS = 5
"""Rounds of Jacobi's rotations; the error of each is about the square of the one before."""
ROUNDING = 1e-14
"""Largest exchange left over (relative) that counts as rounding; more needs LAPACK."""


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

    ``rates`` has shape ``(n, n, N)``, the results ``(m, N)``, ``(m, m, N)`` and
    ``(m, m, N)``. A block whose exchanges form a tree is similar to a symmetric matrix, so
    its rates are real and its modes orthogonal after scaling; any other block goes through
    the general solver.
    """
    at = block.members
    inner = rates[at[:, None], at]
    m, _, patients = inner.shape
    if m == 1:
        one = np.ones((1, 1, patients))
        return -inner[:, 0], one, one
    scale = np.ones((m, patients))
    for child, parent in block.links:
        into, back = inner[child, parent], inner[parent, child]
        if not ((into > 0.0) & (back > 0.0)).all():
            return _general(inner)
        scale[child] = scale[parent] * np.sqrt(into / back)
    if not block.links:
        return _general(inner)
    decay, turned = _symmetric(-inner * scale / scale[:, None])
    return decay, scale[:, None] * turned, np.swapaxes(turned, 0, 1) / scale


def _symmetric(matrix: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return eigenvalues and eigenvectors by Jacobi's rotations, equally many for everyone."""
    m = len(matrix)
    own = np.arange(m)
    left, turned = matrix.copy(), np.zeros_like(matrix)
    turned[own, own] = 1.0
    for _ in range(SWEEPS if m > 2 else 1):
        for i in range(m - 1):
            for j in range(i + 1, m):
                _rotate(left, turned, i, j)
    values = left[own, own].copy()
    left[own, own] = 0.0
    far = np.flatnonzero(np.abs(left).max(axis=(0, 1)) > ROUNDING * np.abs(values).max(axis=0))
    if far.size:
        exact, vectors = np.linalg.eigh(np.moveaxis(matrix[:, :, far], -1, 0))
        values[:, far], turned[:, :, far] = exact.T, np.moveaxis(vectors, 0, -1)
    return values, turned


def _rotate(matrix: FloatArray, turned: FloatArray, i: int, j: int) -> None:
    """Turn in the plane of two states, in place, so that they no longer exchange."""
    a, b, c = matrix[i, i], matrix[i, j], matrix[j, j]
    apart = c - a
    span = np.abs(apart) + np.sqrt(apart * apart + 4.0 * b * b)
    tangent = np.copysign(2.0, apart) * b / np.where(span > 0.0, span, 1.0)
    cosine = 1.0 / np.sqrt(1.0 + tangent * tangent)
    sine = tangent * cosine
    moved = tangent * b
    others = [k for k in range(len(matrix)) if k not in (i, j)]
    for k in others:
        first, second = matrix[k, i], matrix[k, j]
        matrix[k, i], matrix[k, j] = cosine * first - sine * second, sine * first + cosine * second
        matrix[i, k], matrix[j, k] = matrix[k, i], matrix[k, j]
    matrix[i, i], matrix[j, j] = a - moved, c + moved
    matrix[i, j] = matrix[j, i] = 0.0
    first, second = turned[:, i].copy(), turned[:, j]
    turned[:, i], turned[:, j] = cosine * first - sine * second, sine * first + cosine * second


def _general(inner: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    values, vectors = np.linalg.eig(-np.moveaxis(inner, -1, 0))
    if np.iscomplexobj(values):
        if (np.abs(values.imag) > IMAGINARY * np.abs(values)).any():
            raise SolverError(
                "Compartments that pass drug on in a circle oscillate: their rates are complex.",
                remedy="Use solve_linear, which needs no modes.",
            )
        values, vectors = values.real, vectors.real
    inverse = np.linalg.inv(vectors)
    return values.T, np.moveaxis(vectors, 0, -1), np.moveaxis(inverse, 0, -1)


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
