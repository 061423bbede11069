"""`/registry/levels`: access levels, each with its week drawn as a picture."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi import Query as InQuery
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel, Field

from registry.access.facts import HolidayRule
from registry.auth.permissions import Permission
from registry.auth.principal import Principal
from registry.ids import GateId, LevelId, SiteId
from registry.levels import queries, service
from registry.levels.models import AccessLevel
from registry.levels.rules import bars, parse_hours
from registry.listing import Words
from registry.office.forms import BLANK, Sent, Typed
from registry.office.scene import PAGE_ROWS, Reader, Writer, first_of, go, scene_of, seen_sites
from registry.problems import Unprocessable
from registry.revisions.service import history, revision_of
from registry.sites.queries import NoSuchSite, gates
from registry.sites.scope import sites_of
from registry.store import Work
from registry.web.dependencies import RegistryWork
from registry.web.pages import page

router = APIRouter(prefix="/registry/levels", include_in_schema=False)
_BESIDE = {
    "level-name-missing": "name_zh",
    "level-name-taken": "name_zh",
    "level-without-gates": "gates",
    "gate-not-of-site": "gates",
    "level-never-open": "day0",
}
WEIGHED_AT = "/gate/explain"
"""Where it is told who gains and loses by a change, if the gates are served here too."""
Hours = Annotated[str, Field(max_length=200)]


class HoursUnreadable(Unprocessable):
    slug = "hours-unreadable"
    title = "These are no hours"


class LevelForm(BaseModel):
    """`day0` is Monday's hours, as people write them."""

    name_zh: str = Field(max_length=service.LONGEST_NAME)
    name_en: str = Field(default="", max_length=service.LONGEST_NAME)
    gates: list[GateId] = Field(default_factory=list, max_length=100)
    holidays: HolidayRule
    day0: Hours = ""
    day1: Hours = ""
    day2: Hours = ""
    day3: Hours = ""
    day4: Hours = ""
    day5: Hours = ""
    day6: Hours = ""

    def fields(self) -> service.LevelFields:
        """What the form says.

        Raises:
            HoursUnreadable: at the field of a day.

        """
        windows = []
        for weekday in range(7):
            read = parse_hours(weekday, getattr(self, f"day{weekday}"))
            if read is None:
                raise HoursUnreadable("Write hours like 08:00-18:00.", field=f"day{weekday}")
            windows += read
        return service.LevelFields(
            name_zh=self.name_zh,
            name_en=self.name_en,
            gates=frozenset(self.gates),
            windows=tuple(windows),
            holidays=self.holidays,
        )


@router.get("")
def levels_page(
    *,
    request: Request,
    reader: Reader,
    work: RegistryWork,
    q: Words = "",
    site: Annotated[str, InQuery(max_length=40)] = "",
    cursor: UUID | Literal[""] = "",
) -> HTMLResponse:
    where = seen_sites(work.session, reader)
    if site:
        reader.require(Permission.REGISTRY_READ, SiteId(site))
    scene = scene_of(work.session, reader, work.now)
    rows = queries.levels(
        work.session,
        where & {SiteId(site)} if site else where,
        words=q.strip(),
        after=LevelId(cursor) if isinstance(cursor, UUID) else None,
        limit=PAGE_ROWS + 1,
    )
    shown = rows[:PAGE_ROWS]
    return page(
        request,
        "registry/levels.html",
        tab="levels",
        q=q,
        site=site,
        choices=[each for each in scene.sites.values() if each.id in where],
        rows=[(row, bars(queries.level_facts(row).week)) for row in shown],
        holders=queries.holders(work.session, [row.id for row in shown]),
        gates={gate.id: gate for gate in gates(work.session, where)},
        following=shown[-1].id if len(rows) > PAGE_ROWS else None,
        scene=scene,
    )


@router.get("/new")
def new_level_page(
    request: Request, clerk: Writer, work: RegistryWork, site: Annotated[str, InQuery(max_length=40)] = ""
) -> HTMLResponse:
    own = sites_of(work.session, clerk, Permission.REGISTRY_WRITE)
    here = SiteId(site) if site in own else first_of(own)
    return _form_page(request, clerk, work, site=here, row=None, form=BLANK)


