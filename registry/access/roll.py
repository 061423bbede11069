"""The roll of all credentials: a row each in columns, and the facts of one made when somebody asks for it.

A compound has a hundred thousand of them and a gate asks for a few at a time. In columns, with what many have in
common written once, one takes some 300 bytes; as an object with its holder and their ids it takes three times as much.
"""

from array import array
from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, Self
from uuid import UUID
from weakref import WeakValueDictionary

from registry.access.facts import (
    NO_RIGHTS,
    CredentialFacts,
    CredentialKind,
    CredentialStatus,
    GateRights,
    Holder,
    RestsOn,
)
from registry.clock import Instant
from registry.ids import CredentialId, GateId, LevelId, PersonId, SiteId

_ID_BYTES = 16
_NOBODY = -1


class Terms(NamedTuple):
    """What thousands of credentials have in common. The fields are those of `CredentialFacts`."""

    kind: CredentialKind
    sites: frozenset[SiteId]
    status: CredentialStatus
    gates: frozenset[GateId] | None = None
    permit_year: int | None = None
    rests_on: RestsOn | None = None
    entries_allowed: int | None = None


class Further(NamedTuple):
    """What few credentials have; `permit` is the number of that id."""

    permit_number: str | None = None
    permit: int | None = None
    replaced_by: str | None = None
    duress_key: str | None = None


_NOTHING_FURTHER = Further()


class Line(NamedTuple):
    """One credential, as it is entered in the roll. Ids are numbers, the `int` of a UUID."""

    id: int
    key: str
    holder: int | None
    """The person's id."""
    terms: Terms
    levels: tuple[LevelId, ...]
    valid_from: Instant
    valid_until: Instant
    further: Further = _NOTHING_FURTHER


@dataclass(slots=True)
class Holders:
    """Whose the credentials are, in columns: a row for each person."""

    row_of: dict[int, int] = field(default_factory=dict)
    """By the person's id; emptied when the roll is written."""
    rights: dict[int, GateRights] = field(default_factory=dict)
    """By row, of those who have any."""
    _ids: bytearray = field(default_factory=bytearray)
    _names: list[str] = field(default_factory=list)
    _units: list[tuple[str | None, str | None]] = field(default_factory=list)
    _photos: dict[int, UUID] = field(default_factory=dict)
    _known_units: dict[tuple[str | None, str | None], tuple[str | None, str | None]] = field(default_factory=dict)

    def add(
        self, number: int, name: str, unit: tuple[str | None, str | None], photo: UUID | None, rights: GateRights
    ) -> None:
        """Enter a person; `unit` is its name in Chinese and in English."""
        row = self.row_of[number] = len(self._names)
        self._ids += number.to_bytes(_ID_BYTES, "big")
        self._names.append(name)
        self._units.append(self._known_units.setdefault(unit, unit))
        if photo is not None:
            self._photos[row] = photo
        if rights is not NO_RIGHTS and rights != NO_RIGHTS:
            self.rights[row] = rights

    def id(self, row: int) -> PersonId:
        return PersonId(_id_at(self._ids, row))

    def holder(self, row: int) -> Holder:
        unit_zh, unit_en = self._units[row]
        return Holder(
            id=self.id(row),
            name=self._names[row],
            unit_zh=unit_zh,
            unit_en=unit_en,
            photo=self._photos.get(row),
            rights=self.rights.get(row, NO_RIGHTS),
        )


