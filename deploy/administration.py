"""The commands that look after an installation: stores, settings, users, devices, audit."""

import argparse
import getpass
import sys

from rich.console import Console
from rich.table import Table

from deploy.anchor import kept_heads
from deploy.configuration import Configuration, printed
from deploy.folder import DataFolder
from deploy.house import open_newest
from registry.audit import Broken, verify
from registry.auth.permissions import Role
from registry.auth.principal import Grant
from registry.auth.queries import grants_of, user_named
from registry.auth.service import add_token, add_user
from registry.clock import SystemClock
from registry.devices.reading import load_register
from registry.devices.rules import shown_source
from registry.devices.service import set_source as service_set_source
from registry.ids import DeviceAddress, SiteId, UserId
from registry.problems import Refusal
from registry.store import Store

_BY = "command line"
_BROKEN = 1


def migrate_stores(_options: argparse.Namespace, configuration: Configuration) -> int:
    for room, store in _stores(configuration).items():
        print(f"{room}: newest schema")  # noqa: T201 - the command's own voice
        store.close()
    return 0


def print_settings(_options: argparse.Namespace, configuration: Configuration) -> int:
    table = Table("setting", "value", "from", "meaning", box=None)
    for row in printed(configuration):
        table.add_row(*row)
    Console().print(table)
    return 0


def add_a_user(options: argparse.Namespace, configuration: Configuration) -> int:
    """Add a user; the password never stands on the command line."""
    sites = [SiteId(site) for site in options.site] if options.site else [None]
    grants = {Grant(_role(role), site) for role in options.role for site in sites}
    password = getpass.getpass("Password: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
    with _stores(configuration)["registry"].begin(SystemClock().now()) as work:
        add_user(work.session, name=options.name, password=password, grants=grants, now=work.now)
    print(f"{options.name} may sign in now.")  # noqa: T201
    return 0


def make_a_token(options: argparse.Namespace, configuration: Configuration) -> int:
    """Make a token that acts for a user, with all of the user's roles; it is shown this once."""
    with _stores(configuration)["registry"].begin(SystemClock().now()) as work:
        user = user_named(work.session, options.name)
        if user is None:
            raise Refusal(f"There is no user {options.name}.")
        grants = grants_of(work.session, UserId(user.id))
        token = add_token(work.session, name=f"{options.name}'s token", grants=grants, owner=options.name, now=work.now)
    print(token)  # noqa: T201
    return 0


def list_devices(_options: argparse.Namespace, configuration: Configuration) -> int:
    with _stores(configuration)["registry"].read() as session:
        register = load_register(session)
    table = Table("device", "name", "", "source", box=None)
    for device in register.devices.values():
        state = "" if device.enabled else "shut out"
        table.add_row(str(device.address), f"{device.name_zh} · {device.name_en}", state, shown_source(device.source))
    Console().print(table)
    return 0


def set_source(options: argparse.Namespace, configuration: Configuration) -> int:
    """Give a camera its source; a running `dayuan up` follows within a second."""
    try:
        address = DeviceAddress.parse(options.device)
    except ValueError as error:
        raise Refusal(f"{error}.") from None
    source = None if options.source == "-" else options.source
    with _stores(configuration)["registry"].begin(SystemClock().now()) as work:
        service_set_source(work.session, address, source, by=_BY, now=work.now)
    print(f"{address} shows {shown_source(source) or 'nothing'} now.")  # noqa: T201
    return 0


def verify_audit(_options: argparse.Namespace, configuration: Configuration) -> int:
    """Exit code 1 when a chain is broken."""
    code = 0
    announced = kept_heads(DataFolder(configuration.settings.data_dir).audit_heads)
    for room, store in _stores(configuration).items():
        with store.read() as session:
            found = verify(session, announced=announced)
        if isinstance(found, Broken):
            print(f"{room}: BROKEN at record {found.position} of site {found.site}: {found.why}")  # noqa: T201
            code = _BROKEN
        else:
            print(f"{room}: {found.rows} records, intact")  # noqa: T201
    return code


def _stores(configuration: Configuration) -> dict[str, Store]:
    settings = configuration.settings
    folder = DataFolder(settings.data_dir)
    folder.prepare()
    return open_newest(settings, folder.key("audit"))


def _role(name: str) -> Role:
    try:
        return Role(name)
    except ValueError:
        raise Refusal(f"There is no role {name}. There are: {', '.join(Role)}.") from None
