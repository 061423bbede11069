"""Finding people by the beginning of what one knows of them, among as many as there are.

Each person has tokens: the ends of the name (王建国, 建国, 国), of its pinyin (wangjianguo, jianguo, guo) and initials (wjg, jg),
the phone and its last four, plates, and a keyed digest of the last four of the ID number, which alone says nothing. What one types
is a range of a B-tree, whichever part of a name it is; a scan with LIKE reads every row (`dayuan bench registry` has both).

Tokens are written in the transaction of what they tell: `keep_tokens` after a person's change, `add_plates` when one gets a permit.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from operator import itemgetter
from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, exists, false, func, select
from sqlalchemy.orm import Session, aliased

from registry.ids import PersonId
from registry.people.identity import IdentityKeys
from registry.people.models import Person, PersonToken
from registry.people.pinyin import is_chinese, readings
from registry.people.rules import Marks, birthday_of
from registry.permits.models import PermitPlate, VehiclePermit
from registry.plates.grammar import Plate, parse_plate
from registry.store.many import ManyRows
from registry.units.models import Unit

ALIKE = "#="
"""Before tokens that nobody types: digests of what two files of one person have in common."""
MANY = 1000
"""Tokens from which a word is common: then people are asked for it, from the newest on, and not it for its people."""
_COUNTED = 20_000
"""Tokens of a common word that are counted, to find the least common."""
_LAST = 4
_LONGEST = 64
_ENDS = 8
"""Characters of a name from which on it is found; few names have more."""
_LAST_FOUR = re.compile(r"[0-9]{3}[0-9x]")
_AFTER_ALL = "\U0010ffff"
_NUMBERS = re.compile(r"[-+().·・#]")
_PHONE_OF_CHINA = re.compile(r"(?:0086|86)(1[0-9]{10})")
_rows = ManyRows(PersonToken.__table__, ("token", "person_id"))  # type: ignore[arg-type]  # a declared table is one


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of one person; the numbers as they are kept, the plates without dots."""

    name: str
    phone: str | None = None
    id_number: str | None = None
    plates: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Matching:
    """Whom the words of a search fit: `ids`, the newest file first, are all that can; each must also meet every condition.

    `ids` None: the words are common, so that there is no list of whom they fit.
    """

    ids: Sequence[UUID] | None
    conditions: Sequence[ColumnElement[bool]]


def tokens_of(known: Known, keys: IdentityKeys) -> set[str]:
    """By what a person is found."""
    found = _of_name(known.name)
    if known.phone:
        digits = _PHONE_OF_CHINA.sub(r"\1", _plain(known.phone))
        found |= {digits, digits[-_LAST:]}
    if known.id_number:
        found.add(_digest(known.id_number[-_LAST:].casefold(), keys))
    for plate in known.plates:
        found |= _of_plate(plate)
    found |= {f"{ALIKE}{keys.index(key).hex()[:32]}" for key in marks_of(known).keys}
    return {token[:_LONGEST] for token in found if token}


def marks_of(known: Known) -> Marks:
    """What of a file is compared with others, to find two files of one person."""
    name = _plain(known.name).replace(" ", "")
    return Marks(
        name=name,
        sound="".join(readings(name)[0]) if name else "",
        phone=known.phone,
        birthday=birthday_of(known.id_number),
    )


def keep_tokens(session: Session, keys: IdentityKeys, people: Sequence[Person]) -> None:
    """Write the tokens of people anew, after any change of theirs; also those of somebody whose file went into another: none."""
    session.flush()
    ids = [person.id for person in people]
    session.execute(delete(PersonToken).where(PersonToken.person_id.in_(ids)))
    plates: dict[UUID, set[str]] = {each: set() for each in ids}
    permits = select(VehiclePermit.person_id, VehiclePermit.plate).where(VehiclePermit.person_id.in_(ids))
    others = (
        select(VehiclePermit.person_id, PermitPlate.plate)
        .join(PermitPlate, PermitPlate.permit_id == VehiclePermit.id)
        .where(VehiclePermit.person_id.in_(ids))
    )
    for person_id, plate in (*session.execute(permits), *session.execute(others)):
        plates[person_id].add(plate)
    write_tokens(
        session, keys, [(each.id, known_of(each, keys, plates[each.id])) for each in people if not each.merged_at]
    )


def write_tokens(session: Session, keys: IdentityKeys, people: Iterable[tuple[PersonId, Known]]) -> None:
    """Write the tokens of people who have none yet."""
    rows = [(token, person_id) for person_id, known in people for token in tokens_of(known, keys)]
    _rows.insert(session, sorted(rows, key=itemgetter(0)))  # in the order of the B-tree, which costs half


def write_missing(session: Session, keys: IdentityKeys) -> int:
    """Write the tokens of those who have none: people of a store that is older than the search; gives how many there were."""
    without = select(Person).where(Person.merged_at.is_(None), ~exists().where(PersonToken.person_id == Person.id))
    people = session.scalars(without).all()
    for begin in range(0, len(people), MANY):
        keep_tokens(session, keys, people[begin : begin + MANY])
    return len(people)


def add_plates(session: Session, plates: Collection[tuple[PersonId, str]]) -> None:
    """Let people also be found by these plates, which they got a permit for; one that they had before stays."""
    wanted = {(token, person_id) for person_id, plate in plates for token in _of_plate(plate)}
    session.flush()
    _rows.insert_new(session, sorted(wanted, key=itemgetter(0)), ("token",))


