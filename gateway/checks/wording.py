"""The one sentence that a gate says of a decision, in the words of the catalogues."""

from functools import cache
from zoneinfo import ZoneInfo

from gateway.checks.question import Question
from gateway.checks.rules import Decision
from gateway.checks.shown import PermitShown
from gateway.checks.standing import hours_today
from registry.clock import Instant
from registry.i18n import translator
from registry.messages.reasons import Reason
from registry.plates.grammar import Plate, parse_plate

_FULLER = {Reason.REPORTED_LOST: "reported_lost_replaced", Reason.OUTSIDE_HOURS: "outside_hours_today"}
"""Sentences that say more where more is known."""
_TURNS_ON_FACTS = frozenset(
    {
        Reason.PLATE_AMBIGUOUS,
        Reason.PLATE_MISMATCH,
        Reason.REPORTED_LOST,
        Reason.OUTSIDE_HOURS,
        Reason.PERMIT_YEAR_OVER,
        Reason.NOT_YET_VALID,
        Reason.EXPIRED,
        Reason.LOCKDOWN,
        Reason.PASSBACK,
        Reason.OK_SOFT_PASSBACK,
        Reason.ALREADY_USED,
        Reason.QUOTA_FULL,
        Reason.AREA_FULL,
    }
)
"""Reasons whose sentence names what they turned on."""


def sentence(language: str, question: Question, decision: Decision) -> str:
    """Say the decision with the dates that it turned on, in the site's time."""
    reason = decision.reason
    if reason in _TURNS_ON_FACTS and (facts := _facts(question, reason)):
        return translator(language)(f"said.{_fuller(question, reason)}", **facts)
    return _said(language, reason)


def _fuller(question: Question, reason: Reason) -> str:
    credential = question.credential
    is_rolled_back = (
        credential is not None
        and credential.permit_year is not None
        and credential.valid_until <= credential.valid_from
    )
    if reason is Reason.PLATE_AMBIGUOUS and isinstance(question.shown, PermitShown):
        return "plate_of_permit"
    if reason is Reason.LOCKDOWN:
        return "threat_level"
    return "not_yet_valid_year" if reason is Reason.NOT_YET_VALID and is_rolled_back else _FULLER.get(reason, reason)


@cache
def _said(language: str, reason: Reason) -> str:
    return translator(language)(f"said.{reason}")


def local(moment: Instant, timezone: ZoneInfo) -> str:
    """A moment as it stands on a guard's clock, to the minute."""
    return f"{moment.astimezone(timezone):%Y-%m-%d %H:%M}"


def as_written(plate: str) -> str:
    """A plate as it stands on the vehicle."""
    parsed = parse_plate(plate)
    return parsed.display if isinstance(parsed, Plate) else plate


def _facts(question: Question, reason: Reason) -> dict[str, object]:
    credential, inside = question.credential, question.inside
    if reason is Reason.PLATE_AMBIGUOUS:
        return {"text": question.shown.raw}
    if credential is not None:
        if reason is Reason.REPORTED_LOST and credential.replaced_by is not None:
            return {"number": credential.replaced_by}
        if (
            reason is Reason.OUTSIDE_HOURS
            and question.schedule is not None
            and (hours := hours_today(question.schedule))
        ):
            return {"hours": hours}
        if reason is Reason.PERMIT_YEAR_OVER:
            return {"year": credential.permit_year}
        if reason is Reason.NOT_YET_VALID:
            return {"valid_from": local(credential.valid_from, question.timezone), "year": credential.permit_year}
        if reason is Reason.EXPIRED:
            return {"valid_until": local(credential.valid_until, question.timezone)}
    here = question.circumstances
    if reason is Reason.PLATE_MISMATCH and here.plate_read is not None:
        return {"number": question.shown.raw, "plate": as_written(here.plate_read)}
    if reason is Reason.LOCKDOWN and here.closed is not None and not here.closed.lockdown:
        return {"level": here.closed.threat_level}
    if reason is Reason.ALREADY_USED and credential is not None:
        return {"allowed": credential.entries_allowed}
    if reason is Reason.QUOTA_FULL:
        return {"plate": here.sharing}
    if reason is Reason.AREA_FULL:
        return {"counted": here.counted, "capacity": here.capacity}
    if reason in (Reason.PASSBACK, Reason.OK_SOFT_PASSBACK) and inside is not None:
        return {"since": local(inside.since, question.timezone)}
    return {}
