"""`/registry/print`: permits, windscreen cards and slips as PDF."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Annotated

from fastapi import APIRouter, Request
from fastapi import Query as InQuery
from fastapi.responses import Response
from sqlalchemy.orm import Session

from registry.access.facts import CredentialStatus
from registry.auth.permissions import Permission
from registry.credentials.rules import Standing, standing
from registry.credentials.service import StepNotPossible
from registry.ids import CredentialId, SiteId
from registry.keyring import Keys
from registry.office.scene import Scene, Writer, scene_of
from registry.passes import queries as pass_queries
from registry.passes.printing import PrintedPass, pass_slip
from registry.passes.rules import pass_number
from registry.passes.showing import show_pass
from registry.people.queries import holder as holder_of
from registry.permits import queries
from registry.permits.models import PermitSite, PlateUse
from registry.permits.printing import PrintedPermit, permit_sheet, windscreen_cards
from registry.permits.rules import permit_number, permit_period
from registry.problems import NotFound
from registry.readings import record_reading
from registry.sites.models import Site
from registry.sites.scope import sites_of
from registry.store import Work
from registry.units.models import Unit
from registry.web.dependencies import RegistryWork
from registry.web.pages import language_of, translator_of

router = APIRouter(prefix="/registry/print", include_in_schema=False)
MOST_CARDS = 240
"""Thirty sheets of A4."""
_OPENING = frozenset({Standing.VALID, Standing.NOT_YET})
"""How something stands that opens, or will."""
Serial = Annotated[int, InQuery(ge=1, le=999_999)]


class NothingToPrint(NotFound):
    slug = "nothing-to-print"
    title = "No permit in use has one of these numbers here"


@router.get("/permits/{permit_id}/card.pdf")
def card(request: Request, permit_id: CredentialId, clerk: Writer, work: RegistryWork) -> Response:
    """One windscreen card, at the place of the first on a sheet."""
    listed = queries.permit(work.session, permit_id, sites_of(work.session, clerk, Permission.REGISTRY_WRITE))
    permits = _printed(request, work, scene_of(work.session, clerk, work.now), [listed])
    record_reading(work, clerk, "permit-printed", f"permit:{permit_id}", _opened([listed]))
    content = windscreen_cards(permits, translator_of(request), now=work.now)
    return _pdf(content, f"{permits[0].number}-card.pdf")


@router.get("/permits/{permit_id}/sheet.pdf")
def sheet(request: Request, permit_id: CredentialId, clerk: Writer, work: RegistryWork) -> Response:
    listed = queries.permit(work.session, permit_id, sites_of(work.session, clerk, Permission.REGISTRY_WRITE))
    (permit,) = _printed(request, work, scene_of(work.session, clerk, work.now), [listed])
    record_reading(work, clerk, "permit-printed", f"permit:{permit_id}", _opened([listed]))
    return _pdf(permit_sheet(permit, translator_of(request), now=work.now), f"{permit.number}.pdf")


@router.get("/cards.pdf")
def cards(
    *,
    request: Request,
    clerk: Writer,
    work: RegistryWork,
    year: Annotated[int, InQuery(ge=2000, le=2199)],
    first: Serial = 1,
    last: Serial = 999_999,
) -> Response:
    """The windscreen cards of the active permits of a year with these numbers, at most `MOST_CARDS` of them, the lowest first."""
    where = sites_of(work.session, clerk, Permission.REGISTRY_WRITE)
    scene = scene_of(work.session, clerk, work.now)
    numbered = queries.permits_numbered(
        work.session, where, year=year, first=first, last=last, status=CredentialStatus.ACTIVE, limit=MOST_CARDS
    )
    rows = [row for row in numbered if scene.standing_of_permit(row.permit, work.now) in _OPENING]
    if not rows:
        raise NothingToPrint(f"There is no permit in use from {permit_number(year, first)} on: look at the list.")
    permits = _printed(request, work, scene, rows)
    subject = f"permits:{permits[0].number}..{permits[-1].number}"
    record_reading(work, clerk, "permits-printed", subject, _opened(rows) & where)
    content = windscreen_cards(permits, translator_of(request), now=work.now)
    return _pdf(content, f"{permits[0].number}-{permits[-1].serial:04}-cards.pdf")


@router.get("/passes/{pass_id}/slip.pdf")
def slip(request: Request, pass_id: CredentialId, clerk: Writer, work: RegistryWork, keys: Keys) -> Response:
    where = sites_of(work.session, clerk, Permission.REGISTRY_WRITE)
    found = pass_queries.qr_pass(work.session, pass_id, where)
    if standing(found.status, found.valid_from, found.valid_until, work.now) not in _OPENING:
        raise StepNotPossible("It is not in force: what is printed would open nothing.", status_now=found.status)
    holder, scene = holder_of(work.session, found.person_id), scene_of(work.session, clerk, work.now)
    record_reading(work, clerk, "qr-shown", f"qr:{pass_id}", [each.site for each in found.sites])
    called = _called(request)
    printed = PrintedPass(
        number=pass_number(found.id),
        code=show_pass(found, keys.pass_key).text,
        holder=holder.person.name,
        unit=called(holder.unit),
        sites=[called(scene.sites[each.site]) for each in sorted(found.sites, key=lambda one: one.site)],
        first_day=scene.day(found.valid_from),
        last_day=scene.last_day(found.valid_until),
        entries_allowed=found.entries_allowed,
    )
    return _pdf(pass_slip(printed, translator_of(request), now=work.now), f"{printed.number}.pdf")


def _printed(request: Request, work: Work, scene: Scene, rows: Sequence[queries.Listed]) -> list[PrintedPermit]:
    """What stands on paper; a permit that is not in use, or whose year is over, is not printed."""
    called, plates = _called(request), _shared(work.session, [row.permit.id for row in rows])
    found = []
    for row in rows:
        permit = row.permit
        if scene.standing_of_permit(permit, work.now) not in _OPENING:
            raise StepNotPossible("It is not in force: what is printed would open nothing.", status_now=permit.status)
        sites = sorted(permit.sites, key=lambda one: one.site)
        begins, ends = permit_period(permit.year, scene.sites[sites[0].site].timezone, scene.takeovers)
        found.append(
            PrintedPermit(
                number=permit_number(permit.year, permit.serial),
                year=permit.year,
                serial=permit.serial,
                plate=scene.plate(permit.plate),
                further=[scene.plate(each) for each in plates.get(permit.id, ())],
                permit_class=permit.permit_class,
                holder=row.holder.name,
                unit=called(row.unit),
                sites=[called(scene.sites[each.site]) for each in sites],
                first_day=scene.day(begins),
                last_day=scene.last_day(ends),
                issued_on=scene.day(permit.issued_at),
            )
        )
    return found


def _shared(session: Session, permits: Collection[CredentialId]) -> Mapping[CredentialId, Sequence[str]]:
    found = queries.plates_of(session, permits)
    return {permit: [each.plate for each in plates if each.use is PlateUse.SHARED] for permit, plates in found.items()}


def _opened(rows: Sequence[queries.Listed]) -> frozenset[SiteId]:
    opened: list[PermitSite] = [each for row in rows for each in row.permit.sites]
    return frozenset(each.site for each in opened)


def _called(request: Request) -> Callable[[Site | Unit | None], str]:
    """What a compound or unit is called in the reader's language; nobody's unit is not named."""
    is_zh = language_of(request) == "zh"

    def called(thing: Site | Unit | None) -> str:
        return "" if thing is None else thing.name_zh if is_zh else thing.name_en

    return called


def _pdf(content: bytes, name: str) -> Response:
    return Response(
        content,
        media_type="application/pdf",
        headers={"Content-Disposition": f'inline; filename="{name}"', "Cache-Control": "no-store"},
    )
