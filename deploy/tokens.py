"""The commands about the tokens of programs. What they change holds within seconds in a running house."""

import argparse
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from datetime import time as time_of_day
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from sqlalchemy.orm import Session

from deploy import choosing
from deploy.configuration import Configuration
from deploy.users import work_on
from registry.auth import queries, service
from registry.auth.names import canonical
from registry.auth.permissions import TABLE
from registry.auth.principal import Grant, at_gate, is_machine
from registry.clock import Instant, format_instant, in_utc
from registry.ids import GateId, UserId
from registry.problems import Refusal
from registry.sites.queries import zone_of

if TYPE_CHECKING:
    from uuid import UUID

    from registry.auth.models import TokenRow

_CODE = 12
"""Last digits of a token's id, which are random: enough to name one among those of a house."""
_WIDE = 400
"""Columns of what is read by a program: a line for each token."""
_GOOD_FOR = timedelta(days=365)
"""Of a token whose end nobody named."""


def make_a_token(options: argparse.Namespace, configuration: Configuration) -> int:
    """It acts for the user, with the user's roles or fewer of them, and is shown this once."""
    with work_on(configuration) as work:
        user = queries.user_named(work.session, canonical(options.name))
        if user is None:
            raise Refusal(f"There is no user {options.name}.")
        held = queries.grants_of(work.session, UserId(user.id))
        roles, permissions = choosing.scope(options.scope or ())
        grants = frozenset(grant for grant in held if not roles or grant.role in roles)
        if lacking := {*roles} - {grant.role for grant in held}:
            raise Refusal(f"{user.name} does not have the role {min(lacking)}.")
        if unheld := permissions - {permission for grant in grants for permission in TABLE[grant.role]}:
            raise Refusal(f"{user.name} does not hold {min(unheld)}.")
        token = service.add_token(
            work.session,
            name=f"{user.name}'s token",
            grants=_at_gate(work.session, grants, options.gate),
            owner=user.name,
            only=permissions or None,
            ends_at=None if options.no_end else _end(work.session, options.until, work.now),
            now=work.now,
        )
    print(token)  # noqa: T201 - the command's own voice
    return 0


def list_tokens(_options: argparse.Namespace, configuration: Configuration) -> int:
    table = Table("code", "name", "begins with", "acts for", "made", "ends", "last used", "may", box=None)
    with work_on(configuration) as work:
        for token, owner in queries.live_tokens(work.session):
            ends, used, made = _moment(token.ends_at), _moment(token.used_at), _moment(token.created_at)
            if token.ends_at is not None and token.ends_at <= work.now:
                ends = f"{ends} (over)"
            may = _told(queries.token_grants(work.session, token.id), token)
            table.add_row(_code(token.id), token.name, token.hint or "", owner or "itself", made, ends, used, may)
    terminal = Console()
    (terminal if terminal.is_terminal else Console(width=_WIDE)).print(table)
    return 0


def revoke_a_token(options: argparse.Namespace, configuration: Configuration) -> int:
    with work_on(configuration) as work:
        found = [token for token, _ in queries.live_tokens(work.session) if _code(token.id) == options.code.lower()]
        if len(found) != 1:
            raise Refusal(f"There is no token {options.code}. 'dayuan user tokens' lists them.")
        service.revoke_token(work.session, token_id=found[0].id, now=work.now)
        name = found[0].name
    print(f"{name} is worth nothing now.")  # noqa: T201
    return 0


def _at_gate(session: Session, grants: frozenset[Grant], name: str | None) -> frozenset[Grant]:
    """What of these grants holds at the gate; without a gate all of them, but a machine stands at one."""
    if name is None:
        if is_machine(grants):
            raise Refusal("A machine stands at one gate: name it with --gate.")
        return grants
    gate = choosing.gate(session, name)
    bound = at_gate(grants, GateId(gate.id), gate.site)
    if not bound:
        raise Refusal(f"The user may do nothing at {gate.site}, where {gate.id} is.")
    return bound


def _end(session: Session, until: str | None, now: Instant) -> Instant:
    """The end of the day that was named, as the compounds have it; a year from now when none was."""
    if until is None:
        return now + _GOOD_FOR
    try:
        day = date.fromisoformat(until)
        ends_at = in_utc(datetime.combine(day, time_of_day.max, zone_of(session)))
    except ValueError:
        raise Refusal(f"{until} is no date: write it as 2027-01-31.") from None
    if ends_at <= now:
        raise Refusal(f"{until} is over already.")
    return ends_at


def _moment(moment: Instant | None) -> str:
    return "never" if moment is None else f"{format_instant(moment)[:16]}Z"


def _told(grants: Iterable[Grant], token: "TokenRow") -> str:
    roles = ", ".join(sorted(map(str, grants))) or "nothing"
    return roles if token.permissions is None else f"{roles}: only {', '.join(token.permissions)}"


def _code(token_id: "UUID") -> str:
    return token_id.hex[-_CODE:]
