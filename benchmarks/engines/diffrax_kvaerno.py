"""diffrax: implicit Runge-Kutta under JAX, all patients of a call at once through vmap.

Steps stop at every edge of an input. Patients of one vmap advance together: each takes as
many steps as the one who needs most.
"""

from typing import Any

import diffrax
import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.engines import Settings
from benchmarks.equations import Equations, Writer, compiled_source
from benchmarks.workload import Array, Workload

MOST_STEPS = 200_000


class Peer:
    """One compiled function per number of patients; float64. Kvaerno5 was slower here."""

    def __init__(self, work: Workload) -> None:
        jax.config.update("jax_enable_x64", True)  # noqa: FBT003 - the signature is JAX's
        self.equations = Equations(work)
        self.schedule = work.problem.schedule
        self.edges = np.array([s.start_h for s in self.equations.segments])
        self.inputs = np.stack([s.inputs for s in self.equations.segments], axis=1)
        self.function = self._function(diffrax.Kvaerno3())

    def _function(self, solver: Any) -> Any:
        size = self.equations.size
        text = Writer(self.equations, "np")
        values = text.slopes()
        body = [*text.lines, f"return np.stack([{', '.join(values)}])"]
        source = "def slope(y, c, u):\n" + "\n".join(f"    {line}" for line in body) + "\n"
        slope = compiled_source(source, "slope", np=jnp)
        outputs = compiled_source(self.equations.outputs_source(), "outputs", np=jnp)
        edges, times = jnp.asarray(self.edges), jnp.asarray(self.schedule.times_h)
        start, end = self.schedule.start_h, self.schedule.end_h

        def field(t: Any, y: Any, given: Any) -> Any:
            c, u = given
            return slope(y, c, u[jnp.searchsorted(edges, t, side="right") - 1])

        def one(y: Any, c: Any, u: Any, rtol: Any, atol: Any) -> Any:
            controller = diffrax.ClipStepSizeController(
                diffrax.PIDController(rtol=rtol, atol=atol), jump_ts=edges[1:]
            )
            found = diffrax.diffeqsolve(
                diffrax.ODETerm(field), solver, start, end, 1e-3, y, (c, u),
                saveat=diffrax.SaveAt(ts=times), stepsize_controller=controller,
                max_steps=MOST_STEPS, throw=False,
            )  # fmt: skip
            assert found.ys.shape[-1] == size
            return jnp.stack(outputs(found.ys.T, c[:, None]), axis=-1)

        return jax.jit(jax.vmap(one, in_axes=(0, 0, 0, None, None)))

    def run(self, count: int, settings: Settings) -> Array:
        """Return the outputs of the first patients."""
        found = self.function(
            self.equations.initial[:count], self.equations.coefficients[:count],
            self.inputs[:count], settings.rtol, settings.atol,
        )  # fmt: skip
        return np.asarray(found)
