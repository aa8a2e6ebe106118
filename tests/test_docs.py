"""The documentation builds offline, and says only what is there."""

import re
import shlex
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from ketacourse.cli.main import SUMMARIES, main

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGES = sorted(ROOT.joinpath("docs").rglob("*.md"))
COMMAND = re.compile(r"<!-- command: (\w+) -->\n```bash\n(.+?)\n```", re.DOTALL)
CODE = re.compile(r"```(?:bash|text)\n(.+?)```|`(.+?)`", re.DOTALL)
CALL = re.compile(r"\bketacourse ([a-z]+)")
LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")


def test_the_readme_gives_one_command_to_run_and_one_to_test():
    commands = dict(COMMAND.findall(README))
    assert set(commands) == {"main", "tests"}
    assert all(command.count("\n") == 0 for command in commands.values())


def test_the_main_command_of_the_readme_tells_where_the_report_lies(tmp_path, monkeypatch, capsys):
    last = dict(COMMAND.findall(README))["main"].rpartition("&&")[2]
    program, *arguments = shlex.split(last)
    monkeypatch.chdir(tmp_path)
    assert (program, main(arguments)) == (".venv/bin/ketacourse", 0)
    told = capsys.readouterr().out.splitlines()[-1].removeprefix("Report: ")
    assert (tmp_path / told).stat().st_size > 10_000


def test_continuous_integration_runs_the_test_command_of_the_readme():
    program = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    extract = program.partition("command=$(")[2].partition(")\nif")[0]
    shown = subprocess.run(["bash", "-c", extract], cwd=ROOT, capture_output=True, check=True)
    assert shown.stdout.decode().strip() == dict(COMMAND.findall(README))["tests"]


@pytest.mark.parametrize("page", [ROOT / "README.md", *PAGES], ids=lambda p: p.name)
def test_a_page_calls_only_commands_that_exist(page):
    code = "\n".join(block or span for block, span in CODE.findall(page.read_text("utf-8")))
    called = set(CALL.findall(code))
    assert called <= set(SUMMARIES)


@pytest.mark.parametrize("name", [*SUMMARIES])
def test_a_command_is_in_the_readme(name):
    assert f"`ketacourse {name}" in README


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "GLOSSARY.md", "CHANGELOG.md"])
def test_a_link_of_the_front_pages_leads_to_a_file(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    assert [link for link in LINK.findall(text) if not (ROOT / link).exists()] == []


def test_the_documentation_builds_without_a_warning_or_a_foreign_script(tmp_path, python):
    built = python("-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html",
                   str(ROOT / "docs"), str(tmp_path))  # fmt: skip
    assert (built.returncode, built.stderr) == (0, "")
    loaded = re.compile(r"<(?:script|link|img)[^>]+(?:src|href)=\"(?:https?:)?//")
    assert [p.name for p in tmp_path.rglob("*.html") if loaded.search(p.read_text("utf-8"))] == []


def test_the_wheel_holds_every_file_of_the_package(tmp_path):
    for name in ("pyproject.toml", "README.md", "LICENSE", ".gitignore"):
        shutil.copy(ROOT / name, tmp_path)
    unwanted = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "src", tmp_path / "src", ignore=unwanted)
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel"]
    subprocess.run(build, cwd=tmp_path, capture_output=True, check=True)
    (wheel,) = tmp_path.joinpath("dist").glob("*.whl")
    source = tmp_path / "src"
    files = {p.relative_to(source).as_posix() for p in source.rglob("*") if p.is_file()}
    assert files - set(zipfile.ZipFile(wheel).namelist()) == set()
