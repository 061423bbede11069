"""How the command is called: every subcommand with its options, and which function runs it (`module:function`)."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from registry.clock import Instant, parse_instant
from registry.settings import BrokerKind

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 - it has no public name


_FASTEST = 600
"""Times as fast as real time: a week in a quarter of an hour. Faster, and a small machine cannot keep up with the city."""


def parser() -> argparse.ArgumentParser:
    """The whole command line. Each function takes (options, configuration) and gives the exit code."""
    top = argparse.ArgumentParser(prog="dayuan", description="Access control and security monitoring of compounds.")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _running(commands)
    _administration(commands)
    _backups(commands)
    _replaying(commands)
    _pictures(commands)
    _benchmarks(commands)
    return top


def _shared() -> argparse.ArgumentParser:
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument(
        "--data-dir", type=Path, help="folder of stores, keys, pictures and logs (default: dayuan-data)"
    )
    shared.add_argument("--config", dest="config_file", type=Path, help="TOML file of settings")
    return shared


def _add(commands: "Commands", name: str, run: str, text: str) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=text, description=text, parents=[_shared()])
    command.set_defaults(run=run)
    return command


def _group(commands: "Commands", name: str, text: str) -> "Commands":
    group = commands.add_parser(name, help=text, description=text)
    return group.add_subparsers(dest=f"{name}_command", required=True, metavar="WHAT")


def _running(commands: "Commands") -> None:
    up = _add(commands, "up", "deploy.up:up", "run everything on this machine")
    up.add_argument(
        "--demo", action="store_true", help="fill an empty store with the fictional city and write demo.json"
    )
    up.add_argument("--no-simulators", action="store_true", help="with --demo: no simulated devices and visitors")
    up.add_argument(
        "--people", type=_count, help="with --demo: so many people live and work in the city (default: 20000)"
    )
    up.add_argument(
        "--speed", type=_speed, help="with --demo: the clock of the whole house runs so many times as fast (1 to 600)"
    )
    _places(up, port=8080)
    _broker_port(up)
    _outside_broker(up)
    _database(up)
    _serving(commands)
    migrate = _add(commands, "migrate", "deploy.administration:migrate_stores", "bring the stores to the newest schema")
    migrate.add_argument("--check", action="store_true", help="only say what would be done; exit code 1: something")
    _database(migrate)


def _serving(commands: "Commands") -> None:
    services = _group(commands, "serve", "one service of a house whose services run apart (docs/services.md)")
    for name, port, text in (
        ("registry", 8081, "the register, its pages and API; sends what it announces; anchors the audit"),
        ("gateway", 8082, "the gates: their pages and API, the journal, the plate reader"),
        ("monitor", 8083, "the control room: its pages and API, the engine, the cameras"),
        ("broker", 8084, "the embedded broker alone, with the accounts of the register"),
    ):
        service = _add(services, name, "deploy.serve:serve", text)
        _places(service, port=port)
        if name == "broker":
            _broker_port(service)
        else:
            _outside_broker(service)
            service.add_argument("--public-url", help="address of the proxy under which browsers reach all rooms")
        _database(service)


def _places(command: argparse.ArgumentParser, *, port: int) -> None:
    command.add_argument("--host", help="address of pages and API (default: 127.0.0.1)")
    command.add_argument("--port", type=int, help=f"port of pages and API (default: {port})")


def _broker_port(command: argparse.ArgumentParser) -> None:
    command.add_argument("--mqtt-port", type=int, help="port of the embedded broker (default: 1883)")
    command.add_argument("--broker", choices=list(BrokerKind), help="kind of the embedded broker (default: nats)")
    command.add_argument(
        "--durable-broker",
        action="store_true",
        default=None,
        help="the embedded broker writes each message to disk at once: it survives a power cut, at a fraction of the rate",
    )
    command.add_argument(
        "--mqtt-cert", type=Path, help="certificate of the embedded broker (PEM): it then speaks TLS only"
    )
    command.add_argument("--mqtt-key", type=Path, help="private key of that certificate (PEM)")


def _outside_broker(command: argparse.ArgumentParser) -> None:
    command.add_argument("--mqtt-ca", type=Path, help="certificate of the authority that signed the broker's (PEM)")
    command.add_argument(
        "--broker-url",
        help="an outside MQTT broker instead: mqtt://user:password@host:port; DAYUAN_BROKER_URL or --config keep the password out of the process list",
    )


def _database(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--store-url",
        help="a PostgreSQL database instead of files: postgresql+psycopg://user:password@host:port/name; DAYUAN_STORE_URL or --config keep the password out of the process list",
    )


def _administration(commands: "Commands") -> None:
    _add(commands, "settings", "deploy.administration:print_settings", "print all settings and where each came from")
    _users(_group(commands, "user", "people and programs that may sign in"))
    devices = _group(commands, "device", "the device register")
    _add(devices, "list", "deploy.administration:list_devices", "list the devices")
    source = _add(
        devices, "source", "deploy.administration:set_source", "say which file or RTSP address a camera shows"
    )
    source.add_argument("device", help="site/camera/name")
    source.add_argument("source", help="a video file or an rtsp:// address; '-' takes the source away")
    _being_a_device(devices)
    _broker_files(_group(commands, "broker", "the MQTT broker, where somebody else runs it (docs/brokers.md)"))
    keys = _group(commands, "key", "the keys of the house (docs/backup.md)")
    replace = _add(keys, "replace", "deploy.key_command:replace_key", "make a key anew that is lost for good")
    replace.add_argument("name", help="its file in the folder keys")
    _database(replace)
    audit = _group(commands, "audit", "the chain of what people did")
    text = "check the chains of all rooms and name the first bad record"
    _database(_add(audit, "verify", "deploy.administration:verify_audit", text))


def _being_a_device(devices: "Commands") -> None:
    for name, run, meaning in (
        ("heartbeat", "send_heartbeat", "be a device: say once that it lives (docs/devices.md)"),
        ("event", "send_event", "be a device: say what happened; kept on disk until the broker has it"),
        ("listen", "listen", "be a device: print the commands that it is given, and answer each"),
        ("run", "run", "be a device: heartbeats, commands, and each line of standard input an event"),
    ):
        device = _add(devices, name, f"deploy.device_command:{run}", meaning)
        device.add_argument("device", help="site/class/name")
        if name == "event":
            device.add_argument("what", help="the last word of its type: interrupted, device_tamper, …")
            device.add_argument("--data", default="{}", help="a JSON object (default: {})")
            device.add_argument("--at", metavar="TIME", help="when it happened, with its offset (default: now)")
        if name == "run":
            text = "between two heartbeats, in seconds (default: 30)"
            device.add_argument("--every", type=_amount, default=30.0, metavar="SECONDS", help=text)
        device.add_argument("--broker", metavar="URL", help="mqtt://host:port (default: the embedded broker)")
        device.add_argument("--user", help="its account on the broker (default: site.class.name)")
        text = "file of its password (default: as the register of the data folder has it)"
        device.add_argument("--password-file", type=Path, metavar="FILE", help=text)
        text = "file in which its events wait (default: in the data folder)"
        device.add_argument("--spool", type=Path, metavar="FILE", help=text)


def _backups(commands: "Commands") -> None:
    text = "write the whole house to one file, while it runs or not (docs/backup.md)"
    backup = _add(commands, "backup", "deploy.backup.command:back_up", text)
    backup.add_argument("--out", type=Path, help="the file to write; there must be none of this name")
    keys = "leave out the keys of the house; without them a restored house does not start"
    backup.add_argument("--without-keys", action="store_true", help=keys)
    _passphrase(backup)
    _database(backup)
    whats = backup.add_subparsers(dest="backup_command", metavar="WHAT")
    verify = _add(whats, "verify", "deploy.backup.command:verify_backup", "read a backup through: is it whole?")
    verify.add_argument("file", type=Path)
    _passphrase(verify)
    text = "put a house back from a backup, into an empty data folder and an empty database"
    restore = _add(commands, "restore", "deploy.backup.command:restore_backup", text)
    restore.add_argument("file", type=Path)
    _passphrase(restore)
    _database(restore)


def _passphrase(command: argparse.ArgumentParser) -> None:
    command.add_argument("--passphrase-file", type=Path, help="file of the passphrase that seals the backup")


def _broker_files(brokers: "Commands") -> None:
    text = "write the configuration of a broker that somebody else runs: each account with its rights"
    files = _add(brokers, "files", "deploy.broker.files:write", text)
    files.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder of the files")
    files.add_argument("--host", help="address on which the broker shall listen (default: 127.0.0.1)")
    _broker_port(files)
    files.add_argument("--state-dir", type=Path, help="folder where the broker keeps its messages (default: as --out)")
    files.add_argument("--pid-file", type=Path, help="the broker's: it gets SIGHUP when its files have changed")
    files.add_argument("--group", metavar="NAME", help="the broker's system group, which may then read the files")
    files.add_argument("--follow", action="store_true", help="keep running, and write anew when the register changes")
    _database(files)


def _users(users: "Commands") -> None:
    add = _add(
        users, "add", "deploy.users:add_a_user", "add a user; the password is asked for, or read from standard input"
    )
    add.add_argument("name")
    _grants(add)
    password = _add(
        users, "password", "deploy.users:give_a_password", "give another password and end the user's sessions"
    )
    password.add_argument("name")
    password.add_argument(
        "--own", action="store_true", help="its user chose it; without this they choose one at the next sign-in"
    )
    factor = _add(users, "remove-second-factor", "deploy.users:remove_second_factor", "ask a user for no code any more")
    factor.add_argument("name")
    grants = _add(users, "grants", "deploy.users:give_grants", "give these roles and take away all others")
    grants.add_argument("name")
    _grants(grants)
    disable = _add(users, "disable", "deploy.users:disable", "shut a user out: no sign-in, no session, no token")
    disable.add_argument("name")
    enable = _add(users, "enable", "deploy.users:enable", "let a user in again who was shut out")
    enable.add_argument("name")
    token = _add(users, "token", "deploy.tokens:make_a_token", "make a bearer token for a user and print it once")
    token.add_argument("name")
    token.add_argument(
        "--scope",
        action="append",
        help="a role or permission that it is for; may be repeated (default: all of the user's)",
    )
    token.add_argument("--gate", help="the one gate that it is for; a machine's token needs it")
    end = token.add_mutually_exclusive_group()
    end.add_argument("--until", metavar="DATE", help="its last day, as 2027-01-31 (default: a year from now)")
    end.add_argument("--no-end", action="store_true", help="good until it is revoked")
    _add(users, "tokens", "deploy.tokens:list_tokens", "list the tokens that nobody revoked")
    revoke = _add(users, "revoke-token", "deploy.tokens:revoke_a_token", "make a token worth nothing")
    revoke.add_argument("code", help="as 'dayuan user tokens' lists it")


def _grants(command: argparse.ArgumentParser) -> None:
    command.add_argument("--role", required=True, action="append", help="may be given more than once")
    command.add_argument("--site", action="append", help="a compound that the roles are for (default: all)")
    command.add_argument("--unit", help="the unit of a unit_officer, by its name")


def _replaying(commands: "Commands") -> None:
    text = "tell the rules again what was heard: a recording, or a time of the store (docs/replay.md)"
    replay = _add(commands, "replay", "deploy.replay:replay", text)
    replay.add_argument("file", nargs="?", type=Path, metavar="FILE", help="a recording")
    replay.add_argument(
        "--from", dest="since", type=_moment, help="or what came in from then on: 2026-11-23T00:00+08:00"
    )
    replay.add_argument("--to", dest="until", type=_moment, help="until then")
    replay.add_argument("--site", help="of this compound only")
    replay.add_argument(
        "--record", type=Path, metavar="FILE", help="write a recording of that time, and replay nothing"
    )
    replay.add_argument("--export", type=Path, metavar="FILE", help="write the alarms, one JSON object a line")
    replay.add_argument(
        "--set", action="append", default=[], metavar="RULE.THRESHOLD=VALUE", help="what if: B02.after=30 (seconds)"
    )
    replay.add_argument("--speed", type=_amount, help="so many times as fast as it was; default: as fast as it goes")
    replay.add_argument("--json", action="store_true", help="the summary as one JSON object")
    _database(replay)


def _pictures(commands: "Commands") -> None:
    plates = _group(commands, "plates", "number plates")
    _pictures_command(_add(plates, "read", "deploy.pictures:read_plates", "read the plates in pictures"))
    codes = _group(commands, "qr", "QR codes")
    _pictures_command(_add(codes, "read", "deploy.pictures:read_qr", "read the QR codes in pictures"))
    cameras = _group(commands, "cameras", "cameras")
    text = "watch a video file or RTSP stream and tell what happens"
    watch = cameras.add_parser("watch", help=text, description=text)
    watch.set_defaults(run="deploy.pictures:watch_camera", config_file=None)
    watch.add_argument("source", help="a video file or an rtsp:// address")
    watch.add_argument("--data-dir", type=Path, help="folder of stores, keys, pictures and logs (default: dayuan-data)")
    watch.add_argument("--config", dest="camera_file", type=Path, help="TOML file of the camera: its regions and lines")
    watch.add_argument("--json", action="store_true", help="one JSON object a line on standard output")
    watch.add_argument("--fast", action="store_true", help="as fast as it can be read, not at the video's own rate")
    models = _group(commands, "models", "the weights for plate reading")
    _add(models, "fetch", "deploy.pictures:fetch_models", "fetch the pinned weights and check their hashes")


def _pictures_command(command: argparse.ArgumentParser) -> None:
    command.add_argument("files", nargs="+", type=Path, metavar="IMAGE")
    command.add_argument("--json", action="store_true", help="one JSON object a line on standard output")


def _benchmarks(commands: "Commands") -> None:
    benches = _group(commands, "bench", "how fast it is here, beside a floor and the usual ways")
    gate = _bench(benches, "gate", "checks at a gate, each on disk before it is answered", repeats=5)
    gate.add_argument("--people", type=_count, default=20_000, help="people with a card (default: 20000)")
    gate.add_argument("--connections", type=_count, default=16, help="askers at once (default: 16)")
    gate.add_argument("--seconds", type=_amount, default=3.0, help="length of a round (default: 3)")
    ingest = _bench(benches, "ingest", "from a device's word to its row; --store-url: on PostgreSQL too", repeats=3)
    ingest.add_argument("--messages", type=_count, default=20_000, help="messages that wait to be drained")
    ingest.add_argument("--rate", type=_amount, default=5_000.0, help="messages a second of the steady rounds")
    ingest.add_argument("--seconds", type=_amount, default=10.0, help="length of a steady round (default: 10)")
    ingest.add_argument(
        "--broker",
        type=BrokerKind,
        choices=list(BrokerKind),
        default=BrokerKind.NATS,
        help="between publisher and inbox (default: nats)",
    )
    ingest.add_argument(
        "--only", default="", help="only ways with this in their name, and the floor (our inbox, for one)"
    )
    ingest.add_argument("--durable-broker", action="store_true", help="the broker syncs each message to disk")
    ingest.add_argument("--store-url", help="a PostgreSQL server; a database of its own is made there and dropped")
    live = _add(benches, "live", "deploy.bench.live:live", "from a device's word to the operator's open page")
    live.add_argument("--rate", type=_amount, default=500.0, help="events a second of all devices (default: 500)")
    live.add_argument("--seconds", type=_amount, default=30.0, help="how long (default: 30)")
    live.add_argument(
        "--broker", type=BrokerKind, choices=list(BrokerKind), default=BrokerKind.NATS, help="(default: nats)"
    )
    live.add_argument("--json", action="store_true", help="one JSON object a line on standard output")
    purge = _add(
        benches, "purge", "deploy.bench.purge:purge", "the inbox beside a purge; --store-url: on PostgreSQL too"
    )
    purge.add_argument(
        "--signals", type=_count, default=3_000_000, help="signals that are stored before (default: 3000000)"
    )
    purge.add_argument("--rate", type=_amount, default=1_000.0, help="signals a second that come in (default: 1000)")
    purge.add_argument("--seconds", type=_amount, default=30.0, help="length of each of the two rounds (default: 30)")
    purge.add_argument(
        "--broker", type=BrokerKind, choices=list(BrokerKind), default=BrokerKind.NATS, help="(default: nats)"
    )
    purge.add_argument("--store-url", help="a PostgreSQL server; a database of its own is made there and dropped")
    purge.add_argument("--json", action="store_true", help="one JSON object a line on standard output")
    replay = _add(benches, "replay", "deploy.bench.replay:replay", "a recorded day through all rules, and its memory")
    replay.add_argument("--signals", type=_count, default=1_000_000, help="of the day (default: 1000000)")
    replay.add_argument("--json", action="store_true", help="one JSON object a line on standard output")
    pages = _bench(benches, "pages", "pages and lists of the demo, on stores that have been in use", repeats=3)
    pages.add_argument("--requests", type=_count, default=50, help="of each page in a round (default: 50)")
    pages.add_argument("--people", type=_count, default=20_000, help="inhabitants of the demo's city (default: 20000)")
    pages.add_argument("--closed-alarms", type=_count, default=10_000, help="alarms of the past (default: 10000)")
    pages.add_argument("--entries", type=_count, default=20_000, help="entries of the past (default: 20000)")
    search = _bench(benches, "registry", "the search among many people; --store-url: on PostgreSQL too", repeats=3)
    search.add_argument("--people", type=_count, default=100_000, help="people who are registered (default: 100000)")
    search.add_argument("--searches", type=_count, default=1_000, help="searches of a round (default: 1000)")
    search.add_argument("--store-url", help="a PostgreSQL server; a database of its own is made there and dropped")


def _bench(benches: "Commands", name: str, text: str, *, repeats: int) -> argparse.ArgumentParser:
    bench = _add(benches, name, f"deploy.bench.{name}:{name}", text)
    bench.add_argument("--repeats", type=_count, default=repeats, help=f"rounds of each way (default: {repeats})")
    bench.add_argument("--json", action="store_true", help="one JSON object a line on standard output")
    return bench


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("give at least 1")
    return number


def _moment(text: str) -> Instant:
    try:
        return parse_instant(text)
    except ValueError:
        raise argparse.ArgumentTypeError("write a moment with its offset: 2026-11-23T00:00+08:00") from None


def _speed(text: str) -> float:
    number = float(text)
    if not 1 <= number <= _FASTEST:
        raise argparse.ArgumentTypeError(f"give a number from 1 to {_FASTEST}")
    return number


def _amount(text: str) -> float:
    number = float(text)
    if not 0 < number < float("inf"):
        raise argparse.ArgumentTypeError("give a number above 0")
    return number
