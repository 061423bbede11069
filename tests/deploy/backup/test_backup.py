"""A backup holds the whole house, and puts it back on either kind of store."""

import hashlib
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import update

from deploy.backup.resuming import VERSIONS
from deploy.backup.taking import NOT_KEPT
from deploy.command import main
from deploy.stores import ROOMS
from registry.access.reading import access_changes, load_access
from registry.auth.feed import changes_after, version
from registry.feed.models import FeedCounter
from registry.ids import SiteId
from registry.media.models import MediaRow
from registry.media.rules import MediaKind
from registry.media.store import MediaStore, picture_path
from registry.store import outbox
from registry.store.migrating import current_revision, newest, upgrade
from tests.fakes.clock import NOON, FixedClock
from tests.makers.houses import House
from tests.makers.pictures import a_picture
from tests.makers.rows import everything, fill, kept_columns

NewHouse = Callable[..., House]
KINDS = ["sqlite", "postgresql"]
AFTERWARDS = {"feed_counter", "feed_change", "auth_counter", "audit"}
"""Tables of the registry in which a restore itself writes."""


def backed_up(house: House, file: Path, *words: str) -> Path:
    assert main(["backup", "--out", str(file), *words, *house.words]) == 0
    return file


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("other", KINDS)
def test_every_row_of_every_table_comes_back_on_either_kind_of_store(
    kind: str, other: str, new_house: NewHouse, tmp_path: Path
) -> None:
    old, new = new_house("old", kind), new_house("new", other)
    old.fill()
    before = old.rows()
    file = backed_up(old, tmp_path / "house.backup")
    assert main(["restore", str(file), *new.words]) == 0
    after = new.rows()
    for room, tables in before.items():
        assert after[room].keys() == tables.keys()
        for table, rows in tables.items():
            if table in NOT_KEPT[room]:
                assert (rows != [], after[room][table]) == (True, [])
            elif table not in AFTERWARDS or room != "registry":
                assert after[room][table] == rows
            elif table in {"audit", "feed_change"}:
                assert set(after[room][table]) > set(rows)
    assert old.rows() == before


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_numbered_goes_on_after_the_highest_number(kind: str, new_house: NewHouse, tmp_path: Path) -> None:
    old, new = new_house("old"), new_house("new", kind)
    old.fill()
    assert main(["restore", str(backed_up(old, tmp_path / "b")), *new.words]) == 0
    for store in new.make().values():
        with store.begin(NOON) as work:
            outbox.announce(work.session, "the newest", b"")
        with store.read() as session:
            assert outbox.waiting(session)[-1].topic == "the newest"
        store.close()


