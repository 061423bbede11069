"""Registering people."""

import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import insert
from sqlalchemy.orm import Session

from registry.audit.chain import Personal, record
from registry.clock import Instant
from registry.feed.changes import ChangeKind
from registry.feed.service import record_change
from registry.ids import MediaId, PersonId, SiteId, UnitId, new_id
from registry.people import queries
from registry.people.identity import IdentityKeys, NotAnIdNumber, parse_id_number, searched_number, without_marks
from registry.people.models import Person, PersonKind
from registry.people.search import Known, keep_tokens, write_tokens
from registry.problems import Conflict, Unprocessable
from registry.sites.queries import local_day, require_sites
from registry.sites.scope import require_seen
from registry.units.queries import require_unit

_PHONE = re.compile(r"\+?[0-9]{5,19}")
_FAULTS = {
    "shape": "it has the shape of no document we know",
    "check_digit": "its last character does not fit the others, so one of them is mistyped",
    "birth_date": "digits 7 to 14 are no date on which a living person was born",
}


class NotANumber(Unprocessable):
    slug = "no-id-number"
    title = "That is no ID number"


class NotAPhone(Unprocessable):
    slug = "no-phone"
    title = "That is no phone number"


class NameMissing(Unprocessable):
    slug = "name-missing"
    title = "A person needs a name"


class PersonKnown(Conflict):
    slug = "person-known"
    title = "Somebody with this ID number is registered already"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPerson:
    """A person to be registered, as the clerk wrote it."""

    id: PersonId = field(default_factory=lambda: PersonId(new_id()))
    site: SiteId
    name: str
    kind: PersonKind = PersonKind.STAFF
    unit_id: UnitId | None = None
    phone: str | None = None
    id_number: str | None = field(default=None, repr=False)


def register_person(
    session: Session, keys: IdentityKeys, person: NewPerson, *, within: Collection[SiteId], by: str, now: Instant
) -> Person:
    """Open a file for one person.

    Raises:
        PersonKnown: the ID number is registered; its file is to be used.
        HeldElsewhere: it is, and the file is kept at no site of `within`, those of whoever registers.

    """
    require_sites(session, [person.site])
    require_unit(session, person.unit_id)
    row = _checked_row(keys, person, local_day(session, [person.site], now), now)
    index = row["id_number_index"]
    other = queries.person_by_id_index(session, index) if isinstance(index, bytes) else None
    if other is not None:
        require_seen([other.site], within)
        raise PersonKnown("Somebody with this ID number is registered already: search for the number.")
    known = Person(**row)
    session.add(known)
    keep_tokens(session, keys, [known])
    record(
        session,
        actor=by,
        action="person-registered",
        site=person.site,
        subject=f"person:{known.id}",
        facts={"name": Personal(known.name), "kind": known.kind},
        now=now,
    )
    record_change(session, [person.site], ChangeKind.PERSON, str(known.id))
    return known


def register_people(session: Session, keys: IdentityKeys, people: Sequence[NewPerson], *, now: Instant) -> None:
    """Open files for many at once: one statement, one change for each site. Makes no entry in the audit: its caller does."""
    if not people:
        return
    sites = {person.site for person in people}
    require_sites(session, sites)
    today = {site: local_day(session, [site], now) for site in sites}
    rows = [_checked_row(keys, person, today[person.site], now) for person in people]
    session.execute(insert(Person), rows)
    write_tokens(session, keys, [(person.id, _known(person, row)) for person, row in zip(people, rows, strict=True)])
    record_change(session, sites, ChangeKind.MANY, "people")


def set_photo(
    session: Session, person_id: PersonId, photo: MediaId, *, within: Collection[SiteId], by: str, now: Instant
) -> queries.Listed:
    """Give a person another photo; every gate hears of it through the feed."""
    listed = queries.whole_file(session, person_id, within)
    person = listed.person
    person.photo = photo
    facts = {"photo": str(photo)}
    subject = f"person:{person.id}"
    record(session, actor=by, action="person-photo-set", site=person.site, subject=subject, facts=facts, now=now)
    record_change(session, [person.site], ChangeKind.PERSON, str(person.id))
    return listed


def _known(person: NewPerson, row: Mapping[str, object]) -> Known:
    phone, number = row["phone"], searched_number(person.id_number or "")
    return Known(name=str(row["name"]), phone=phone if isinstance(phone, str) else None, id_number=number or None)


def checked_name(written: str) -> str:
    """A name with single blanks and without invisible marks.

    Raises:
        NameMissing: there is none.

    """
    name = " ".join(without_marks(written).split())
    if not name:
        raise NameMissing("Write the person's name.")
    return name


def checked_phone(written: str | None) -> str | None:
    """A phone number in narrow digits, without blanks, dashes and invisible marks; None where nothing was written.

    Raises:
        NotAPhone: it is none.

    """
    phone = re.sub(r"[\s-]", "", unicodedata.normalize("NFKC", without_marks(written or ""))) or None
    if phone is not None and not _PHONE.fullmatch(phone):
        raise NotAPhone(f"{written!r} is no phone number: write digits only, with + before a country code.")
    return phone


def checked_id_number(
    session: Session, keys: IdentityKeys, written: str, person: PersonId, *, today: date, within: Collection[SiteId]
) -> tuple[bytes, bytes]:
    """An ID number that nobody else has, sealed for this person, and its index.

    Raises:
        NotANumber: it is none.
        PersonKnown, HeldElsewhere: as of `register_person`.

    """
    sealed, index = _sealed(keys, written, person, today)
    other = queries.person_by_id_index(session, index)
    if other is not None and other.id != person:
        require_seen([other.site], within)
        raise PersonKnown("Somebody with this ID number is registered already: search for the number.")
    return sealed, index


def _sealed(keys: IdentityKeys, written: str, person: PersonId, today: date) -> tuple[bytes, bytes]:
    number = parse_id_number(written, today=today)
    if isinstance(number, NotAnIdNumber):
        raise NotANumber(f"The ID number cannot be right: {_FAULTS[number.fault]}.", fault=number.fault)
    return keys.seal(number, person.bytes), keys.index(number)


def _checked_row(keys: IdentityKeys, person: NewPerson, today: date, now: Instant) -> dict[str, object]:
    sealed, index = _sealed(keys, person.id_number, person.id, today) if person.id_number else (None, None)
    return {
        "id": person.id,
        "site": person.site,
        "name": checked_name(person.name),
        "kind": person.kind,
        "unit_id": person.unit_id,
        "phone": checked_phone(person.phone),
        "id_number_sealed": sealed,
        "id_number_index": index,
        "created_at": now,
    }
