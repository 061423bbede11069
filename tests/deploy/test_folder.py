import os
import stat
from pathlib import Path

import pytest

from deploy.folder import DataFolder, write_first, write_private
from registry.problems import Refusal


@pytest.fixture
def folder(tmp_path: Path) -> DataFolder:
    folder = DataFolder(tmp_path / "data")
    folder.prepare()
    return folder


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_only_the_owner_may_look_into_the_folder(folder: DataFolder) -> None:
    assert mode(folder.path) == 0o700
    folder.key("device")
    assert mode(folder.path / "keys" / "device") == 0o600


def test_a_key_is_made_once_and_differs_from_every_other(folder: DataFolder) -> None:
    assert folder.key("device") == DataFolder(folder.path).key("device")
    assert folder.key("device") != folder.key("audit")


def test_a_damaged_key_is_not_replaced_in_silence(folder: DataFolder) -> None:
    folder.key("audit")
    (folder.path / "keys" / "audit").write_bytes(b"short")
    with pytest.raises(Refusal, match="damaged"):
        folder.key("audit")


def test_a_folder_has_one_owner_at_a_time(folder: DataFolder) -> None:
    claim = folder.own()
    with pytest.raises(Refusal, match="Another dayuan is running"):
        folder.own()
    os.close(claim)
    os.close(folder.own())


def test_services_share_a_folder_each_once_and_nobody_has_it_alone_meanwhile(folder: DataFolder) -> None:
    claims = [*folder.own_part("gateway"), *folder.own_part("monitor")]
    with pytest.raises(Refusal, match="Another 'dayuan serve gateway' is running"):
        folder.own_part("gateway")
    with pytest.raises(Refusal, match="Another dayuan is running"):
        folder.own()
    for claim in claims:
        os.close(claim)
    whole = folder.own()
    with pytest.raises(Refusal, match="runs everything"):
        folder.own_part("gateway")
    os.close(whole)
    for claim in folder.own_part("gateway"):
        os.close(claim)


def test_a_folder_that_cannot_be_made_is_refused_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Refusal, match=r"cannot be written: .* --data-dir"):
        DataFolder(tmp_path / "file" / "data").prepare()


def test_a_private_file_is_replaced_whole(folder: DataFolder) -> None:
    write_private(folder.demo_file, b"one")
    write_private(folder.demo_file, b"two")
    assert folder.demo_file.read_bytes() == b"two"
    assert mode(folder.demo_file) == 0o600
    assert [path.name for path in folder.path.iterdir() if path.name.startswith(".")] == []


def test_a_folder_that_was_open_to_all_is_closed_and_what_is_written_in_it_later_too(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir(mode=0o755)
    before = os.umask(0o022)
    try:
        folder = DataFolder(tmp_path / "data")
        folder.prepare()
        (folder.path / "registry.db").write_bytes(b"")
    finally:
        os.umask(before)
    assert mode(folder.path) == 0o700
    assert mode(folder.path / "registry.db") == 0o600


def test_of_two_keys_made_at_once_the_first_one_stays(folder: DataFolder) -> None:
    file = folder.path / "keys" / "device"
    write_first(file, b"first")
    write_first(file, b"second")
    assert file.read_bytes() == b"first"
    assert [path.name for path in file.parent.iterdir()] == ["device"]


def test_the_key_for_passes_is_made_once_and_a_damaged_one_is_told(folder: DataFolder) -> None:
    assert folder.pass_key().private_bytes_raw() == folder.pass_key().private_bytes_raw()
    (folder.path / "keys" / "pass.pem").write_bytes(b"x")
    with pytest.raises(Refusal, match="damaged"):
        folder.pass_key()
