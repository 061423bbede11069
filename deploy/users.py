"""The commands about people who may sign in. What they change holds within seconds in a running house."""

import argparse
import getpass
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from deploy import choosing
from deploy.configuration import Configuration
from deploy.house import newest_stores
from registry.auth import queries, service
from registry.auth.changing_password import make_temporary
from registry.auth.factor import service as factor
from registry.auth.names import canonical
from registry.auth.permissions import Role
from registry.auth.principal import Grant
from registry.clock import SystemClock
from registry.ids import SiteId
from registry.problems import Refusal
from registry.sites.queries import site_words
from registry.store import Work


def add_a_user(options: argparse.Namespace, configuration: Configuration) -> int:
    with work_on(configuration) as work:
        grants = _grants(work, options)
        words = site_words(work.session)
        service.add_user(
            work.session, name=options.name, password=_password(), grants=grants, now=work.now, words=words
        )
    print(f"{options.name} may sign in now.")  # noqa: T201 - the command's own voice
    return 0


def give_a_password(options: argparse.Namespace, configuration: Configuration) -> int:
    """Who is given a password by somebody else chooses their own at the next sign-in."""
    with work_on(configuration) as work:
        words = site_words(work.session)
        service.set_password(work.session, name=options.name, password=_password(), now=work.now, words=words)
        if not options.own:
            make_temporary(work.session, options.name, now=work.now)
    until = "" if options.own else " It serves until the next sign-in, where they choose their own."
    print(f"{options.name} has another password and is signed out everywhere.{until}")  # noqa: T201
    return 0


def remove_second_factor(options: argparse.Namespace, configuration: Configuration) -> int:
    with work_on(configuration) as work:
        user = queries.user_named(work.session, canonical(options.name))
        if user is None:
            raise Refusal(f"There is no user {options.name}.")
        factor.remove(work.session, user, by=service.COMMAND, now=work.now)
    print(f"{options.name} signs in by password alone now.")  # noqa: T201
    return 0


def give_grants(options: argparse.Namespace, configuration: Configuration) -> int:
    with work_on(configuration) as work:
        grants = _grants(work, options)
        service.set_grants(work.session, name=options.name, grants=grants, now=work.now)
    print(f"{options.name} has these roles: {', '.join(sorted(map(str, grants)))}.")  # noqa: T201
    return 0


def disable(options: argparse.Namespace, configuration: Configuration) -> int:
    with work_on(configuration) as work:
        service.disable_user(work.session, name=options.name, now=work.now)
    print(f"{options.name} is shut out.")  # noqa: T201
    return 0


def enable(options: argparse.Namespace, configuration: Configuration) -> int:
    with work_on(configuration) as work:
        service.enable_user(work.session, name=options.name, now=work.now)
    print(f"{options.name} may sign in again.")  # noqa: T201
    return 0


@contextmanager
def work_on(configuration: Configuration) -> Iterator[Work]:
    """A unit of work of the registry's store, for a command."""
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


def _grants(work: Work, options: argparse.Namespace) -> frozenset[Grant]:
    """The roles at the compounds that the options name; a unit's officer for one unit.

    Raises:
        Refusal: there is no such role, compound or unit, or the roles are not given so.

    """
    where: Sequence[SiteId | None] = choosing.sites(work.session, options.site) if options.site else [None]
    unit = choosing.unit(work.session, options.unit) if options.unit else None
    roles = choosing.roles(options.role)
    if (unit is not None) != (Role.UNIT_OFFICER in roles):
        raise Refusal(f"The role {Role.UNIT_OFFICER} is for one unit, which --unit names; no other role is.")
    return frozenset(
        Grant(role, site, unit=unit if role is Role.UNIT_OFFICER else None) for role in roles for site in where
    )
