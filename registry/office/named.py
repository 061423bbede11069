"""What the things that the audit speaks of are called. Nothing here tells who a person is: people go by a short code."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.auth.models import TokenRow, UserRow
from registry.devices.models import Device
from registry.housing.models import Building, RoomRow, Tenancy
from registry.i18n import Language
from registry.levels.models import AccessLevel
from registry.permits.models import VehiclePermit
from registry.permits.rules import permit_number
from registry.projects.models import Project
from registry.sites.models import Area, Gate, Site
from registry.units.models import Unit
from registry.zones.models import Zone

_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class Named:
    """The names of subjects by kind and key, and the ids of the users, by whose names the audit calls them."""

    names: Mapping[tuple[str, str], str]
    user_ids: Mapping[str, UUID]

    def of(self, kind: str, key: str) -> str:
        """Its name; empty if it has none, or is gone."""
        return key if kind == "user" and key in self.user_ids else self.names.get((kind, key), "")

    def page_key(self, kind: str, key: str) -> str | None:
        """By what the address of its page names it; None: there is nothing to show."""
        if kind == "user":
            return str(self.user_ids[key]) if key in self.user_ids else None
        return key


def look_up(session: Session, wanted: Mapping[str, frozenset[str]], language: Language) -> Named:
    """One query for each kind that is wanted."""
    names: dict[tuple[str, str], str] = {}
    users = wanted.get("user", frozenset())
    ids = session.execute(select(UserRow.name, UserRow.id).where(UserRow.name.in_(users))).all() if users else []
    if keys := wanted.get("device"):
        for device in session.scalars(select(Device).where(Device.site.in_({key.split("/")[0] for key in keys}))):
            if str(device.address) in keys:
                names["device", str(device.address)] = device.name_en if language is Language.EN else device.name_zh
    if keys := wanted.get("zone"):
        for zone in session.scalars(select(Zone).where(Zone.id.in_(keys))):
            names["zone", zone.id] = zone.name_en if language is Language.EN else zone.name_zh
    if keys := wanted.get("token"):
        for token in session.scalars(select(TokenRow).where(TokenRow.id.in_(_uuids(keys)))):
            names["token", str(token.id)] = token.name
    if keys := wanted.get("permit"):
        for permit in session.scalars(select(VehiclePermit).where(VehiclePermit.id.in_(_uuids(keys)))):
            names["permit", str(permit.id)] = permit_number(permit.year, permit.serial)
    if keys := wanted.get("building"):
        for building in session.scalars(select(Building).where(Building.id.in_(_uuids(keys)))):
            names["building", str(building.id)] = building.name_en if language is Language.EN else building.name_zh
    if keys := wanted.get("gate"):
        for gate in session.scalars(select(Gate).where(Gate.id.in_(keys))):
            names["gate", gate.id] = gate.name_en if language is Language.EN else gate.name_zh
    if keys := wanted.get("project"):
        for project in session.scalars(select(Project).where(Project.id.in_(_uuids(keys)))):
            names["project", str(project.id)] = project.name
    names |= _places(session, wanted, language) | _rooms(session, wanted)
    return Named(names, {row.name: row.id for row in ids})


def _places(session: Session, wanted: Mapping[str, frozenset[str]], language: Language) -> dict[tuple[str, str], str]:
    """Compounds, their areas, units and levels; a day of the calendar by itself, a unit's contract by the unit and its year."""
    names = {("calendar", key): key.rpartition("/")[2] for key in wanted.get("calendar", ())}
    contracts = {key: key.rpartition(":") for key in wanted.get("contract", ())}
    units = {*wanted.get("unit", ()), *(unit for unit, _, _ in contracts.values())}
    for kind, table, ids in (
        ("site", Site, wanted.get("site")),
        ("area", Area, wanted.get("area")),
        ("unit", Unit, _uuids(units)),
        ("level", AccessLevel, _uuids(wanted.get("level", ()))),
    ):
        if ids:
            for row in session.execute(select(table.id, table.name_zh, table.name_en).where(table.id.in_(ids))):
                names[kind, str(row.id)] = row.name_en if language is Language.EN else row.name_zh
    for key, (unit, _, year) in contracts.items():
        if ("unit", unit) in names:
            names["contract", key] = f"{names['unit', unit]} {year}"
    return names


def _rooms(session: Session, wanted: Mapping[str, frozenset[str]]) -> dict[tuple[str, str], str]:
    """Rooms by their number; a tenancy by the number of its room."""
    found = select(RoomRow.id, Building.short, RoomRow.number).join(Building, Building.id == RoomRow.building_id)
    names: dict[tuple[str, str], str] = {}
    if keys := wanted.get("room"):
        for room, short, number in session.execute(found.where(RoomRow.id.in_(_uuids(keys)))):
            names["room", str(room)] = f"{short}-{number}"
    if keys := wanted.get("tenancy"):
        let = found.add_columns(Tenancy.id).join(Tenancy, Tenancy.room_id == RoomRow.id)
        for _, short, number, tenancy in session.execute(let.where(Tenancy.id.in_(_uuids(keys)))):
            names["tenancy", str(tenancy)] = f"{short}-{number}"
    return names


def _uuids(keys: Iterable[str]) -> list[UUID]:
    return [UUID(key) for key in keys if _UUID.fullmatch(key)]