@pytest.mark.parametrize("kind", KINDS)
def test_a_backup_of_an_earlier_schema_is_restored_and_brought_to_the_newest(
    kind: str, new_house: NewHouse, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old, new = new_house("old"), new_house("new", kind)
    before = {}
    for name, store in old.open().items():
        with store.engine.begin() as connection:
            upgrade(connection, store.room, "0001")
            fill(connection, store.room)
            columns = kept_columns(connection, store.room)
            before[name] = (columns, everything(connection, store.room, columns))
        store.close()
    file = backed_up(old, tmp_path / "b")
    assert main(["restore", str(file), *new.words]) == 0
    assert f"registry: schema 0001 brought to {newest(ROOMS['registry'])}\n" in capsys.readouterr().out
    for name, store in new.make().items():
        assert current_revision(store) == newest(store.room)
        with store.engine.begin() as connection:
            after = everything(connection, store.room, before[name][0])
        for table, rows in before[name][1].items():
            assert set(after[table]) >= set(rows) or table in {*NOT_KEPT[name], *AFTERWARDS}
        store.close()


def test_who_holds_a_version_that_the_restored_house_has_not_given_yet_reads_all_anew(
    new_house: NewHouse, tmp_path: Path
) -> None:
    old, new = new_house("old"), new_house("new")
    old.fill()
    file = backed_up(old, tmp_path / "b")
    registry = old.make()["registry"]
    with registry.begin(NOON) as work:
        work.session.execute(update(FeedCounter).values(version=FeedCounter.version + 70))
    with registry.read() as session:
        known = load_access(session).versions
    registry.close()
    assert main(["restore", str(file), *new.words]) == 0
    restored = new.make()["registry"]
    with restored.read() as session:
        assert access_changes(session, known).structure_changed
        newest = version(session)
        assert newest > VERSIONS
        assert changes_after(session, 70, newest=newest) is None
    restored.close()


def test_pictures_come_along_and_one_that_is_gone_is_told(
    new_house: NewHouse, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old, new = new_house("old"), new_house("new")
    stores = old.make()
    media = MediaStore(old.folder.media, stores["registry"], FixedClock())
    kept, gone = (media.put(a_picture(seed=seed), site=SiteId("oc1"), kind=MediaKind.PHOTO) for seed in (1, 2))
    picture_path(old.folder.media, gone.sha256).unlink()
    file = backed_up(old, tmp_path / "b")
    assert "1 pictures that rows name were not there" in capsys.readouterr().err
    assert main(["restore", str(file), *new.words]) == 0
    restored = MediaStore(new.folder.media, new.make()["registry"], FixedClock())
    assert hashlib.sha256(restored.get(kept.id).path.read_bytes()).hexdigest() == kept.sha256
    with restored.store.read() as session:
        assert session.get(MediaRow, gone.id) is not None


def test_keys_come_along_and_only_the_owner_may_read_the_file(
    new_house: NewHouse, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old, new = new_house("old"), new_house("new")
    old.made()
    key = old.folder.key("device")
    file = backed_up(old, tmp_path / "b")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "It holds the keys of the house" in capsys.readouterr().err
    assert main(["restore", str(file), *new.words]) == 0
    assert new.folder.key("device") == key
    assert stat.S_IMODE((new.path / "keys" / "device").stat().st_mode) == 0o600


def test_a_backup_without_keys_says_what_that_means_when_it_is_taken_and_when_it_is_restored(
    new_house: NewHouse, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old, new = new_house("old"), new_house("new")
    old.made()
    file = backed_up(old, tmp_path / "b", "--without-keys")
    assert f"put the folder {old.path / 'keys'} by" in capsys.readouterr().err
    assert old.folder.key("audit") not in file.read_bytes()
    assert main(["restore", str(file), *new.words]) == 0
    assert f"put those of the old house into {new.path / 'keys'} before you start" in capsys.readouterr().err
    assert not (new.path / "keys" / "audit").exists()


def test_a_sealed_backup_opens_with_its_passphrase_only(
    new_house: NewHouse, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old, new = new_house("old"), new_house("new")
    old.fill()
    right, wrong = tmp_path / "right", tmp_path / "wrong"
    right.write_text("山高水长 four words\n")
    wrong.write_text("another\n")
    file = backed_up(old, tmp_path / "b", "--passphrase-file", str(right))
    assert old.folder.key("audit") not in file.read_bytes()
    capsys.readouterr()
    assert main(["restore", str(file), *new.words]) == 2
    assert capsys.readouterr().err == (
        f"dayuan: The backup {file} is sealed. Name the file of its passphrase with --passphrase-file.\n"
    )
    assert main(["restore", str(file), "--passphrase-file", str(wrong), *new.words]) == 2
    assert capsys.readouterr().err == f"dayuan: This passphrase does not open {file}.\n"
    assert not new.path.exists()
    assert main(["backup", "verify", str(file), "--passphrase-file", str(right)]) == 0
    assert main(["restore", str(file), "--passphrase-file", str(right), *new.words]) == 0
    assert new.rows()["gateway"] == old.rows()["gateway"]


def test_piped_it_says_one_line_of_what_is_in_it(
    new_house: NewHouse, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old = new_house("old")
    old.fill()
    counts = {room: {table: len(there) for table, there in tables.items()} for room, tables in old.rows().items()}
    rows = sum(n for room, tables in counts.items() for table, n in tables.items() if table not in NOT_KEPT[room])
    backed_up(old, tmp_path / "b")
    said = capsys.readouterr().out
    assert said.startswith(f"{tmp_path / 'b'}: {rows} rows, 5 pictures, keys, ")
    assert said.count("\n") == 1
