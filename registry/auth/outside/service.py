"""Whom of our users a provider's account signs in as. Each function is one use case; the caller's transaction holds it.

Users stand in our register; a provider makes none. At the first time the configured claim names the user, and from then
on the account itself does: who gets that name later, or another account of that name, is somebody else.
"""

from collections.abc import Collection, Mapping
from enum import StrEnum

from sqlalchemy.orm import Session

from registry import audit
from registry.auth import queries as users
from registry.auth import service
from registry.auth.models import UserRow
from registry.auth.names import canonical
from registry.auth.outside import queries
from registry.auth.outside.models import OutsideIdentityRow
from registry.auth.outside.rules import Vouched, grants_of
from registry.clock import Instant
from registry.ids import UserId

BY = "provider"
"""The actor of what a provider's word does."""


class Unknown(StrEnum):
    """Why nobody of ours is signed in by a provider's word."""

    NO_USER = "no_user"
    LINKED_OTHERWISE = "linked_otherwise"
    """Another account of the provider signs in as that user."""
    DISABLED = "disabled"
    NO_GROUPS = "no_groups"
    """Groups give the roles here, and the provider did not send them."""


def recognise(
    session: Session, who: Vouched, *, mapping: Mapping[str, Collection[str]], address: str, now: Instant
) -> UserRow | Unknown:
    """Whom this account signs in as; `mapping`: the grants of each group, where groups give them."""
    found = _user(session, who, now=now)
    if isinstance(found, UserRow) and mapping:
        if who.groups is None:
            found = Unknown.NO_GROUPS
        else:
            _keep_grants(session, found, who.groups, mapping, now=now)
    if isinstance(found, Unknown):
        facts = {"address": address, "way": "provider", "why": str(found), "account": audit.Personal(who.subject)}
        audit.record(
            session, actor="nobody", action="sign-in-failed", site=None, subject="user:unknown", facts=facts, now=now
        )
    return found


def unlink(session: Session, user: UserRow, *, by: str, now: Instant) -> None:
    """Forget which account signs in as this user; the next of the user's name is linked."""
    if not queries.is_linked(session, user.id):
        return
    queries.remove_identities(session, user.id)
    subject = f"user:{user.name}"
    audit.record(session, actor=by, action="provider-account-unlinked", site=None, subject=subject, now=now)


def _user(session: Session, who: Vouched, *, now: Instant) -> UserRow | Unknown:
    known = queries.identity(session, who.issuer, who.subject)
    if known is not None:
        user = users.user(session, UserId(known.user_id))
    else:
        user = users.user_named(session, canonical(who.name)) if who.name is not None else None
    if user is None:
        return Unknown.NO_USER
    if user.disabled_at is not None:
        return Unknown.DISABLED
    if known is None:
        if queries.identity_of(session, user.id, who.issuer) is not None:
            return Unknown.LINKED_OTHERWISE
        _link(session, user, who, now=now)
    return user


def _link(session: Session, user: UserRow, who: Vouched, *, now: Instant) -> None:
    session.add(OutsideIdentityRow(issuer=who.issuer, subject=who.subject, user_id=user.id, linked_at=now))
    session.flush()
    facts = {"issuer": who.issuer, "account": audit.Personal(who.subject)}
    subject = f"user:{user.name}"
    audit.record(session, actor=BY, action="provider-account-linked", site=None, subject=subject, facts=facts, now=now)


def _keep_grants(
    session: Session,
    user: UserRow,
    groups: Collection[str],
    mapping: Mapping[str, Collection[str]],
    *,
    now: Instant,
) -> None:
    granted = grants_of(groups, mapping)
    if granted != users.grants_of(session, user.id):
        service.set_grants(session, name=user.name, grants=granted, now=now, actor=BY)