def matching(session: Session, words: str, keys: IdentityKeys | None = None) -> Matching:
    """Whom these words fit: each of them is the beginning of a token, or part of the name of the person's unit.

    `keys`: to find people by the last four of an ID number too.
    """
    plate = parse_plate(words)
    typed = [plate.text.casefold()] if isinstance(plate, Plate) else [_plain(word) for word in words.split()]
    asked = [_asked(session, word, keys) for word in typed if word]
    common = [word for word in asked if word.ids is None]
    lists = [word.ids for word in asked if word.ids is not None]
    if not lists and len(common) > 1 and (both := _in_common(session, common)) is not None:
        return Matching(sorted(both, reverse=True), ())
    conditions = [word.condition for word in common]
    return Matching(sorted(set.intersection(*lists), reverse=True) if lists else None, conditions)


def fits_person(session: Session, words: str) -> ColumnElement[bool]:
    """Whether the words are the name, pinyin or phone of the `Person` of a statement; words that say nothing find nobody.

    Letters and digits together are of a plate or a number: they find that one thing, and not all that its holder has.
    """
    if any(not word.isdigit() and any(map(str.isdigit, word)) for word in words.split()):
        return false()
    found = matching(session, words)
    if found.ids is None:
        return and_(*found.conditions) if found.conditions else false()
    return and_(Person.id.in_(found.ids), *found.conditions)


@dataclass(frozen=True, slots=True)
class _Asked:
    """One word: of which tokens it is the beginning, in which units' names it is, and whom it fits; None: too many to list."""

    word: str
    digest: str | None
    units: Sequence[UUID]
    ids: set[UUID] | None

    def begins(self, token: type[PersonToken] = PersonToken) -> ColumnElement[bool]:
        return _begins(self.word, self.digest, token)

    @property
    def condition(self) -> ColumnElement[bool]:
        # PostgreSQL would join all whom the word fits and sort them, were it not for the offset: it takes them to be few.
        there = select(PersonToken.token).where(PersonToken.person_id == Person.id, self.begins()).offset(0)
        condition: ColumnElement[bool] = there.exists()
        return condition | Person.unit_id.in_(self.units) if self.units else condition


def _begins(word: str, digest: str | None, token: type[PersonToken] = PersonToken) -> ColumnElement[bool]:
    beginning: ColumnElement[bool] = token.token.between(word, word + _AFTER_ALL)
    return beginning if digest is None else beginning | (token.token == digest)


def _asked(session: Session, word: str, keys: IdentityKeys | None) -> _Asked:
    digest = _digest(word, keys) if keys is not None and _LAST_FOUR.fullmatch(word) else None
    units = _units(session, word)
    found = session.scalars(select(PersonToken.person_id).where(_begins(word, digest)).limit(MANY + 1)).all()
    if len(found) <= MANY and units:
        found = [*found, *session.scalars(select(Person.id).where(Person.unit_id.in_(units)).limit(MANY + 1))]
    return _Asked(word, digest, units, None if len(found) > MANY else set(found))


def _in_common(session: Session, words: Sequence[_Asked]) -> set[UUID] | None:
    """Whom several common words fit, asked for from the least common of them on; None: they are too many as well."""

    def count(word: _Asked) -> int:
        some = select(PersonToken.token).where(word.begins()).limit(_COUNTED)
        return session.scalar(select(func.count()).select_from(some.subquery())) or 0

    if any(word.units for word in words):
        return None
    first, *others = sorted(words, key=count)
    rows = select(PersonToken.person_id).where(first.begins())
    for word in others:
        too = aliased(PersonToken)
        there = select(too.token).where(too.person_id == PersonToken.person_id, word.begins(too)).offset(0)
        rows = rows.where(there.exists())
    found = session.scalars(rows.limit(MANY + 1)).all()
    return None if len(found) > MANY else set(found)


def _units(session: Session, word: str) -> Sequence[UUID]:
    """Units whose name holds the word; they are hundreds, not thousands."""
    if word.isdigit() or (word.isascii() and len(word) == 1):
        return ()
    names = (column.icontains(word, autoescape=True) for column in (Unit.name_zh, Unit.name_en))
    first, second = names
    return session.scalars(select(Unit.id).where(first | second)).all()


def known_of(person: Person, keys: IdentityKeys, plates: Collection[str] = ()) -> Known:
    """What a person is found by."""
    sealed = person.id_number_sealed
    number = None if sealed is None else keys.open(sealed, person.id.bytes)
    return Known(name=person.name, phone=person.phone, id_number=number, plates=plates)


def _of_name(name: str) -> set[str]:
    found: set[str] = set()
    for word in _plain(name).split():
        if not all(is_chinese(character) for character in word):
            found.add(word)
            continue
        ends = range(min(len(word), _ENDS))
        found |= {word[begin:] for begin in ends}
        for syllables in readings(word):
            initials = "".join(syllable[0] for syllable in syllables)
            found |= {"".join(syllables[begin:]) for begin in ends} | {initials[begin:] for begin in ends[:-1]}
    return found


def _of_plate(plate: str) -> set[str]:
    """The plate, the same without its province, and what follows its city's letter."""
    text = _plain(plate)
    return {text, text[1:], text[2:]} if is_chinese(text[:1]) else {text}


def _digest(last_four: str, keys: IdentityKeys) -> str:
    return f"#{keys.index(f'last four: {last_four}').hex()[:32]}"


def _plain(text: str) -> str:
    """A text as tokens have it: small letters, narrow digits, no marks of phones and plates."""
    return _NUMBERS.sub("", unicodedata.normalize("NFKC", text)).casefold()
