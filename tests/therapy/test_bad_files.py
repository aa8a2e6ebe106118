"""What is no case file is refused with its reason: empty, binary, huge, missing, unreadable."""

from pathlib import Path

import pytest

from ketacourse.errors import InputError
from ketacourse.therapy.case import load_case

FILES = [
    ("empty", b"", "is empty"),
    ("only-blanks", b" \n\t\n", "is empty"),
    ("not-toml", b"age = \n", r"not TOML: .*line 1"),
    ("no-quotes", b"[patient]\nweight = 72 kg\n", r"not TOML: .*line 2"),
    ("key-twice", b'title = "a"\ntitle = "b"\n', "not TOML"),
    ("json", b'{"patient": 1}', "not TOML"),
    ("latin-1", 'title = "Caf\u00e9"'.encode("latin-1"), r"not UTF-8 text \(byte 12\)"),
    ("binary", bytes(range(256)), "UTF-8"),
    ("huge", b"#" * (1024 * 1024 + 1), "1 MiB"),
    ("number-without-end", b"x = " + b"9" * 5000, "not TOML"),
    ("nested-without-end", b"x = " + b"[" * 100_000, "not TOML"),
]


@pytest.mark.parametrize(("content", "says"), [f[1:] for f in FILES], ids=[f[0] for f in FILES])
def test_a_file_that_is_no_case_is_refused(content: bytes, says: str, tmp_path: Path) -> None:
    file = tmp_path / "case.toml"
    file.write_bytes(content)
    with pytest.raises(InputError, match=says) as caught:
        load_case(file)
    assert caught.value.exit_code == 2
    assert caught.value.remedy


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no file '.*nowhere\.toml'"):
        load_case(tmp_path / "nowhere.toml")


def test_a_directory_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is a directory"):
        load_case(tmp_path)


def test_a_path_through_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(InputError, match="cannot be read"):
        load_case(tmp_path / "file" / "case.toml")


def test_a_path_with_a_null_byte_is_refused() -> None:
    with pytest.raises(InputError, match="cannot be read"):
        load_case(Path("case\0.toml"))


def test_an_unreadable_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(self: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    file = tmp_path / "case.toml"
    file.write_text("x", encoding="utf-8")
    monkeypatch.setattr(Path, "read_bytes", denied)
    with pytest.raises(InputError, match="cannot be read: Permission denied"):
        load_case(file)


def test_a_device_is_refused() -> None:
    with pytest.raises(InputError, match="not a regular file"):
        load_case(Path("/dev/null"))
