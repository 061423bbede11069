"""Makers of what a gate knows and is asked."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from gateway.checks.attempts import Attempt
from gateway.checks.question import Inside, Question
from gateway.checks.shown import CardShown, PlateShown, Shown
from gateway.checks.standing import Moment
from gateway.desk import Desk
from gateway.plates.client import PlateClient
from gateway.room import ROOM
from registry.access.facts import (
    AccessChanges,
    AccessFacts,
    AreaFacts,
    CredentialFacts,
    CredentialKind,
    CredentialStatus,
    DenyEntry,
    Direction,
    GateFacts,
    Holder,
    LaneFacts,
    Passback,
    RestsOn,
)
from registry.clock import Instant
from registry.ids import AreaId, CredentialId, EntryId, GateId, LaneId, PersonId, SiteId, UserId, derived_id
from registry.plates.grammar import PlateKind
from registry.web.parts import Parts
from tests.fakes.clock import NOON, FixedClock
from tests.makers.web import some_parts

SHANGHAI = ZoneInfo("Asia/Shanghai")
OC1 = SiteId("oc1")
OC2 = SiteId("oc2")
NORTH = GateId("oc1-north")
SOUTH = GateId("oc1-south")
ELSEWHERE = GateId("oc2-main")
INSIDE = AreaId("oc1-inside")
OUTSIDE = AreaId("oc1-outside")
PLATE = "鄂E12345"
CARD = "04A1B2C3"
YEAR_BEGINS = datetime(2025, 12, 31, 16, tzinfo=UTC)
"""The first moment of 2026 in Shanghai."""
YEAR_ENDS = datetime(2026, 12, 31, 16, tzinfo=UTC)


def a_holder(name: str = "王建国", *, photo: UUID | None = None) -> Holder:
    return Holder(
        id=PersonId(derived_id("person", name)),
        name=name,
        unit_zh="市财政局",
        unit_en="Finance Bureau",
        photo=photo,
    )


def a_card(
    key: str = CARD,
    *,
    holder: Holder | None = None,
    status: CredentialStatus = CredentialStatus.ACTIVE,
    sites: Iterable[SiteId] = (OC1,),
    gates: Iterable[GateId] | None = None,
    valid_from: Instant = YEAR_BEGINS,
    valid_until: Instant = YEAR_ENDS,
    rests_on: RestsOn | None = None,
) -> CredentialFacts:
    return CredentialFacts(
        id=CredentialId(derived_id("card", key)),
        kind=CredentialKind.CARD,
        key=key,
        holder=holder or a_holder(),
        sites=frozenset(sites),
        gates=None if gates is None else frozenset(gates),
        status=status,
        valid_from=valid_from,
        valid_until=valid_until,
        permit_year=None,
        rests_on=rests_on,
    )


def a_permit(
    key: str = PLATE, *, year: int = 2026, status: CredentialStatus = CredentialStatus.ACTIVE
) -> CredentialFacts:
    """A vehicle permit for one calendar year in Shanghai."""
    return CredentialFacts(
        id=CredentialId(derived_id("permit", key, str(year))),
        kind=CredentialKind.PLATE,
        key=key,
        holder=a_holder("李秀英"),
        sites=frozenset({OC1}),
        gates=None,
        status=status,
        valid_from=datetime(year, 1, 1, tzinfo=SHANGHAI).astimezone(UTC),
        valid_until=datetime(year + 1, 1, 1, tzinfo=SHANGHAI).astimezone(UTC),
        permit_year=year,
        permit_number=f"{year}-0001",
    )


def a_pass(credential: CredentialId, holder: Holder | None = None) -> CredentialFacts:
    """A QR pass, found by its own id."""
    return replace(a_card(holder=holder), id=credential, kind=CredentialKind.QR, key=str(credential))


def a_deny_entry(
    key: str = PLATE,
    *,
    kind: CredentialKind = CredentialKind.PLATE,
    words: str = "多次强行闯门",
    sites: Iterable[SiteId] | None = None,
    valid_until: Instant | None = None,
) -> DenyEntry:
    where = None if sites is None else frozenset(sites)
    line = derived_id("deny", kind, key)
    return DenyEntry(id=line, sites=where, kind=kind, key=key, words=words, valid_until=valid_until)


def a_lane(name: str = "oc1-north-1", *, direction: Direction | None = None, manned: bool = True) -> LaneFacts:
    out = direction is Direction.OUT
    return LaneFacts(
        id=LaneId(name),
        direction=direction,
        from_area=INSIDE if out else OUTSIDE,
        to_area=OUTSIDE if out else INSIDE,
        manned=manned,
    )


def a_gate(name: GateId = NORTH, *, site: SiteId = OC1, lanes: tuple[LaneFacts, ...] = ()) -> GateFacts:
    return GateFacts(id=name, site=site, name_zh="北门", name_en="North gate", lanes=lanes or (a_lane(f"{name}-1"),))


def access_facts(
    *credentials: CredentialFacts,
    denied: tuple[DenyEntry, ...] = (),
    gates: tuple[GateFacts, ...] = (a_gate(), a_gate(SOUTH), a_gate(ELSEWHERE, site=OC2)),
    people: Passback = Passback.HARD,
    vehicles: Passback = Passback.SOFT,
    version: int = 7,
) -> AccessFacts:
    areas = {
        area: AreaFacts(id=area, site=OC1, passback_people=people, passback_vehicles=vehicles)
        for area in (INSIDE, OUTSIDE)
    }
    return AccessFacts(
        versions={OC1: version, OC2: version},
        timezones={OC1: "Asia/Shanghai", OC2: "Asia/Shanghai"},
        gates={gate.id: gate for gate in gates},
        areas=areas,
        credentials=credentials,
        denied=denied,
    )


def changes(
    *credentials: CredentialFacts,
    version: int = 8,
    removed: Iterable[CredentialId] = (),
    denied: tuple[DenyEntry, ...] = (),
    removed_denied: Iterable[UUID] = (),
    structure_changed: bool = False,
) -> AccessChanges:
    return AccessChanges(
        versions={OC1: version, OC2: version},
        credentials=credentials,
        removed_credentials=frozenset(removed),
        denied=denied,
        removed_denied=frozenset(removed_denied),
        structure_changed=structure_changed,
    )


@dataclass(slots=True)
class RegistryByHand:
    """A registry whose facts a test sets; our own fake of the feed. It fails while `failure` is set."""

    facts: AccessFacts = field(default_factory=access_facts)
    pending: AccessChanges | None = None
    failure: Exception | None = None

    def load(self) -> AccessFacts:
        if self.failure is not None:
            raise self.failure
        return self.facts

    def changes(self, since: Mapping[SiteId, int]) -> AccessChanges:
        if self.failure is not None:
            raise self.failure
        return self.pending or replace(changes(), versions=dict(since))


def card_shown(key: str = CARD) -> CardShown:
    return CardShown(raw=key, key=key)


def plate_shown(key: str = PLATE, *, form: PlateKind | None = PlateKind.CIVIL) -> PlateShown:
    return PlateShown(raw=key, key=key, form=form)


def inside_since(since: Instant = NOON - timedelta(hours=3), *, area: AreaId = INSIDE) -> Inside:
    return Inside(area=area, since=since, entry=EntryId(derived_id("entry", since.isoformat())))


def a_question(
    shown: Shown | None = None,
    credential: CredentialFacts | None = None,
    *,
    lane: LaneFacts | None = None,
    direction: Direction = Direction.IN,
    denied: tuple[DenyEntry, ...] = (),
    inside: Inside | None = None,
    passback: Passback = Passback.HARD,
    now: Instant = NOON,
) -> Question:
    """A card that would pass at noon, unless the test says otherwise."""
    if shown is None:
        shown, credential = card_shown(), credential or a_card()
    return Question(
        shown=shown,
        site=OC1,
        gate=NORTH,
        lane=lane or a_lane(),
        direction=direction,
        denied=denied,
        credential=credential,
        inside=inside,
        passback=passback,
        timezone=SHANGHAI,
        now=now,
    )


def a_moment(now: Instant = NOON) -> Moment:
    return Moment(site=OC1, gate=NORTH, now=now, timezone=SHANGHAI)


def an_attempt(
    shown: Shown | None = None,
    *,
    attempt_id: UUID | None = None,
    asked_by: str = "guard",
    asker: str = "guard",
    media: tuple[UUID, ...] = (),
    gate: GateId = NORTH,
    lane: LaneId | None = None,
    direction: Direction = Direction.IN,
) -> Attempt:
    return Attempt(
        attempt_id=attempt_id or uuid4(),
        asker=UserId(derived_id("user", asker)),
        asked_by=asked_by,
        gate=gate,
        direction=direction,
        shown=shown or card_shown(),
        lane=lane,
        media=media,
    )


@dataclass(slots=True)
class GateHouse:
    """A gateway that answers over HTTP: its parts and its desk."""

    parts: Parts
    desk: Desk
    register: RegistryByHand


@contextmanager
def a_gate_house(folder: Path, register: RegistryByHand, keys: Mapping[str, Ed25519PublicKey]) -> Iterator[GateHouse]:
    """Parts with a desk that runs, on a registry by hand; nobody reads plates, but who answers at `plates.sock` would."""
    clock = FixedClock()
    parts = some_parts(folder, rooms=(ROOM,), clock=clock)
    desk = Desk(
        store=parts.stores["gateway"],
        feed=register,
        clock=clock,
        pass_keys=keys,
        plates=PlateClient(folder / "plates.sock"),
        attempt_key=b"k" * 32,
        pin_key=b"p" * 32,
    )
    desk.start()
    parts.rooms["gateway"] = desk
    yield GateHouse(parts, desk, register)
    desk.stop()
    for store in parts.stores.values():
        store.close()


def hears(house: GateHouse, facts: AccessFacts) -> None:
    """The registry has these facts from now on, and the gates know it."""
    house.register.facts, house.register.pending = facts, changes(structure_changed=True)
    house.desk.tick()
    house.register.pending = None
