"""`/registry/people/<id>/credentials`: a person's cards, QR passes and PINs; issuing them, and replacing lost ones."""

from collections.abc import Mapping, Sequence
from datetime import date
from functools import partial
from typing import Literal

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel, Field

from registry.access.facts import CredentialStatus
from registry.auth.permissions import Permission
from registry.auth.principal import Principal
from registry.credentials.rules import OUT_OF_USE, reaches_further, standing, steps_from
from registry.credentials.service import OpensNothing
from registry.credentials.written import require_card_number
from registry.ids import CredentialId, LevelId, PersonId, SiteId
from registry.keyring import Keys
from registry.levels.models import AccessLevel
from registry.levels.queries import levels
from registry.office.forms import BLANK, Rule, Sent, Typed, not_before
from registry.office.scene import Reader, Writer, day_begins, day_ends, go, scene_of, seen_sites
from registry.passes import pins, service
from registry.passes.api import MOST_ENTRIES
from registry.passes.digests import digest_key
from registry.passes.giving import Levelled, give_levels
from registry.passes.models import Card, CardFormat, Pin, QrPass
from registry.passes.queries import cards, qr_passes_of
from registry.passes.rules import pass_number
from registry.passes.showing import show_pass
from registry.passes.wiegand import of_uid
from registry.people import queries as people
from registry.readings import record_reading
from registry.sites.queries import zone_of
from registry.sites.scope import sites_of
from registry.store import Work
from registry.web.dependencies import RegistryWork
from registry.web.pages import page, translator_of

router = APIRouter(prefix="/registry/people/{person_id}", include_in_schema=False)
MOST_CREDENTIALS = 100
_WRITE = Permission.REGISTRY_WRITE
_BESIDE = {
    "no-card-number": "number",
    "card-in-use": "number",
    "held-elsewhere": "number",
    "pin-not-usable": "pin",
    "period-empty": "last_day",
    "moment-too-far": "last_day",
    "opens-nothing": "sites",
    "too-many-sites": "sites",
    "no-such-level": "levels",
}


class PeriodForm(BaseModel):
    """First and last day, both whole, in the site's time."""

    first_day: date
    last_day: date
    sites: list[SiteId] = Field(default_factory=list, max_length=50)
    levels: list[LevelId] = Field(default_factory=list, max_length=50)


class CardForm(PeriodForm):
    number: str = Field(max_length=60)
    format: CardFormat = CardFormat.UID


class PassForm(PeriodForm):
    entries: int | None = Field(default=None, ge=1, le=MOST_ENTRIES)


class PinForm(PeriodForm):
    pin: str | None = Field(default=None, max_length=12, repr=False)


class LevelsForm(BaseModel):
    levels: list[LevelId] = Field(default_factory=list, max_length=50)


class ReplacementForm(BaseModel):
    number: str = Field(max_length=60)
    format: CardFormat = CardFormat.UID


New = Literal["card", "pass", "pin"]
Kind = Literal["cards", "passes", "pins"]
_TABLES: Mapping[Kind, type[Levelled]] = {"cards": Card, "passes": QrPass, "pins": Pin}
Forms = Mapping[str, Typed]
"""The forms of the page that came back: `card`, `pass`, `pin`, or the id of what could not be replaced."""


@router.get("/credentials")
def credentials_page(
    request: Request, person_id: PersonId, reader: Reader, work: RegistryWork, *, new: New | None = None
) -> HTMLResponse:
    """`new`: the form that stands open."""
    found = people.person(work.session, person_id, seen_sites(work.session, reader))
    record_reading(work, reader, "person-read", f"person:{person_id}", [found.person.site])
    return _shown(request, reader, work, person_id, {}, new=new)


@router.post("/cards", response_model=None)
def issue_card(
    request: Request, person_id: PersonId, sent: Sent, clerk: Writer, work: RegistryWork
) -> HTMLResponse | RedirectResponse:
    form, within = Typed(sent, beside=_BESIDE), sites_of(work.session, clerk, _WRITE)
    holder = people.whole_file(work.session, person_id, within).person
    with form.trying(work.session):
        fields = form.read(CardForm, number=_card_rule(work, within), **_rules(form))
        _require_own(clerk, fields)
        zone = zone_of(work.session, fields.sites)
        new = service.NewCard(
            holder=holder.id,
            number=fields.number,
            format=fields.format,
            valid_from=day_begins(fields.first_day, zone),
            valid_until=day_ends(fields.last_day, zone),
            sites=frozenset(fields.sites),
            levels=frozenset(fields.levels),
        )
        issued = service.issue_card(work.session, new, within=within, by=clerk.name, now=work.now)
        return go(f"/registry/people/{person_id}?issued={issued.id}#c-{issued.id}")
    return _shown(request, clerk, work, person_id, {"card": form})


