"""The floors hold: imports point down, files stay short, names say what they hold."""

import ast
from pathlib import Path

import grimp
import pytest
from importlinter.api import read_configuration
from importlinter.cli import lint_imports

ROOT = Path(__file__).resolve().parents[1]
SOURCES = sorted((ROOT / "src" / "ketacourse").rglob("*.py"))
LONGEST_FILE = 400
EMPTY_WORDS = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "base"}
SHARED_BY_STAGES = {"ketacourse.model.expression", "ketacourse.model.flow"}


@pytest.fixture(scope="module")
def graph():
    return grimp.build_graph("ketacourse", cache_dir=None)


def test_every_import_contract_is_kept(monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    assert lint_imports(no_cache=True) == 0, capsys.readouterr().out


def test_the_floors_are_among_the_contracts(monkeypatch):
    monkeypatch.chdir(ROOT)
    contracts = read_configuration()["contracts_options"]
    floors = next(c for c in contracts if c["type"] == "layers")
    assert floors["exhaustive"] in (True, "True")


def test_only_the_entry_point_imports_the_package_root(graph):
    above = graph.find_modules_that_directly_import("ketacourse")
    assert above == set(), "import the module that defines the name, not the face"


def test_stages_of_the_model_meet_only_in_the_chain(graph):
    stages = graph.find_children("ketacourse.model") - SHARED_BY_STAGES - {"ketacourse.model.chain"}
    for stage in stages:
        for other in stages - {stage}:
            assert not graph.direct_import_exists(
                importer=stage, imported=other, as_packages=True
            ), f"{stage} imports {other}"


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_source_file_is_short_documented_and_well_named(path):
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= LONGEST_FILE
    assert ast.get_docstring(ast.parse(text)), "say in one sentence what the file is about"
    assert not {path.stem, path.parent.name} & EMPTY_WORDS
