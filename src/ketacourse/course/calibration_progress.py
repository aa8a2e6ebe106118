"""Estimates of an unfinished calibration, kept so that an interrupted run goes on.

One file per step of the calibration, named by what decides its result: table, equations,
catalogue, version and settings. A change of any of them makes another name, so that an old
estimate is never taken for a new one.
"""

import json
import os
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from ketacourse.engine.recorded import record_chain
from ketacourse.errors import OutputError
from ketacourse.evidence.catalogue import load_catalogue
from ketacourse.infer.estimate import Estimate
from ketacourse.version import VERSION

ARRAYS = ("mode", "covariance", "predicted", "jacobian")
NUMBERS = ("objective", "misfit", "iterations")


class Progress:
    """Finished estimates in a folder; without a folder, nothing is kept.

    Parameters
    ----------
    folder
        Where the files lie; made when first written to.
    settings
        Everything beside model, catalogue and version that decides the estimates.
    """

    def __init__(self, folder: Path | None, settings: Sequence[object]) -> None:
        about = [VERSION, record_chain().digest, load_catalogue().digest, *settings]
        self._key = sha256(json.dumps(about, default=str).encode()).hexdigest()[:16]
        self._folder = folder

    def read(self, step: str) -> Estimate | None:
        """Return the estimate of a step, or None where it is missing or damaged."""
        if self._folder is None:
            return None
        try:
            with np.load(self._path(step), allow_pickle=False) as stored:
                arrays = {name: stored[name] for name in ARRAYS}
                objective, misfit, iterations = (float(stored[name]) for name in NUMBERS)
        except (OSError, KeyError, ValueError, EOFError, BadZipFile):
            return None
        return Estimate(**arrays, objective=objective, misfit=misfit, iterations=int(iterations))

    def write(self, step: str, found: Estimate) -> None:
        """Keep the estimate of a step: written aside, then renamed.

        Raises
        ------
        OutputError
            If the folder cannot be written.
        """
        if self._folder is None:
            return
        path = self._path(step)
        aside = path.with_suffix(f".{os.getpid()}.part")
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with aside.open("wb") as file:
                np.savez(file, **{n: getattr(found, n) for n in (*ARRAYS, *NUMBERS)})
            aside.replace(path)
        except OSError as error:
            raise OutputError(
                f"'{self._folder}' cannot be written: {error.strerror}.",
                remedy="Free space or choose another folder; what is finished stays.",
            ) from None

    def _path(self, step: str) -> Path:
        assert self._folder is not None  # asked for only where there is one
        return self._folder / f"{step}-{self._key}.npz"