@router.post("/passes", response_model=None)
def issue_pass(  # noqa: PLR0917 - what a request brings
    request: Request, person_id: PersonId, sent: Sent, clerk: Writer, work: RegistryWork, keys: Keys
) -> HTMLResponse | RedirectResponse:
    form, within = Typed(sent, beside=_BESIDE), sites_of(work.session, clerk, _WRITE)
    holder = people.whole_file(work.session, person_id, within).person
    with form.trying(work.session):
        fields = form.read(PassForm, **_rules(form))
        _require_own(clerk, fields)
        zone = zone_of(work.session, fields.sites)
        new = service.NewQrPass(
            holder=holder.id,
            valid_from=day_begins(fields.first_day, zone),
            valid_until=day_ends(fields.last_day, zone),
            sites=frozenset(fields.sites),
            levels=frozenset(fields.levels),
            entries_allowed=fields.entries,
        )
        issued = service.issue_qr_pass(work.session, new, by=clerk.name, now=work.now)
        show_pass(issued, keys.pass_key)
        return go(f"/registry/passes/{issued.id}")
    return _shown(request, clerk, work, person_id, {"pass": form})


@router.post("/pins")
def issue_pin(  # noqa: PLR0917 - what a request brings
    request: Request, person_id: PersonId, sent: Sent, clerk: Writer, work: RegistryWork, keys: Keys
) -> HTMLResponse:
    """The answer shows the PIN, this once."""
    form, within = Typed(sent, beside=_BESIDE), sites_of(work.session, clerk, _WRITE)
    holder = people.whole_file(work.session, person_id, within).person
    with form.trying(work.session):
        key = digest_key(keys.device_key)
        fields = form.read(PinForm, pin=partial(pins.chosen, work.session, key), **_rules(form))
        _require_own(clerk, fields)
        zone = zone_of(work.session, fields.sites)
        new = pins.NewPin(
            holder=holder.id,
            pin=fields.pin,
            valid_from=day_begins(fields.first_day, zone),
            valid_until=day_ends(fields.last_day, zone),
            sites=frozenset(fields.sites),
            levels=frozenset(fields.levels),
        )
        made = pins.issue_pin(work.session, new, key=key, by=clerk.name, now=work.now)
        return _shown(request, clerk, work, person_id, {}, made=made)
    return _shown(request, clerk, work, person_id, {"pin": form})


@router.post("/cards/{card_id}/replacement", response_model=None)
def replace_card(  # noqa: PLR0917 - what a request brings
    request: Request, person_id: PersonId, card_id: CredentialId, sent: Sent, clerk: Writer, work: RegistryWork
) -> HTMLResponse | RedirectResponse:
    form, within = Typed(sent, beside=_BESIDE), sites_of(work.session, clerk, _WRITE)
    with form.trying(work.session):
        fields = form.read(ReplacementForm)
        new = service.replace_card(
            work.session,
            card_id,
            fields.number,
            format_=fields.format,
            within=within,
            by=clerk.name,
            now=work.now,
        )
        return go(f"/registry/people/{new.person_id}/credentials#c-{new.id}")
    return _shown(request, clerk, work, person_id, {str(card_id): form})


@router.post("/{kind}/{credential_id}/levels", response_model=None)
def change_levels(  # noqa: PLR0917 - what a request brings
    request: Request,
    person_id: PersonId,
    kind: Kind,
    credential_id: CredentialId,
    sent: Sent,
    clerk: Writer,
    work: RegistryWork,
) -> HTMLResponse | RedirectResponse:
    form, within = Typed(sent, beside=_BESIDE), sites_of(work.session, clerk, _WRITE)
    with form.trying(work.session):
        levels_wanted = form.read(LevelsForm).levels
        give_levels(
            work.session, _TABLES[kind], credential_id, levels_wanted, within=within, by=clerk.name, now=work.now
        )
        return go(f"/registry/people/{person_id}/credentials#c-{credential_id}")
    return _shown(request, clerk, work, person_id, {str(credential_id): form})


@router.post("/passes/{pass_id}/replacement", response_model=None)
def replace_pass(
    request: Request, person_id: PersonId, pass_id: CredentialId, clerk: Writer, work: RegistryWork
) -> HTMLResponse | RedirectResponse:
    form, within = Typed(), sites_of(work.session, clerk, _WRITE)
    with form.trying(work.session):
        new = service.replace_qr_pass(work.session, pass_id, within=within, by=clerk.name, now=work.now)
        return go(f"/registry/passes/{new.id}")
    return _shown(request, clerk, work, person_id, {str(pass_id): form})


