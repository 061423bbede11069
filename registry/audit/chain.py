"""The chain of acts: written in the transaction of the act, checked with the key, its heads announced.

Each row's digest is HMAC-SHA256(key, its columns and the digest before it); the first row of a chain follows a digest
that only the key can give. Whoever can write to the database but has not the key can therefore neither change, remove,
insert nor reorder a row unseen; that the newest rows were cut off shows against the last head that was announced.
"""

import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from typing import Any, cast

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from registry.audit.columns import AuditColumns
from registry.clock import Instant
from registry.ids import SiteId
from registry.store.locks import hold

HOUSE = SiteId("_house")
"""The chain of acts that concern no single site: users, settings."""


@dataclass(frozen=True, slots=True)
class Personal:
    """A personal value in an act's facts: the chain keeps a salted commitment to it, so that the value can be erased."""

    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Intact:
    """Every row of every chain is as it was written."""

    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """The first row, by position, that is not as it was written; `position` 0: rows at the end are missing."""

    site: SiteId
    position: int
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The end of one site's chain in one room; announced each minute, it shows later that nothing was cut off."""

    room: str
    site: SiteId
    position: int
    digest: str
    """Hex."""


def record(
    session: Session,
    *,
    actor: str,
    action: str,
    site: SiteId | None,
    subject: str,
    facts: Mapping[str, object] | None = None,
    now: Instant,
) -> None:
    """Write down, in the same transaction, what a person did; `site` None: it concerns no single site.

    Facts are JSON values, or `Personal` for what tells who somebody is.

    Raises:
        RuntimeError: the store was opened without its audit key.

    """
    room, key = _room_and_key(session)
    where = HOUSE if site is None else site
    plain, personal = _commit(facts or {})
    session.flush()
    hold(session, "audit", room.name, where)  # until the commit: who comes next reads our digest
    audit = room.audit
    newest = select(audit.digest).where(audit.site == where).order_by(audit.position.desc()).limit(1)
    previous = session.execute(newest).scalar_one_or_none() or _beginning(key, room.name, where)
    row = audit(site=where, at=now, actor=actor, action=action, subject=subject, facts=plain, personal=personal)
    row.previous = previous
    row.digest = _digest(key, room.name, row)
    session.add(row)
    session.flush()


def sealed(session: Session, text: str) -> str:
    """A digest in hex that only the audit key gives: a text is known again where it must not be kept.

    Raises:
        RuntimeError: the store was opened without its audit key.

    """
    _, key = _room_and_key(session)
    return hmac.digest(key, f"sealed\x1f{text}".encode(), "sha256").hex()


def heads(session: Session) -> Sequence[Head]:
    """The end of every site's chain in the room of this session."""
    room = session.info["room"]
    audit = room.audit
    newest = select(func.max(audit.position)).group_by(audit.site)
    rows = session.scalars(select(audit).where(audit.position.in_(newest)).order_by(audit.site))
    return [Head(room=room.name, site=SiteId(row.site), position=row.position, digest=row.digest.hex()) for row in rows]


def verify(session: Session, *, announced: Sequence[Head] = ()) -> Intact | Broken:
    """Read every chain of the room and say where it is broken first.

    `announced`: heads that were seen on the bus; a chain that no longer holds one of them was cut or rewritten.
    """
    room, key = _room_and_key(session)
    audit = room.audit
    last: dict[str, bytes] = {}
    missing = {(head.site, head.digest): head for head in announced if head.room == room.name}
    rows = 0
    for row in session.scalars(select(audit).order_by(audit.position)).yield_per(1000):
        site = SiteId(row.site)
        expected = last.get(site) or _beginning(key, room.name, site)
        if row.previous != expected:
            return Broken(site=site, position=row.position, why="the row before it is another or is missing")
        if not hmac.compare_digest(row.digest, _digest(key, room.name, row)):
            return Broken(site=site, position=row.position, why="the row was changed")
        if row.personal is not None and not _keeps_commitments(row):
            return Broken(site=site, position=row.position, why="a personal value was changed")
        last[site] = row.digest
        missing.pop((site, row.digest.hex()), None)
        rows += 1
    for head in missing.values():
        return Broken(site=head.site, position=0, why=f"the row at {head.position}, once announced, is not there")
    return Intact(rows=rows)


def _room_and_key(session: Session) -> tuple[Any, bytes]:
    key = cast("bytes | None", session.info.get("audit_key"))
    if key is None:
        raise RuntimeError("this store was opened without the key of its audit chain")
    return session.info["room"], key


def _beginning(key: bytes, room: str, site: SiteId) -> bytes:
    return hmac.digest(key, f"chain\x1f{room}\x1f{site}".encode(), "sha256")


def _exact(moment: Instant) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def _digest(key: bytes, room: str, row: AuditColumns) -> bytes:
    body = [room, row.site, _exact(row.at), row.actor, row.action, row.subject, row.facts, row.previous.hex()]
    return hmac.digest(key, json.dumps(body, ensure_ascii=False).encode(), "sha256")


def _commit(facts: Mapping[str, object]) -> tuple[str, str | None]:
    """The facts with commitments for personal values, and the values behind them, both as JSON."""
    plain: dict[str, object] = {}
    personal: dict[str, dict[str, str]] = {}
    for name, fact in facts.items():
        if isinstance(fact, Personal):
            salt = secrets.token_hex(16)
            plain[name] = {"commitment": _commitment(salt, fact.value)}
            personal[name] = {"salt": salt, "value": fact.value}
        else:
            plain[name] = fact
    kept = json.dumps(personal, ensure_ascii=False, sort_keys=True) if personal else None
    return json.dumps(plain, ensure_ascii=False, sort_keys=True), kept


def _commitment(salt: str, value: str) -> str:
    return hashlib.sha256(f"{salt}\x1f{value}".encode()).hexdigest()


def _keeps_commitments(row: AuditColumns) -> bool:
    facts = json.loads(row.facts)
    return all(
        facts.get(name) == {"commitment": _commitment(kept["salt"], kept["value"])}
        for name, kept in json.loads(row.personal or "{}").items()
    )
