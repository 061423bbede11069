"""Lists of vehicle permits and cards, and what a clerk does to a person's credentials."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi import Query as InQuery
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel, Field
from sqlalchemy import select

from registry.access.facts import CredentialStatus
from registry.auth.permissions import Permission
from registry.counting import total_of
from registry.credentials.bodies import ReasonIn
from registry.credentials.rules import Step, standing
from registry.credentials.service import OpensNothing
from registry.credentials.written import plates_apart
from registry.ids import CredentialId, PersonId, SiteId, UnitId
from registry.keyring import Keys
from registry.listing import Words
from registry.office.forms import Rule, Sent, Typed
from registry.office.person import shown
from registry.office.queries import SOON, STOPPED
from registry.office.scene import PAGE_ROWS, Reader, Writer, go, scene_of, seen_sites
from registry.passes import pins
from registry.passes import queries as pass_queries
from registry.passes import service as passes
from registry.passes.models import Card, Pin, QrPass
from registry.passes.rules import pass_number
from registry.passes.showing import show_pass
from registry.people.queries import holder as holder_of
from registry.people.queries import whole_file
from registry.permits import queries as permit_queries
from registry.permits import service as permits
from registry.permits.models import PermitClass, VehiclePermit
from registry.permits.quota import require_not_applied_for, require_within_quota
from registry.permits.reminders import years_not_over
from registry.permits.rules import parse_permit_number, permit_number
from registry.problems import NotFound
from registry.readings import Query, record_listing, record_reading
from registry.sites.scope import sites_of
from registry.store import Work
from registry.web.dependencies import RegistryWork
from registry.web.pages import page

router = APIRouter(prefix="/registry", include_in_schema=False)
_WRITE = Permission.REGISTRY_WRITE
Kind = Literal["permits", "cards", "passes", "pins"]
_ROWS: dict[Kind, type[VehiclePermit | Card | QrPass | Pin]] = {
    "permits": VehiclePermit,
    "cards": Card,
    "passes": QrPass,
    "pins": Pin,
}


PROBLEMS_OF_PERMIT = {
    "no-number-plate": "plate",
    "plate-has-permit": "plate",
    "plate-applied-for": "plate",
    "held-elsewhere": "plate",
    "plate-twice": "further",
    "year-not-allowed": "year",
    "over-quota": "year",
    "opens-nothing": "sites",
}
"""The field that each problem of a permit is about."""


class PermitForm(BaseModel):
    """`further`: plates that share the permit, with blanks or commas between them."""

    plate: str = Field(max_length=40)
    further: str = Field(default="", max_length=200)
    year: int
    permit_class: PermitClass
    sites: list[SiteId] = Field(default_factory=list)


@router.get("/permits")
def permits_page(
    *,
    request: Request,
    reader: Reader,
    work: RegistryWork,
    q: Words = "",
    year: Annotated[str | None, InQuery(pattern=r"^(\d{4})?$")] = None,
    status: CredentialStatus | Literal["", "stopped", "not_renewed", "reminded"] = "",
    cursor: str = "",
) -> HTMLResponse:
    scene = scene_of(work.session, reader, work.now)
    this_year = scene.today.year
    if year is None:  # next year's may be many and open nothing yet: who asks for nothing sees this year's
        year = "" if q or status or cursor else str(this_year)
    where = seen_sites(work.session, reader)
    asked: permit_queries.Asked = {
        "words": q.strip(),
        "year": int(year) if year else None,
        "statuses": _statuses(status),
        "not_renewed": status == "not_renewed",
        "reminded_in": years_not_over(work.session, now=work.now) if status == "reminded" else None,
    }
    after = parse_permit_number(cursor)
    rows = permit_queries.permits(work.session, where, after=after, limit=PAGE_ROWS + 1, **asked)
    record_listing(work, reader, "permits", Query.of(q), rows=len(rows[:PAGE_ROWS]))
    last = rows[PAGE_ROWS - 1].permit if len(rows) > PAGE_ROWS else None
    return page(
        request,
        "registry/permits.html",
        tab="permits",
        q=q,
        year=year,
        years=[this_year + 1, this_year, this_year - 1],
        state=status,
        states=[*CredentialStatus, "stopped", "not_renewed", "reminded"],
        rows=[(row, scene.standing_of_permit(row.permit, work.now)) for row in rows[:PAGE_ROWS]],
        total=total_of(
            len(rows),
            PAGE_ROWS,
            is_first=after is None,
            words=q.strip(),
            count=lambda: permit_queries.count_permits(work.session, where, **asked),
        ),
        is_first=after is None,
        following=permit_number(last.year, last.serial) if last else None,
        permit_number=permit_number,
        scene=scene,
    )


@router.get("/cards")
def cards_page(
    *,
    request: Request,
    reader: Reader,
    work: RegistryWork,
    q: Words = "",
    status: CredentialStatus | Literal[""] = "",
    ending: bool = False,
    cursor: UUID | None = None,
) -> HTMLResponse:
    where = seen_sites(work.session, reader)
    asked: pass_queries.Asked = {
        "words": q.strip(),
        "status": status or None,
        "ends": (work.now, work.now + SOON) if ending else None,
    }
    rows = pass_queries.cards(work.session, where, after=cursor, limit=PAGE_ROWS + 1, **asked)
    record_listing(work, reader, "cards", Query.of(q), rows=len(rows[:PAGE_ROWS]))
    return page(
        request,
        "registry/cards.html",
        tab="cards",
        q=q,
        state=status,
        states=list(CredentialStatus),
        ending=ending,
        rows=[
            (row, standing(row.card.status, row.card.valid_from, row.card.valid_until, work.now))
            for row in rows[:PAGE_ROWS]
        ],
        total=total_of(
            len(rows),
            PAGE_ROWS,
            is_first=cursor is None,
            words=q.strip(),
            count=lambda: pass_queries.count_cards(work.session, where, **asked),
        ),
        is_first=cursor is None,
        following=rows[PAGE_ROWS - 1].card.id if len(rows) > PAGE_ROWS else None,
        scene=scene_of(work.session, reader, work.now),
    )


@router.post("/people/{person_id}/permits", response_model=None)
def issue_permit(
    *, request: Request, person_id: PersonId, sent: Sent, clerk: Writer, work: RegistryWork, keys: Keys
) -> HTMLResponse | RedirectResponse:
    form = Typed(sent, beside=PROBLEMS_OF_PERMIT)
    with form.trying(work.session):
        within = sites_of(work.session, clerk, _WRITE)
        holder = whole_file(work.session, person_id, within).person
        fields = form.read(PermitForm, **_rules_of_permit(work, form, holder.unit_id, within))
        for site in fields.sites:
            clerk.require(_WRITE, site)
        new = permits.NewPermit(
            holder=holder.id,
            unit_id=holder.unit_id,
            plate=fields.plate,
            further=plates_apart(fields.further),
            year=fields.year,
            permit_class=fields.permit_class,
            sites=frozenset(fields.sites),
        )
        approves = sites_of(work.session, clerk, Permission.PERMITS_APPROVE)
        issued = permits.issue_permit(work.session, new, within=within, approves=approves, by=clerk.name, now=work.now)
        return go(f"/registry/people/{person_id}?issued={issued.id}#c-{issued.id}")
    return shown(request, clerk, work, keys, person_id, {"permit": form})


@router.get("/passes/{pass_id}")
def pass_page(request: Request, pass_id: CredentialId, clerk: Writer, work: RegistryWork, keys: Keys) -> HTMLResponse:
    """The code, to be shown or printed: only for who may issue one."""
    where = sites_of(work.session, clerk, _WRITE)
    found = pass_queries.qr_pass(work.session, pass_id, where)
    holder = holder_of(work.session, found.person_id)
    record_reading(work, clerk, "qr-shown", f"qr:{pass_id}", [each.site for each in found.sites])
    return page(
        request,
        "registry/pass.html",
        headers={"Cache-Control": "no-store"},
        tab="people",
        qr_pass=found,
        standing=standing(found.status, found.valid_from, found.valid_until, work.now),
        holder=holder.person,
        unit=holder.unit,
        number=pass_number(found.id),
        has_file_here=clerk.may(Permission.REGISTRY_READ, holder.person.site),
        svg=show_pass(found, keys.pass_key).svg,
        scene=scene_of(work.session, clerk, work.now),
    )


@router.post("/people/{person_id}/{kind}/{credential_id}/{step}")
def change_credential(
    *,
    person_id: PersonId,
    kind: Kind,
    credential_id: CredentialId,
    step: Step,
    form: Annotated[ReasonIn, Form()],
    clerk: Writer,
    work: RegistryWork,
) -> RedirectResponse:
    row = _ROWS[kind]
    if work.session.scalar(select(row.id).where(row.id == credential_id, row.person_id == person_id)) is None:
        raise NotFound
    changes = {
        "permits": permits.change_permit,
        "cards": passes.change_card,
        "passes": passes.change_qr_pass,
        "pins": pins.change_pin,
    }
    changes[kind](
        work.session,
        credential_id,
        step,
        within=sites_of(work.session, clerk, _WRITE),
        reason=form.reason,
        by=clerk.name,
        now=work.now,
    )
    where = f"/registry/people/{person_id}/credentials" if kind == "pins" else f"/registry/people/{person_id}"
    return go(f"{where}#c-{credential_id}")


def _statuses(chosen: str) -> tuple[CredentialStatus, ...]:
    """The states that one choice of the list's filter means; none: every state."""
    if chosen == "stopped":
        return STOPPED
    return (CredentialStatus(chosen),) if chosen in set(CredentialStatus) else ()


def _rules_of_permit(work: Work, form: Typed, unit_id: UnitId | None, within: frozenset[SiteId]) -> dict[str, Rule]:
    """What is asked of the fields of a permit for somebody of this unit."""
    session = work.session
    of_year = form.number("year", range(permits.EARLIEST_YEAR, permits.LATEST_YEAR + 1))

    def plates(written: str, further: str = "") -> None:
        for plate in permits.require_plates(written, plates_apart(further)):
            if of_year is not None:
                require_not_applied_for(session, plate, of_year)
                permits.require_free(session, plate, of_year, within)

    def further(written: str) -> None:
        first, *others = plates_apart(written) or ("",)
        plates(first, " ".join(others))

    def year(written: str) -> None:
        if of_year is None:
            raise permits.YearNotAllowed(f"{written} is no year for a permit.")
        require_within_quota(session, unit_id, of_year, wanted=1)

    def sites(chosen: list[str]) -> None:
        if not chosen:
            raise OpensNothing("Choose at least one site that the permit opens.")

    return {"plate": plates, "further": further, "year": year, "sites": sites}
