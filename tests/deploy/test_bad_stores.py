"""A store or a key that is lost, damaged or another's ends a start with one sentence, and is left as it is."""

import os
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import delete, insert, make_url

from deploy.command import main
from deploy.folder import DataFolder
from deploy.house import closed_afterwards, newest_stores
from deploy.keys import SECRETS, SIGNING
from registry.auth.models import WrongTriesRow
from registry.problems import Refusal
from tests.fakes.clock import NOON
from tests.makers.houses import House
from tests.postgres import Postgres

PUT_BACK = "Put the house back from a backup: dayuan restore."


@pytest.fixture
def house(tmp_path: Path) -> House:
    """A house in files, with rows in every table, that was stopped in order."""
    house = House(tmp_path / "house")
    house.fill()
    return house


def refused(house: House, capsys: pytest.CaptureFixture[str]) -> str:
    """What a start says, for it must be one sentence and must change no file."""
    before = files(house.path)
    capsys.readouterr()
    assert main(["migrate", *house.words]) == 2
    said = capsys.readouterr().err
    assert said.startswith("dayuan: ")
    assert said.count("\n") == 1
    assert files(house.path) == before
    return said.removeprefix("dayuan: ").rstrip("\n")


def files(folder: Path) -> dict[str, str]:
    """The digest of every file but what SQLite makes for a moment to read with."""
    found = (path for path in sorted(folder.rglob("*")) if path.is_file() and not path.name.endswith("-shm"))
    return {str(path.relative_to(folder)): sha256(path.read_bytes()).hexdigest() for path in found}


