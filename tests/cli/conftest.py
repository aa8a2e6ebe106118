"""Running the command line inside the test process."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from ketacourse.cli.cases import example_file
from ketacourse.cli.main import main


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str


@pytest.fixture
def run(capsys, tmp_path, monkeypatch):
    """Return a function that runs one command in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments: object) -> Ended:
        code = main([str(argument) for argument in arguments])
        shown = capsys.readouterr()
        return Ended(code, shown.out, shown.err)

    return call


@pytest.fixture
def high_pressure(tmp_path) -> Path:
    """Return a case that two rules block which may be overridden."""
    text = example_file("trd_iv_six_with_cbt").read_text(encoding="utf-8")
    path = tmp_path / "high_pressure.toml"
    path.write_text(text.replace('"124 mmHg"', '"148 mmHg"'), encoding="utf-8")
    return path
