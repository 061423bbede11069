"""All that an engine was told in a stretch of time, as JSON lines: first the world, then signals and ticks as they came.

The register and the plans are those of the moment of recording, without secrets and without addresses of cameras.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from typing import Any, NamedTuple, cast
from uuid import UUID

import orjson
from pydantic import TypeAdapter, ValidationError
from sqlalchemy import Table, TypeDecorator, select
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeEngine

from monitor.anomalies.models import EngineTick
from monitor.anomalies.queries import first_tick
from monitor.signals import queries as heard
from monitor.signals.models import SignalRow
from monitor.tables import Base
from registry.clock import Instant, parse_instant
from registry.devices.facts import DeviceFacts, Register, SiteFacts, ZoneFacts
from registry.ids import SiteId
from registry.problems import Refusal
from registry.store import InstantColumn

FORM = 1
PLANS = (
    "checkpoint",
    "tour",
    "tour_stop",
    "arming_group",
    "arming_zone",
    "arming_change",
    "zone_arming",
    "bypass",
    "unarmed",
    "device_absences",
    "device_conditions",
    "device_presence",
)
"""The tables of which `monitor.anomalies.queries.world` is read."""
_BEGAN = {
    "arming_change": "at",
    "zone_arming": "at",
    "bypass": "since",
    "unarmed": "since",
    "device_absences": "since",
    "device_conditions": "since",
}
"""Of those that say what happened when, the column that does: what came after a recording is no part of it."""
_SITES, _DEVICES, _ZONES = TypeAdapter(list[SiteFacts]), TypeAdapter(list[DeviceFacts]), TypeAdapter(list[ZoneFacts])
_SIGNAL = ("id", "device", "type", "occurred_at", "received_at", "set_aside", "data")
_AT_ONCE = 2_000
_signals, _ticks = (cast("Table", kind.__table__) for kind in (SignalRow, EngineTick))


class Told(NamedTuple):
    """A signal as it was stored. `data` is JSON text."""

    id: str
    device: str
    type: str
    occurred_at: Instant
    received_at: Instant
    set_aside: str | None
    data: str


class Ticked(NamedTuple):
    """Stored time came so far with no signal that said so."""

    at: Instant


Entry = Told | Ticked


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What stands before a recording: the stretch of time `since <= received_at < until`, and the world of then."""

    since: Instant
    until: Instant
    register: Register
    plans: Mapping[str, Sequence[Mapping[str, Any]]]
    """By table, its rows."""


def setting_of(session: Session, register: Register, *, since: Instant, until: Instant, site: SiteId | None) -> Setting:
    """What a recording of the store begins with; `since` is not before an engine looked for the first time."""
    began = first_tick(session)
    tables = [table for table in Base.metadata.sorted_tables if table.name in PLANS]
    return Setting(
        since=max(since, began) if began is not None else since,
        until=until,
        register=_of_site(register, site),
        plans={
            str(table.name): [
                {str(name): value for name, value in row.items()}
                for row in session.execute(select(table)).mappings()
                if (site is None or row.get("site", site) == site)
                and (table.name not in _BEGAN or row[_BEGAN[table.name]] < until)
            ]
            for table in tables
        },
    )


def _of_site(register: Register, site: SiteId | None) -> Register:
    def ours(each: SiteId) -> bool:
        return site is None or each == site

    return Register(
        version=register.version,
        sites={key: each for key, each in register.sites.items() if ours(key)},
        devices={
            key: replace(each, secret_hash="", source=None) for key, each in register.devices.items() if ours(key.site)
        },
        zones={key: each for key, each in register.zones.items() if ours(each.site)},
    )


