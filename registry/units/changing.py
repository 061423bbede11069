"""Changing a unit: what it is called, who answers for it, how many permits it may have, and its yearly target contract."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from registry.audit.chain import Personal, record
from registry.clock import Instant
from registry.feed.changes import ChangeKind
from registry.feed.service import record_change_everywhere
from registry.ids import PersonId, SiteId, UnitId
from registry.people.models import Person
from registry.problems import Conflict, Forbidden, Unprocessable
from registry.revisions.service import history, keep, require_unchanged
from registry.units.models import Unit, UnitContract, UnitResponsible
from registry.units.queries import contract_of, responsible_of, unit
from registry.units.service import add_unit

FIRST_YEAR, LAST_YEAR = 2000, 2199
MOST_TARGETS = 40
LONGEST_TARGET = 200


class UnitOfAllSites(Forbidden):
    slug = "unit-of-all-sites"
    title = "A unit is changed by who keeps the registry of all compounds"


class UnitExists(Conflict):
    slug = "unit-exists"
    title = "There is a unit of this name already"


class ChangeNotUndone(Conflict):
    slug = "unit-change-not-undone"
    title = "The change can no longer be taken back"


class NoSuchResponsible(Unprocessable):
    """`fault`: none, several."""

    slug = "no-such-responsible"
    title = "The unit has nobody of this name or phone"


class ContractWrong(Unprocessable):
    """`fault`: year, targets, half, future."""

    slug = "contract-wrong"
    title = "The contract cannot be kept so"


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitFields:
    """`permit_quota` None: no limit. `responsible`: the name or the phone of somebody of the unit; None: nobody yet."""

    name_zh: str
    name_en: str
    permit_quota: int | None
    responsible: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractFields:
    """`signed_on` and `signed_by` both None: it is not signed yet."""

    year: int
    signed_on: date | None
    signed_by: str | None
    targets: Sequence[str]


def register_unit(session: Session, *, name_zh: str, name_en: str, by: str, now: Instant) -> Unit:
    """Add a unit.

    Raises:
        UnitExists: one has this Chinese name.

    """
    require_name_free(session, name_zh, without=None)
    row = add_unit(session, name_zh=name_zh, name_en=name_en)
    _keep(session, row, "unit-added", {}, by=by, now=now)
    return row


def change_unit(
    session: Session,
    unit_id: UnitId,
    fields: UnitFields,
    *,
    within: Collection[SiteId],
    read: int,
    by: str,
    now: Instant,
) -> Unit:
    """Change a unit. `within`: the sites whose people its writer sees; `read`: the revision that was shown.

    A quota that is lower than what the unit has already takes nothing away: no further permit is given.

    Raises:
        ChangedMeanwhile: somebody else changed it since.
        UnitExists, NoSuchResponsible: nothing is changed.

    """
    row = unit(session, unit_id)
    require_unchanged(session, f"unit:{unit_id}", read)
    require_name_free(session, fields.name_zh, without=unit_id)
    before = unit_fields(session, row)
    row.name_zh, row.name_en, row.permit_quota = fields.name_zh, fields.name_en, fields.permit_quota
    _answer_for(session, unit_id, fields.responsible, within)
    session.flush()
    _keep(session, row, "unit-changed", before, by=by, now=now)
    return row


def undo_change(session: Session, unit_id: UnitId, *, read: int, by: str, now: Instant) -> Unit:
    """Take back the last change of names and quota. Another responsible person is not taken back: choose one.

    Raises:
        ChangedMeanwhile: somebody else changed it since.
        ChangeNotUndone: the last change was none of these, or the name is another unit's by now.

    """
    row = unit(session, unit_id)
    require_unchanged(session, f"unit:{unit_id}", read)
    if not can_be_undone(session, unit_id):
        raise ChangeNotUndone("There is no change that can be taken back whole.")
    earlier = history(session, f"unit:{unit_id}")[1][0].fields
    before = unit_fields(session, row)
    try:
        require_name_free(session, earlier["name_zh"], without=unit_id)
    except UnitExists as error:
        raise ChangeNotUndone("Another unit has the earlier name by now.") from error
    row.name_zh, row.name_en, row.permit_quota = earlier["name_zh"], earlier["name_en"], earlier["permit_quota"]
    session.flush()
    _keep(session, row, "unit-change-undone", before, by=by, now=now)
    return row


def can_be_undone(session: Session, unit_id: UnitId) -> bool:
    """Whether the last change was one of names and quota only."""
    told = history(session, f"unit:{unit_id}")
    if len(told) < 2 or told[0][0].action != "unit-changed":  # noqa: PLR2004 - the change and what was before it
        return False
    return all(each.field != "responsible" for each in told[0][1])


def set_contract(
    session: Session, unit_id: UnitId, fields: ContractFields, *, read: int, today: date, by: str, now: Instant
) -> UnitContract:
    """Write down what a unit answers for in a year; takes the place of what was.

    Raises:
        ChangedMeanwhile: somebody else changed it since.
        ContractWrong: nothing is changed.

    """
    _require_contract(fields, today)
    row = unit(session, unit_id)
    subject = contract_subject(unit_id, fields.year)
    require_unchanged(session, subject, read)
    known = contract_of(session, unit_id, fields.year)
    before = {} if known is None else contract_fields(known)
    contract = known or UnitContract(unit_id=unit_id, year=fields.year)
    contract.signed_on, contract.signed_by = fields.signed_on, fields.signed_by
    contract.targets = "\n".join(fields.targets)
    session.add(contract)
    session.flush()
    after = contract_fields(contract)
    facts = {"name": row.name_zh, "year": fields.year, "signed_on": after["signed_on"], "targets": len(fields.targets)}
    record(session, actor=by, action="contract-set", site=None, subject=f"unit:{unit_id}", facts=facts, now=now)
    keep(session, subject, "contract-set", before, after, by=by, now=now)
    return contract


def contract_subject(unit_id: UnitId, year: int) -> str:
    """Under what the history of a contract is kept."""
    return f"contract:{unit_id}:{year}"


def unit_fields(session: Session, row: Unit) -> dict[str, object]:
    """A unit as its history shows it."""
    responsible = responsible_of(session, row.id)
    return {
        "name_zh": row.name_zh,
        "name_en": row.name_en,
        "permit_quota": row.permit_quota,
        "responsible": responsible.name if responsible else None,
    }


def contract_fields(row: UnitContract) -> dict[str, object]:
    """A contract as its history shows it."""
    return {
        "signed_on": row.signed_on.isoformat() if row.signed_on else None,
        "signed_by": row.signed_by,
        "targets": row.targets.splitlines(),
    }


def require_name_free(session: Session, name_zh: str, *, without: UnitId | None) -> None:
    """Refuse the Chinese name of another unit; `without`: the unit that may have it.

    Raises:
        UnitExists: there is another.

    """
    known = session.scalar(select(Unit.id).where(Unit.name_zh == name_zh))
    if known is not None and known != without:
        raise UnitExists(f"There is a unit {name_zh} already.")


def _answer_for(session: Session, unit_id: UnitId, words: str | None, within: Collection[SiteId]) -> None:
    row = session.get(UnitResponsible, unit_id)
    if words is None:
        if row is not None:
            session.delete(row)
        return
    person = answering(session, unit_id, words, within)
    if row is None:
        session.add(UnitResponsible(unit_id=unit_id, person_id=person))
    else:
        row.person_id = person


def answering(session: Session, unit_id: UnitId, words: str, within: Collection[SiteId]) -> PersonId:
    """Who is meant to answer for a unit: whoever does already, if that is the name, else the one of its people with it or the phone.

    Raises:
        NoSuchResponsible: there is not exactly one.

    """
    row = session.get(UnitResponsible, unit_id)
    if row is not None and (known := session.get(Person, row.person_id)) is not None and known.name == words:
        return known.id
    return _member(session, unit_id, words, within)


def _member(session: Session, unit_id: UnitId, words: str, within: Collection[SiteId]) -> PersonId:
    named = select(Person.id).where(
        Person.unit_id == unit_id,
        Person.site.in_(within),
        Person.merged_at.is_(None),
        or_(Person.name == words, Person.phone == words),
    )
    found = session.scalars(named.limit(2)).all()
    if not found:
        raise NoSuchResponsible("The unit has nobody of this name or phone; register the person first.", fault="none")
    if len(found) > 1:
        raise NoSuchResponsible("Several people of the unit have this name; write the phone.", fault="several")
    return found[0]


def _require_contract(fields: ContractFields, today: date) -> None:
    if not FIRST_YEAR <= fields.year <= LAST_YEAR:
        raise ContractWrong("That is no year of a contract.", fault="year")
    if (fields.signed_on is None) != (fields.signed_by is None):
        raise ContractWrong("A signed contract has a day and somebody who signed.", fault="half")
    if fields.signed_on is not None and fields.signed_on > today:
        raise ContractWrong("It cannot have been signed in the future.", fault="future")
    if not fields.targets or len(fields.targets) > MOST_TARGETS or max(map(len, fields.targets)) > LONGEST_TARGET:
        raise ContractWrong(f"Write 1 to {MOST_TARGETS} targets, a line each.", fault="targets")


def _keep(session: Session, row: Unit, action: str, before: dict[str, object], *, by: str, now: Instant) -> None:
    after = unit_fields(session, row)
    facts: dict[str, object] = {"name": row.name_zh}
    for name, value in after.items():
        if before and before[name] != value:
            facts[name] = Personal(value) if name == "responsible" and isinstance(value, str) else value
    record(session, actor=by, action=action, site=None, subject=f"unit:{row.id}", facts=facts, now=now)
    keep(session, f"unit:{row.id}", action, before, after, by=by, now=now)
    if before and (before["name_zh"], before["name_en"]) != (after["name_zh"], after["name_en"]):
        # A gate names the unit of whoever passes: it reads its facts anew, as a unit is renamed once in years.
        record_change_everywhere(session, ChangeKind.MANY, f"unit:{row.id}")