@pytest.mark.parametrize("room", ["registry", "gateway", "monitor"])
@pytest.mark.parametrize(
    ("content", "said"),
    [
        (lambda whole: bytes(len(whole)), "is no database."),
        (lambda _: b"Dear customer,\n" * 500, "is no database."),
        (lambda _: os.urandom(40_000), "is no database."),
        (lambda whole: whole[: len(whole) // 2], "was cut: a part of it is not there."),
        (lambda whole: whole[:5_000], "was cut: a part of it is not there."),
        (lambda whole: whole[:50], "was cut: a part of it is not there."),
    ],
    ids=["zeros", "letter", "noise", "half", "a page and a bit", "a part of its head"],
)
def test_a_file_that_is_no_whole_store_is_told(
    room: str, content: Callable[[bytes], bytes], said: str, house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    file = house.path / f"{room}.db"
    file.write_bytes(content(file.read_bytes()))
    assert refused(house, capsys) == f"The {room} store {file} {said} {PUT_BACK}"


def test_pages_that_were_written_over_are_told(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    file = house.path / "monitor.db"
    whole = file.read_bytes()
    file.write_bytes(whole[:100] + bytes(3_996) + whole[4_096:])
    assert refused(house, capsys) == f"The monitor store {file} is damaged. {PUT_BACK}"


@pytest.mark.parametrize(("room", "table"), [("registry", "device"), ("gateway", "entry"), ("monitor", "signals")])
def test_a_table_that_is_missing_is_named(
    room: str, table: str, house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    with closing(sqlite3.connect(house.path / f"{room}.db")) as store:
        store.execute(f"DROP TABLE {table}")
    assert refused(house, capsys) == f"The {room} store is damaged: it has no table {table}. {PUT_BACK}"


def test_a_store_that_is_lost_is_not_made_anew(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    (house.path / "gateway.db").unlink()
    assert refused(house, capsys) == f"The gateway store is lost, and this house had one. {PUT_BACK}"
    (house.path / "registry.db").unlink()
    said = refused(house, capsys)
    assert (
        said == f"The registry store {house.path / 'registry.db'} is lost, but that of the monitor is there. {PUT_BACK}"
    )


def test_a_store_that_became_empty_is_not_filled_anew(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    (house.path / "monitor.db").write_bytes(b"")
    assert refused(house, capsys) == f"The monitor store is lost, and this house had one. {PUT_BACK}"


def killed(house: House, place: Path, *, tries: int) -> None:
    """Copy the house's folder as a run that is killed leaves it: what it wrote last is in the log beside the store."""
    stores = house.make()
    with stores["registry"].begin(NOON) as work:
        work.session.execute(delete(WrongTriesRow))
        rows = [{"who": f"{number:060}", "count": number, "last_at": NOON} for number in range(tries)]
        work.session.execute(insert(WrongTriesRow), rows)
    shutil.copytree(house.path, place)
    for store in stores.values():
        store.close()


def test_what_a_killed_run_left_in_its_log_is_there_after_the_start(house: House, tmp_path: Path) -> None:
    killed(house, tmp_path / "killed", tries=400)
    assert (tmp_path / "killed" / "registry.db-wal").stat().st_size > 20_000
    assert len(House(tmp_path / "killed").rows()["registry"]["wrong_tries"]) == 400


def test_the_log_of_another_store_is_noticed_before_the_two_become_one(
    house: House, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = House(tmp_path / "other")
    with closed_afterwards(newest_stores(other.settings)):  # by its own migrations: a copy would be the same store
        pass
    killed(other, tmp_path / "killed", tries=900)
    shutil.copy(tmp_path / "killed" / "registry.db-wal", house.path)
    log = house.path / "registry.db-wal"
    assert refused(house, capsys) == f"The file {log} belongs to another store than registry.db beside it. {PUT_BACK}"


def test_the_log_of_another_day_is_noticed_too(
    house: House, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(house.path, tmp_path / "yesterday")
    for tries in (300, 600):
        killed(house, tmp_path / f"killed-{tries}", tries=tries)
    shutil.copy(tmp_path / "yesterday" / "registry.db", tmp_path / "killed-600")
    said = refused(House(tmp_path / "killed-600"), capsys)
    assert said.endswith(f"belongs to another store than registry.db beside it. {PUT_BACK}")
    shutil.copy(tmp_path / "killed-300" / "registry.db-wal", house.path)
    assert refused(house, capsys).endswith(f"belongs to another store than registry.db beside it. {PUT_BACK}")


@pytest.mark.parametrize("name", [*SECRETS, SIGNING])
def test_a_key_that_is_lost_or_another_houses_is_named_and_not_made_anew(
    name: str, house: House, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = house.path / "keys" / name
    kept = file.read_bytes()
    file.unlink()
    assert refused(house, capsys) == (
        f"The key file {file} is lost, and this house was made with it. "
        f"Put it back from a backup, or 'dayuan key replace {name}'."
    )
    other = House(tmp_path / "other")
    other.made()
    shutil.copy(other.path / "keys" / name, file)
    assert refused(house, capsys) == (
        f"The key file {file} is not the one of this house. Put that one back from a backup."
    )
    file.write_bytes(b"short")
    assert refused(house, capsys) == f"The key file {file} is damaged. Put it back from a backup."
    file.write_bytes(kept)
    assert main(["migrate", *house.words]) == 0


@pytest.mark.parametrize("name", [*SECRETS, SIGNING])
def test_a_key_that_is_lost_for_good_is_replaced_by_a_person_who_is_told_what_is_lost_with_it(
    name: str, house: House, capsys: pytest.CaptureFixture[str]
) -> None:
    file = house.path / "keys" / name
    assert main(["key", "replace", name, *house.words]) == 2
    assert "Only one that is lost is made anew" in capsys.readouterr().err
    kept = file.read_bytes()
    file.unlink()
    assert main(["key", "replace", name, *house.words]) == 0
    assert re.fullmatch(rf"{re.escape(str(file))} is made anew\. [A-Z].*\.\n", capsys.readouterr().out)
    assert file.read_bytes() != kept
    assert any("key-replaced" in row for row in house.rows()["registry"]["audit"])


def test_there_is_no_key_of_a_name_that_none_has(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["key", "replace", "audits", *house.words]) == 2
    assert capsys.readouterr().err.startswith("dayuan: There is no key audits. There are: attempt, audit, device, ")


def test_a_key_is_not_replaced_while_the_house_runs(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    (house.path / "keys" / "device").unlink()
    claim = house.folder.own()
    assert main(["key", "replace", "device", *house.words]) == 2
    assert "Another dayuan is running on the data folder" in capsys.readouterr().err
    os.close(claim)


def test_every_key_of_the_folder_is_known_by_its_fingerprint(house: House) -> None:
    assert {file.name for file in (house.path / "keys").iterdir()} == {*SECRETS, SIGNING}


def test_an_unfinished_restore_keeps_the_house_from_starting(house: House, capsys: pytest.CaptureFixture[str]) -> None:
    (house.path / ".restoring").mkdir()
    assert refused(house, capsys) == f"A restore into {house.path} was ended before it was done. Run it again."


def as_a_lodger(*words: str) -> "subprocess.CompletedProcess[str]":
    """Run the command as somebody who owns nothing here; root may write everywhere."""
    become = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] if os.geteuid() == 0 else []
    run = [*become, sys.executable, "-m", "deploy.command", *words]
    return subprocess.run(run, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2])


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody who may not read the folder")
def test_a_folder_that_may_only_be_read_is_told() -> None:
    if as_a_lodger("settings").returncode != 0:
        pytest.skip("somebody who owns nothing cannot run Python here")
    done = as_a_lodger("migrate", "--data-dir", "/usr/dayuan-data")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "dayuan: The data folder /usr/dayuan-data cannot be written: Permission denied. Name another with --data-dir.\n"
    )


@pytest.fixture
def database(postgres: Postgres) -> str:
    return postgres.empty()


def as_its_owner(database: str) -> "psycopg.Connection[tuple[object, ...]]":
    return psycopg.connect(make_url(database).set(drivername="postgresql").render_as_string(hide_password=False))


def a_lodger_of(database: str) -> str:
    """The URL with which somebody else uses the database, who may look at the registry's schema."""
    with as_its_owner(database) as admin:
        admin.execute("DROP ROLE IF EXISTS tenant")
        admin.execute("CREATE ROLE tenant LOGIN PASSWORD 'geheim'")
        admin.execute("GRANT USAGE ON SCHEMA registry TO tenant")
    return make_url(database).set(username="tenant", password="geheim").render_as_string(hide_password=False)


def test_a_schema_of_somebody_else_is_told_and_who_must_own_it(
    database: str, postgres: Postgres, tmp_path: Path
) -> None:
    House(tmp_path / "owner", database).made()
    url = a_lodger_of(database)
    with pytest.raises(Refusal) as refused_to_read:
        House(tmp_path / "owner", url).make()
    assert str(refused_to_read.value) == (
        "The registry store belongs to another user of the database. "
        "Make ours its owner: ALTER SCHEMA registry OWNER TO …, and its tables."
    )
    postgres.give_back(database)


def test_a_table_or_a_schema_that_is_missing_in_the_database_is_told(
    database: str, postgres: Postgres, tmp_path: Path
) -> None:
    house = House(tmp_path / "house", database)
    house.made()
    for statement, said in (
        ("DROP TABLE monitor.seen", rf"The monitor store is damaged: it has no table seen\. {PUT_BACK}"),
        ("DROP SCHEMA gateway CASCADE", rf"The gateway store is lost, and this house had one\. {PUT_BACK}"),
    ):
        with as_its_owner(database) as admin:
            admin.execute(statement)
        with pytest.raises(Refusal, match=said):
            house.make()
    postgres.give_back(database)


def test_a_house_whose_data_folder_is_lost_does_not_start_on_its_database_with_new_keys(
    database: str, postgres: Postgres, tmp_path: Path
) -> None:
    House(tmp_path / "lost", database).made()
    elsewhere = House(tmp_path / "elsewhere", database)
    with pytest.raises(Refusal, match=r"keys/attempt is lost, and this house was made with it"):
        elsewhere.make()
    assert list((DataFolder(elsewhere.path).path / "keys").iterdir()) == []
    postgres.give_back(database)
