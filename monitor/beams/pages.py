"""`/control-room/beams`: how the beams of a compound are, and their walk test."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel, Field

from monitor.beams import queries, service, view
from monitor.beams.problems import NothingToTest, WalkTestRuns, WalkTestUnknown
from monitor.dependencies import MonitorReading, MonitorWork, TheRegister
from registry.auth.permissions import Permission
from registry.auth.principal import Principal
from registry.auth.requires import requires
from registry.clock import DEFAULT_TIMEZONE
from registry.devices.facts import Register, ZoneFacts
from registry.ids import NAME_PATTERN, SiteId, ZoneId
from registry.problems import NotFound, problems
from registry.web.pages import language_of, page

router = APIRouter(prefix="/control-room", include_in_schema=False)

Reader = Annotated[Principal, Depends(requires(Permission.SIGNALS_READ))]
Tester = Annotated[Principal, Depends(requires(Permission.BEAMS_TEST))]
RECORDS = 10
"""Finished tests on the page."""


class StartForm(BaseModel):
    """Which zone of a site is walked; empty: all of them."""

    site: Annotated[str, Field(pattern=f"^{NAME_PATTERN}$")]
    zone: Annotated[str, Field(pattern=f"^({NAME_PATTERN})?$")] = ""
    words: Annotated[str, Field(max_length=500, pattern=r"^[^\x00]*$")] = ""


@router.get("/beams", response_model=None, responses=problems(NotFound))
def beams_page(
    request: Request,
    reader: Reader,
    reading: MonitorReading,
    register: TheRegister,
    *,
    site: Annotated[str, Query(max_length=40)] = "",
) -> HTMLResponse | RedirectResponse:
    """The beams of one compound; without one, of the first of theirs that has any."""
    sites = [each for each in register.sites.values() if reader.may(Permission.SIGNALS_READ, each.id)]
    if not site and sites:
        first = next((each for each in sites if service.beams_of(register, each.id)), sites[0])
        return RedirectResponse(f"/control-room/beams?site={first.id}", status_code=303)
    where = SiteId(site)
    reader.require(Permission.SIGNALS_READ, where)
    language, session = language_of(request), reading.session
    running = queries.open_test(session, where)
    lines = view.lines(session, register, where, language, reading.now)
    return page(
        request,
        "monitor/beams/list.html",
        site=where,
        sites=sites,
        timezone=_timezone(register, where),
        lines=lines,
        to_look_at=sum(line.tone != "good" for line in lines),
        drawn=view.DRAWN,
        running=None if running is None else view.test_shown(session, register, running, language, reading.now),
        ended=queries.ended_tests(session, where, limit=RECORDS),
        zones=_walked(register, where),
        may_test=reader.may(Permission.BEAMS_TEST, where),
    )


@router.get("/beams/tests/{test_id}", responses=problems(WalkTestUnknown))
def test_page(
    request: Request, test_id: UUID, reader: Reader, reading: MonitorReading, register: TheRegister
) -> HTMLResponse:
    """The record of one test, for the file: it prints on one sheet."""
    sites = {each for each in register.sites if reader.may(Permission.SIGNALS_READ, each)}
    found = service.test_of(reading.session, sites, test_id)
    return page(
        request,
        "monitor/beams/record.html",
        site=register.sites[SiteId(found.site)],
        timezone=_timezone(register, SiteId(found.site)),
        shown=view.test_shown(reading.session, register, found, language_of(request), reading.now),
    )


@router.post("/beams/tests", responses=problems(NotFound, WalkTestRuns, NothingToTest))
def start_test(
    tester: Tester, work: MonitorWork, register: TheRegister, asked: Annotated[StartForm, Form()]
) -> RedirectResponse:
    """Begin to listen for who walks along the wall."""
    where = SiteId(asked.site)
    tester.require(Permission.BEAMS_TEST, where)
    zone = ZoneId(asked.zone) if asked.zone else None
    service.start(work.session, register, where, zone, by=tester.name, words=asked.words.strip(), now=work.now)
    return RedirectResponse(f"/control-room/beams?site={where}", status_code=303)


@router.post("/beams/tests/{test_id}/end", responses=problems(WalkTestUnknown))
def finish_test(test_id: UUID, tester: Tester, work: MonitorWork, register: TheRegister) -> RedirectResponse:
    """End it and keep what was heard."""
    sites = {each for each in register.sites if tester.may(Permission.BEAMS_TEST, each)}
    found = service.test_of(work.session, sites, test_id)
    service.finish(work.session, register, found, by=tester.name, now=work.now)
    return RedirectResponse(f"/control-room/beams/tests/{test_id}", status_code=303)


def _walked(register: Register, site: SiteId) -> list[ZoneFacts]:
    """The zones of a site in which beams lie."""
    return [zone for zone in register.zones.values() if zone.site == site and service.beams_of(register, site, zone.id)]


def _timezone(register: Register, site: SiteId) -> str:
    return register.sites[site].timezone if site in register.sites else DEFAULT_TIMEZONE
