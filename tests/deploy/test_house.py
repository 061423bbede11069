"""Where the stores of the rooms are, and that all three live in one database."""

from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import inspect

from deploy.house import open_newest
from deploy.stores import ROOMS, store_urls
from registry.problems import Refusal
from registry.settings import Settings
from registry.store import outbox
from tests.conftest import AUDIT_KEY
from tests.fakes.clock import NOON
from tests.postgres import Postgres


def settings(folder: Path, store_url: str | None = None) -> Settings:
    return Settings(data_dir=folder, store_url=SecretStr(store_url) if store_url is not None else None)


def test_without_a_store_url_each_room_has_a_file(tmp_path: Path) -> None:
    assert store_urls(settings(tmp_path)) == {name: f"sqlite:///{tmp_path}/{name}.db" for name in ROOMS}


@pytest.mark.parametrize("scheme", ["postgresql+psycopg", "postgresql", "postgres"])
def test_all_rooms_are_in_the_database_that_is_named(tmp_path: Path, scheme: str) -> None:
    urls = store_urls(settings(tmp_path, f"{scheme}://user:pass%40word@db:5433/house?sslmode=require"))
    assert urls == dict.fromkeys(ROOMS, "postgresql+psycopg://user:pass%40word@db:5433/house?sslmode=require")


@pytest.mark.parametrize(
    "url", ["mysql://user:geheim@db/house", "sqlite:///geheim.db", "geheim", "postgresql://geheim@db"]
)
def test_a_url_of_no_database_of_ours_is_refused_without_being_repeated(tmp_path: Path, url: str) -> None:
    with pytest.raises(Refusal, match=r"Write postgresql\+psycopg://user:password@host:5432/database\.") as refused:
        store_urls(settings(tmp_path, url))
    assert "geheim" not in str(refused.value)


def test_three_rooms_of_one_database_keep_out_of_each_others_way(tmp_path: Path, postgres: Postgres) -> None:
    url = postgres.empty()
    stores = open_newest(settings(tmp_path, url), AUDIT_KEY)
    for name, store in stores.items():
        with store.begin(NOON) as work:
            outbox.announce(work.session, name, b"")
    for name, store in stores.items():
        with store.read() as session:
            assert [message.topic for message in outbox.waiting(session)] == [name]
        assert set(inspect(store.engine).get_schema_names()) >= set(ROOMS)
        store.close()
    postgres.give_back(url)
