"""Progress is drawn on a terminal, for work over a second, and nowhere else."""

import io
from contextlib import redirect_stderr

import pytest

from ketacourse.cli import progress
from ketacourse.cli.progress import progress_line


class Terminal(io.StringIO):
    """Standard error as a terminal would be."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def terminal(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    return Terminal()


def test_nothing_is_drawn_where_there_is_no_terminal(capsys):
    with progress_line() as report:
        report("run the course", 0.5)
    assert capsys.readouterr() == ("", "")


def test_short_work_is_silent_on_a_terminal(terminal):
    with redirect_stderr(terminal), progress_line() as report:
        report("run the course", 0.5)
    assert "run the course" not in terminal.getvalue()


def test_long_work_names_its_step_on_a_terminal(terminal, monkeypatch):
    monkeypatch.setattr(progress, "QUIET_SECONDS", -1.0)
    with redirect_stderr(terminal), progress_line() as report:
        report("run the course", 0.5)
    assert "run the course" in terminal.getvalue()
