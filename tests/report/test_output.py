"""An output folder is written whole or not at all."""

import errno
import os
from pathlib import Path

import pytest

from ketacourse.errors import OutputError
from ketacourse.report.output import RESULT_FILES, fresh_directory


def write(folder: Path, *, force: bool = False, text: str = "new") -> None:
    with fresh_directory(folder, force=force) as scratch:
        (scratch / "summary.json").write_text(text)


def names(folder: Path) -> set[str]:
    return {entry.name for entry in folder.iterdir()}


def test_results_appear_under_the_asked_name_and_nothing_else_remains(tmp_path):
    write(tmp_path / "a" / "report")
    assert (tmp_path / "a" / "report" / "summary.json").read_text() == "new"
    assert names(tmp_path / "a") == {"report"}


def test_an_empty_folder_is_filled(tmp_path):
    (tmp_path / "report").mkdir()
    write(tmp_path / "report")
    assert names(tmp_path / "report") == {"summary.json"}


def test_a_folder_that_holds_files_is_refused(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(OutputError, match="already holds files.*--force"):
        write(tmp_path)
    assert names(tmp_path) == {"notes.txt"}


def test_force_replaces_earlier_results_and_keeps_other_files(tmp_path):
    folder = tmp_path / "report"
    write(folder, text="old")
    (folder / "report.pdf").write_text("of the old run")
    (folder / "notes.txt").write_text("mine")
    write(folder, force=True)
    assert names(folder) == {"summary.json", "notes.txt"}
    assert (folder / "summary.json").read_text() == "new"
    assert names(tmp_path) == {"report"}


def test_a_file_in_the_way_is_refused(tmp_path):
    (tmp_path / "report").write_text("a file")
    with pytest.raises(OutputError, match="A file is in the way"):
        write(tmp_path / "report", force=True)
    with pytest.raises(OutputError, match="A file is in the way"):
        write(tmp_path / "report" / "below")
    assert (tmp_path / "report").read_text() == "a file"


def test_a_link_to_a_folder_stays_a_link(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    write(tmp_path / "link")
    assert (tmp_path / "link").is_symlink()
    assert names(tmp_path / "real") == {"summary.json"}


@pytest.mark.parametrize("force", [False, True])
def test_the_working_folder_is_never_replaced(tmp_path, monkeypatch, force):
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path / "below")
    for folder in (Path(), tmp_path, Path("/")):
        with pytest.raises(OutputError, match="in use and cannot be replaced"):
            write(folder, force=force)


@pytest.mark.parametrize("failure", [RuntimeError("a defect"), KeyboardInterrupt()])
def test_a_failed_run_leaves_nothing_behind(tmp_path, failure):
    with pytest.raises(type(failure)), fresh_directory(tmp_path / "a" / "report") as scratch:
        (scratch / "report.html").write_text("half")
        raise failure
    assert names(tmp_path) == set()


def test_a_failed_run_leaves_earlier_results_as_they_were(tmp_path):
    write(tmp_path / "report", text="old")
    with pytest.raises(RuntimeError), fresh_directory(tmp_path / "report", force=True) as scratch:
        (scratch / "summary.json").write_text("half")
        raise RuntimeError
    assert (tmp_path / "report" / "summary.json").read_text() == "old"
    assert names(tmp_path) == {"report"}


def test_a_full_disk_is_told_with_a_remedy(tmp_path):
    with (
        pytest.raises(OutputError, match=r"disk of .* is full; nothing was kept. Free some space"),
        fresh_directory(tmp_path / "report"),
    ):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert names(tmp_path) == set()


def test_a_library_that_meets_a_full_disk_is_told_the_same(tmp_path, monkeypatch):
    monkeypatch.setattr("ketacourse.report.output._is_full", lambda _folder: True)
    with pytest.raises(OutputError, match="is full"), fresh_directory(tmp_path / "report"):
        raise RuntimeError("could not write block")
    assert names(tmp_path) == set()


def test_a_folder_without_rights_is_told_with_the_reason(tmp_path, monkeypatch):
    def refuse(*_args, **_options):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr("tempfile.mkdtemp", refuse)
    with pytest.raises(OutputError, match="cannot be written: Permission denied"):
        write(tmp_path / "a" / "report")
    assert names(tmp_path) == set()


@pytest.mark.parametrize("name", ["x" * 300, "nul\0byte"])
def test_an_impossible_name_is_refused(tmp_path, name):
    with pytest.raises(OutputError, match="Choose another name|another folder"):
        write(tmp_path / name)
    assert names(tmp_path) == set()


def test_an_error_about_another_file_is_not_blamed_on_the_output(tmp_path):
    missing = FileNotFoundError(errno.ENOENT, "No such file", "/some/font.ttf")
    with pytest.raises(FileNotFoundError), fresh_directory(tmp_path / "report"):
        raise missing


def test_results_that_appeared_during_the_run_are_not_overwritten(tmp_path):
    with (
        pytest.raises(OutputError, match="already holds files"),
        fresh_directory(tmp_path / "report") as scratch,
    ):
        (scratch / "summary.json").write_text("late")
        write(tmp_path / "report", text="first")
    assert (tmp_path / "report" / "summary.json").read_text() == "first"


def test_every_result_has_a_plain_file_name():
    assert all(name == Path(name).name for name in RESULT_FILES)
