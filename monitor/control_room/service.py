"""The control room as one person sees it now."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, time
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from monitor.alarms import service as alarms
from monitor.alarms.documents import documents_of
from monitor.alarms.problems import AlarmUnknown
from monitor.arming import queries as arming
from monitor.control_room import queries
from monitor.control_room.plan import Checkpoint
from monitor.control_room.view import Board, Closed, Notice, Particulars, Reader, compose, within
from monitor.patrols import service as patrols
from monitor.signals.words import particulars
from registry.auth.permissions import Permission
from registry.auth.principal import Principal
from registry.clock import Instant
from registry.devices.facts import Register
from registry.i18n import Translator
from registry.ids import AlarmId, SiteId
from registry.messages.alarms import AlarmDocument
from registry.problems import NotFound

LISTED = 200
"""Alarms shown at once; an operator who has more open needs another answer than a longer list (monitor.md 5)."""

CLOSED_LISTED = 50
"""Of the alarms that were closed today, the last so many stand below the list."""


def board(
    session: Session,
    register: Register,
    principal: Principal,
    t: Translator,
    now: Instant,
    *,
    site: SiteId | None,
    alarm_id: AlarmId | None,
    closing: bool,
    closed: AlarmId | None,
    late: AlarmId | None,
) -> Board:
    """Put together what this person may see. `closed`, `late`: an alarm they have just closed, or came too late for.

    Raises:
        NotFound: a site or alarm that is not there for them.

    """
    allowed = principal.sites(Permission.ALARMS_READ)
    seen = within(register, [each for each in register.sites if each in allowed])
    if site is not None and site not in seen.sites:
        raise NotFound
    seen = _as_armed(session, seen, now)
    shown = [site] if site is not None else list(seen.sites)
    found = alarms.alarms(session, sites=shown, limit=LISTED)
    looked_at = _alarm(session, seen, alarm_id) if alarm_id is not None else None
    selected = looked_at or (found.items[0] if found.items else None)
    reader = Reader(
        name=principal.name,
        lang=str(t.language),
        site=site,
        alarm_id=alarm_id,
        closing=closing,
        may_handle=selected is not None and principal.may(Permission.ALARMS_HANDLE, SiteId(selected.site)),
        may_close_urgent=selected is not None
        and principal.may(Permission.ALARMS_CLOSE_PRIORITY_1, SiteId(selected.site)),
    )
    return compose(
        seen,
        found.items,
        reader,
        now,
        looked_at=looked_at,
        particulars=_particulars(session, selected, t) if selected else None,
        checkpoints={each: _checkpoints(session, each, reader.lang) for each in shown},
        notice=_notice(session, seen, t, closed=closed, late=late),
        last_signal=queries.last_signal(session, shown),
        more=found.after is not None,
        closed=_closed_today(session, seen, shown, now),
    )


def _as_armed(session: Session, seen: Register, now: Instant) -> Register:
    """The register with each zone armed as it is now, and not as it began."""
    lines = arming.timelines(session, seen.zones.keys(), now)
    zones = {key: replace(zone, armed=lines.is_armed(zone, now)) for key, zone in seen.zones.items()}
    return replace(seen, zones=zones)


def _particulars(session: Session, alarm: AlarmDocument, t: Translator) -> Particulars:
    alarm_id = AlarmId(alarm.id)
    data = queries.data_of(session, alarm.contributing)
    words = {
        (signal.device, signal.signal_id): said
        for signal in alarm.contributing
        if (signal.device, signal.signal_id) in data
        and (said := particulars(signal.type, data[signal.device, signal.signal_id], t)) is not None
    }
    return Particulars(
        history=alarms.history(session, alarm_id),
        pictures=alarms.pictures(session, alarm_id),
        signals=alarms.signals_of(session, alarm_id),
        words=words,
    )


def _closed_today(session: Session, seen: Register, shown: Sequence[SiteId], now: Instant) -> Sequence[Closed]:
    """What was closed since midnight, as the first of these sites counts it."""
    if not shown:
        return ()
    timezone = ZoneInfo(seen.sites[shown[0]].timezone)
    midnight = datetime.combine(now.astimezone(timezone).date(), time(), timezone)
    rows = queries.closed_since(session, shown, midnight, limit=CLOSED_LISTED)
    return [
        Closed(alarm=document, at=row.closed_at, who=row.changed_by)
        for row, document in zip(rows, documents_of(session, rows), strict=True)
        if row.closed_at is not None
    ]


def _alarm(session: Session, seen: Register, alarm_id: AlarmId) -> AlarmDocument:
    """An alarm by its id, of the sites that may be seen.

    Raises:
        AlarmUnknown: there is none there.

    """
    alarm = alarms.alarm(session, alarm_id)
    if alarm.site not in seen.sites:
        raise AlarmUnknown
    return alarm


def _checkpoints(session: Session, site: SiteId, lang: str) -> list[Checkpoint]:
    return [
        Checkpoint(
            id=str(facts.id),
            name=facts.name_en if lang == "en" else facts.name_zh,
            x=facts.place.x,
            y=facts.place.y,
        )
        for facts in patrols.checkpoints(session, site)
        if facts.place is not None
    ]


def _notice(
    session: Session, seen: Register, t: Translator, *, closed: AlarmId | None, late: AlarmId | None
) -> Notice | None:
    if closed is not None:
        alarm = _alarm(session, seen, closed)
        if alarm.verdict is None:
            return None
        said = t("control_room.told_closed", code=alarm.code, verdict=t(f"control_room.verdict_{alarm.verdict}"))
        return Notice(text=said, alarm_id=None, refused=False)
    if late is not None:
        return _too_late(session, _alarm(session, seen, late), seen, t)
    return None


def _too_late(session: Session, alarm: AlarmDocument, seen: Register, t: Translator) -> Notice:
    """Who was faster, with what and when; when it was no person, that something changed."""
    last = next(reversed(alarms.history(session, AlarmId(alarm.id))), None)
    if last is None or last.who is None:
        return Notice(text=t("control_room.told_late_unknown", code=alarm.code), alarm_id=alarm.id, refused=True)
    at = last.at.astimezone(ZoneInfo(seen.sites[SiteId(alarm.site)].timezone)).strftime("%H:%M:%S")
    what = t(f"control_room.change_{last.what}")
    words = t("control_room.told_late", code=alarm.code, name=last.who, time=at, what=what)
    return Notice(text=words, alarm_id=alarm.id, refused=True)
