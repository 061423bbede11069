"""The commands that look after an installation."""

from pathlib import Path

import pytest

from deploy.command import main


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