@router.post("/pins/{pin_id}/replacement")
def replace_pin(  # noqa: PLR0917 - what a request brings
    request: Request, person_id: PersonId, pin_id: CredentialId, clerk: Writer, work: RegistryWork, keys: Keys
) -> HTMLResponse:
    """The answer shows the new PIN, this once."""
    form, within = Typed(), sites_of(work.session, clerk, _WRITE)
    key = digest_key(keys.device_key)
    with form.trying(work.session):
        made = pins.replace_pin(work.session, pin_id, key=key, within=within, by=clerk.name, now=work.now)
        return _shown(request, clerk, work, person_id, {}, made=made)
    return _shown(request, clerk, work, person_id, {str(pin_id): form})


def _shown(
    request: Request,
    reader: Principal,
    work: Work,
    person_id: PersonId,
    forms: Forms,
    *,
    made: pins.MadePin | None = None,
    new: New | None = None,
) -> HTMLResponse:
    session, now, t = work.session, work.now, translator_of(request)
    where = seen_sites(session, reader)
    listed = people.person(session, person_id, where)
    scene = scene_of(session, reader, now)
    own = frozenset(site.id for site in scene.own_sites)
    back = next(iter(forms.values()), BLANK)
    owned_cards = [each.card for each in cards(session, where, holder=person_id, limit=MOST_CREDENTIALS)]
    owned: dict[str, Sequence[Card | QrPass | Pin]] = {
        "cards": owned_cards,
        "passes": qr_passes_of(session, person_id, where),
        "pins": pins.pins_of(session, person_id, where),
    }
    return page(
        request,
        "registry/credentials.html",
        status=back.status,
        headers={"Cache-Control": "no-store", **back.headers},
        tab="people",
        person=listed.person,
        unit=listed.unit,
        owned={
            kind: [(row, standing(row.status, row.valid_from, row.valid_until, now)) for row in rows]
            for kind, rows in owned.items()
        },
        chain=_chain([row for rows in owned.values() for row in rows]),
        level_names={level.id: level for level in levels(session, where)},
        own_levels=levels(session, own),
        formats=[(each, t(f"credential.format.{each}")) for each in CardFormat],
        most_entries=MOST_ENTRIES,
        number_of=_number_of,
        levels_for=partial(_levels_for, own, levels(session, own)),
        of_uid=of_uid,
        steps_of=partial(_steps_of, own),
        made=made,
        new=new,
        form=lambda name: forms.get(str(name), BLANK),
        scene=scene,
    )


def _chain(rows: Sequence[Card | QrPass | Pin]) -> Mapping[CredentialId, Mapping[str, Card | QrPass | Pin | None]]:
    """For each, what it replaces and what replaced it."""
    by_id = {row.id: row for row in rows}
    found: dict[CredentialId, dict[str, Card | QrPass | Pin | None]] = {
        row.id: {"replaces": None, "replaced_by": None} for row in rows
    }
    for row in rows:
        lost = by_id.get(row.replaces_id) if row.replaces_id is not None else None
        if lost is not None:
            found[row.id]["replaces"] = lost
            found[lost.id]["replaced_by"] = row
    return found


def _levels_for(own: frozenset[SiteId], known: Sequence[AccessLevel], row: Card | QrPass | Pin) -> list[AccessLevel]:
    """The levels that it can be given by who answers for these sites; none, if it opens others too or holds no longer."""
    sites = {each.site for each in row.sites}
    if not sites <= own or row.status in OUT_OF_USE:
        return []
    return [level for level in known if level.site in sites]


def _number_of(row: Card | QrPass | Pin) -> str:
    return row.number if isinstance(row, Card) else pass_number(row.id)


def _steps_of(own: frozenset[SiteId], row: Card | QrPass | Pin) -> list[str]:
    """What can be done to it by who answers for these sites; `replace` among them."""
    sites = [each.site for each in row.sites]
    if own.isdisjoint(sites):
        return []
    found: list[str] = [step for step in steps_from(row.status) if not reaches_further(step, sites, own)]
    if row.status is CredentialStatus.REPORTED_LOST and set(sites) <= own:
        found.append("replace")
    return found


def _rules(form: Typed) -> dict[str, Rule]:
    """What is asked of where and when a credential opens."""

    def sites(chosen: Sequence[str]) -> None:
        if not chosen:
            raise OpensNothing("Choose at least one site that it opens.")

    return {"last_day": not_before(form, "first_day"), "sites": sites}


def _card_rule(work: Work, within: frozenset[SiteId]) -> Rule:
    return lambda written: service.require_free(work.session, require_card_number(written), within)


def _require_own(clerk: Principal, fields: PeriodForm) -> None:
    for site in fields.sites:
        clerk.require(_WRITE, site)
