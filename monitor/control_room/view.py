"""What the control room shows: from alarms and the register to the rows, the plan and the incident. Pure."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID
from zoneinfo import ZoneInfo

from monitor.alarms import findings
from monitor.alarms.rules import NEEDS_OFFICER, NEEDS_WORDS, Act
from monitor.alarms.service import Change
from monitor.control_room.plan import Checkpoint, SitePlan, draw_plan, keyed, named
from registry.clock import DEFAULT_TIMEZONE, Instant
from registry.devices.facts import Register, SiteFacts
from registry.ids import DeviceAddress, SiteId, ZoneId
from registry.messages.alarms import AlarmDocument, AlarmState
from registry.messages.events import MediaReference


class Step(StrEnum):
    """What an operator can say of an incident next."""

    ACKNOWLEDGE = "acknowledge"
    VERIFY = "verifying"
    DISPATCH = "dispatched"
    CONTAIN = "contained"
    ASSIGN = "assign"
    CLOSE = "close"


_NEXT = {
    AlarmState.NEW: Step.ACKNOWLEDGE,
    AlarmState.ACKNOWLEDGED: Step.VERIFY,
    AlarmState.VERIFYING: Step.DISPATCH,
    AlarmState.DISPATCHED: Step.CONTAIN,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Age:
    """How long ago, in the largest whole unit: `unit` is seconds, minutes, hours or days."""

    count: int
    unit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What to tell beside one alarm, or at the head of the list when that is not in it."""

    text: str
    alarm_id: UUID | None
    refused: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """An alarm in the list."""

    alarm: AlarmDocument
    site_name: str
    place: str
    occurred: datetime
    age: Age
    unacknowledged: bool
    selected: bool
    notice: Notice | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """An alarm that was closed, as its document says it. `who` None: the rules."""

    alarm: AlarmDocument
    at: Instant
    who: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedRow:
    """A closed alarm in the list of today's."""

    row: Row
    at: datetime
    who: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A signal of the incident. `after_seconds`: since the first one. `words`: what it says in particular, if anything."""

    at: datetime
    after_seconds: float
    device: str
    type: str
    words: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture of the event, with the name of the device that made it and the moment."""

    media: MediaReference
    camera: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A line of the history with the site's own time. `who` None: the rules."""

    at: datetime
    what: Act
    who: str | None
    words: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """The selected alarm in full. `may_close` False with `closable` True: somebody else has to close it.

    `more_signals`: so many lie between the first and the last that the timeline shows.
    """

    row: Row
    explanation: str
    pictures: tuple[Picture, ...]
    timeline: tuple[Evidence, ...]
    more_signals: int
    history: tuple[Told, ...]
    next_step: Step | None
    assignable: bool
    closable: bool
    may_close: bool
    closing: bool
    needs_words: bool
    closed: Told | None
    """Who closed it, and when; None while it is open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Particulars:
    """What is known of an alarm beside its document: what became of it, its pictures, and how many signals it rests on.

    `words`: what a signal says in particular, by device and id.
    """

    history: Sequence[Change]
    pictures: Sequence[findings.Picture]
    signals: int
    words: Mapping[tuple[str, str], str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Who looks, and at what: the site filter, the alarm under the cursor, whether its closing form is open.

    `may_handle` and `may_close_urgent` are said of the site of the selected alarm.
    """

    name: str
    lang: str
    site: SiteId | None
    alarm_id: UUID | None
    closing: bool
    may_handle: bool
    may_close_urgent: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """The whole of the control room at one moment. `more`: there are open alarms beyond these rows."""

    rows: tuple[Row, ...]
    unacknowledged: int
    zones_armed: int
    zones: int
    disarmed: tuple[str, ...]
    """The names of the zones that are disarmed."""
    plan: SitePlan | None
    incident: Incident | None
    notice: Notice | None
    more: bool
    reader: Reader
    sites: tuple[SiteFacts, ...]
    now: datetime
    timezone: str
    last_signal: datetime | None
    closed: tuple[ClosedRow, ...]


def within(register: Register, sites: Collection[SiteId]) -> Register:
    """What of the register lies at these sites."""
    return Register(
        version=register.version,
        sites={site: facts for site, facts in register.sites.items() if site in sites},
        devices={address: device for address, device in register.devices.items() if address.site in sites},
        zones={zone_id: zone for zone_id, zone in register.zones.items() if zone.site in sites},
        calendars={site: days for site, days in register.calendars.items() if site in sites},
    )