class Roll(Collection[CredentialFacts]):
    """All credentials, as they were when they were read. Nothing in it changes once it is written."""

    def __init__(self, lines: Iterable[Line], holders: Holders) -> None:
        self._holders = holders
        self._ids = bytearray()
        self._keys: list[str] = []
        self._held_by = array("i")
        self._terms: list[Terms] = []
        self._levels: list[tuple[LevelId, ...]] = []
        self._valid_from: list[Instant] = []
        self._valid_until: list[Instant] = []
        self._further: dict[int, Further] = {}
        self._by_key: dict[CredentialKind, dict[str, int | tuple[int, ...]]] = {kind: {} for kind in CredentialKind}
        self._beside: dict[int, tuple[int, ...]] = {}
        """The rows of the plates that a permit has beside its own, by its id."""
        self._write(lines)
        self._in_order = array("i", sorted(range(len(self._keys)), key=self._id_bytes))
        self._made: WeakValueDictionary[int, CredentialFacts] = WeakValueDictionary()
        """Of one credential there is one object, as long as somebody holds it."""

    @classmethod
    def of(cls, credentials: Collection[CredentialFacts]) -> Self:
        """The roll of facts that were made one by one; of several with one id the last."""
        if isinstance(credentials, cls):
            return credentials
        holders = Holders()
        for one in credentials:
            if one.holder is not None and one.holder.id.int not in holders.row_of:
                held = one.holder
                holders.add(held.id.int, held.name, (held.unit_zh, held.unit_en), held.photo, held.rights)
        return cls(map(_line, {one.id: one for one in credentials}.values()), holders)

    def __len__(self) -> int:
        return len(self._keys)

    def __contains__(self, credential: object) -> bool:
        return isinstance(credential, CredentialFacts) and self.row(credential.id) is not None

    def __iter__(self) -> Iterator[CredentialFacts]:
        return map(self.facts, range(len(self)))

    def facts(self, row: int) -> CredentialFacts:
        """The credential of a row."""
        made = self._made.get(row)
        if made is None:
            made = self._made[row] = self._unpacked(row)
        return made

    def id(self, row: int) -> CredentialId:
        return CredentialId(_id_at(self._ids, row))

    def key(self, row: int) -> str:
        return self._keys[row]

    def terms(self, row: int) -> Terms:
        return self._terms[row]

    def levels(self, row: int) -> tuple[LevelId, ...]:
        return self._levels[row]

    def validity(self, row: int) -> tuple[Instant, Instant]:
        return self._valid_from[row], self._valid_until[row]

    def rights(self, row: int) -> GateRights:
        """What the gates ask of its holder; without one, the least."""
        return self._holders.rights.get(self._held_by[row], NO_RIGHTS)

    def row(self, credential: UUID) -> int | None:
        """Where a credential stands; None: it does not."""
        wanted = bytearray(credential.bytes)
        place = bisect_left(self._in_order, wanted, key=self._id_bytes)
        if place == len(self._in_order):
            return None
        row = self._in_order[place]
        return row if self._id_bytes(row) == wanted else None

    def rows(self, kind: CredentialKind, key: str) -> tuple[int, ...]:
        """Where those stand that are found under a key.

        A permit is also found by its number, which stands for its own plate, and a PIN by that of duress.
        """
        found = self._by_key[kind].get(key, ())
        return (found,) if isinstance(found, int) else found

    def rows_beside(self, permit: UUID) -> tuple[int, ...]:
        """Where the plates stand that a permit has beside its own."""
        return self._beside.get(permit.int, ())

    def keys_of_kind(self, kind: CredentialKind) -> Iterable[str]:
        return self._by_key[kind]

    def with_rights(self) -> Mapping[PersonId, GateRights]:
        """What the gates ask of those of whom they ask anything."""
        return {self._holders.id(row): rights for row, rights in self._holders.rights.items()}

    def _write(self, lines: Iterable[Line]) -> None:
        terms: dict[Terms, Terms] = {}
        moments: dict[Instant, Instant] = {}
        levels: dict[tuple[LevelId, ...], tuple[LevelId, ...]] = {}
        row_of = self._holders.row_of
        for row, line in enumerate(lines):
            self._ids += line.id.to_bytes(_ID_BYTES, "big")
            self._keys.append(line.key)
            self._held_by.append(_NOBODY if line.holder is None else row_of.get(line.holder, _NOBODY))
            self._terms.append(terms.setdefault(line.terms, line.terms))
            self._levels.append(levels.setdefault(line.levels, line.levels) if line.levels else ())
            self._valid_from.append(moments.setdefault(line.valid_from, line.valid_from))
            self._valid_until.append(moments.setdefault(line.valid_until, line.valid_until))
            self._enter(row, line)
        row_of.clear()

    def _enter(self, row: int, line: Line) -> None:
        """Enter it under all its keys."""
        kind, further = line.terms.kind, line.further
        self._index(kind, line.key, row)
        if further == _NOTHING_FURTHER:
            return
        self._further[row] = further
        if further.duress_key is not None:
            self._index(kind, further.duress_key, row)
        elif further.permit_number is not None and further.permit in {None, line.id}:
            self._index(CredentialKind.PERMIT, further.permit_number, row)
        if further.permit not in {None, line.id}:
            self._beside[further.permit] = (*self._beside.get(further.permit, ()), row)

    def _index(self, kind: CredentialKind, key: str, row: int) -> None:
        index = self._by_key[kind]
        if key in index:
            index[key] = (*self.rows(kind, key), row)
        else:
            index[key] = row

    def _id_bytes(self, row: int) -> bytearray:
        return self._ids[row * _ID_BYTES : (row + 1) * _ID_BYTES]

    def _unpacked(self, row: int) -> CredentialFacts:
        kind, sites, status, gates, permit_year, rests_on, entries_allowed = self._terms[row]
        number, permit, replaced_by, duress_key = self._further.get(row, _NOTHING_FURTHER)
        held_by = self._held_by[row]
        return CredentialFacts(
            id=self.id(row),
            kind=kind,
            key=self._keys[row],
            holder=None if held_by == _NOBODY else self._holders.holder(held_by),
            sites=sites,
            gates=gates,
            status=status,
            valid_from=self._valid_from[row],
            valid_until=self._valid_until[row],
            permit_year=permit_year,
            permit_number=number,
            permit=None if permit is None else CredentialId(UUID(int=permit)),
            rests_on=rests_on,
            levels=self._levels[row],
            entries_allowed=entries_allowed,
            replaced_by=replaced_by,
            duress_key=duress_key,
        )


def _id_at(ids: bytearray, row: int) -> UUID:
    return UUID(int=int.from_bytes(ids[row * _ID_BYTES : (row + 1) * _ID_BYTES], "big"))


def _line(facts: CredentialFacts) -> Line:
    return Line(
        id=facts.id.int,
        key=facts.key,
        holder=None if facts.holder is None else facts.holder.id.int,
        terms=Terms(
            kind=facts.kind,
            sites=facts.sites,
            gates=facts.gates,
            status=facts.status,
            permit_year=facts.permit_year,
            rests_on=facts.rests_on,
            entries_allowed=facts.entries_allowed,
        ),
        levels=facts.levels,
        valid_from=facts.valid_from,
        valid_until=facts.valid_until,
        further=Further(
            permit_number=facts.permit_number,
            permit=None if facts.permit is None else facts.permit.int,
            replaced_by=facts.replaced_by,
            duress_key=facts.duress_key,
        ),
    )
