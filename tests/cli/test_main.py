"""Errors become exit codes and messages in one place."""

import click
import pytest

from ketacourse.cli.main import SUMMARIES
from ketacourse.errors import BlockedError, InputError, SolverError
from ketacourse.version import VERSION


@pytest.fixture
def failing(monkeypatch):
    """Return a function that makes the command 'schema' fail with one error."""

    def arm(error: BaseException) -> None:
        @click.command("schema")
        def command() -> None:
            raise error

        monkeypatch.setattr("ketacourse.cli.schema.command", command)

    return arm


def test_help_names_every_command(run):
    ended = run("--help")
    assert ended.code == 0
    assert all(f"  {name} " in ended.out for name in SUMMARIES)


def test_help_imports_no_library_of_the_model(python):
    program = (
        "import sys; from ketacourse.cli.main import main; main(['--help'])\n"
        "print(sorted({'numpy', 'pydantic', 'matplotlib', 'rich'} & set(sys.modules)))"
    )
    assert python("-c", program).stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("name", SUMMARIES)
def test_the_line_of_help_is_what_the_command_says_of_itself(run, name):
    ended = run(name, "--help")
    assert ended.code == 0
    assert f"Usage: ketacourse {name}" in ended.out


@pytest.mark.parametrize("arguments", [["dose"], ["schema", "--colour"], ["screen"], []])
def test_a_wrong_call_ends_in_2_and_shows_the_usage(run, arguments):
    ended = run(*arguments)
    assert (ended.code, ended.out) == (2, "")
    assert "Usage: ketacourse" in ended.err


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (InputError("The weight is 0 kg.", remedy="Give 30 to 300 kg."), 2),
        (BlockedError("A rule blocks."), 3),
        (SolverError("Patient 3 failed at 2 h."), 1),
        (MemoryError(), 1),
        (ValueError("unforeseen"), 1),
        (KeyboardInterrupt(), 1),
    ],
)
def test_an_error_becomes_its_exit_code_without_a_traceback(run, failing, error, code):
    failing(error)
    ended = run("schema")
    assert (ended.code, ended.out) == (code, "")
    assert ended.err.lstrip().startswith("Error: ")
    assert "Traceback" not in ended.err


def test_problem_and_remedy_are_both_shown(run, failing):
    failing(InputError("The weight is 0 kg.", remedy="Give 30 to 300 kg."))
    assert run("schema").err == "Error: The weight is 0 kg. Give 30 to 300 kg.\n"


def test_a_defect_says_that_it_is_one_and_how_to_see_more(run, failing):
    failing(ValueError("unforeseen"))
    assert "a defect of ketacourse, not of your input (ValueError: unforeseen)" in run("schema").err
    assert "Traceback (most recent call last)" in run("--traceback", "schema").err


def test_a_reader_that_leaves_early_is_no_error(python):
    program = (
        "import os, sys; from ketacourse.cli.main import main\n"
        "reader, writer = os.pipe(); os.close(reader); os.dup2(writer, 1)\n"
        "sys.exit(main(['schema']))"
    )
    ended = python("-c", program)
    assert (ended.returncode, ended.stderr) == (1, "")


def test_a_narrow_terminal_is_no_error(python):
    ended = python("-m", "ketacourse", "explain", "example:bipolar_im", PYTHONIOENCODING="ascii")
    assert (ended.returncode, ended.stderr) == (0, "")


def test_the_module_runs_like_the_command(python):
    assert python("-m", "ketacourse", "--version").stdout == f"ketacourse, version {VERSION}\n"
