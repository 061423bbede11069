"""What was heard and what was set aside, over HTTP."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from monitor.dependencies import MonitorReading, MonitorWork, TheRegister
from monitor.signals import attempts, queries, service
from monitor.signals.asking import CursorQuery, LetterId, LetterTrier, SignalReader, SiteQuery, sites_shown
from monitor.signals.letters import Wanted
from monitor.signals.problems import DeadLetterUnknown, NotWhole
from monitor.signals.reasons import DeadReason
from registry.auth.permissions import Permission
from registry.ids import NAME_PATTERN
from registry.messages.envelope import TimeQuality, WireInstant
from registry.problems import NotFound, problems

router = APIRouter(prefix="/api/monitor", tags=["signals"])

LimitQuery = Annotated[int, Query(ge=1, le=1000)]


class SignalOut(BaseModel):
    """An event as it was heard; `id` is the event's own."""

    model_config = ConfigDict(frozen=True)

    id: str
    source: str
    site: str
    device: str
    type: str
    subject: str | None
    occurred_at: WireInstant
    received_at: WireInstant
    time_quality: TimeQuality
    seq: int | None
    bootid: str | None
    data: dict[str, Any]

    @classmethod
    def of(cls, signal: queries.Signal) -> "SignalOut":
        return cls(
            id=signal.id,
            source=signal.source,
            site=signal.site,
            device=str(signal.device),
            type=signal.type,
            subject=signal.subject,
            occurred_at=signal.occurred_at,
            received_at=signal.received_at,
            time_quality=signal.time_quality,
            seq=signal.seq,
            bootid=signal.bootid,
            data=dict(signal.data),
        )


class SignalPage(BaseModel):
    """A part of the list, newest first."""

    items: list[SignalOut]
    next: str | None


class TotalsOut(BaseModel):
    """Since the store was made. received = stored + duplicate + dead_letter; the other three count apart."""

    model_config = ConfigDict(from_attributes=True)

    received: int
    stored: int
    duplicate: int
    dead_letter: int
    heartbeat: int
    state: int
    online: int


class DeadLetterOut(BaseModel):
    """A message that was set aside; its bytes are at `/raw`, at most the first 64 KiB of `size`."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    received_at: WireInstant
    site: str | None
    device: str | None
    topic: str
    reason: str
    detail: str
    size: int


class AttemptsIn(BaseModel):
    """Which dead letters to try again; `before_id`: older than this one, to go on where the last attempt ended."""

    site: Annotated[str, Field(pattern=f"^{NAME_PATTERN}$")] | None = None
    reason: DeadReason | None = None
    device: Annotated[str, Field(max_length=120)] | None = None
    before_id: Annotated[int, Field(ge=1, le=2**62)] | None = None
    limit: Annotated[int, Field(ge=1, le=attempts.AT_ONCE)] = attempts.AT_ONCE


class AttemptsOut(BaseModel):
    """tried = stored + duplicate + still; `cut` of them cannot be read anew; `next`: where the older ones begin, null: none."""

    model_config = ConfigDict(from_attributes=True)

    tried: int
    stored: int
    duplicate: int
    still: int
    cut: int
    next: int | None


class DeadLetterPage(BaseModel):
    """A part of the list, newest first."""

    items: list[DeadLetterOut]
    next: str | None


@router.get("/signals", responses=problems(NotFound))
def list_signals(
    principal: SignalReader,
    reading: MonitorReading,
    *,
    site: SiteQuery = None,
    device: Annotated[str | None, Query(max_length=120)] = None,
    type: Annotated[str | None, Query(max_length=80)] = None,  # noqa: A002 - the word of the contract
    after: Annotated[AwareDatetime | None, Query(description="received later than this")] = None,
    cursor: CursorQuery = None,
    limit: LimitQuery = 100,
) -> SignalPage:
    """What was heard, newest first."""
    signals = queries.newest_signals(
        reading.session,
        sites=sites_shown(principal, site),
        device=device,
        type=type,
        after=after,
        before_position=int(cursor) if cursor else None,
        limit=limit + 1,
    )
    following = str(signals[limit - 1].position) if len(signals) > limit else None
    return SignalPage(items=[SignalOut.of(signal) for signal in signals[:limit]], next=following)


@router.get("/signals/totals", responses=problems())
def show_totals(_principal: SignalReader, reading: MonitorReading) -> TotalsOut:
    """What came in since the store was made."""
    return TotalsOut.model_validate(queries.totals(reading.session))


@router.get("/dead-letters", responses=problems(NotFound))
def list_dead_letters(
    principal: SignalReader,
    reading: MonitorReading,
    *,
    site: SiteQuery = None,
    reason: DeadReason | None = None,
    device: Annotated[str | None, Query(max_length=120)] = None,
    cursor: CursorQuery = None,
    limit: LimitQuery = 100,
) -> DeadLetterPage:
    """What was set aside, newest first. What names no site is shown to those who see every site."""
    letters = queries.newest_dead_letters(
        reading.session,
        sites=sites_shown(principal, site),
        reason=reason,
        device=device,
        before_id=int(cursor) if cursor else None,
        limit=limit + 1,
    )
    following = str(letters[limit - 1].id) if len(letters) > limit else None
    return DeadLetterPage(items=[DeadLetterOut.model_validate(letter) for letter in letters[:limit]], next=following)


@router.post("/dead-letters/attempts", responses=problems(NotFound))
def try_dead_letters_again(
    asked: AttemptsIn, principal: LetterTrier, work: MonitorWork, register: TheRegister
) -> AttemptsOut:
    """Take the newest of these dead letters through today's reader; those that it understands become signals."""
    sites = sites_shown(principal, asked.site, Permission.DEAD_LETTERS_TRY)
    wanted = Wanted(sites=sites, reason=asked.reason, device=asked.device)
    outcome = attempts.try_some(work, wanted, register, principal, before_id=asked.before_id, limit=asked.limit)
    return AttemptsOut.model_validate(outcome)


@router.post("/dead-letters/{letter_id}/attempt", responses=problems(DeadLetterUnknown, NotWhole))
def try_dead_letter_again(
    letter_id: LetterId, principal: LetterTrier, work: MonitorWork, register: TheRegister
) -> AttemptsOut:
    """Take one dead letter through today's reader."""
    return AttemptsOut.model_validate(attempts.try_one(work, letter_id, register, principal))


@router.get(
    "/dead-letters/{letter_id}/raw",
    responses={**problems(DeadLetterUnknown), 200: {"content": {"application/octet-stream": {}}}},
    response_class=Response,
)
def show_raw_dead_letter(letter_id: LetterId, principal: SignalReader, reading: MonitorReading) -> Response:
    """The bytes as they came, at most the first 64 KiB."""
    letter, raw = service.dead_letter_for(reading.session, letter_id, principal)
    return Response(
        raw,
        media_type="application/octet-stream",
        headers={"Content-Disposition": f'attachment; filename="dead-letter-{letter.id}.bin"'},
    )