def entries_of(session: Session, setting: Setting, site: SiteId | None) -> Iterator[Entry]:
    """The signals and ticks of this time, in the order in which they were stored."""
    ticks = iter(
        session.execute(
            select(_ticks.c.position, _ticks.c.at)
            .where(_ticks.c.at >= setting.since, _ticks.c.at < setting.until)
            .order_by(_ticks.c.number)
        ).all()
    )
    tick = next(ticks, None)
    place = heard.last_before(session, setting.since)
    wanted = select(_signals.c.position, *(_signals.c[name] for name in _SIGNAL))
    wanted = wanted.where(_signals.c.received_at < setting.until).order_by(_signals.c.position).limit(_AT_ONCE)
    if site is not None:
        wanted = wanted.where(_signals.c.site == site)
    while rows := session.execute(wanted.where(_signals.c.position > place)).all():
        for row in rows:
            place = row[0]
            while tick is not None and tick[0] < place:
                yield Ticked(tick[1])
                tick = next(ticks, None)
            yield Told(*row[1:])
    while tick is not None:
        yield Ticked(tick[1])
        tick = next(ticks, None)


def lines_of(setting: Setting, entries: Iterable[Entry]) -> Iterator[bytes]:
    """A recording as JSON lines, each with its end."""
    register = setting.register
    world = {
        "version": register.version,
        "sites": _SITES.dump_python(list(register.sites.values()), mode="json"),
        "devices": _DEVICES.dump_python(list(register.devices.values()), mode="json"),
        "zones": _ZONES.dump_python(list(register.zones.values()), mode="json"),
    }
    first = {"recording": FORM, "since": setting.since, "until": setting.until, "register": world}
    yield orjson.dumps({**first, "plans": setting.plans}, default=str) + b"\n"
    for entry in entries:
        if isinstance(entry, Ticked):
            yield orjson.dumps({"tick": entry.at}) + b"\n"
        else:
            said = entry._asdict()
            del said["data"]
            yield orjson.dumps({**said, "data": orjson.Fragment(entry.data)}) + b"\n"


def setting_in(line: bytes) -> Setting:
    """Read the first line of a recording.

    Raises:
        Refusal: it is none.

    """
    try:
        first = orjson.loads(line)
        if first["recording"] != FORM:
            raise Refusal(f"The recording has form {first['recording']}; this version reads form {FORM}.")
        world = first["register"]
        sites = _SITES.validate_python(world["sites"])
        devices = _DEVICES.validate_python(world["devices"])
        zones = _ZONES.validate_python(world["zones"])
        return Setting(
            since=parse_instant(first["since"]),
            until=parse_instant(first["until"]),
            register=Register(
                version=world["version"],
                sites={each.id: each for each in sites},
                devices={each.address: each for each in devices},
                zones={each.id: each for each in zones},
            ),
            plans={name: _rows(Base.metadata.tables[name], rows) for name, rows in first["plans"].items()},
        )
    except (ValueError, KeyError, TypeError, ValidationError) as error:
        raise Refusal("This is no recording: its first line does not tell of a register and plans.") from error


def _rows(table: Table, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    reading = {column.name: _reader(column.type) for column in table.columns}
    return [{name: None if value is None else reading[name](value) for name, value in row.items()} for row in rows]


def _reader(kind: TypeEngine[Any]) -> Callable[[Any], Any]:
    if isinstance(kind, InstantColumn):
        return parse_instant
    plain = kind.impl if isinstance(kind, TypeDecorator) else kind
    value: Any = plain.python_type
    return value if issubclass(value, UUID | Enum) else _as_it_is


def _as_it_is(value: Any) -> Any:
    return value


def entries_in(lines: Iterable[bytes]) -> Iterator[Entry]:
    """Read the other lines of a recording.

    Raises:
        Refusal: one of them is neither a signal nor a tick.

    """
    for number, line in enumerate(lines, start=2):
        try:
            said = orjson.loads(line)
            if "tick" in said:
                yield Ticked(parse_instant(said["tick"]))
            else:
                yield Told(
                    said["id"],
                    said["device"],
                    said["type"],
                    datetime.fromisoformat(said["occurred_at"]),
                    datetime.fromisoformat(said["received_at"]),
                    said["set_aside"],
                    orjson.dumps(said["data"]).decode(),
                )
        except (ValueError, KeyError, TypeError) as error:
            raise Refusal(f"Line {number} of the recording is neither a signal nor a tick.") from error
