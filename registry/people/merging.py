"""Two files of one person: found, looked at, made one, and taken apart again.

Whatever refers to the one person refers to the other afterwards; what would then be there twice (the same project, the same
tenancy) stays where it is, and is said. The file that goes keeps its row: what was moved is written down and goes back whole.
Rights at the gates are not moved: of two files that say different things the person keeps the lesser of both, so that no merge
opens a gate that was shut for one of them, and none lets somebody walk alone who is escorted; the file's history says what
became less, and whoever may give it gives it again.
"""

import json
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Table, func, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from registry.access.facts import GateRights
from registry.audit.chain import record
from registry.credentials.ending import HOLDS
from registry.credentials.grounds import ground_of
from registry.feed.changes import ChangeKind
from registry.feed.service import record_change_everywhere
from registry.ids import PersonId, SiteId, new_id
from registry.passes.models import Card, Pin, QrPass
from registry.people import queries
from registry.people.changing import Clerk, NothingToUndo, fields_of, subject_of
from registry.people.gate_rights import lesser, rights_of, write_rights
from registry.people.identity import IdentityKeys
from registry.people.models import GateRights as GateRightsRow
from registry.people.models import Person, PersonDocument, PersonMerge, PersonToken
from registry.people.rules import Likeness, likenesses
from registry.people.search import ALIKE, keep_tokens, known_of, marks_of
from registry.permits.models import VehiclePermit
from registry.problems import Conflict, NotFound
from registry.revisions.service import Fields, keep
from registry.tables import Base

_RIGHTS = GateRightsRow.__tablename__
_NEVER_MOVED = frozenset({"person_token", "person_merge", _RIGHTS})
_FILLED = ("phone", "photo", "note", "unit_id")
"""What of the head the file that stays gets where it says nothing."""
_MOST_PAIRS = 200


class CannotMerge(Conflict):
    slug = "cannot-merge"
    title = "These two files cannot be made one"


class NoSuchMerge(NotFound):
    slug = "no-such-merge"
    title = "There is no such merge"


@dataclass(frozen=True, slots=True)
class Pair:
    """Two files that are likely of one person, the older first, and why."""

    one: Person
    other: Person
    why: Sequence[Likeness]


@dataclass(frozen=True, slots=True)
class Preview:
    """What would move: how many rows of which table; `gate_rights`, which do not move, if the two files differ in them."""

    kept: Person
    gone: Person
    why: Sequence[Likeness]
    moves: Sequence[tuple[str, int]]


def pairs(session: Session, keys: IdentityKeys, sites: Collection[SiteId]) -> Sequence[Pair]:
    """Pairs of files of these sites that are likely of one person each, at most 200."""
    shared = _shared(sites).limit(_MOST_PAIRS).subquery()
    rows = (
        select(PersonToken.token, Person)
        .join(Person, Person.id == PersonToken.person_id)
        .where(PersonToken.token.in_(select(shared.c.token)), Person.site.in_(sites), Person.merged_at.is_(None))
        .order_by(PersonToken.token, Person.id)
    )
    by_token: dict[str, list[Person]] = {}
    for token, person in session.execute(rows):
        by_token.setdefault(token, []).append(person)
    found: dict[tuple[UUID, UUID], Pair] = {}
    for first, *others in by_token.values():
        marks = marks_of(known_of(first, keys))
        for other in others:
            if why := likenesses(marks, marks_of(known_of(other, keys))):
                found[first.id, other.id] = Pair(first, other, why)
    return list(found.values())[:_MOST_PAIRS]


def count_alike(session: Session, sites: Collection[SiteId]) -> int:
    """How many groups of files are likely of one person each; past 200 it counts no further."""
    return session.scalar(select(func.count()).select_from(_shared(sites).limit(_MOST_PAIRS).subquery())) or 0


def preview(clerk: Clerk, kept_id: PersonId, gone_id: PersonId) -> Preview:
    """What merging would move.

    Raises:
        CannotMerge: they are one file, or one of them went into another already.

    """
    kept, gone = _two(clerk, kept_id, gone_id)
    counts = Counter(table.name for table, _, _ in _referring(clerk.session, gone.id))
    counts["id_number"] = int(gone.id_number_index is not None and kept.id_number_index is None)
    counts[_RIGHTS] = int(rights_of(clerk.session, kept.id) != rights_of(clerk.session, gone.id))
    why = likenesses(marks_of(known_of(kept, clerk.keys)), marks_of(known_of(gone, clerk.keys)))
    return Preview(kept, gone, why, sorted((name, count) for name, count in counts.items() if count))


