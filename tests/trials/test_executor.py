"""Whoever does the work, the results are the same; whatever is killed, only time is lost."""

import errno
import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from ketacourse.errors import InputError, OutputError
from ketacourse.trials.executor import (
    DaskExecutor,
    SerialExecutor,
)
from ketacourse.trials.processes import ProcessExecutor
from ketacourse.trials.run import run_trial

SOURCES = Path(__file__).resolve().parents[2] / "src"
PATIENTS = 30


def digest(make, folder, executor, **options):
    trial = make(patients=PATIENTS)
    return run_trial(trial, folder, executor=executor, chunk_patients=8, **options).digest


def test_two_processes_give_the_digest_of_one(make, tmp_path):
    one = digest(make, tmp_path / "one", SerialExecutor())
    two = digest(make, tmp_path / "two", ProcessExecutor(2))
    assert one == two


def test_a_local_dask_cluster_gives_it_too(make, tmp_path):
    one = digest(make, tmp_path / "one", SerialExecutor())
    assert digest(make, tmp_path / "two", DaskExecutor(workers=2)) == one


def test_the_address_of_a_dask_cluster_gives_it_too(make, tmp_path):
    from distributed import LocalCluster

    one = digest(make, tmp_path / "one", SerialExecutor())
    with LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=None) as cluster:
        executor = DaskExecutor(address=cluster.scheduler_address)
        assert digest(make, tmp_path / "two", executor) == one


def test_an_address_that_nobody_answers_is_refused_before_anything_is_written(make, tmp_path):
    executor = DaskExecutor(address="tcp://127.0.0.1:9", seconds=1.0)
    with pytest.raises(InputError, match=r"No Dask scheduler answers at 'tcp://127.0.0.1:9'"):
        run_trial(make(), tmp_path / "out", executor=executor)
    assert not (tmp_path / "out").exists()


def test_a_dask_cluster_without_workers_is_refused(make, tmp_path):
    from distributed import LocalCluster

    with LocalCluster(n_workers=0, dashboard_address=None) as cluster:
        executor = DaskExecutor(address=cluster.scheduler_address, seconds=1.0)
        with pytest.raises(InputError, match="has no workers. Start workers"):
            run_trial(make(), tmp_path / "out", executor=executor)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("kind", [ProcessExecutor, lambda n: DaskExecutor(workers=n)])
def test_an_executor_without_workers_is_refused(kind):
    with pytest.raises(InputError, match="workers is 0. Give at least 1"):
        kind(0)


def test_a_full_disk_loses_nothing_but_time(make, tmp_path, monkeypatch):
    from ketacourse.trials import storage

    one = digest(make, tmp_path / "one", SerialExecutor())
    written = []
    sync = os.fsync

    def full_after_some(descriptor):
        written.append(descriptor)
        if len(written) > 6:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        sync(descriptor)

    with monkeypatch.context() as patch:
        patch.setattr(storage.os, "fsync", full_after_some)
        with pytest.raises(OutputError, match="is full"):
            digest(make, tmp_path / "two", SerialExecutor())
    kept = set((tmp_path / "two" / "chunks").iterdir())
    assert 0 < len(kept) < 8
    assert not (tmp_path / "two" / "summary.json").exists()
    stamps = {path: path.stat().st_mtime_ns for path in kept}
    assert digest(make, tmp_path / "two", SerialExecutor()) == one
    assert {path: path.stat().st_mtime_ns for path in kept} == stamps


TRIAL = """
title = "to be killed"
patients = 17000
reference = "midazolam"
visits = [{ days = [1, 3, 7] }]
[[arms]]
name = "ketamine"
protocol = "iv_single"
[[arms]]
name = "midazolam"
control = "midazolam"
session_days = [0]
[[endpoints]]
name = "change"
kind = "change"
day = 3
"""


def command(tmp_path, folder, *options):
    return [sys.executable, "-m", "ketacourse", "trial", str(tmp_path / "t.toml"), "--out",
            str(tmp_path / folder), "--trajectories", "none", *options]  # fmt: skip


def test_a_killed_driver_loses_nothing_but_time(tmp_path):
    (tmp_path / "t.toml").write_text(TRIAL, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(SOURCES)}
    chunks = tmp_path / "out" / "chunks"
    processes = ("--executor", "processes", "--workers", "2")
    driver = subprocess.Popen(command(tmp_path, "out", *processes), env=environment)
    while driver.poll() is None and not (chunks.is_dir() and any(chunks.glob("*.json"))):
        time.sleep(0.01)
    workers = psutil.Process(driver.pid).children(recursive=True)
    driver.kill()
    driver.wait()
    assert workers
    gone, alive = psutil.wait_procs(workers, timeout=20)
    assert (len(gone), alive) == (len(workers), [])  # nobody works on for a driver that is gone
    assert not (tmp_path / "out" / "summary.json").exists()
    kept = {p: p.stat().st_mtime_ns for p in chunks.glob("*.json")}
    assert 0 < len(kept) < 6

    again = subprocess.run(
        command(tmp_path, "out", *processes), env=environment, capture_output=True, check=True
    )
    assert {p: p.stat().st_mtime_ns for p in kept} == kept
    alone = subprocess.run(
        command(tmp_path, "alone", "--executor", "serial"), env=environment,
        capture_output=True, check=True,
    )  # fmt: skip
    digests = [
        next(line for line in run.stdout.decode().splitlines() if line.startswith("Digest"))
        for run in (again, alone)
    ]
    assert digests[0] == digests[1]
    ended = [(tmp_path / d / "summary.json").read_bytes() for d in ("out", "alone")]
    assert ended[0] == ended[1]
