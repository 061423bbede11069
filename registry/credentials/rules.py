"""How a credential's state may change: what is revoked can be reinstated, what was replaced or has ended stays so.

Only revoking and reinstating reach everywhere.
"""

from collections.abc import Collection
from enum import StrEnum

from registry.access.facts import CredentialStatus
from registry.clock import Instant
from registry.ids import SiteId


class Step(StrEnum):
    """What a clerk does to a credential."""

    SUSPEND = "suspend"
    REPORT_LOST = "report_lost"
    REVOKE = "revoke"
    REINSTATE = "reinstate"


LEADS_TO = {
    Step.SUSPEND: CredentialStatus.SUSPENDED,
    Step.REPORT_LOST: CredentialStatus.REPORTED_LOST,
    Step.REVOKE: CredentialStatus.REVOKED,
    Step.REINSTATE: CredentialStatus.ACTIVE,
}

_FROM = {
    CredentialStatus.ACTIVE: (Step.SUSPEND, Step.REPORT_LOST, Step.REVOKE),
    CredentialStatus.SUSPENDED: (Step.REINSTATE, Step.REPORT_LOST, Step.REVOKE),
    CredentialStatus.REPORTED_LOST: (Step.REINSTATE, Step.REVOKE),
    CredentialStatus.REVOKED: (Step.REINSTATE,),
    CredentialStatus.REPLACED: (),
    CredentialStatus.ENDED: (),
}


OUT_OF_USE = (CredentialStatus.REVOKED, CredentialStatus.REPLACED, CredentialStatus.ENDED)
"""States in which a plate or a number may be somebody else's."""


def steps_from(status: CredentialStatus) -> tuple[Step, ...]:
    """What can be done to a credential in this state, in the order in which a page offers it."""
    return _FROM[status]


def reaches_further(step: Step, opens: Collection[SiteId], within: Collection[SiteId]) -> bool:
    """Whether a step would let in where its doer answers for nothing: stopping is anybody's of one of its sites, reinstating is not."""
    return step is Step.REINSTATE and not set(opens) <= set(within)


def status_after(status: CredentialStatus, step: Step) -> CredentialStatus | None:
    """The state that the step leads to; None where it cannot be taken."""
    return LEADS_TO[step] if step in _FROM[status] else None


class Standing(StrEnum):
    """How a credential stands at one moment: what the registry says of it, else what its dates say."""

    VALID = "valid"
    NOT_YET = "not_yet"
    OVER = "over"
    SUSPENDED = "suspended"
    REPORTED_LOST = "reported_lost"
    REVOKED = "revoked"
    REPLACED = "replaced"
    ENDED = "ended"


def standing(status: CredentialStatus, valid_from: Instant, valid_until: Instant, now: Instant) -> Standing:
    """Tell how it stands at `now`."""
    if status is not CredentialStatus.ACTIVE:
        return Standing(status)
    if now < valid_from:
        return Standing.NOT_YET
    return Standing.VALID if now < valid_until else Standing.OVER
