"""Streaming counts of a trial: whole numbers only, so that parts add up exactly.

Scores are whole, so a histogram per visit gives exact quantiles of any number of patients
in a fixed memory. Because every entry is a count or a sum of whole numbers, adding parts
is associative, and the order and size of chunks cannot show in a result.
"""

from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from ketacourse.therapy.scales import scale
from ketacourse.trials.covariate_columns import CATEGORIES
from ketacourse.trials.outcomes import DISSOCIATED_ABOVE, SURGE_RISE_MMHG, SURGE_SBP_MMHG
from ketacourse.trials.rows import MISSED, UNSEEN, ArmRows, Frame, Int16, Int64, columns_of

Tally = dict[str, Int64]
"""Name to counts or sums; two tallies of the same trial add up entry by entry."""

LATENT_PARTS = 1024
"""Latent scores are summed in this fraction of a point."""
HIGHEST_SBP, HIGHEST_RISE, HIGHEST_CADSS = 400, 200, 92
"""Ends of the histograms of peaks (mmHg, mmHg, points); what lies above counts as the end."""
LOWEST_PERCENT, HIGHEST_PERCENT = -100, 200
"""Ends of the histograms of percent change; what lies above counts as the end."""
PATIENT_EVENTS = ("attended", "sbp_rise", "sbp_peak", "cadss", "nausea", "missed")
"""What is counted per patient: came to a session, or had this in any of them."""

_ODD = (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB)


def add(parts: Iterable[Mapping[str, Int64]]) -> Tally:
    """Return the sum of tallies."""
    total: Tally = {}
    for part in parts:
        for name, counts in part.items():
            total[name] = total[name] + counts if name in total else counts.copy()
    return total


def arm_tally(rows: ArmRows, frame: Frame, branches: int) -> Tally:
    """Return the counts of one arm that do not depend on endpoints."""
    visits = len(frame.visits)
    found: Tally = {"patients": np.array([rows.size])}
    for key in frame.scales:
        top = scale(key).maximum
        totals = rows.scores[key]
        start = totals[:, :1].astype(np.int64)
        change = np.where((totals >= 0) & (start >= 0), totals - start + top, UNSEEN)
        found[f"score:{key}"] = _histograms(totals, top + 1)
        found[f"change:{key}"] = _histograms(change, 2 * top + 1)
        found[f"percent:{key}"] = _histograms(
            _percent(totals, start), HIGHEST_PERCENT - LOWEST_PERCENT + 1
        )
    latent = np.rint(rows.latent.astype(np.float64) * LATENT_PARTS).astype(np.int64)
    found["latent"] = latent.sum(axis=0)
    last = rows.last_visit[rows.dropped].astype(np.int64)
    found["dropped"] = np.bincount(last + 1, minlength=visits + 1)
    found["branch"] = np.bincount(rows.branch.astype(np.int64) + 1, minlength=branches + 1)
    found["rescued"] = np.array([np.count_nonzero(rows.rescue_visit >= 0)])
    found["response_class"] = np.bincount(
        rows.categories["response_class"], minlength=len(CATEGORIES["response_class"])
    )
    found["session"] = _histograms(rows.session + 1, 4)
    found["dose_ug"] = (
        np.rint(rows.dose_mg.astype(np.float64) * 1000.0).astype(np.int64).sum(axis=0)
    )
    found["sbp_peak"] = _histograms(np.minimum(rows.sbp_peak, HIGHEST_SBP), HIGHEST_SBP + 1)
    found["sbp_rise"] = _histograms(np.minimum(rows.sbp_rise, HIGHEST_RISE), HIGHEST_RISE + 1)
    found["cadss"] = _histograms(np.minimum(rows.cadss, HIGHEST_CADSS), HIGHEST_CADSS + 1)
    found["nausea"] = _histograms(rows.nausea, 2)
    found["events"] = _events(rows)
    found["checksum"] = checksum(rows, frame)
    return found


def _percent(totals: Int16, start: Int64) -> Int64:
    """Return percent change from the lowest bin up, in whole percent, -1 where unknown.

    Rounded up, so that -50 or less means exactly a fall by half or more.
    """
    known = (totals >= 0) & (start > 0)
    percent = -((start - totals) * 100 // np.maximum(start, 1))
    inside = np.clip(percent, LOWEST_PERCENT, HIGHEST_PERCENT)
    return np.where(known, inside - LOWEST_PERCENT, UNSEEN)


def _events(rows: ArmRows) -> Int64:
    """Return how many patients had each of `PATIENT_EVENTS` in any session."""
    had = (
        rows.cadss >= 0, rows.sbp_rise >= SURGE_RISE_MMHG, rows.sbp_peak >= SURGE_SBP_MMHG,
        rows.cadss > DISSOCIATED_ABOVE, rows.nausea == 1, rows.session == MISSED,
    )  # fmt: skip
    return np.array([np.count_nonzero(each.any(axis=1)) for each in had], dtype=np.int64)


def _histograms(values: NDArray[np.signedinteger], bins: int) -> Int64:
    """Return how often each whole number occurs in each column; negative ones are left out."""
    columns = values.shape[1]
    shifted = values.astype(np.int64) + bins * np.arange(columns)
    counted = np.bincount(shifted[values >= 0], minlength=bins * columns)
    return np.asarray(counted, dtype=np.int64).reshape(columns, bins)


def checksum(rows: ArmRows, frame: Frame) -> Int64:
    """Return a fingerprint of the rows that does not depend on their order, shape (2,).

    Each row is mixed into two 64-bit numbers, which are summed modulo 2**64.
    """
    mixed = np.zeros((2, rows.size), dtype=np.uint64)
    with np.errstate(over="ignore"):
        for column in columns_of(rows, frame).values():
            bits = _bits(column.values)
            for which in (0, 1):
                value = (mixed[which] ^ bits) * np.uint64(_ODD[which])
                mixed[which] = value ^ (value >> np.uint64(29 + 2 * which))
        mixed = (mixed ^ (mixed >> np.uint64(31))) * np.uint64(_ODD[2])
        return np.asarray(mixed.sum(axis=1, dtype=np.uint64).view(np.int64))


def _bits(values: NDArray[np.generic]) -> NDArray[np.uint64]:
    if values.dtype.kind == "f":
        return np.ascontiguousarray(values, dtype=np.float64).view(np.uint64)
    return np.asarray(values).astype(np.int64).view(np.uint64)
