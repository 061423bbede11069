"""`/registry/audit` and `/api/registry/audit`: who did what, when. That it was read is written down too."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Annotated
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, BeforeValidator, StringConstraints

from registry import audit
from registry.audit.reading import Act, Wanted, acts, merged
from registry.auth.permissions import Permission
from registry.auth.principal import AllSites, Principal
from registry.auth.requires import requires
from registry.i18n import Language, Translator
from registry.ids import SiteId
from registry.listing import DEFAULT_LIMIT, Limit
from registry.messages.envelope import WireInstant
from registry.office.named import look_up
from registry.office.told import Teller
from registry.office.told import wanted as wanted_names
from registry.problems import Unprocessable, problems
from registry.sites.queries import all_sites, zone_of
from registry.store import Store
from registry.web.dependencies import TheParts
from registry.web.pages import page, translator_of
from registry.web.parts import Parts

api = APIRouter(prefix="/api/registry/audit", tags=["registry"])
router = APIRouter(prefix="/registry/audit", include_in_schema=False)
Auditor = Annotated[Principal, Depends(requires(Permission.AUDIT_READ))]
Word = Annotated[str, Query(max_length=120), StringConstraints(strip_whitespace=True)]
Day = Annotated[date | None, BeforeValidator(lambda day: day or None)]
Cursor = Annotated[str | None, Query(max_length=120)]
PAGE_ROWS = 50
_ACTION = "audit.action."
_FIRST_DAY, _LAST_DAY = date(2000, 1, 1), date(2199, 12, 31)


class UnknownCursor(Unprocessable):
    slug = "unknown-cursor"
    title = "This is no place in the audit; begin at its end"


class ActOut(BaseModel):
    """One act. `site` is absent where it concerns no single one; `facts` hold nothing that tells who somebody is."""

    room: str
    position: int
    site: SiteId | None
    at: WireInstant
    actor: str
    action: str
    subject: str
    facts: dict[str, object]

    @classmethod
    def of(cls, act: Act) -> "ActOut":
        return cls(
            room=act.room,
            position=act.position,
            site=None if act.site == audit.HOUSE else SiteId(act.site),
            at=act.at,
            actor=act.actor,
            action=act.action,
            subject=act.subject,
            facts=dict(act.facts),
        )


class ActList(BaseModel):
    """The newest first; `next` is the `cursor` of the page after it."""

    items: list[ActOut]
    next: str | None


@dataclass(frozen=True, slots=True)
class _Cursor:
    """How far one has read in each room: the position of the last act that was shown."""

    read: Mapping[str, int]

    @classmethod
    def parsed(cls, text: str | None, rooms: Mapping[str, Store]) -> "_Cursor":
        try:
            pairs = [part.split("-") for part in (text or "").split(".") if part]
            read = {room: int(position) for room, position in pairs}
        except ValueError:
            raise UnknownCursor from None
        if not read.keys() <= rooms.keys() or any(not 0 < position < 2**62 for position in read.values()):
            raise UnknownCursor
        return cls(read)

    def after(self, shown: Sequence[Act]) -> str:
        read = {**self.read}
        for act in shown:
            read[act.room] = act.position
        return ".".join(f"{room}-{position}" for room, position in sorted(read.items()))


@api.get("", responses=problems())
def list_acts(
    reader: Auditor,
    parts: TheParts,
    *,
    site: Word = "",
    actor: Word = "",
    action: Word = "",
    since: WireInstant | None = None,
    until: WireInstant | None = None,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> ActList:
    """Of all rooms that are served here, at the sites whose audit one may read."""
    wanted = Wanted(
        sites=_seen(reader),
        site=site,
        actor=actor,
        action=action,
        since=since,
        until=until,
    )
    found, following = _read(parts, reader, wanted, cursor, limit)
    return ActList(items=[ActOut.of(act) for act in found], next=following)


@router.get("")
def audit_page(
    request: Request,
    reader: Auditor,
    parts: TheParts,
    *,
    site: Word = "",
    actor: Word = "",
    action: Word = "",
    first_day: Day = None,
    last_day: Day = None,
    cursor: Cursor = None,
) -> HTMLResponse:
    seen, t = _seen(reader), translator_of(request)
    with parts.stores["registry"].read() as session:
        sites = {
            each.id: each.name_en if t.language is Language.EN else each.name_zh
            for each in all_sites(session)
            if seen is None or each.id in seen
        }
        zone = zone_of(session, seen or ())
    since, until = _midnight(first_day, zone), _midnight(last_day, zone, after=timedelta(days=1))
    wanted = Wanted(
        sites=seen,
        site=site,
        actor=actor,
        action=action,
        since=since,
        until=until,
    )
    found, following = _read(parts, reader, wanted, cursor, PAGE_ROWS)
    with parts.stores["registry"].read() as session:
        named = look_up(session, wanted_names(found), t.language)
    asked = {
        "site": site,
        "actor": actor,
        "action": action,
        "first_day": str(first_day or ""),
        "last_day": str(last_day or ""),
    }
    filters = {name: value for name, value in asked.items() if value}
    return page(
        request,
        "registry/audit.html",
        headers={"Cache-Control": "no-store"},
        timezone=zone.key,
        rows=found,
        asked=asked,
        is_filtered=bool(filters),
        following=None if following is None else f"/registry/audit?{urlencode({**filters, 'cursor': following})}",
        sites=sites,
        house=audit.HOUSE if seen is None else None,
        house_word=audit.HOUSE,
        actions=_actions(t),
        named=partial(_named, t),
        teller=Teller(t, reader, zone, sites, named),
    )


def _seen(reader: Principal) -> frozenset[SiteId] | None:
    """The sites whose audit somebody may read; None: all of them, and what concerns no single one."""
    seen = reader.sites(Permission.AUDIT_READ)
    return None if isinstance(seen, AllSites) else seen


def _read(
    parts: Parts, reader: Principal, wanted: Wanted, cursor: str | None, limit: int
) -> tuple[Sequence[Act], str | None]:
    """A page of the acts of all rooms that are here, and the cursor of the next. That it was read is an act too."""
    place = _Cursor.parsed(cursor, parts.stores)
    rooms = []
    for name, store in parts.stores.items():
        with store.read() as session:
            rooms.append(acts(session, wanted, below=place.read.get(name), limit=limit + 1))
    found = merged(rooms, limit + 1)
    shown = found[:limit]
    _record(parts, reader, wanted, rows=len(shown))
    return shown, place.after(shown) if len(found) > limit else None


def _record(parts: Parts, reader: Principal, wanted: Wanted, *, rows: int) -> None:
    filters = ("site", "actor", "action", "since", "until")
    facts = {"rows": rows, "asked_by": [name for name in filters if getattr(wanted, name)]}
    where = next(iter(wanted.sites)) if wanted.sites is not None and len(wanted.sites) == 1 else None
    with parts.stores["registry"].begin(parts.clock.now()) as work:
        audit.record(
            work.session, actor=reader.name, action="audit-read", site=where, subject="audit", facts=facts, now=work.now
        )


def _midnight(day: date | None, zone: ZoneInfo, *, after: timedelta = timedelta(0)) -> datetime | None:
    """The beginning of a day in the house, or of one some days after; a day beyond its years is its nearest."""
    if day is None:
        return None
    return datetime.combine(min(max(day, _FIRST_DAY), _LAST_DAY) + after, time(), zone)


def _actions(t: Translator) -> Sequence[tuple[str, str]]:
    """The acts to choose from, in the order of the catalogue."""
    return [(key.removeprefix(_ACTION), t(key)) for key in t.keys_below(_ACTION)]


def _named(t: Translator, action: str) -> str:
    """What an act is called; one without words of its own by its name."""
    return t(_ACTION + action) if t.has(_ACTION + action) else action
