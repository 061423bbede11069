"""Reading the audit: the acts of people, the newest first, room by room."""

import heapq
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.clock import Instant
from registry.ids import SiteId


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which acts are asked for; empty: any. `sites`: what the reader may see, None: all. `until` is not included."""

    sites: frozenset[SiteId] | None
    site: str = ""
    actor: str = ""
    action: str = ""
    since: Instant | None = None
    until: Instant | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One act. `site` is `HOUSE` for what concerns no single one. `facts`: without what tells who somebody is."""

    room: str
    position: int
    site: str
    at: Instant
    actor: str
    action: str
    subject: str
    facts: Mapping[str, object]


def acts(session: Session, wanted: Wanted, *, below: int | None, limit: int) -> Sequence[Act]:
    """The newest acts of the room of this session, before the position `below`."""
    room = session.info["room"]
    audit = room.audit
    found = select(audit).order_by(audit.position.desc()).limit(limit)
    if wanted.sites is not None:
        found = found.where(audit.site.in_(wanted.sites))
    exactly = {audit.site: wanted.site, audit.actor: wanted.actor, audit.action: wanted.action}
    found = found.where(*(column == value for column, value in exactly.items() if value))
    if wanted.since is not None:
        found = found.where(audit.at >= wanted.since)
    if wanted.until is not None:
        found = found.where(audit.at < wanted.until)
    if below is not None:
        found = found.where(audit.position < below)
    return [_act(room.name, row) for row in session.scalars(found)]


def merged(rooms: Sequence[Sequence[Act]], limit: int) -> Sequence[Act]:
    """The newest of several rooms, each of which has its own order."""
    every = heapq.merge(*rooms, key=lambda act: act.at, reverse=True)
    return [act for act, _ in zip(every, range(limit), strict=False)]


def _act(room: str, row: Any) -> Act:
    facts = {name: fact for name, fact in json.loads(row.facts).items() if not _is_commitment(fact)}
    return Act(
        room=room,
        position=row.position,
        site=row.site,
        at=row.at,
        actor=row.actor,
        action=row.action,
        subject=row.subject,
        facts=facts,
    )


def _is_commitment(fact: object) -> bool:
    return isinstance(fact, dict) and fact.keys() == {"commitment"}
