"""The page of what was heard: the newest signals, which keeps itself new."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from operator import itemgetter
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import orjson
from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, StreamingResponse

from monitor.dependencies import MonitorReading, TheRegister
from monitor.signals import queries
from monitor.signals.asking import (
    CursorQuery,
    DeviceQuery,
    KindQuery,
    SignalReader,
    SiteQuery,
    TextQuery,
    TypeQuery,
    sites_shown,
)
from monitor.signals.bytes_shown import as_text
from monitor.signals.turning import LINES, turning
from monitor.signals.words import name_of, sentence
from registry.auth.permissions import Permission
from registry.clock import DEFAULT_TIMEZONE, Instant
from registry.devices.facts import DeviceFacts, Register, SiteFacts
from registry.devices.refusals import RefusedPublishes, refusals_in
from registry.i18n import Language, Translator
from registry.ids import SiteId
from registry.messages.events import EVENT_DATA, DeviceCondition
from registry.messages.topics import DeviceClass
from registry.problems import NotFound, problems
from registry.web.dependencies import TheParts, parts_of
from registry.web.pages import page, translator_of
from registry.web.stream import sse_response

router = APIRouter(prefix="/control-room", include_in_schema=False)

CONTENT_SIGNS = 300
"""Of an event's data, on its line; the API has the whole."""


TYPES = tuple(name for name, model in EVENT_DATA.items() if model is not DeviceCondition)
"""What can be looked for: what happens, not how every class of device may say that it is ill."""
REFUSED_LATELY = timedelta(days=1)
APART = timedelta(seconds=1)
"""What happened and arrived so far apart is shown with both moments."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalLine:
    """A signal in the list, in its site's time. `arrival`: when it came and how much later, empty if it came at once."""

    position: int
    occurred: datetime
    arrival: str
    device: str
    site: str
    address: str
    sentence: str
    phase: str
    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedLine:
    """A device of which the broker refused something lately. `topic` empty: the broker did not name it."""

    device: str
    address: str
    count: int
    topic: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is looked for; `query` goes on in every address of the page."""

    site: str | None
    device: str
    kind: str
    type: str
    text: str

    @property
    def query(self) -> str:
        said = {"site": self.site, "device": self.device, "kind": self.kind, "type": self.type, "text": self.text}
        return urlencode({name: value for name, value in said.items() if value})


def _line(signal: queries.Signal, register: Register, t: Translator) -> SignalLine:
    site, device = register.sites.get(signal.site), register.devices.get(signal.device)
    timezone = ZoneInfo(site.timezone if site else DEFAULT_TIMEZONE)
    text = as_text(orjson.dumps(dict(signal.data)))
    return SignalLine(
        position=signal.position,
        occurred=signal.occurred_at.astimezone(timezone),
        arrival=_arrival(signal.occurred_at.astimezone(timezone), signal.received_at.astimezone(timezone), t),
        device=_named(device, t) if device else str(signal.device),
        site=_named(site, t) if site else "",
        address=str(signal.device),
        sentence=sentence(signal.type, signal.data, t),
        phase=str(signal.data.get("state", "instant")),
        content=text if len(text) <= CONTENT_SIGNS else f"{text[:CONTENT_SIGNS]}…",
    )


def _arrival(occurred: datetime, received: datetime, t: Translator) -> str:
    """When it came, if not at once, and how much later; a device whose clock is ahead says that it has yet to happen."""
    apart = received - occurred
    if abs(apart) < APART:
        return ""
    time = received.strftime("%H:%M:%S" if received.date() == occurred.date() else "%m-%d %H:%M:%S")
    length = _length(abs(apart), t)
    return t("signals.came_later" if apart > timedelta(0) else "signals.came_before", time=time, length=length)


def _length(time: timedelta, t: Translator) -> str:
    """In the largest unit of which it has two, or in seconds."""
    units = (("days", timedelta(days=1)), ("hours", timedelta(hours=1)), ("minutes", timedelta(minutes=1)))
    unit, of = next(((unit, of) for unit, of in units if time >= 2 * of), ("seconds", timedelta(seconds=1)))
    return t(f"signals.length_{unit}", n=time // of)


def _refused(
    refusals: Mapping[str, RefusedPublishes],
    register: Register,
    sites: Collection[SiteId] | None,
    t: Translator,
    now: Instant,
) -> list[RefusedLine]:
    """The devices of these sites (None: of all) that the broker refused something within the last day, newest first."""
    lines = []
    for address, device in register.devices.items():
        refused = refusals.get(address.username)
        if refused is None or now - refused.at > REFUSED_LATELY or (sites is not None and address.site not in sites):
            continue
        site = register.sites.get(address.site)
        lines.append(
            RefusedLine(
                device=_named(device, t),
                address=str(address),
                count=refused.count,
                topic=refused.topic,
                at=refused.at.astimezone(ZoneInfo(site.timezone if site else DEFAULT_TIMEZONE)),
            )
        )
    return sorted(lines, key=lambda line: line.at, reverse=True)


def _named(thing: DeviceFacts | SiteFacts, t: Translator) -> str:
    return thing.name_en if t.language is Language.EN else thing.name_zh


def _choices(
    register: Register, sites: Collection[SiteId] | None, t: Translator
) -> list[tuple[str, list[tuple[str, str]]]]:
    """The devices of these sites (None: of all) by address, with their names, below the name of their site."""
    devices = sorted(
        (str(address), _named(device, t), address.site)
        for address, device in register.devices.items()
        if sites is None or address.site in sites
    )
    return [
        (_named(register.sites[site], t) if site in register.sites else site, [(each, name) for each, name, _ in group])
        for site, group in groupby(devices, key=itemgetter(2))
    ]


@router.get("/signals/stream", responses=problems())
async def signals_stream(request: Request, principal: SignalReader, parts: TheParts) -> StreamingResponse:
    """Says that something came in; the page asks for what it shows."""
    return sse_response(request, parts.hub, principal, Permission.SIGNALS_READ)


@router.get("/signals", responses=problems(NotFound))
def signals_page(
    request: Request,
    principal: SignalReader,
    reading: MonitorReading,
    register: TheRegister,
    *,
    site: SiteQuery = None,
    device: DeviceQuery = "",
    kind: KindQuery = "",
    type: TypeQuery = "",  # noqa: A002 - the word of the contract
    text: TextQuery = "",
    cursor: CursorQuery = None,
) -> HTMLResponse:
    """The newest signals and the totals; without a cursor the page keeps itself new."""
    t = translator_of(request)
    sites, sites_of = sites_shown(principal, site), sites_shown(principal, None)
    signals = queries.newest_signals(
        reading.session,
        sites=sites,
        device=device or None,
        kind=kind or None,
        type=type or None,
        text=text or None,
        before_position=int(cursor) if cursor else None,
        limit=LINES + 1,
    )
    return page(
        request,
        "monitor/signals/signals.html",
        lines=[_line(signal, register, t) for signal in signals[:LINES]],
        wanted=Wanted(site=site, device=device, kind=kind, type=type, text=text),
        devices=_choices(register, sites, t),
        refused=_refused(refusals_in(parts_of(request).settings.data_dir), register, sites, t, reading.now),
        sites=[
            (each, _named(place, t)) for each, place in register.sites.items() if sites_of is None or each in sites_of
        ],
        kinds=[(each.value, t(f"signals.kind_{each}")) for each in DeviceClass],
        types=[(name, name_of(name, t)) for name in TYPES],
        **turning(reading, site, cursor, [signal.position for signal in signals]),
    )
