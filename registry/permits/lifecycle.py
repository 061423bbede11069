"""The life of a vehicle permit, from its draft to its end: one table of what leads where, and what each step asks. Pure.

An application holds its state until it is issued, the permit afterwards; `permit_state` gives the one state of both. What
is not in the table cannot be done. `tests/golden/permit_lifecycle.txt` is its print.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from registry.access.facts import CredentialStatus
from registry.auth.permissions import TABLE, Permission, Role
from registry.credentials.rules import LEADS_TO, steps_from
from registry.permits.models import ApplicationState, PermitClass


class PermitState(StrEnum):
    """Where a permit stands, applied for or issued."""

    NONE = "none"
    """Nobody has written anything yet."""
    DRAFT = "draft"
    APPLIED = "applied"
    RETURNED = "returned"
    REVIEWED = "reviewed"
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    ISSUED = "issued"
    SUSPENDED = "suspended"
    REPORTED_LOST = "reported_lost"
    REPLACED = "replaced"
    REVOKED = "revoked"
    ENDED = "ended"
    """Revoked with the tenancy or project on which it rested."""
    EXPIRED = "expired"


class PermitAction(StrEnum):
    """What somebody does about a permit."""

    DRAFT = "draft"
    CHANGE = "change"
    APPLY = "apply"
    WITHDRAW = "withdraw"
    REVIEW = "review"
    RETURN = "return"
    REJECT = "reject"
    APPROVE = "approve"
    ISSUE = "issue"
    SUBSTITUTE = "substitute"
    """Name a car that stands in for some days, or take it back."""
    SUSPEND = "suspend"
    REPORT_LOST = "report_lost"
    REVOKE = "revoke"
    REINSTATE = "reinstate"
    REPLACE = "replace"


APPROVED_CLASSES = frozenset({PermitClass.OFFICIAL})
"""Of official cars the security officer approves each; for the others the clerk's review is enough."""
SAYS_WHY = frozenset(
    {
        PermitAction.RETURN,
        PermitAction.REJECT,
        PermitAction.SUSPEND,
        PermitAction.REPORT_LOST,
        PermitAction.REVOKE,
        PermitAction.REINSTATE,
    }
)
"""What is done to somebody, who will ask why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """A step that can be taken: from where to where, and the permission that it asks for at every site that it opens."""

    state: PermitState
    action: PermitAction
    to: PermitState
    asks: Permission
    approved: bool | None = None
    """True: only for a class that must be approved; False: only for one that need not; None: for any."""


_S, _A, _P = PermitState, PermitAction, Permission


def _application_ways() -> Iterator[Way]:
    yield Way(state=_S.NONE, action=_A.DRAFT, to=_S.DRAFT, asks=_P.UNIT_APPLY)
    for written in (_S.DRAFT, _S.RETURNED):
        yield Way(state=written, action=_A.CHANGE, to=written, asks=_P.UNIT_APPLY)
        yield Way(state=written, action=_A.APPLY, to=_S.APPLIED, asks=_P.UNIT_APPLY)
    for open_ in (_S.DRAFT, _S.RETURNED, _S.APPLIED, _S.REVIEWED, _S.APPROVED):
        yield Way(state=open_, action=_A.WITHDRAW, to=_S.WITHDRAWN, asks=_P.UNIT_APPLY)
    yield Way(state=_S.APPLIED, action=_A.REVIEW, to=_S.REVIEWED, asks=_P.REGISTRY_WRITE)
    for looked_at in (_S.APPLIED, _S.REVIEWED):
        yield Way(state=looked_at, action=_A.RETURN, to=_S.RETURNED, asks=_P.REGISTRY_WRITE)
        yield Way(state=looked_at, action=_A.REJECT, to=_S.REJECTED, asks=_P.REGISTRY_WRITE)
    yield Way(state=_S.REVIEWED, action=_A.APPROVE, to=_S.APPROVED, asks=_P.PERMITS_APPROVE, approved=True)
    yield Way(state=_S.REVIEWED, action=_A.ISSUE, to=_S.ISSUED, asks=_P.REGISTRY_WRITE, approved=False)
    yield Way(state=_S.APPROVED, action=_A.ISSUE, to=_S.ISSUED, asks=_P.REGISTRY_WRITE, approved=True)
    # Who lives here and belongs to no unit stands at the counter, and nobody applies for them.
    yield Way(state=_S.NONE, action=_A.ISSUE, to=_S.ISSUED, asks=_P.REGISTRY_WRITE, approved=False)
    yield Way(state=_S.NONE, action=_A.ISSUE, to=_S.ISSUED, asks=_P.PERMITS_APPROVE, approved=True)


def _issued_ways() -> Iterator[Way]:
    """What can be done to any credential, and what to permits alone."""
    for status in CredentialStatus:
        for step in steps_from(status):
            to = _OF_STATUS[LEADS_TO[step]]
            yield Way(state=_OF_STATUS[status], action=PermitAction(step), to=to, asks=_P.REGISTRY_WRITE)
    yield Way(state=_S.ISSUED, action=_A.SUBSTITUTE, to=_S.ISSUED, asks=_P.REGISTRY_WRITE)
    yield Way(state=_S.REPORTED_LOST, action=_A.REPLACE, to=_S.REPLACED, asks=_P.REGISTRY_WRITE)


_OF_STATUS = {
    CredentialStatus.ACTIVE: PermitState.ISSUED,
    CredentialStatus.SUSPENDED: PermitState.SUSPENDED,
    CredentialStatus.REPORTED_LOST: PermitState.REPORTED_LOST,
    CredentialStatus.REPLACED: PermitState.REPLACED,
    CredentialStatus.REVOKED: PermitState.REVOKED,
    CredentialStatus.ENDED: PermitState.ENDED,
}
WAYS: tuple[Way, ...] = (*_application_ways(), *_issued_ways())
"""The whole table."""


def permit_state(
    application: ApplicationState | None, status: CredentialStatus | None = None, *, is_over: bool = False
) -> PermitState:
    """The state of the whole permit, by its application, by its status once it is issued, and by whether its time is over.

    What was revoked, replaced or ended stays that; what is in use, suspended or lost is over with its year.
    """
    if status is None:
        return PermitState.NONE if application is None else PermitState(application)
    state = _OF_STATUS[status]
    ends = is_over and state in {PermitState.ISSUED, PermitState.SUSPENDED, PermitState.REPORTED_LOST}
    return PermitState.EXPIRED if ends else state


def way(state: PermitState, action: PermitAction, permit_class: PermitClass) -> Way | None:
    """The step from here; None: it cannot be taken."""
    needs_approval = permit_class in APPROVED_CLASSES
    for one in WAYS:
        if one.state is state and one.action is action and one.approved in {None, needs_approval}:
            return one
    return None


def actions_from(state: PermitState, permit_class: PermitClass) -> tuple[Way, ...]:
    """All that can be done from here, in the order of the table."""
    needs_approval = permit_class in APPROVED_CLASSES
    return tuple(one for one in WAYS if one.state is state and one.approved in {None, needs_approval})


def roles_of(one: Way) -> tuple[Role, ...]:
    """Who may take it."""
    return tuple(role for role in Role if one.asks in TABLE[role])


def table_as_text() -> str:
    """The table as a person reads it: a line for each step that can be taken."""
    words = {None: "any", True: "approved", False: "reviewed"}
    rows = [("state", "action", "class", "leads to", "asks for", "roles")]
    rows += [
        (one.state, one.action, words[one.approved], one.to, one.asks, " ".join(roles_of(one)))
        for one in sorted(
            WAYS, key=lambda one: (list(PermitState).index(one.state), list(PermitAction).index(one.action))
        )
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(6)]
    head = f"class approved: {', '.join(sorted(APPROVED_CLASSES))}; class reviewed: every other\n\n"
    return head + "".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() + "\n" for row in rows
    )
