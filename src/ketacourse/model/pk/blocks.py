"""Blocks of compartments that exchange drug in both directions, and their own modes."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ketacourse.errors import SolverError
from ketacourse.model.pk.linear import FloatArray

IMAGINARY = 1e-9
"""Largest imaginary part (relative) that counts as rounding."""

Links = tuple[tuple[int, int], ...]
Diagonal = tuple[FloatArray, FloatArray, FloatArray]

SWEEPS = 5
"""Rounds of Jacobi's rotations; the error of each is about the square of the one before."""
ROUNDING = 1e-14
"""Largest exchange left over (relative) that counts as rounding; more needs LAPACK."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """States that all reach one another.

    ``links`` are the exchanges (child, parent) in the order of a walk over the block
    when they form a tree, as in mammillary and catenary models; empty otherwise.
    ``upstream`` holds every state from which drug can come, ``feeding`` those from
    which it comes directly.
    """

    members: NDArray[np.intp]
    links: Links
    upstream: frozenset[int]
    feeding: frozenset[int]

    @property
    def single(self) -> bool:
        """Return whether the block is one state, which is its own mode."""
        return self.members.size == 1

    def is_fed_by(self, other: "Block") -> bool:
        """Return whether drug of the other block can arrive here."""
        return not self.upstream.isdisjoint(other.members.tolist())

    def is_fed_directly_by(self, other: "Block") -> bool:
        """Return whether drug passes from the other block straight into this one."""
        return not self.feeding.isdisjoint(other.members.tolist())


def blocks_of(rates: FloatArray) -> tuple[tuple[Block, ...], NDArray[np.bool_]]:
    """Return the blocks, sources first, and which states lie upstream of which.

    ``upstream[i, j]`` is True when drug passes from j to i and never back.
    """
    present = rates != 0.0
    linked = np.asarray(present.any(axis=0) if present.ndim == 3 else present)
    return _blocks(linked.tobytes())


@lru_cache(maxsize=64)
def _blocks(links: bytes) -> tuple[tuple[Block, ...], NDArray[np.bool_]]:
    """Return the same for a square table of links, kept for the next patients with the same."""
    n = math.isqrt(len(links))
    linked = np.frombuffer(links, dtype=bool).reshape(n, n)
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
            upstream=_marked(upstream[group[0]]),
            feeding=_marked(linked[list(group)].any(axis=0) & upstream[group[0]]),
        )
        for group in ordered
    )
    return blocks, upstream


def _marked(states: NDArray[np.bool_]) -> frozenset[int]:
    return frozenset(np.flatnonzero(states).tolist())


def diagonalised(rates: FloatArray, blocks: Sequence[Block]) -> list[Diagonal]:
    """Return decay rates, modes and their inverse of each block, for all patients.

    ``rates`` has shape ``(n, n, N)``, the results ``(m, N)``, ``(m, m, N)`` and
    ``(m, m, N)``. A block whose exchanges form a tree is similar to a symmetric matrix, so
    its rates are real and its modes orthogonal after scaling; any other block goes through
    the general solver. Blocks with the same tree, such as those of two enantiomers, are
    turned together.
    """
    found: dict[int, Diagonal] = {}
    alike: dict[Links, list[tuple[int, FloatArray, FloatArray]]] = {}
    for number, block in enumerate(blocks):
        inner = rates[block.members[:, None], block.members]
        scale = _scale(inner, block.links)
        if block.single:
            one = np.ones_like(inner)
            found[number] = -inner[:, 0], one, one
        elif scale is None:
            found[number] = _general(inner)
        else:
            even = -inner * scale / scale[:, None]
            alike.setdefault(block.links, []).append((number, even, scale))
    for group in alike.values():
        decay, turned = _symmetric(np.concatenate([even for _, even, _ in group], axis=-1))
        for place, (number, _, scale) in enumerate(group):
            at = slice(place * scale.shape[1], (place + 1) * scale.shape[1])
            own = turned[:, :, at]
            found[number] = decay[:, at], scale[:, None] * own, np.swapaxes(own, 0, 1) / scale
    return [found[number] for number in range(len(blocks))]


def _scale(inner: FloatArray, links: Links) -> FloatArray | None:
    """Return what makes a block symmetric, shape ``(m, N)``; None where nothing does."""
    scale = np.ones(inner.shape[1:])
    for child, parent in links:
        into, back = inner[child, parent], inner[parent, child]
        if not ((into > 0.0) & (back > 0.0)).all():
            return None
        scale[child] = scale[parent] * np.sqrt(into / back)
    return scale if links else None


def _symmetric(matrix: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return eigenvalues and eigenvectors by Jacobi's rotations, equally many for everyone."""
    m = len(matrix)
    left = [list(row) for row in matrix]
    turned = list(np.eye(m)[:, :, None] + np.zeros(matrix.shape[2]))
    for _ in range(SWEEPS if m > 2 else 1):
        for i in range(m - 1):
            for j in range(i + 1, m):
                _rotate(left, turned, i, j)
    values, vectors = np.stack([left[i][i] for i in range(m)]), np.stack(turned, axis=1)
    apart = np.abs(np.stack([left[i][j] for i in range(m) for j in range(i)]))
    far = np.flatnonzero(apart.max(axis=0) > ROUNDING * np.abs(values).max(axis=0))
    if far.size:
        exact, own = np.linalg.eigh(np.moveaxis(matrix[:, :, far], -1, 0))
        values[:, far], vectors[:, :, far] = exact.T, np.moveaxis(own, 0, -1)
    return values, vectors


def _rotate(left: list[list[FloatArray]], turned: list[FloatArray], i: int, j: int) -> None:
    """Turn in the plane of two states, in place, so that they no longer exchange.

    ``left`` holds the entries of the matrix, ``turned`` the columns of the vectors.
    """
    a, b, c = left[i][i], left[i][j], left[j][j]
    apart = c - a
    span = np.abs(apart) + np.sqrt(apart * apart + 4.0 * b * b)
    tangent = np.copysign(2.0, apart) * b / np.where(span > 0.0, span, 1.0)
    cosine = 1.0 / np.sqrt(1.0 + tangent * tangent)
    sine = tangent * cosine
    moved = tangent * b
    for k in range(len(left)):
        if k not in (i, j):
            first, second = left[k][i], left[k][j]
            left[k][i] = left[i][k] = cosine * first - sine * second
            left[k][j] = left[j][k] = sine * first + cosine * second
    left[i][i], left[j][j] = a - moved, c + moved
    left[i][j] = left[j][i] = np.zeros_like(b)
    first, second = turned[i], turned[j]
    turned[i], turned[j] = cosine * first - sine * second, sine * first + cosine * second


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


def _tree(linked: NDArray[np.bool_], group: tuple[int, ...]) -> Links:
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
