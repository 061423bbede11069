"""The commands about people and programs that may sign in. What they change holds within seconds in a running house."""

import argparse
import getpass
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from deploy.configuration import Configuration
from deploy.house import newest_stores
from registry.auth import queries, service
from registry.auth.changing_password import make_temporary
from registry.auth.factor import service as factor
from registry.auth.names import canonical
from registry.auth.permissions import Role
from registry.auth.principal import Grant
from registry.clock import SystemClock, format_instant
from registry.ids import SiteId, UserId
from registry.problems import Refusal
from registry.sites.queries import site_words
from registry.store import Work

if TYPE_CHECKING:
    from uuid import UUID

_CODE = 12
"""Last digits of a token's id, which are random: enough to name one among those of a house."""


def add_a_user(options: argparse.Namespace, configuration: Configuration) -> int:
    grants = _grants(options)
    with _work(configuration) as work:
        words = site_words(work.session)
        service.add_user(
            work.session, name=options.name, password=_password(), grants=grants, now=work.now, words=words
        )
    print(f"{options.name} may sign in now.")  # noqa: T201 - the command's own voice
    return 0


def give_a_password(options: argparse.Namespace, configuration: Configuration) -> int:
    """Who is given a password by somebody else chooses their own at the next sign-in."""
    with _work(configuration) as work:
        words = site_words(work.session)
        service.set_password(work.session, name=options.name, password=_password(), now=work.now, words=words)
        if not options.own:
            make_temporary(work.session, options.name, now=work.now)
    until = "" if options.own else " It serves until the next sign-in, where they choose their own."
    print(f"{options.name} has another password and is signed out everywhere.{until}")  # noqa: T201
    return 0


def remove_second_factor(options: argparse.Namespace, configuration: Configuration) -> int:
    with _work(configuration) as work:
        user = queries.user_named(work.session, canonical(options.name))
        if user is None:
            raise Refusal(f"There is no user {options.name}.")
        factor.remove(work.session, user, by=service.COMMAND, now=work.now)
    print(f"{options.name} signs in by password alone now.")  # noqa: T201
    return 0


def give_grants(options: argparse.Namespace, configuration: Configuration) -> int:
    grants = _grants(options)
    with _work(configuration) as work:
        service.set_grants(work.session, name=options.name, grants=grants, now=work.now)
    print(f"{options.name} has these roles: {', '.join(sorted(map(str, grants)))}.")  # noqa: T201
    return 0


def disable(options: argparse.Namespace, configuration: Configuration) -> int:
    with _work(configuration) as work:
        service.disable_user(work.session, name=options.name, now=work.now)
    print(f"{options.name} is shut out.")  # noqa: T201
    return 0


def enable(options: argparse.Namespace, configuration: Configuration) -> int:
    with _work(configuration) as work:
        service.enable_user(work.session, name=options.name, now=work.now)
    print(f"{options.name} may sign in again.")  # noqa: T201
    return 0


def make_a_token(options: argparse.Namespace, configuration: Configuration) -> int:
    """It acts for the user, with all of the user's roles, and is shown this once."""
    with _work(configuration) as work:
        user = queries.user_named(work.session, options.name)
        if user is None:
            raise Refusal(f"There is no user {options.name}.")
        grants = queries.grants_of(work.session, UserId(user.id))
        name = f"{user.name}'s token"
        token = service.add_token(work.session, name=name, grants=grants, owner=user.name, now=work.now)
    print(token)  # noqa: T201
    return 0


def list_tokens(_options: argparse.Namespace, configuration: Configuration) -> int:
    table = Table("code", "name", "acts for", "made", "roles", box=None)
    with _work(configuration) as work:
        for token, owner in queries.live_tokens(work.session):
            grants = sorted(map(str, queries.token_grants(work.session, token.id)))
            made = format_instant(token.created_at)
            table.add_row(_code(token.id), token.name, owner or "itself", made, ", ".join(grants))
    Console(soft_wrap=True).print(table)
    return 0


def revoke_a_token(options: argparse.Namespace, configuration: Configuration) -> int:
    with _work(configuration) as work:
        found = [token for token, _ in queries.live_tokens(work.session) if _code(token.id) == options.code.lower()]
        if len(found) != 1:
            raise Refusal(f"There is no token {options.code}. 'dayuan user tokens' lists them.")
        service.revoke_token(work.session, token_id=found[0].id, now=work.now)
        name = found[0].name
    print(f"{name} is worth nothing now.")  # noqa: T201
    return 0


@contextmanager
def _work(configuration: Configuration) -> Iterator[Work]:
    stores = newest_stores(configuration.settings)
    try:
        with stores["registry"].begin(SystemClock().now()) as work:
            yield work
    finally:
        for store in stores.values():
            store.close()


def _password() -> str:
    """It never stands on the command line, where everybody on the machine could read it."""
    return getpass.getpass("Password: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")


def _grants(options: argparse.Namespace) -> frozenset[Grant]:
    sites = [SiteId(site) for site in options.site] if options.site else [None]
    return frozenset(Grant(_role(role), site) for role in options.role for site in sites)


def _role(name: str) -> Role:
    try:
        return Role(name)
    except ValueError:
        raise Refusal(f"There is no role {name}. There are: {', '.join(Role)}.") from None


def _code(token_id: "UUID") -> str:
    return token_id.hex[-_CODE:]
