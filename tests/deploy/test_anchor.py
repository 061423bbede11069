"""The heads of the audit chains, kept outside the stores: a chain cut short shows against them."""

import json
from pathlib import Path

from sqlalchemy import text

from deploy.anchor import AuditAnchor, kept_heads
from registry.audit import Broken, Intact, record, verify
from registry.ids import SiteId
from registry.store import Store
from registry.store.outbox import waiting
from tests.fakes.clock import NOON, FixedClock


def act(store: Store, subject: str) -> None:
    with store.begin(NOON) as work:
        record(
            work.session,
            actor="clerk",
            action="permit-revoked",
            site=SiteId("oc1"),
            subject=subject,
            facts={},
            now=NOON,
        )


def checked(store: Store, file: Path) -> Intact | Broken:
    with store.read() as session:
        return verify(session, announced=kept_heads(file))


def test_a_chain_whose_end_was_cut_off_shows_against_the_heads_that_were_announced(
    registry_store: Store, tmp_path: Path
) -> None:
    file = tmp_path / "heads.jsonl"
    anchor = AuditAnchor({"registry": registry_store}, FixedClock(), file)
    act(registry_store, "permit:1")
    act(registry_store, "permit:2")
    anchor.announce_heads()
    assert isinstance(checked(registry_store, file), Intact)
    with registry_store.begin(NOON) as work:
        work.session.execute(text("DELETE FROM audit WHERE position = (SELECT max(position) FROM audit)"))
    assert isinstance(checked(registry_store, tmp_path / "none"), Intact)  # unseen without the announced heads
    found = checked(registry_store, file)
    assert isinstance(found, Broken)
    assert found.position == 0


def test_heads_are_announced_when_they_have_moved_and_not_again(registry_store: Store, tmp_path: Path) -> None:
    anchor = AuditAnchor({"registry": registry_store}, FixedClock(), tmp_path / "heads.jsonl")
    act(registry_store, "permit:1")
    anchor.announce_heads()
    anchor.announce_heads()
    with registry_store.read() as session:
        [message] = waiting(session)
    assert (message.topic, message.retain) == ("dayuan/v1/oc1/_audit/head", True)


def test_a_room_whose_store_is_away_keeps_the_heads_of_the_others_from_nobody(
    registry_store: Store, gateway_store: Store, tmp_path: Path
) -> None:
    file = tmp_path / "heads.jsonl"
    anchor = AuditAnchor({"registry": registry_store, "gateway": gateway_store}, FixedClock(), file)
    for store in (registry_store, gateway_store):
        act(store, "first")
    anchor.announce_heads()
    with gateway_store.begin(NOON) as work:
        work.session.execute(text("ALTER TABLE audit RENAME TO gone"))
    act(registry_store, "second")
    anchor.announce_heads()
    assert [(head.room, head.position) for head in kept_heads(file)] == [("registry", 2), ("gateway", 1)]
    with registry_store.read() as session:
        assert set(json.loads(waiting(session)[-1].payload)["rooms"]) == {"registry", "gateway"}


def test_heads_that_could_not_be_kept_are_announced_again_a_minute_later(registry_store: Store, tmp_path: Path) -> None:
    file = tmp_path / "away" / "heads.jsonl"
    anchor = AuditAnchor({"registry": registry_store}, FixedClock(), file)
    act(registry_store, "permit:1")
    anchor.try_to_announce()
    file.parent.mkdir()
    anchor.try_to_announce()
    assert [head.position for head in kept_heads(file)] == [1]


def test_a_line_that_was_broken_off_spoils_neither_those_before_nor_those_after(
    registry_store: Store, tmp_path: Path
) -> None:
    file = tmp_path / "heads.jsonl"
    anchor = AuditAnchor({"registry": registry_store}, FixedClock(), file)
    act(registry_store, "permit:1")
    anchor.announce_heads()
    whole = file.read_bytes()
    file.write_bytes(whole + whole[: len(whole) // 2])
    assert [head.position for head in kept_heads(file)] == [1]
    act(registry_store, "permit:2")
    anchor.announce_heads()
    assert [head.position for head in kept_heads(file)] == [2]
