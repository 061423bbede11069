"""The commands that look after an installation."""

from pathlib import Path

import pytest

from deploy.command import main
from deploy.folder import DataFolder


@pytest.mark.parametrize(
    "words", [["audit", "verify"], ["device", "list"], ["device", "source", "oc1/camera/a", "x.avi"]]
)
def test_a_folder_without_a_store_is_told_and_not_made(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "mistyped"
    assert main([*words, "--data-dir", str(folder)]) == 2
    said = capsys.readouterr().err
    assert said == f"dayuan: There is no store in {folder}. Name the data folder with --data-dir.\n"
    assert not folder.exists()


def test_fresh_stores_have_an_intact_audit(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = ["--data-dir", str(tmp_path / "data")]
    assert main(["migrate", *folder]) == 0
    assert main(["audit", "verify", *folder]) == 0
    assert capsys.readouterr().out.count("0 records, intact") == 3


def test_a_device_that_is_none_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = ["--data-dir", str(tmp_path / "data")]
    assert main(["migrate", *folder]) == 0
    assert main(["device", "source", "camera", "x.avi", *folder]) == 2
    assert "no device" in capsys.readouterr().err


def test_a_house_in_a_database_gets_no_second_one_of_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = DataFolder(tmp_path / "data")
    folder.prepare()
    folder.database.write_text("db.example/dayuan\n", encoding="utf-8")
    for words in (["migrate"], ["user", "add", "li", "--role", "admin"], ["audit", "verify"], ["backup", "--out", "b"]):
        assert main([*words, "--data-dir", str(folder.path)]) == 2
        assert capsys.readouterr().err == (
            f"dayuan: The house of {folder.path} is in the database db.example/dayuan. "
            "Set DAYUAN_STORE_URL, or name the file of settings with --config.\n"
        )
    assert not folder.store_file("registry").exists()


def test_a_folder_of_another_user_is_told_with_who_may(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "data"
    assert main(["migrate", "--data-dir", str(folder)]) == 0
    key, read = folder / "keys" / "attempt", Path.read_bytes

    def refused(file: Path) -> bytes:
        if file == key:
            raise PermissionError(13, "Permission denied", str(file))
        return read(file)

    monkeypatch.setattr(Path, "read_bytes", refused)
    assert main(["audit", "verify", "--data-dir", str(folder)]) == 2
    assert f"dayuan: {key} is not for the user " in capsys.readouterr().err


def test_a_password_with_a_sign_of_addresses_is_told_how_to_write(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAYUAN_STORE_URL", "postgresql+psycopg://dayuan:a-P@ss/1@127.0.0.1:1/dayuan")
    assert main(["audit", "verify", "--data-dir", str(tmp_path / "data")]) == 2
    said = capsys.readouterr().err
    assert (
        said == "dayuan: The store URL has more than one @. Write one that is in the password as %40, and % as %25.\n"
    )


def test_settings_in_a_pipe_have_a_line_each_and_nothing_is_cut_off(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = "/srv/" + "very-" * 20 + "long"
    monkeypatch.setenv("DAYUAN_DATA_DIR", folder)
    assert main(["settings"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert any(folder in line and "DAYUAN_DATA_DIR" in line for line in lines)