def merge(clerk: Clerk, kept_id: PersonId, gone_id: PersonId) -> PersonMerge:
    """Make two files one: all that refers to the one that goes refers to the one that stays.

    Where each has an ID number, that of the file that stays is the person's; the other's stays in the other's row.

    Raises:
        CannotMerge: they are one file, or one of them went into another already; or a pass would rest on a project whose
            list the file that stays has left.

    """
    session = clerk.session
    kept, gone = _two(clerk, kept_id, gone_id)
    before = [(one, fields_of(session, one)) for one in (kept, gone)]
    moved = [*_move_head(clerk.keys, session, gone, kept), *_lessen_rights(session, gone, kept)]
    for table, column, key in list(_referring(session, gone.id)):
        if _repoint(clerk, table, column, key, gone.id, kept.id):
            moved.append({"table": table.name, "column": column.name, "key": json.dumps(key)})
    _require_grounds(session, kept)
    row = PersonMerge(id=new_id(), kept_id=kept.id, gone_id=gone.id, moved=moved, by=clerk.name, at=clerk.now)
    gone.merged_at = clerk.now
    session.add(row)
    _told(clerk, before, "people-merged")
    return row


def undo_merge(clerk: Clerk, merge_id: UUID) -> PersonMerge:
    """Take two files apart again, as they were.

    Raises:
        NoSuchMerge: none at the clerk's sites.
        NothingToUndo: it was undone already, or something of what moved is no longer where it was put.

    """
    session = clerk.session
    row = session.get(PersonMerge, merge_id)
    if row is None:
        raise NoSuchMerge("There is no such merge at your sites.")
    kept, gone = _file(clerk, PersonId(row.kept_id)), _file(clerk, PersonId(row.gone_id))
    if row.undone_at is not None or kept.merged_at is not None:
        raise NothingToUndo("This was taken apart already.")
    before = [(one, fields_of(session, one)) for one in (kept, gone)]
    for each in reversed(row.moved):
        if each["table"] == "person":
            _move_back(clerk.keys, session, each, kept, gone)
            continue
        if each["table"] == _RIGHTS:
            _give_rights_back(session, each, kept)
            continue
        table = Base.metadata.tables[each["table"]]
        if not _repoint(clerk, table, table.c[each["column"]], json.loads(each["key"]), kept.id, gone.id):
            raise NothingToUndo("Something of what moved was changed since: the files cannot be taken apart whole.")
    row.undone_by, row.undone_at = clerk.name, clerk.now
    gone.merged_at = None
    _told(clerk, before, "people-unmerged")
    return row


def merge_of(session: Session, person_id: PersonId) -> PersonMerge | None:
    """The newest merge into or of this file that was not undone."""
    there = (PersonMerge.kept_id == person_id) | (PersonMerge.gone_id == person_id)
    rows = select(PersonMerge).where(there, PersonMerge.undone_at.is_(None)).order_by(PersonMerge.at.desc())
    return session.scalars(rows.limit(1)).first()


def _shared(sites: Collection[SiteId]) -> Any:
    """Tokens of likeness that several people of these sites have."""
    alike = PersonToken.token.between(ALIKE, f"{ALIKE}~")
    rows = select(PersonToken.token).join(Person, Person.id == PersonToken.person_id)
    rows = rows.where(alike, Person.site.in_(sites))
    return rows.group_by(PersonToken.token).having(func.count() > 1)


def _file(clerk: Clerk, person_id: PersonId) -> Person:
    """A file of the clerk's sites, be it one that went into another."""
    return queries.person(clerk.session, person_id, clerk.within).person


def _two(clerk: Clerk, kept_id: PersonId, gone_id: PersonId) -> tuple[Person, Person]:
    kept, gone = _file(clerk, kept_id), _file(clerk, gone_id)
    if kept.id == gone.id or kept.merged_at is not None or gone.merged_at is not None:
        raise CannotMerge("Choose two files that went into no other.")
    return kept, gone


def _referring(session: Session, person_id: PersonId) -> Iterator[tuple[Table, Column[Any], dict[str, str]]]:
    """Every row that refers to a person: its table, the column, and its key."""
    session.flush()
    for table in Base.metadata.sorted_tables:
        if table.name in _NEVER_MOVED:
            continue
        keys = list(table.primary_key.columns)
        for column in table.columns:
            if any(reference.column.table.name == "person" for reference in column.foreign_keys):
                for row in session.execute(select(*keys).where(column == person_id)):
                    yield table, column, {key.name: str(value) for key, value in zip(keys, row, strict=True)}


