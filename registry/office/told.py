"""An act of the audit in words: what it was done to, and what it says field by field. Pure but for the names it looks up."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from registry.audit.reading import Act
from registry.auth.permissions import Permission
from registry.auth.principal import Principal
from registry.i18n import Translator
from registry.ids import SiteId
from registry.office.named import Named

_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}.*")
_GRANT = re.compile(r"(?P<role>[a-z_]+)@(?P<site>[a-z0-9*-]+)(?: for unit (?P<unit>\S+))?(?: for gate (?P<gate>\S+))?")
_BEFORE = "_before"
"""What a field held until then stands beside it under this name."""
_KNOWN_AS = {
    "to": "control_room.state_",
    "verdict": "control_room.verdict_",
    "because": "decision.because.",
}
"""Fields whose values are named in the texts of another room."""
_NAMING = ("code", "number", "room", "short", "name")
_PLACES: Mapping[str, tuple[str, Permission]] = {
    "user": ("/registry/users/{id}", Permission.USERS_MANAGE),
    "person": ("/registry/people/{id}", Permission.REGISTRY_READ),
    "room": ("/registry/rooms/{id}", Permission.REGISTRY_READ),
    "permit": ("/registry/permits/{id}", Permission.REGISTRY_READ),
    "application": ("/registry/applications/{id}", Permission.REGISTRY_READ),
    "project": ("/registry/projects/{id}", Permission.REGISTRY_READ),
    "tenancy": ("/registry/tenancies/{id}", Permission.REGISTRY_READ),
    "level": ("/registry/levels/{id}", Permission.REGISTRY_READ),
    "unit": ("/registry/units/{id}", Permission.REGISTRY_READ),
    "site": ("/registry/sites/{id}", Permission.REGISTRY_READ),
    "permit-series": ("/registry/series?year={id}", Permission.REGISTRY_READ),
    "qr": ("/registry/passes/{id}", Permission.REGISTRY_WRITE),
    "device": ("/registry/devices/{id}", Permission.DEVICES_READ),
    "alarm": ("/control-room?alarm={id}", Permission.ALARMS_READ),
    "zone": ("/registry/zones", Permission.DEVICES_READ),
    "audit": ("/registry/audit", Permission.AUDIT_READ),
    "overview": ("/registry", Permission.REGISTRY_READ),
    "people": ("/registry/people", Permission.REGISTRY_READ),
    "rooms": ("/registry/rooms", Permission.REGISTRY_READ),
    "permits": ("/registry/permits", Permission.REGISTRY_READ),
    "applications": ("/registry/applications", Permission.REGISTRY_READ),
    "batches": ("/registry/batches", Permission.REGISTRY_READ),
    "projects": ("/registry/projects", Permission.REGISTRY_READ),
    "overdue-rooms": ("/registry/overdue", Permission.REGISTRY_READ),
    "cards": ("/registry/cards", Permission.REGISTRY_READ),
    "denylist": ("/registry/denylist", Permission.REGISTRY_READ),
}
"""Where the page of a thing is, and what it asks of its reader."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What an act was done to. `name` is empty for a whole list; `href` None: it has no page that this reader may open."""

    kind: str
    name: str
    href: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One field. `before` None: nothing is known of an earlier value."""

    label: str
    before: str | None
    now: str


@dataclass(frozen=True, slots=True)
class Teller:
    """Says acts to one reader, in their language and the time zone of the page."""

    t: Translator
    reader: Principal
    zone: ZoneInfo
    sites: Mapping[SiteId, str]
    named: Named

    def actor(self, act: Act) -> str:
        """Who did it: programs and nobody by a word, a person by the name of their account."""
        kind, _, name = act.actor.partition(":")
        key = f"audit.by.{kind.replace(' ', '_')}"
        return self.t(key, name=name) if self.t.has(key) else act.actor

    def subject(self, act: Act) -> Subject:
        kind, _, key = act.subject.partition(":")
        if _UUID.fullmatch(act.subject):
            kind, key = "entry", act.subject
        word = f"audit.of.{kind}"
        if not self.t.has(word):
            return Subject(kind="", name=act.subject, href=None)
        name = self.named.of(kind, key) or self._fact_that_names(act) or self._word(kind, key)
        return Subject(kind=self.t(word), name=name if key else "", href=self._href(kind, key, act))

    def facts(self, act: Act) -> Sequence[Told]:
        """Field by field; what did not change, and what names the subject already, is left out."""
        fields = {name: fact for name, fact in act.facts.items() if not name.endswith(_BEFORE)}
        if {"before", "after"} <= fields.keys():
            fields = {"status": fields.pop("after"), "status_before": fields.pop("before")} | fields
        said = self.subject(act).name
        return [
            told
            for name, fact in fields.items()
            if not name.endswith(_BEFORE) and (told := self._told(name, fact, {**act.facts, **fields})) is not None
            if told.now != said or told.before is not None
        ]

    def _told(self, name: str, fact: object, every: Mapping[str, object]) -> Told | None:
        has_before = name + _BEFORE in every
        before = every.get(name + _BEFORE)
        if fact == before if has_before else fact in ("", None, []):
            return None
        label = f"audit.fact.{name}"
        return Told(
            label=self.t(label) if self.t.has(label) else name,
            before=self._value(name, before) if has_before else None,
            now=self._value(name, fact),
        )

    def _value(self, name: str, value: object) -> str:
        match value:
            case None | "" | []:
                return self.t("audit.nothing")
            case bool():
                return self.t("audit.yes" if value else "audit.no")
            case list() if all(isinstance(each, str) and _UUID.fullmatch(each) for each in value):
                return self.t("audit.so_many", n=len(value))
            case list():
                return self.t("audit.between").join(self._value(name, each) for each in value)
            case str():
                return self._word(name, value)
            case _:
                return str(value)

    def _word(self, name: str, value: str) -> str:
        for key in (f"audit.value.{name}.{value}", f"{_KNOWN_AS[name]}{value}" if name in _KNOWN_AS else ""):
            if key and self.t.has(key):
                return self.t(key)
        if name == "gate":
            return self.named.of(name, value) or value
        if _UUID.fullmatch(value):
            return value[-8:]
        if _MOMENT.fullmatch(value):
            return _moment(value, self.zone)
        granted = _GRANT.fullmatch(value)
        if granted is not None and self.t.has(f"role.{granted['role']}"):
            site = granted["site"]
            where = self.t("audit.every_site") if site == "*" else self.sites.get(SiteId(site), site)
            unit = self.named.of("unit", granted["unit"] or "") or granted["unit"]
            parts = (self.t(f"role.{granted['role']}"), where, granted["gate"], unit)
            return " · ".join(self._word("", part) for part in parts if part)
        return value

    def _fact_that_names(self, act: Act) -> str:
        """An alarm is called by its code; what was looked up in vain by the name or the number that it had."""
        return next((str(act.facts[name]) for name in _NAMING if name in act.facts), "")

    def _href(self, kind: str, key: str, act: Act) -> str | None:
        if kind not in _PLACES:
            return None
        place, asked = _PLACES[kind]
        site = SiteId(act.site)
        if not (self.reader.may(asked, site) if site in self.sites else self.reader.holds(asked)):
            return None
        where = self.named.page_key(kind, key)
        return None if where is None else place.format(id=where)


def wanted(acts: Iterable[Act]) -> Mapping[str, frozenset[str]]:
    """What the acts were done to and at which gates, by its kind: the keys whose names are to be looked up."""
    found: dict[str, set[str]] = {}
    for act in acts:
        kind, _, key = act.subject.partition(":")
        found.setdefault(kind, set()).add(key)
        found.setdefault("gate", set()).update(gate for gate in [act.facts.get("gate")] if isinstance(gate, str))
        found.setdefault("unit", set()).update(_units_granted(act.facts.values()))
    return {kind: frozenset(keys) for kind, keys in found.items()}


def _units_granted(facts: Iterable[object]) -> Iterator[str]:
    for value in facts:
        for word in value if isinstance(value, list) else (value,):
            if isinstance(word, str) and (granted := _GRANT.fullmatch(word)) is not None and granted["unit"]:
                yield granted["unit"]


def _moment(text: str, zone: ZoneInfo) -> str:
    try:
        return datetime.fromisoformat(text).astimezone(zone).strftime("%Y-%m-%d %H:%M")
    except ValueError:
        return text
