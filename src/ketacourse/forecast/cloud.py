r"""The prior as a cloud: possible patients, each with a small neighbourhood.

A person of the prior is an anchor :math:`a` plus a small deviation, on the free scale,

.. math::

    \theta = \mu + \sqrt{1 - h^2}\,(a - \mu) + h\,C^{1/2} \varepsilon

so that mean and covariance of the people stay what they were, tails and classes remain,
and there is always somebody between two neighbours. Moves that exchange the anchor for a
near one, or turn the deviation, leave this prior as it is without ever computing its
density.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ketacourse.forecast.parameters import to_free, to_natural
from ketacourse.forecast.people import People, systematic

Array = NDArray[np.float64]

NEIGHBOURHOOD = 0.2
"""Size of a deviation relative to the spread of all people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cloud:
    """The prior, ready to draw from and to move in.

    Attributes
    ----------
    anchors
        People on the free scale, shape (A, P).
    class_of
        Response class of each anchor, shape (A,).
    weight
        Weight of each anchor, shape (A,).
    middle, root
        Mean and Cholesky factor of the covariance of the anchors, (P,) and (P, P).
    """

    anchors: Array
    class_of: NDArray[np.int8]
    weight: Array
    middle: Array
    root: Array

    @property
    def size(self) -> int:
        """Return the number of anchors."""
        return len(self.anchors)

    def people(self, anchor: NDArray[np.intp], deviation: Array) -> People:
        """Return the people at anchors with deviations, shapes (N,) and (N, P)."""
        shrunk = np.sqrt(1.0 - NEIGHBOURHOOD**2)
        free = self.middle + shrunk * (self.anchors[anchor] - self.middle)
        free += NEIGHBOURHOOD * deviation @ self.root.T
        return People(
            values=to_natural(free),
            class_of=self.class_of[anchor],
            log_weight=np.zeros(len(anchor)),
        )


def cloud_of(prior: People) -> Cloud:
    """Return the cloud around possible patients."""
    anchors, weight = to_free(prior.values), prior.weight
    middle = weight @ anchors
    centred = anchors - middle
    covariance = (centred * weight[:, None]).T @ centred
    floor = 1e-9 * max(float(np.trace(covariance)), 1e-9)
    root = np.asarray(np.linalg.cholesky(covariance + floor * np.eye(len(middle))), np.float64)
    return Cloud(anchors=anchors, class_of=prior.class_of, weight=weight, middle=middle, root=root)


def drawn(cloud: Cloud, count: int, random: np.random.Generator) -> tuple[NDArray[np.intp], Array]:
    """Return anchors and deviations of ``count`` people drawn from the cloud."""
    anchor = systematic(cloud.weight, count, float(random.random()))
    # In any order: people made together must not fall into step with a later regular choice.
    return random.permutation(anchor), random.standard_normal((count, cloud.anchors.shape[1]))


def near_anchors(
    cloud: Cloud, anchor: NDArray[np.intp], reach: int, random: np.random.Generator
) -> NDArray[np.intp]:
    """Return another anchor for each person, near along one random direction.

    Position in the order along a direction moves by 1 to ``reach`` either way, so that a
    move and its return are equally likely; beyond the ends the person stays.
    """
    direction = np.linalg.solve(cloud.root.T, random.standard_normal(cloud.anchors.shape[1]))
    order = np.argsort(cloud.anchors @ direction, kind="stable")
    place = np.empty_like(order)
    place[order] = np.arange(order.size)
    jump = random.integers(1, reach + 1, anchor.size) * random.choice((-1, 1), anchor.size)
    wanted = place[anchor] + jump
    inside = (wanted >= 0) & (wanted < order.size)
    return np.where(inside, order[np.clip(wanted, 0, order.size - 1)], anchor)
