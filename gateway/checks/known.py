"""The credentials that a gate knows: the registry's roll as it was read, and what changed since."""

from collections.abc import Collection, Iterable, Iterator, Mapping, ValuesView
from typing import Literal

from registry.access.facts import CredentialFacts, CredentialKind, GateRights
from registry.access.roll import Roll
from registry.ids import CredentialId, PersonId

Key = tuple[CredentialKind | Literal["beside"], str]
"""What is shown; or `beside` and a permit's id, under which the plates are that the permit has beside its own."""


def keys_of(credential: CredentialFacts) -> tuple[Key, ...]:
    """Under what it is found; a permit also by its number, which stands for its own plate, and a PIN by that of duress."""
    own = (credential.kind, credential.key)
    if credential.duress_key is not None:
        return own, (credential.kind, credential.duress_key)
    keys: list[Key] = [own]
    if credential.permit_number is not None and credential.permit in {None, credential.id}:
        keys.append((CredentialKind.PERMIT, credential.permit_number))
    if credential.permit not in {None, credential.id}:
        keys.append(("beside", str(credential.permit)))
    return tuple(keys)


class _Values(ValuesView[CredentialFacts]):
    """The credentials, without a look at where the id of each stands."""

    def __init__(self, known: "Known") -> None:
        super().__init__(known)
        self._known = known

    def __iter__(self) -> Iterator[CredentialFacts]:
        return self._known.each()


class Known(Mapping[CredentialId, CredentialFacts]):
    """All credentials by their ids, and those that are found under a key. A change makes a new one; the roll is shared."""

    def __init__(
        self,
        roll: Roll,
        changed: Mapping[CredentialId, CredentialFacts] | None = None,
        outdated: frozenset[int] = frozenset(),
    ) -> None:
        self.roll = roll
        self._changed = changed or {}
        """As they are now, also those that the roll does not have."""
        self._outdated = outdated
        """The rows of the roll that are no longer so."""
        self._by_key: dict[Key, tuple[CredentialFacts, ...]] = {}
        for one in self._changed.values():
            for key in keys_of(one):
                self._by_key[key] = (*self._by_key.get(key, ()), one)

    @property
    def changes(self) -> int:
        """How many are otherwise than in the roll."""
        return len(self._changed) + len(self._outdated)

    def after(self, new: Iterable[CredentialFacts], removed: Collection[CredentialId]) -> "Known":
        """What is known after a change."""
        now = {one.id: one for one in new}
        gone = {*removed, *now}
        kept = {id_: one for id_, one in self._changed.items() if id_ not in gone}
        rows = (self.roll.row(id_) for id_ in gone)
        return Known(self.roll, kept | now, self._outdated.union(row for row in rows if row is not None))

    def __len__(self) -> int:
        return len(self.roll) - len(self._outdated) + len(self._changed)

    def __iter__(self) -> Iterator[CredentialId]:
        yield from (self.roll.id(row) for row in self._rows())
        yield from self._changed

    def __getitem__(self, credential: CredentialId) -> CredentialFacts:
        changed = self._changed.get(credential)
        if changed is not None:
            return changed
        row = self.roll.row(credential)
        if row is None or row in self._outdated:
            raise KeyError(credential)
        return self.roll.facts(row)

    def values(self) -> "_Values":
        return _Values(self)

    def each(self) -> Iterator[CredentialFacts]:
        """All of them, each made when its turn comes: whoever goes through them should keep few."""
        yield from map(self.roll.facts, self._rows())
        yield from self._changed.values()

    def with_key(self, kind: CredentialKind, key: str) -> tuple[CredentialFacts, ...]:
        """Those that are found under what is shown."""
        return self._at(self.roll.rows(kind, key)) + self._by_key.get((kind, key), ())

    def beside(self, permit: CredentialId) -> tuple[CredentialFacts, ...]:
        """The plates that a permit has beside its own."""
        return self._at(self.roll.rows_beside(permit)) + self._by_key.get(("beside", str(permit)), ())

    def sole_row(self, kind: CredentialKind, key: str) -> int | None:
        """Where in the roll the one stands that is found under a key; None: there are several, or none, or it changed."""
        rows = self.roll.rows(kind, key)
        if len(rows) != 1 or rows[0] in self._outdated or (kind, key) in self._by_key:
            return None
        return rows[0]

    def keys_of_kind(self, kind: CredentialKind) -> Iterator[str]:
        """What is shown of this kind, some of it perhaps no longer."""
        yield from self.roll.keys_of_kind(kind)
        yield from (key for shown_as, key in self._by_key if shown_as is kind)

    def people_with_rights(self) -> Mapping[PersonId, GateRights]:
        """Of whom the gates ask something, and what."""
        people = dict(self.roll.with_rights())
        for one in self._changed.values():
            if one.holder is not None:
                people[one.holder.id] = one.holder.rights
        return people

    def _rows(self) -> Iterator[int]:
        return (row for row in range(len(self.roll)) if row not in self._outdated)

    def _at(self, rows: tuple[int, ...]) -> tuple[CredentialFacts, ...]:
        return tuple(self.roll.facts(row) for row in rows if row not in self._outdated)
