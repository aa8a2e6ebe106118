"""The command line: one command per step, and one place where errors become exit codes.

Exit codes: 0 done, 2 the input is wrong, 3 a guardrail blocks, 1 anything else. A command's
module, and the libraries behind it, are imported only when that command is called.
"""

import os
import signal
import sys
import traceback
from collections.abc import Sequence
from importlib import import_module
from types import FrameType
from typing import Any

import click

from ketacourse.errors import KetacourseError
from ketacourse.version import VERSION

SUMMARIES = {
    "screen": "Check a case against the rules of selection and safety.",
    "simulate": "Simulate a course and write its report.",
    "refit": "Forecast a course from the patient's own scores.",
    "decide": "Weigh what may be done next, each option with benefit, cost and interval.",
    "explain": "Explain the mechanism for one patient, link by link.",
    "trial": "Run a virtual trial: arms, visits, endpoints and power.",
    "replicate": "Predict every row of a table of published results.",
    "calibrate": "Estimate the population parameters from published trials.",
    "validate": "Predict each study from the others, beside fixed margins.",
    "evidence": "Show and search every number of the model, with its source.",
    "schema": "Print the JSON Schema of the case file.",
    "examples": "List the example cases that come with the package.",
}
"""Command name to its one line of help, in the order of use."""

FAILED, WRONG_INPUT = 1, 2

_DEFECT = (
    "a defect of ketacourse, not of your input ({}: {}).\n"
    "Run 'ketacourse --traceback ...' to see where it arose."
)


class Steps(click.Group):
    """Commands that are imported when called, so that ``--help`` is quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands in the order of use."""
        return list(SUMMARIES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return one command, importing its module; None if there is no such command."""
        if cmd_name not in SUMMARIES:
            return None
        command: click.Command = import_module(f"ketacourse.cli.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands without importing any of them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(SUMMARIES.items()))


@click.group(cls=Steps, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(VERSION, prog_name="ketacourse")
@click.option("--traceback", "show_traceback", is_flag=True, help="Show where an error arose.")
def ketacourse(*, show_traceback: bool) -> None:
    """Plan, simulate and follow a course of ketamine therapy.

    Research and decision-support software for licensed professionals. It doses no one and
    is not a medical device.
    """


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; the entry point of ``ketacourse``."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    _speak_any_encoding()
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        code = ketacourse.main(given, prog_name="ketacourse", standalone_mode=False)
        sys.stdout.flush()
    except BrokenPipeError:
        return _close_stdout()
    except BaseException as error:  # noqa: BLE001 - the one place that tells them all
        return _tell(error, with_traceback="--traceback" in given)
    return code if isinstance(code, int) else 0


def _tell(error: BaseException, *, with_traceback: bool) -> int:
    """Print what went wrong to standard error and return the exit code."""
    if with_traceback and not isinstance(error, click.exceptions.Exit):
        traceback.print_exception(error)
    match error:
        case click.exceptions.Exit():
            return error.exit_code
        case click.Abort() | KeyboardInterrupt():
            problem, code = "interrupted; nothing was written.", FAILED
        case click.ClickException():
            error.show()
            return WRONG_INPUT
        case KetacourseError():
            problem, code = str(error), error.exit_code
        case MemoryError():
            problem, code = "the memory of this machine does not suffice.", FAILED
        case Exception():
            problem, code = _DEFECT.format(type(error).__name__, error), FAILED
        case _:
            raise error
    click.echo(f"Error: {problem}", err=True)
    return code


def _speak_any_encoding() -> None:
    """Replace what a narrow terminal cannot show, instead of failing on it."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure: Any = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace")


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _close_stdout() -> int:
    """Stop quietly when the reader has left, as in ``ketacourse evidence | head``."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return FAILED