def age_of(moment: Instant, now: Instant) -> Age:
    """Say an age as a person would; a source whose clock runs ahead is 0 seconds old."""
    seconds = max(0, int((now - moment).total_seconds()))
    for size, unit in ((86400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds >= size:
            return Age(count=seconds // size, unit=unit)
    return Age(count=seconds, unit="seconds")


def compose(
    register: Register,
    alarms: Sequence[AlarmDocument],
    reader: Reader,
    now: Instant,
    *,
    looked_at: AlarmDocument | None = None,
    particulars: Particulars | None = None,
    checkpoints: Mapping[SiteId, Sequence[Checkpoint]],
    notice: Notice | None = None,
    last_signal: Instant | None = None,
    more: bool = False,
    closed: Sequence[Closed] = (),
) -> Board:
    """Put the board together.

    `alarms` are the open ones of the sites that the reader may see and has not filtered out, in the order of the one list;
    `register` holds no other sites. `looked_at` is the alarm that the reader has under the cursor, open or not; without it the first of the list is.
    `particulars` are those of the alarm that is under the cursor then.
    """
    selected = looked_at or keyed(alarms, reader.alarm_id) or next(iter(alarms), None)
    zone_of_time = _timezone(register, selected.site if selected else reader.site)
    rows = tuple(_row(register, alarm, reader, now, selected=selected, notice=notice) for alarm in alarms)
    plan_site = _plan_site(register, reader, selected)
    incident = None
    if selected is not None:
        row = _row(register, selected, reader, now, selected=selected, notice=notice)
        known = particulars or Particulars(history=(), pictures=(), signals=len(selected.contributing))
        incident = _incident(register, row, reader, known, zone_of_time)
    zones = [zone for zone in register.zones.values() if reader.site in (None, zone.site)]
    return Board(
        rows=rows,
        unacknowledged=sum(row.unacknowledged for row in rows),
        zones_armed=sum(zone.armed for zone in zones),
        zones=len(zones),
        disarmed=tuple(named(zone, reader.lang) for zone in zones if not zone.armed),
        plan=draw_plan(
            register,
            register.sites[plan_site],
            alarms,
            checkpoints=checkpoints.get(plan_site, ()),
            selected=selected,
            lang=reader.lang,
        )
        if plan_site is not None
        else None,
        incident=incident,
        notice=notice if notice is not None and not _stands_beside(notice, alarms) else None,
        more=more,
        reader=reader,
        sites=tuple(register.sites.values()),
        now=now.astimezone(zone_of_time),
        timezone=zone_of_time.key,
        last_signal=last_signal.astimezone(zone_of_time) if last_signal else None,
        closed=tuple(
            ClosedRow(
                row=_row(register, each.alarm, reader, now, selected=selected, notice=None),
                at=each.at.astimezone(_timezone(register, each.alarm.site)),
                who=each.who,
            )
            for each in closed
        ),
    )


def _stands_beside(notice: Notice, alarms: Sequence[AlarmDocument]) -> bool:
    return keyed(alarms, notice.alarm_id) is not None


def _timezone(register: Register, site: str | None) -> ZoneInfo:
    """The time of that site; with no site in question, of the first one."""
    facts = register.sites.get(SiteId(site)) if site else next(iter(register.sites.values()), None)
    return ZoneInfo(facts.timezone if facts else DEFAULT_TIMEZONE)


def _plan_site(register: Register, reader: Reader, selected: AlarmDocument | None) -> SiteId | None:
    wanted = SiteId(selected.site) if selected else reader.site
    if wanted in register.sites:
        return wanted
    return next(iter(register.sites), None)


def _row(
    register: Register,
    alarm: AlarmDocument,
    reader: Reader,
    now: Instant,
    *,
    selected: AlarmDocument | None,
    notice: Notice | None,
) -> Row:
    site = register.sites.get(SiteId(alarm.site))
    return Row(
        alarm=alarm,
        site_name=named(site, reader.lang) if site else alarm.site,
        place=_place(register, alarm, reader.lang),
        occurred=alarm.occurred_at.astimezone(_timezone(register, alarm.site)),
        age=age_of(alarm.occurred_at, now),
        unacknowledged=alarm.state is AlarmState.NEW,
        selected=selected is not None and selected.id == alarm.id,
        notice=notice if notice is not None and notice.alarm_id == alarm.id else None,
    )


def _place(register: Register, alarm: AlarmDocument, lang: str) -> str:
    """The zone's name, else that of the first device that spoke, else nothing: the site stands beside it anyway."""
    zone = register.zones.get(ZoneId(alarm.zone)) if alarm.zone else None
    if zone is not None:
        return named(zone, lang)
    return _device_name(register, alarm.contributing[0].device, lang) if alarm.contributing else ""


def _device_name(register: Register, text: str, lang: str) -> str:
    try:
        device = register.devices.get(DeviceAddress.parse(text))
    except ValueError:
        return text
    return named(device, lang) if device else text


def _incident(register: Register, row: Row, reader: Reader, known: Particulars, zone_of_time: ZoneInfo) -> Incident:
    alarm = row.alarm
    signals = sorted(alarm.contributing, key=lambda contribution: contribution.occurred_at)
    first = signals[0].occurred_at if signals else alarm.occurred_at
    assignable = reader.may_handle and alarm.state is not AlarmState.CLOSED and alarm.assigned_to != reader.name
    closable = reader.may_handle and alarm.state not in (AlarmState.NEW, AlarmState.CLOSED)
    may_close = closable and (alarm.priority > NEEDS_OFFICER or reader.may_close_urgent)
    history = tuple(
        Told(at=change.at.astimezone(zone_of_time), what=change.what, who=change.who, words=change.words)
        for change in known.history
    )
    return Incident(
        row=row,
        explanation=alarm.explanation.en if reader.lang == "en" else alarm.explanation.zh,
        pictures=tuple(
            Picture(
                media=picture.media,
                camera=_device_name(register, str(picture.device), reader.lang),
                at=picture.occurred_at.astimezone(zone_of_time),
            )
            for picture in known.pictures
        ),
        timeline=tuple(
            Evidence(
                at=signal.occurred_at.astimezone(zone_of_time),
                after_seconds=(signal.occurred_at - first).total_seconds(),
                device=_device_name(register, signal.device, reader.lang),
                type=signal.type,
                words=known.words.get((signal.device, signal.signal_id)),
            )
            for signal in signals
        ),
        more_signals=known.signals - len(signals),
        history=history,
        next_step=_NEXT.get(alarm.state) if reader.may_handle else None,
        assignable=assignable,
        closable=closable,
        may_close=may_close,
        closing=may_close and reader.closing,
        needs_words=alarm.priority <= NEEDS_WORDS,
        closed=next((told for told in reversed(history) if told.what is Act.CLOSED), None),
    )