def _repoint(  # noqa: PLR0917 - which row, of which column, from whom to whom
    clerk: Clerk, table: Table, column: Column[Any], key: dict[str, str], before: PersonId, after: PersonId
) -> bool:
    """Let a row refer to another person; False: it is not there, or would then be there twice."""
    session = clerk.session
    parts = [
        table.c[name] == (before if table.c[name] is column else _read(table.c[name], text))
        for name, text in key.items()
    ]
    values: dict[str, Any] = {column.name: after}
    if table.name == PersonDocument.__tablename__:  # a number is sealed for its person
        sealed = session.scalar(select(table.c.number_sealed).where(*parts, column == before))
        if sealed is None:
            return False
        values["number_sealed"] = clerk.keys.seal(clerk.keys.open(sealed, before.bytes), after.bytes)
    try:
        with session.begin_nested():
            done = session.execute(update(table).where(*parts, column == before).values(values))
    except IntegrityError:
        return False
    return getattr(done, "rowcount", 0) == 1


def _read(column: Column[Any], text: str) -> object:
    kind = column.type.python_type
    return UUID(text) if kind is UUID else kind(text)


def _move_head(keys: IdentityKeys, session: Session, gone: Person, kept: Person) -> Iterator[dict[str, str]]:
    for name in _FILLED:
        if getattr(kept, name) is None and getattr(gone, name) is not None:
            setattr(kept, name, getattr(gone, name))
            yield {"table": "person", "column": name, "key": ""}
    if gone.id_number_sealed is not None and kept.id_number_sealed is None:
        _give_number(keys, session, gone, kept)
        yield {"table": "person", "column": "id_number", "key": _short(kept)}


def _move_back(keys: IdentityKeys, session: Session, moved: dict[str, str], kept: Person, gone: Person) -> None:
    """The file that went kept its own; of the ID number there is one."""
    name = moved["column"]
    if name == "id_number":
        if moved["key"] and moved["key"] != _short(kept):
            raise NothingToUndo("The ID number was changed since: the files cannot be taken apart whole.")
        _give_number(keys, session, kept, gone)
    elif getattr(kept, name) == getattr(gone, name):
        setattr(kept, name, None)


def _lessen_rights(session: Session, gone: Person, kept: Person) -> Iterator[dict[str, str]]:
    before = rights_of(session, kept.id)
    after = lesser(before, rights_of(session, gone.id))
    if after != before:
        write_rights(session, kept.id, after)
        yield {"table": _RIGHTS, "column": "", "key": json.dumps([asdict(before), asdict(after)])}


def _give_rights_back(session: Session, moved: dict[str, str], kept: Person) -> None:
    """What somebody said of them since the merge stands."""
    before, after = (GateRights(**each) for each in json.loads(moved["key"]))
    if rights_of(session, kept.id) == after:
        write_rights(session, kept.id, before)


def _short(person: Person) -> str:
    """By what one sees whether somebody's ID number is still the same; as in the file's history."""
    return "" if person.id_number_index is None else person.id_number_index.hex()[:12]


def _require_grounds(session: Session, kept: Person) -> None:
    """Refuse what would leave a pass with somebody who has no part in what it rests on: nobody would take it away from them."""
    for row in (Card, QrPass, Pin, VehiclePermit):
        rests = or_(row.tenancy_id.is_not(None), row.project_id.is_not(None))
        held = select(row.tenancy_id, row.project_id).where(row.person_id == kept.id, rests, row.status.in_(HOLDS))
        for tenancy_id, project_id in session.execute(held.distinct()):
            ground = ground_of(session, kept.id, tenancy_id, project_id)
            if ground is None or not ground.is_of_it:
                raise CannotMerge("The file that stays has left a list on which a pass rests.", fault="ground")


def _give_number(keys: IdentityKeys, session: Session, giver: Person, taker: Person) -> None:
    sealed, index = giver.id_number_sealed, giver.id_number_index
    if sealed is None:
        raise NothingToUndo("The ID number was taken out since: the files cannot be taken apart whole.")
    giver.id_number_sealed = giver.id_number_index = None
    session.flush()
    taker.id_number_sealed, taker.id_number_index = keys.seal(keys.open(sealed, giver.id.bytes), taker.id.bytes), index


def _told(clerk: Clerk, before: Sequence[tuple[Person, Fields]], action: str) -> None:
    """`before`: the file that stays and the other one, each with what it said; who writes in one of them is told of the change."""
    session = clerk.session
    session.flush()
    session.expire_all()
    (kept, _), (gone, _) = before
    keep_tokens(session, clerk.keys, [kept, gone])
    for one, was in before:
        keep(session, subject_of(one), action, was, fields_of(session, one), by=clerk.name, now=clerk.now)
    for site in {kept.site, gone.site}:
        facts = {"other": str(gone.id)}
        subject = subject_of(kept)
        record(session, actor=clerk.name, action=action, site=site, subject=subject, facts=facts, now=clerk.now)
    record_change_everywhere(session, ChangeKind.MANY, "people")
