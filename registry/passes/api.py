"""`/api/registry/cards` and `/api/registry/passes`."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import AwareDatetime, BaseModel, Field

from registry.access.facts import CredentialStatus
from registry.auth.permissions import Permission
from registry.auth.principal import Principal
from registry.auth.requires import requires
from registry.credentials.bodies import STEP_PATHS, ReasonIn
from registry.ids import CredentialId, GateId, LevelId, PersonId, SiteId
from registry.keyring import Keyring, Keys
from registry.listing import DEFAULT_LIMIT, Limit, Listing, Words, page_of
from registry.passes import queries, service
from registry.passes.giving import give_levels
from registry.passes.models import Card, CardFormat, QrPass
from registry.passes.showing import show_pass
from registry.passes.wiegand import of_uid
from registry.people.queries import whole_file
from registry.problems import Conflict, NotFound, problems
from registry.readings import Query, record_listing, record_reading
from registry.sites.scope import sites_of
from registry.web.dependencies import RegistryWork

router = APIRouter(prefix="/api/registry", tags=["registry"])
Reader = Annotated[Principal, Depends(requires(Permission.REGISTRY_READ))]
Writer = Annotated[Principal, Depends(requires(Permission.REGISTRY_WRITE))]
StepPath = Literal["revocation", "loss", "suspension", "reinstatement"]


MOST_ENTRIES = 10_000
"""That a QR pass may be issued for."""


class CardIn(BaseModel):
    """`gates` left out: every gate of the sites. With `levels` it opens what these open, when they do, and nothing else."""

    holder: PersonId
    number: str = Field(min_length=1, max_length=60, description="or what is printed on it, 123,45678")
    format: CardFormat = CardFormat.UID
    valid_from: AwareDatetime
    valid_until: AwareDatetime
    sites: set[SiteId] = Field(min_length=1, max_length=50)
    gates: set[GateId] | None = Field(default=None, min_length=1, max_length=100)
    levels: set[LevelId] = Field(default_factory=set, max_length=50)


class ReplacementIn(BaseModel):
    """The card that is given in the place of a lost one."""

    number: str = Field(min_length=1, max_length=60)
    format: CardFormat = CardFormat.UID


class LevelsIn(BaseModel):
    """All the levels that it is to have; none: every gate of its sites, at any hour."""

    levels: set[LevelId] = Field(max_length=50)


class CardOut(BaseModel):
    """`wiegand_26` and `wiegand_34`: facility and number that readers of so many bits send of it."""

    id: CredentialId
    number: str
    format: CardFormat
    wiegand_26: str | None
    wiegand_34: str | None
    holder: PersonId
    holder_name: str
    valid_from: datetime
    valid_until: datetime
    sites: list[SiteId]
    gates: list[GateId] | None
    levels: list[LevelId]
    replaces: CredentialId | None
    status: CredentialStatus
    status_reason: str | None
    status_at: datetime

    @classmethod
    def of(cls, listed: queries.ListedCard) -> "CardOut":
        card = listed.card
        return cls(
            id=card.id,
            number=card.number,
            format=card.format,
            wiegand_26=None if (sent := of_uid(card.number, 26)) is None else sent.printed,
            wiegand_34=None if (sent := of_uid(card.number, 34)) is None else sent.printed,
            holder=listed.holder.id,
            holder_name=listed.holder.name,
            valid_from=card.valid_from,
            valid_until=card.valid_until,
            sites=sorted(each.site for each in card.sites),
            gates=None if card.all_gates else sorted(each.gate for each in card.gates),
            levels=sorted(each.level_id for each in card.levels),
            replaces=card.replaces_id,
            status=card.status,
            status_reason=card.status_reason,
            status_at=card.status_at,
        )


class PassIn(BaseModel):
    """`entries_allowed` left out: as often as one likes; 1 is for once."""

    holder: PersonId
    valid_from: AwareDatetime
    valid_until: AwareDatetime
    sites: set[SiteId] = Field(min_length=1, max_length=50)
    levels: set[LevelId] = Field(default_factory=set, max_length=50)
    entries_allowed: int | None = Field(default=None, ge=1, le=MOST_ENTRIES)


class PassOut(BaseModel):
    """A QR pass; `text` is what the code says and `svg` its picture."""

    id: CredentialId
    holder: PersonId
    valid_from: datetime
    valid_until: datetime
    sites: list[SiteId]
    levels: list[LevelId]
    entries_allowed: int | None
    replaces: CredentialId | None
    status: CredentialStatus
    status_reason: str | None
    status_at: datetime
    text: str
    svg: str

    @classmethod
    def of(cls, qr_pass: QrPass, keys: Keyring) -> "PassOut":
        shown = show_pass(qr_pass, keys.pass_key)
        return cls(
            id=qr_pass.id,
            holder=qr_pass.person_id,
            valid_from=qr_pass.valid_from,
            valid_until=qr_pass.valid_until,
            sites=sorted(each.site for each in qr_pass.sites),
            levels=sorted(each.level_id for each in qr_pass.levels),
            entries_allowed=qr_pass.entries_allowed,
            replaces=qr_pass.replaces_id,
            status=qr_pass.status,
            status_reason=qr_pass.status_reason,
            status_at=qr_pass.status_at,
            text=shown.text,
            svg=shown.svg,
        )


@router.get("/cards", responses=problems())
def list_cards(
    *,
    reader: Reader,
    work: RegistryWork,
    q: Words = "",
    status: CredentialStatus | None = None,
    cursor: UUID | None = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Listing[CardOut]:
    where = sites_of(work.session, reader, Permission.REGISTRY_READ)
    rows = queries.cards(work.session, where, words=q.strip(), status=status, after=cursor, limit=limit + 1)
    record_listing(work, reader, "cards", Query.of(q), rows=min(len(rows), limit))
    return page_of(rows, limit, out=CardOut.of, cursor=lambda row: str(row.card.id))


@router.post("/cards", status_code=201, responses=problems(NotFound, Conflict))
def issue_card(body: CardIn, clerk: Writer, work: RegistryWork) -> CardOut:
    where = sites_of(work.session, clerk, Permission.REGISTRY_WRITE)
    for site in body.sites:
        clerk.require(Permission.REGISTRY_WRITE, site)
    card = service.NewCard(
        holder=whole_file(work.session, body.holder, where).person.id,
        number=body.number,
        valid_from=body.valid_from,
        valid_until=body.valid_until,
        sites=frozenset(body.sites),
        gates=None if body.gates is None else frozenset(body.gates),
        format=body.format,
        levels=frozenset(body.levels),
    )
    issued = service.issue_card(work.session, card, within=where, by=clerk.name, now=work.now)
    return CardOut.of(queries.card(work.session, issued.id, where))


@router.get("/cards/{card_id}", responses=problems(NotFound))
def get_card(card_id: CredentialId, reader: Reader, work: RegistryWork) -> CardOut:
    where = sites_of(work.session, reader, Permission.REGISTRY_READ)
    card = CardOut.of(queries.card(work.session, card_id, where))
    record_reading(work, reader, "card-read", f"card:{card_id}", card.sites)
    return card


@router.put("/cards/{card_id}/levels", responses=problems(NotFound))
def give_card_levels(card_id: CredentialId, body: LevelsIn, clerk: Writer, work: RegistryWork) -> CardOut:
    where = sites_of(work.session, clerk, Permission.REGISTRY_WRITE)
    give_levels(work.session, Card, card_id, body.levels, within=where, by=clerk.name, now=work.now)
    return CardOut.of(queries.card(work.session, card_id, where))


@router.post("/cards/{card_id}/replacement", status_code=201, responses=problems(NotFound, Conflict))
def replace_card(card_id: CredentialId, body: ReplacementIn, clerk: Writer, work: RegistryWork) -> CardOut:
    """Give another card in the place of one that was reported lost."""
    where = sites_of(work.session, clerk, Permission.REGISTRY_WRITE)
    new = service.replace_card(
        work.session, card_id, body.number, format_=body.format, within=where, by=clerk.name, now=work.now
    )
    return CardOut.of(queries.card(work.session, new.id, where))


@router.post("/cards/{card_id}/{step}", responses=problems(NotFound, Conflict))
def change_card(card_id: CredentialId, step: StepPath, body: ReasonIn, clerk: Writer, work: RegistryWork) -> CardOut:
    where = sites_of(work.session, clerk, Permission.REGISTRY_WRITE)
    changed = service.change_card(
        work.session, card_id, STEP_PATHS[step], within=where, reason=body.reason, by=clerk.name, now=work.now
    )
    return CardOut.of(changed)


@router.post("/passes", status_code=201, responses=problems(NotFound, Conflict))
def issue_pass(body: PassIn, clerk: Writer, work: RegistryWork, keys: Keys) -> PassOut:
    where = sites_of(work.session, clerk, Permission.REGISTRY_WRITE)
    for site in body.sites:
        clerk.require(Permission.REGISTRY_WRITE, site)
    qr_pass = service.NewQrPass(
        holder=whole_file(work.session, body.holder, where).person.id,
        valid_from=body.valid_from,
        valid_until=body.valid_until,
        sites=frozenset(body.sites),
        levels=frozenset(body.levels),
        entries_allowed=body.entries_allowed,
    )
    return PassOut.of(service.issue_qr_pass(work.session, qr_pass, by=clerk.name, now=work.now), keys)


@router.get("/passes/{pass_id}", responses=problems(NotFound))
def get_pass(pass_id: CredentialId, clerk: Writer, work: RegistryWork, keys: Keys) -> PassOut:
    """Only who may issue a pass is shown its code: whoever sees the code can enter with it."""
    where = sites_of(work.session, clerk, Permission.REGISTRY_WRITE)
    shown = PassOut.of(queries.qr_pass(work.session, pass_id, where), keys)
    record_reading(work, clerk, "qr-shown", f"qr:{pass_id}", shown.sites)
    return shown


@router.put("/passes/{pass_id}/levels", responses=problems(NotFound))
def give_pass_levels(pass_id: CredentialId, body: LevelsIn, clerk: Writer, work: RegistryWork, keys: Keys) -> PassOut:
    where = sites_of(work.session, clerk, Permission.REGISTRY_WRITE)
    give_levels(work.session, QrPass, pass_id, body.levels, within=where, by=clerk.name, now=work.now)
    return PassOut.of(queries.qr_pass(work.session, pass_id, where), keys)


@router.post("/passes/{pass_id}/replacement", status_code=201, responses=problems(NotFound, Conflict))
def replace_pass(pass_id: CredentialId, clerk: Writer, work: RegistryWork, keys: Keys) -> PassOut:
    """Make another pass in the place of one that was reported lost."""
    where = sites_of(work.session, clerk, Permission.REGISTRY_WRITE)
    new = service.replace_qr_pass(work.session, pass_id, within=where, by=clerk.name, now=work.now)
    return PassOut.of(new, keys)


@router.post("/passes/{pass_id}/{step}", responses=problems(NotFound, Conflict))
def change_pass(
    *, pass_id: CredentialId, step: StepPath, body: ReasonIn, clerk: Writer, work: RegistryWork, keys: Keys
) -> PassOut:
    where = sites_of(work.session, clerk, Permission.REGISTRY_WRITE)
    changed = service.change_qr_pass(
        work.session, pass_id, STEP_PATHS[step], within=where, reason=body.reason, by=clerk.name, now=work.now
    )
    return PassOut.of(changed, keys)
