"""The engines that are compared, each behind the same face."""

from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import Any, NamedTuple, Protocol

from benchmarks.workload import Array, Workload


class Settings(NamedTuple):
    """How accurately an engine works: relative tolerance, and absolute over relative."""

    rtol: float
    atol_share: float = 1.0

    @property
    def atol(self) -> float:
        """Return the absolute tolerance."""
        return self.rtol * self.atol_share


class Engine(Protocol):
    """One simulator, built for a workload."""

    def __init__(self, work: Workload) -> None:
        """Build the model; compile what can be compiled."""
        ...

    def run(self, count: int, settings: Settings) -> Array:
        """Return the outputs of the first ``count`` patients, (count, n_times, n_outputs)."""
        ...


class Known(NamedTuple):
    """An engine by name.

    ``packages`` are what must be installed (first: whose version is told); ``atol_shares``
    what is tried; ``alike`` names an engine with the same method, whose settings hold.
    """

    key: str
    label: str
    module: str
    packages: tuple[str, ...]
    what: str
    atol_shares: tuple[float, ...] = (1.0, 1e-2)
    alike: str = ""


KERNEL = "ketacourse"
ENGINES = (
    Known(KERNEL, "ketacourse", "kernel", ("llvmlite", "numpy"),
          "generated vector code, exponential steps on one grid", (1.0,)),
    Known("numbalsoda", "numbalsoda (LSODA)", "numbalsoda_lsoda", ("numbalsoda", "numba"),
          "LSODA in C++, right-hand side compiled by Numba, no Python in the loop"),
    Known("roadrunner", "libRoadRunner (CVODE)", "roadrunner_cvode",
          ("libroadrunner", "antimony", "python-libsbml"),
          "SBML export of the same model, compiled by LLVM, doses as SBML events"),
    Known("myokit", "Myokit (CVODES)", "myokit_cvodes", ("myokit",),
          "model compiled to C, doses and visits as protocols"),
    Known("diffrax", "diffrax (JAX)", "diffrax_kvaerno", ("diffrax", "jax"),
          "implicit Runge-Kutta (Kvaerno3), all patients at once through vmap", (1.0,)),
    Known("scipy_numba", "SciPy LSODA, Numba", "scipy_lsoda", ("scipy", "numba"),
          "odeint, right-hand side compiled by Numba"),
    Known("scipy", "SciPy LSODA, Python", "scipy_lsoda", ("scipy",),
          "odeint, right-hand side in plain Python", alike="scipy_numba"),
)  # fmt: skip


def known(key: str) -> Known:
    """Return an engine by its key."""
    return next(e for e in ENGINES if e.key == key)


def versions(engine: Known) -> dict[str, str | None]:
    """Return the version of every package of an engine, None for one not installed."""
    found: dict[str, str | None] = {}
    for package in engine.packages:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = None
    return found


def install_command(engine: Known) -> str:
    """Return the command that installs what an engine needs."""
    return f"pip install {' '.join(p for p, v in versions(engine).items() if v is None)}"


def build(key: str, work: Workload) -> Engine:
    """Build an engine for a workload."""
    module: Any = import_module(f"benchmarks.engines.{known(key).module}")
    made: Engine = (module.Plain if key == "scipy" else module.Peer)(work)
    return made
