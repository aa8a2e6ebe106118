"""``ketacourse validate``: where it writes, and what it refuses before any work."""

import pytest

from ketacourse.errors import OutputError
from ketacourse.report.validation_folder import open_folder


def test_a_new_folder_is_made(tmp_path):
    open_folder(tmp_path / "a" / "b", force=False)
    assert (tmp_path / "a" / "b").is_dir()


def test_a_stopped_run_is_taken_up_without_force(tmp_path):
    (tmp_path / "parts").mkdir()
    open_folder(tmp_path, force=False)


@pytest.mark.parametrize("name", ["report.html", "letter.txt"])
def test_a_folder_that_holds_something_else_is_kept_without_force(tmp_path, name):
    (tmp_path / "parts").mkdir() if name == "report.html" else None
    (tmp_path / name).write_text("mine", encoding="utf-8")
    with pytest.raises(OutputError, match=r"already holds files.*--force"):
        open_folder(tmp_path, force=False)
    open_folder(tmp_path, force=True)
    assert (tmp_path / name).read_text(encoding="utf-8") == "mine"


def test_a_file_in_the_way_is_refused(tmp_path):
    (tmp_path / "out").write_text("", encoding="utf-8")
    with pytest.raises(OutputError, match="A file is in the way"):
        open_folder(tmp_path / "out" / "report", force=True)
