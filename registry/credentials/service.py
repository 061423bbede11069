"""Changing the state of a credential, whatever its kind: decided, recorded, announced."""

from collections.abc import Collection

from sqlalchemy.orm import Session

from registry.access.facts import CredentialStatus
from registry.audit.chain import Personal, record
from registry.clock import Instant
from registry.credentials.columns import CredentialColumns
from registry.credentials.grounds import require_ground
from registry.credentials.rules import Step, reaches_further, status_after
from registry.feed.changes import ChangeKind
from registry.feed.service import record_change
from registry.ids import SiteId
from registry.problems import Conflict, Forbidden, Unprocessable
from registry.sites.queries import local_day


class StepNotPossible(Conflict):
    slug = "step-not-possible"
    title = "That cannot be done to it in its present state"


class ReasonMissing(Unprocessable):
    slug = "reason-missing"
    title = "Say why"


class OpensNothing(Unprocessable):
    slug = "opens-nothing"
    title = "A credential must open at least one site"


class OpensFurther(Forbidden):
    slug = "opens-further"
    title = "It opens sites that you do not answer for"


def replace_lost(
    session: Session,
    lost: CredentialColumns,
    *,
    kind: ChangeKind,
    sites: Collection[SiteId],
    within: Collection[SiteId],
    number: str,
    by: str,
    now: Instant,
) -> None:
    """Let another, called `number`, take the place of one that was reported lost; its caller makes that one after this.

    Raises:
        OpensFurther: it opens sites for which whoever does it does not answer.
        StepNotPossible: it was not reported lost, or was replaced already.
        GroundOver, NotOfGround: what it rests on is over, or its holder has no part in it any longer.

    """
    if not set(sites) <= set(within):
        raise OpensFurther("It opens sites that you do not answer for: ask somebody who answers for all of them.")
    if lost.status is not CredentialStatus.REPORTED_LOST:
        raise StepNotPossible("Report it lost first, then it can be replaced.", status_now=lost.status)
    require_ground(session, lost.person_id, lost.tenancy_id, lost.project_id, now=now)
    lost.status, lost.status_at = CredentialStatus.REPLACED, now
    session.flush()
    for site in sorted(sites):
        facts = {"replaced_by": Personal(number)}
        subject = f"{kind}:{lost.id}"
        record(session, actor=by, action=f"{kind}-replaced", site=site, subject=subject, facts=facts, now=now)


def announce_chain(
    session: Session,
    table: type[CredentialColumns],
    newest: CredentialColumns,
    *,
    kind: ChangeKind,
    sites: Collection[SiteId],
) -> None:
    """Let every gate hear of a new one and of all in whose place it is: each names it from now on."""
    session.flush()
    one: CredentialColumns | None = newest
    while one is not None:
        record_change(session, sites, kind, str(one.id))
        one = None if one.replaces_id is None else session.get(table, one.replaces_id)


def take_step(
    session: Session,
    credential: CredentialColumns,
    step: Step,
    *,
    kind: ChangeKind,
    sites: Collection[SiteId],
    within: Collection[SiteId],
    reason: str,
    by: str,
    now: Instant,
) -> None:
    """Revoke, suspend, report lost or reinstate; every gate of `sites` hears of it through the feed.

    `within`: the sites for which whoever does it answers; one of `sites` is enough to stop it.

    Raises:
        OpensFurther: it would open a site again for which they do not answer.
        GroundOver, NotOfGround: it would hold again on what is over, or is its holder's no longer.

    """
    if reaches_further(step, sites, within):
        raise OpensFurther("It opens sites that you do not answer for: ask somebody who answers for all of them.")
    words = " ".join(reason.split())
    if not words:
        raise ReasonMissing("Say why, in a few words: the next clerk will read it.")
    status = status_after(credential.status, step)
    if status is None:
        raise StepNotPossible(
            f"It is {str(credential.status).replace('_', ' ')} since {local_day(session, sites, credential.status_at)}; "
            f"one cannot {str(step).replace('_', ' ')} it.",
            status_now=credential.status,
        )
    if step is Step.REINSTATE:
        require_ground(session, credential.person_id, credential.tenancy_id, credential.project_id, now=now)
    before, credential.status = credential.status, status
    credential.status_reason = words[:200]
    credential.status_at = now
    for site in sorted(sites):
        record(
            session,
            actor=by,
            action=f"{kind}-{status.replace('_', '-')}" if step is not Step.REINSTATE else f"{kind}-reinstated",
            site=site,
            subject=f"{kind}:{credential.id}",
            facts={"before": before, "after": status, "reason": Personal(words)},
            now=now,
        )
    record_change(session, sites, kind, str(credential.id))
