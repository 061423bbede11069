"""A backup that is not whole, and a place that is not empty, are refused in one sentence; nothing is damaged or left behind."""

import gzip
import os
import random
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text

from deploy.backup.archive import Damaged, read_archive, written_archive
from deploy.backup.checking import MOST_BYTES, check
from deploy.backup.contents import HEAD, KEYS, MANIFEST, MEDIA, ROWS
from deploy.command import main
from registry.problems import Refusal
from tests.makers.houses import House

NewHouse = Callable[..., House]
NO_WHOLE = "is no whole backup: it was cut or altered, or it never was one. Take another."


@pytest.fixture
def backup(new_house: NewHouse, tmp_path: Path) -> Path:
    """A backup of a house with rows in every table."""
    old = new_house("old")
    old.fill()
    file = tmp_path / "house.backup"
    assert main(["backup", "--out", str(file), *old.words]) == 0
    return file


def refused(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    capsys.readouterr()
    assert main(list(words)) == 2
    said = capsys.readouterr().err
    assert said.startswith("dayuan: ")
    assert said.count("\n") == 1
    return said.removeprefix("dayuan: ").rstrip("\n")


def a_part_of(backup: Path, *, length: int) -> Path:
    cut = backup.with_name("cut.backup")
    cut.write_bytes(backup.read_bytes()[:length])
    return cut


def members(file: Path) -> list[tuple[str, bytes]]:
    return [(member.name, member.data) for member in read_archive(file, None, read=lambda _: None)]


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
@pytest.mark.parametrize("share", [0, 0.3, 0.9])
def test_a_backup_that_was_cut_is_told_and_leaves_nothing_behind(
    kind: str, share: float, backup: Path, new_house: NewHouse, capsys: pytest.CaptureFixture[str]
) -> None:
    cut = a_part_of(backup, length=int(share * backup.stat().st_size))
    new = new_house("new", kind)
    assert refused(capsys, "restore", str(cut), *new.words).endswith(NO_WHOLE)
    assert not new.path.exists()
    assert main(["restore", str(backup), *new.words]) == 0


def test_whatever_byte_was_altered_is_noticed_unless_it_means_nothing(backup: Path) -> None:
    chance = random.Random(20261123)
    whole, as_written = backup.read_bytes(), members(backup)
    altered = backup.with_name("altered.backup")
    noticed = 0
    for _ in range(150):
        at = chance.randrange(len(whole))
        altered.write_bytes(whole[:at] + bytes([whole[at] ^ (1 << chance.randrange(8))]) + whole[at + 1 :])
        try:
            check(altered, None, told=lambda _, __: None)
        except Damaged:
            noticed += 1
        else:
            assert members(altered) == as_written
    assert noticed > 75


def test_a_file_that_never_was_a_backup_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for content in (b"", bytes(20_000), b"a letter", os.urandom(20_000)):
        (tmp_path / "file").write_bytes(content)
        assert refused(capsys, "backup", "verify", str(tmp_path / "file")).endswith(NO_WHOLE)
    assert "No such file" in refused(capsys, "backup", "verify", str(tmp_path / "nowhere"))


def test_a_backup_of_a_newer_version_is_told(
    backup: Path, new_house: NewHouse, capsys: pytest.CaptureFixture[str]
) -> None:
    head = members(backup)[0][1].decode()
    for newer in (
        re.sub(r'"format":1,"product":"[^"]+"', '"format":2,"product":"9.1"', head),
        re.sub(r'"product":"[^"]+"(.*)"revision":"\d+"', r'"product":"9.1"\1"revision":"9999"', head),
    ):
        file = backup.with_name("newer.backup")
        file.unlink(missing_ok=True)
        with written_archive(file, None, at=0, check=lambda _: None) as archive:
            archive.put(HEAD, newer.encode())
            archive.finish(())
        said = refused(capsys, "restore", str(file), *new_house("new").words)
        assert said == f"The backup {file} was written by a newer version of Dayuan (9.1). Install that version."


@pytest.mark.parametrize("name", ["../outside", ".hidden", "a/b", ""])
def test_a_member_that_would_lie_elsewhere_is_refused(name: str, backup: Path, new_house: NewHouse) -> None:
    foul = backup.with_name("foul.backup")
    with written_archive(foul, None, at=0, check=lambda _: None) as archive:
        archive.put(HEAD, members(backup)[0][1])
        archive.put(f"{KEYS}{name}", b"x")
        archive.finish(())
    assert main(["restore", str(foul), *new_house("new").words]) == 2
    assert not (backup.parent / "outside").exists()
    assert not new_house("new").path.exists()


def test_a_folder_that_is_not_empty_is_left_as_it_is(
    backup: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter").write_text("dear")
    said = refused(capsys, "restore", str(backup), "--data-dir", str(tmp_path / "mine"))
    assert said == f"The data folder {tmp_path / 'mine'} is not empty. Name an empty or a new one with --data-dir."
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["letter"]


def test_a_database_that_is_not_empty_is_left_as_it_is(
    backup: Path, new_house: NewHouse, capsys: pytest.CaptureFixture[str]
) -> None:
    there = new_house("there", "postgresql")
    there.fill()
    rows = there.rows()
    said = refused(
        capsys, "restore", str(backup), "--data-dir", str(there.path) + "-2", "--store-url", str(there.database)
    )
    assert said == "The database holds tables in the schema registry already. Restore into an empty one."
    assert there.rows() == rows
    assert not Path(f"{there.path}-2").exists()


def test_a_backup_does_not_write_over_a_file(
    new_house: NewHouse, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old = new_house("old")
    old.made()
    (tmp_path / "letter").write_text("dear")
    said = refused(capsys, "backup", "--out", str(tmp_path / "letter"), *old.words)
    assert said == f"There is a file {tmp_path / 'letter'} already. Name another with --out."
    assert (tmp_path / "letter").read_text() == "dear"


def test_what_a_backup_is_written_into_is_for_its_owner_alone(new_house: NewHouse, tmp_path: Path) -> None:
    left = tmp_path / "b.part"
    left.write_bytes(b"left by a backup that was killed")
    left.chmod(0o644)
    assert main(["backup", "--out", str(tmp_path / "b"), *new_house("old").made().words]) == 0
    assert (tmp_path / "b").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("lay", [Path.symlink_to, Path.hardlink_to], ids=["a link", "a second name"])
def test_a_backup_is_not_written_to_where_somebody_leads_it(
    lay: Callable[[Path, Path], None], new_house: NewHouse, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    theirs = tmp_path / "theirs"
    theirs.write_text("a letter")
    lay(tmp_path / "b.part", theirs)
    refused(capsys, "backup", "--out", str(tmp_path / "b"), *new_house("old").made().words)
    assert theirs.read_text() == "a letter"
    assert not (tmp_path / "b").exists()


def test_a_member_that_swells_when_it_is_unpacked_is_refused(backup: Path) -> None:
    swelling = backup.with_name("swelling.backup")
    with written_archive(swelling, None, at=0, check=lambda _: None) as archive:
        is_swollen = False
        for name, data in members(backup):
            if name.startswith(ROWS) and not is_swollen:
                lines = gzip.decompress(data).removesuffix(b"\n")
                archive.put(name, gzip.compress(lines + b" " * MOST_BYTES, compresslevel=1))
                is_swollen = True
            elif name.startswith(MEDIA):
                archive.put_picture(name.removeprefix(MEDIA), data)
            elif name != MANIFEST:
                archive.put(name, data)
        archive.finish(check(backup, None, told=lambda *_: None).missing_pictures)
    with pytest.raises(Damaged):
        check(swelling, None, told=lambda *_: None)


def test_where_nothing_is_there_is_nothing_to_back_up(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = refused(capsys, "backup", "--out", str(tmp_path / "b"), "--data-dir", str(tmp_path / "mistyped"))
    assert said == f"There is no registry store in {tmp_path / 'mistyped'}. Name the data folder with --data-dir."
    assert list(tmp_path.iterdir()) == []
    assert refused(capsys, "backup", "--data-dir", str(tmp_path / "mistyped")) == "Name the file to write with --out."


def test_a_store_of_a_newer_version_is_not_backed_up_by_an_older_one(
    new_house: NewHouse, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old = new_house("old")
    with old.make()["monitor"].engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'later'"))
    said = refused(capsys, "backup", "--out", str(tmp_path / "b"), *old.words)
    assert said == "The monitor store was written by a newer version of Dayuan. Install that version."
    assert not (tmp_path / "b.part").exists()


@pytest.mark.parametrize("room", ["registry", "monitor"])
def test_a_damaged_store_is_told_and_not_backed_up(
    room: str, new_house: NewHouse, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old = new_house("old")
    old.fill()
    file = old.path / f"{room}.db"
    whole = file.read_bytes()
    file.write_bytes(whole[:8192] + bytes(len(whole) - 8192))
    said = refused(capsys, "backup", "--out", str(tmp_path / "b"), *old.words)
    assert said == "The backup failed, and nothing of it was kept: database disk image is malformed."
    assert sorted(path.name for path in tmp_path.iterdir()) == ["old"]


def with_little_room(*words: str) -> "subprocess.CompletedProcess[str]":
    """Run the command where no file may grow beyond 64 KiB, which to a program looks like a full disk."""
    script = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (65536, 65536));"
        "from deploy.command import main; sys.exit(main(sys.argv[1:]))"
    )
    return subprocess.run([sys.executable, "-c", script, *words], capture_output=True, text=True, check=False)


def test_a_full_disk_ends_a_backup_and_a_restore_with_a_sentence_and_leaves_nothing_behind(
    backup: Path, new_house: NewHouse, tmp_path: Path
) -> None:
    old, new = new_house("old"), new_house("new")
    done = with_little_room("backup", "--out", str(tmp_path / "b"), *old.words)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"dayuan: The backup cannot be written to {tmp_path / 'b'}: File too large.\n"
    done = with_little_room("restore", str(backup), *new.words)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("dayuan: The restore failed, and nothing of it was kept: ")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["house.backup", "old"]


AT_THE_FIRST_PICTURE_OR_TABLE = "import deploy.backup.restoring as it; it.move_in = killed;"
AT_ITS_LAST_STEP = "import pathlib; pathlib.Path.rmdir = killed;"


@pytest.mark.parametrize("killed_at", [AT_THE_FIRST_PICTURE_OR_TABLE, AT_ITS_LAST_STEP], ids=["first", "last"])
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_after_a_restore_that_was_killed_nothing_starts_and_the_next_one_makes_it_whole(
    kind: str, killed_at: str, backup: Path, new_house: NewHouse
) -> None:
    new = new_house("new", kind)
    code = (
        "import os, signal, sys; killed = lambda _: os.kill(os.getpid(), signal.SIGKILL);"
        f"{killed_at} from deploy.command import main; main(sys.argv[1:])"
    )
    words = [sys.executable, "-c", code, "restore", str(backup), *new.words]
    assert subprocess.run(words, check=False).returncode == -signal.SIGKILL
    with pytest.raises(Refusal, match=r"^A restore into .* was ended before it was done\. Run it again\.$"):
        new.make()
    assert main(["restore", str(backup), *new.words]) == 0
    assert new.rows()["gateway"] == new_house("old").rows()["gateway"]
    assert not new.folder.restoring.exists()


def test_a_database_of_another_backup_is_not_taken_for_what_was_to_be_restored(
    backup: Path, new_house: NewHouse, capsys: pytest.CaptureFixture[str]
) -> None:
    new = new_house("new", "postgresql")
    assert main(["restore", str(backup), *new.words]) == 0
    new.folder.restoring.mkdir()
    other = backup.with_name("other.backup")
    assert main(["backup", "--out", str(other), *new_house("old").words]) == 0
    said = refused(capsys, "restore", str(other), *new.words)
    assert said == "The database holds tables in the schema registry already. Restore into an empty one."
    assert new.folder.restoring.exists()