@router.post("", response_model=None)
def add_level(request: Request, sent: Sent, clerk: Writer, work: RegistryWork) -> HTMLResponse | RedirectResponse:
    form = Typed(sent, beside=_BESIDE)
    within = sites_of(work.session, clerk, Permission.REGISTRY_WRITE)
    site = SiteId(form.value("site"))
    if site not in within:
        raise NoSuchSite(f"There is no site {site} here.")
    with form.trying(work.session):
        level = service.NewLevel(site=site, fields=form.read(LevelForm).fields())
        made = service.add_level(work.session, level, within=within, by=clerk.name, now=work.now)
        return go(f"/registry/levels/{made.id}?done=true")
    return _form_page(request, clerk, work, site=site, row=None, form=form)


@router.get("/{level_id}")
def level_page(
    request: Request, level_id: LevelId, reader: Reader, work: RegistryWork, *, done: bool = False
) -> HTMLResponse:
    row = queries.level(work.session, level_id, seen_sites(work.session, reader))
    return _form_page(request, reader, work, site=row.site, row=row, form=BLANK, is_done=done)


@router.post("/{level_id}", response_model=None)
def change_level(
    request: Request, level_id: LevelId, sent: Sent, clerk: Writer, work: RegistryWork
) -> HTMLResponse | RedirectResponse:
    form = Typed(sent, beside=_BESIDE)
    within = sites_of(work.session, clerk, Permission.REGISTRY_WRITE)
    row = queries.level(work.session, level_id, within)
    with form.trying(work.session):
        fields = form.read(LevelForm).fields()
        service.change_level(
            work.session, level_id, fields, revision=form.revision, within=within, by=clerk.name, now=work.now
        )
        return go(f"/registry/levels/{level_id}?done=true")
    return _form_page(request, clerk, work, site=row.site, row=row, form=form)


@router.post("/{level_id}/undo", response_model=None)
def undo_level(
    request: Request, level_id: LevelId, sent: Sent, clerk: Writer, work: RegistryWork
) -> HTMLResponse | RedirectResponse:
    form = Typed(sent)
    within = sites_of(work.session, clerk, Permission.REGISTRY_WRITE)
    row = queries.level(work.session, level_id, within)
    with form.trying(work.session):
        service.undo_level(work.session, level_id, revision=form.revision, within=within, by=clerk.name, now=work.now)
        return go(f"/registry/levels/{level_id}")
    return _form_page(request, clerk, work, site=row.site, row=row, form=BLANK, refused=form)


@router.post("/{level_id}/removal", response_model=None)
def remove_level(
    request: Request, level_id: LevelId, sent: Sent, clerk: Writer, work: RegistryWork
) -> HTMLResponse | RedirectResponse:
    form = Typed(sent)
    within = sites_of(work.session, clerk, Permission.REGISTRY_WRITE)
    row = queries.level(work.session, level_id, within)
    with form.trying(work.session):
        service.remove_level(work.session, level_id, within=within, by=clerk.name, now=work.now)
        return go("/registry/levels")
    return _form_page(request, clerk, work, site=row.site, row=row, form=BLANK, refused=form)


def _form_page(
    request: Request,
    reader: Principal,
    work: Work,
    *,
    site: SiteId,
    row: AccessLevel | None,
    form: Typed,
    refused: Typed = BLANK,
    is_done: bool = False,
) -> HTMLResponse:
    """`refused`: what could not be done to the record, which stands there as it is."""
    subject = "" if row is None else service.subject_of(row.id)
    facts = None if row is None else queries.level_facts(row)
    return page(
        request,
        "registry/level.html",
        status=max(form.status, refused.status),
        headers=form.headers or refused.headers,
        tab="levels",
        level=row,
        fields={} if row is None else service.fields_of(row),
        rows=[] if facts is None else bars(facts.week),
        site=site,
        gates=gates(work.session, [site]),
        rules=list(HolidayRule),
        may_change=reader.may(Permission.REGISTRY_WRITE, site),
        holders=0 if row is None else queries.holders(work.session, [row.id])[row.id],
        revision=revision_of(work.session, subject) if row is not None else 0,
        revisions=history(work.session, subject) if row is not None else [],
        is_done=is_done,
        weighs=WEIGHED_AT in request.app.state.paths,
        form=form,
        refused=refused,
        scene=scene_of(work.session, reader, work.now),
    )
