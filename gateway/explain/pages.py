"""`/gate/explain`: who could pass a gate, and who gains and loses by a change before it is made."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from gateway.checks.answers import Name
from gateway.checks.asking import gate_for
from gateway.dependencies import GatewayReading, TheDesk
from gateway.desk import Desk
from gateway.explain.answers import EARLIEST, FIRST_NAMES, LATEST, AskedDay, ChangeIn
from gateway.explain.api import RegistryReader, note_reading, seen_for, today_at, world_of
from gateway.explain.jobs import Job, NoSuchJob
from gateway.explain.views import PassingView, SideView
from gateway.explain.what_if import Effect, what_if
from gateway.explain.who_can import WhoCan, who_can
from registry.access.facts import CredentialKind, DayKind, GateFacts, HolidayRule, LevelFacts
from registry.auth.permissions import Permission
from registry.auth.principal import Principal
from registry.clock import Instant, in_utc
from registry.levels.rules import DAY, Window, hours_text
from registry.messages.reasons import Verdict
from registry.problems import Unprocessable
from registry.readings import Query as ListedBy
from registry.sites.gates import areas_of
from registry.sites.queries import all_sites
from registry.web.dependencies import RegistryReading
from registry.web.pages import page, translator_of

router = APIRouter(prefix="/gate/explain", include_in_schema=False)
_CHANGE: TypeAdapter[Any] = TypeAdapter(ChangeIn)
SHOWN = 100
KINDS = ("level", "group", "day", "denial", "area")


class NoMoment(Unprocessable):
    slug = "no-moment"
    title = "That is no moment"


class NoChange(Unprocessable):
    slug = "no-change"
    title = "Something is missing in this change"


@router.get("")
def explain_page(  # noqa: PLR0917 - a route: nobody calls it by position
    request: Request,
    reader: RegistryReader,
    desk: TheDesk,
    register: RegistryReading,
    kind: Literal["level", "group", "day", "denial", "area"] = "level",
    level: UUID | None = None,
) -> HTMLResponse:
    """Both questions on one page."""
    t, snapshot = translator_of(request), desk.snapshot
    sites = [each for each in all_sites(register.session) if reader.may(Permission.REGISTRY_READ, each.id)]
    seen = {each.id for each in sites}
    gates = sorted((each for each in snapshot.facts.gates.values() if each.site in seen), key=lambda each: each.id)
    own = {each.id for each in gates}
    levels = [each for each in snapshot.facts.levels.values() if each.gates & own]
    chosen = next((each for each in levels if each.id == level), levels[0] if levels else None)
    first = snapshot.timezones[gates[0].site] if gates else None
    return page(
        request,
        "gateway/explain/page.html",
        sites=sites,
        gates=gates,
        areas=[area for each in sites for area in areas_of(register.session, each.id)],
        levels=sorted(levels, key=lambda each: each.name_zh),
        level=chosen,
        days=[] if chosen is None else _hours_of(chosen),
        gates_of_level=[] if chosen is None else _beside(chosen, gates),
        kind=kind,
        kinds=KINDS,
        rules=list(HolidayRule),
        day_kinds=list(DayKind),
        credential_kinds=[CredentialKind.CARD, CredentialKind.QR, CredentialKind.PLATE, CredentialKind.PIN],
        local_now=desk.clock.now().astimezone(first).strftime("%Y-%m-%dT%H:%M"),
        name_of=lambda each: each.name_zh if t.language == "zh" else each.name_en,
    )


@router.get("/who-can")
def ask_who_can(  # noqa: PLR0917 - a route: nobody calls it by position
    request: Request,
    reader: RegistryReader,
    desk: TheDesk,
    work: GatewayReading,
    gate: Name,
    at: Annotated[str, Query(max_length=40)] = "",
) -> HTMLResponse:
    """Begin to ask a gate for everybody."""
    world = world_of(desk, work.session)
    found = gate_for(reader, Permission.REGISTRY_READ, gate, world.snapshot)
    moment = moment_in(at, world.snapshot.timezones[found.site]) if at else work.now
    job = desk.explaining.begin(reader.id, lambda progress: who_can(world, found, moment, progress))
    return _asked(request, reader, desk, job_id=job)


class Shown(BaseModel):
    """Which answer is shown, and of it whom."""

    job: UUID
    q: Annotated[str, Field(max_length=60)] = ""
    verdict: Verdict | None = None


@router.get("/asked")
def show_asked(
    request: Request, reader: RegistryReader, desk: TheDesk, shown: Annotated[Shown, Query()]
) -> HTMLResponse:
    """How far it is, or who could pass."""
    return _asked(request, reader, desk, job_id=shown.job, shown=shown)


class ChangeForm(BaseModel):
    """What is changed, as a form has it: what is empty stays as it is. Of a level the fields are those of its own page."""

    kind: Literal["level", "level_given", "level_taken", "day", "denial", "area"]
    day: AskedDay | None = None
    level: UUID | None = None
    gates: list[Name] = Field(default_factory=list, max_length=100)
    day0: Annotated[str, Field(max_length=200)] = ""
    day1: Annotated[str, Field(max_length=200)] = ""
    day2: Annotated[str, Field(max_length=200)] = ""
    day3: Annotated[str, Field(max_length=200)] = ""
    day4: Annotated[str, Field(max_length=200)] = ""
    day5: Annotated[str, Field(max_length=200)] = ""
    day6: Annotated[str, Field(max_length=200)] = ""
    holidays: HolidayRule | None = None
    site: Name | None = None
    unit: Annotated[str, Field(max_length=200)] = ""
    credential: CredentialKind | None = None
    day_kind: DayKind | None = None
    value: Annotated[str, Field(max_length=60)] = ""
    area: Name | None = None
    lockdown: bool | None = None
    threat_level: Annotated[int, Field(ge=0, le=5)] | None = None
    first_person: bool | None = None
    two_person: bool | None = None

    def change_in(self) -> Any:
        """The change as the API has it.

        Raises:
            NoChange: something is missing.

        """
        said: dict[str, Any] = {"kind": self.kind}
        match self.kind:
            case "level":
                hours = [getattr(self, f"day{weekday}") for weekday in range(7)]
                said |= {"level": self.level, "gates": self.gates, "hours": hours, "holidays": self.holidays}
            case "level_given" | "level_taken":
                group = {"site": self.site, "unit": self.unit.strip() or None, "kind": self.credential}
                said |= {"level": self.level, "group": group}
            case "day":
                said |= {"site": self.site, "day": self.day, "day_kind": self.day_kind}
            case "denial":
                said |= {"credential": self.credential, "value": self.value.strip()}
            case "area":
                asks = ("lockdown", "threat_level", "first_person", "two_person")
                said |= {"site": self.site, "area": self.area, **{name: getattr(self, name) for name in asks}}
        try:
            return _CHANGE.validate_python(said)
        except ValidationError:
            raise NoChange("Fill in what is to be changed.") from None


@router.post("/change")
def weigh_change(
    request: Request,
    reader: RegistryReader,
    desk: TheDesk,
    work: GatewayReading,
    form: Annotated[ChangeForm, Form()],
) -> HTMLResponse:
    """Begin to find out who gains and who loses. Nothing is changed."""
    world = world_of(desk, work.session)
    change = form.change_in().change()
    seen = seen_for(change, world, reader)
    day = form.day or today_at(world, change, work.now)
    job = desk.explaining.begin(reader.id, lambda progress: what_if(world, change, day, seen, progress))
    return _weighed(request, reader, desk, job_id=job)


@router.get("/weighed")
def show_weighed(request: Request, reader: RegistryReader, desk: TheDesk, job: UUID) -> HTMLResponse:
    """How far it is, or who gains and who loses."""
    return _weighed(request, reader, desk, job_id=job)


def _asked(
    request: Request, reader: Principal, desk: Desk, *, job_id: UUID, shown: Shown | None = None
) -> HTMLResponse:
    try:
        job, t = desk.explaining.find(job_id, reader.id), translator_of(request)
    except NoSuchJob:
        return page(request, "gateway/explain/gone.html")
    result = job.result
    if not isinstance(result, WhoCan):
        return _waiting(request, job, job_id, "asked")
    shown = shown or Shown(job=job_id)
    wanted = result.wanted(shown.verdict, shown.q)
    listed_by = ListedBy.of(shown.q)
    note_reading(desk, reader, "who-can", listed_by=listed_by, rows=len(wanted), now=desk.clock.now())
    return page(
        request,
        "gateway/explain/asked.html",
        job=job_id,
        asked=result,
        shown=shown,
        found=len(wanted),
        rows=[PassingView.of(each, t) for each in wanted[:SHOWN]],
        verdicts=result.verdicts(),
        timezone=desk.snapshot.timezones[result.gate.site].key,
    )


def _weighed(request: Request, reader: Principal, desk: Desk, *, job_id: UUID) -> HTMLResponse:
    try:
        job, t = desk.explaining.find(job_id, reader.id), translator_of(request)
    except NoSuchJob:
        return page(request, "gateway/explain/gone.html")
    effect = job.result
    if not isinstance(effect, Effect):
        return _waiting(request, job, job_id, "weighed")
    rows = len(effect.gains) + len(effect.loses)
    note_reading(desk, reader, "what-if", listed_by=ListedBy.ALL, rows=rows, now=desk.clock.now())
    sides = [
        SideView.of(side, effect, those, shown=FIRST_NAMES, snapshot=desk.snapshot, t=t)
        for side, those in (("gains", effect.gains), ("loses", effect.loses))
    ]
    return page(request, "gateway/explain/weighed.html", sides=sides, day=effect.day)


def _waiting(request: Request, job: Job, job_id: UUID, part: str) -> HTMLResponse:
    return page(request, "gateway/explain/waiting.html", job=job_id, part=part, done=job.done, failed=job.failed)


def moment_in(text: str, timezone: ZoneInfo) -> Instant:
    """A moment as a browser's field has it, on the clock of a compound.

    Raises:
        NoMoment: it is none, or none of our time.

    """
    try:
        local = datetime.fromisoformat(text)
    except ValueError:
        local = None
    if local is None or local.tzinfo is not None or not EARLIEST <= local.date() < LATEST:
        raise NoMoment("Say day and time, such as 2026-11-23 08:00.")
    return in_utc(local.replace(tzinfo=timezone))


def _hours_of(level: LevelFacts) -> list[str]:
    """The hours of each weekday as people write them."""
    return [
        hours_text([Window(weekday, begins, ends if ends <= DAY else ends - DAY) for begins, ends in windows])
        for weekday, windows in enumerate(level.week)
    ]


def _beside(level: LevelFacts, gates: list[GateFacts]) -> list[GateFacts]:
    """The gates that a level may open: those of the compounds where it opens any."""
    sites = {each.site for each in gates if each.id in level.gates}
    return [each for each in gates if each.site in sites]
