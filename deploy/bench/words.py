"""What the device of the ingest benchmark says: events with a number at a fixed place, and the register that knows it."""

from datetime import UTC, datetime

from deploy.broker.accounts import BrokerUser
from deploy.broker.mosquitto_configuration import mosquitto_hash
from deploy.broker.users import Service, broker_users
from registry.bus import BrokerAddress
from registry.clock import format_instant
from registry.devices.facts import DeviceFacts, Register, SiteFacts
from registry.devices.secrets import hash_secret
from registry.ids import DeviceAddress, SiteId
from registry.messages.topics import Channel, DeviceTopic, every_device
from registry.settings import BrokerKind

DEVICE = DeviceAddress(SiteId("oc1"), "beam", "north-01")
TOPIC = str(DeviceTopic(DEVICE, Channel.EVENT))
FILTERS = frozenset({every_device(Channel.EVENT)})
_HEAD = b'{"specversion":"1.0","id":"bench-'
_DIGITS = 10
PROBE = 10**_DIGITS - 1
"""The number of the event that only tells that the consumer hears; it is on no list."""


def event(number: int) -> bytes:
    """One beam's word, some 220 bytes."""
    now = format_instant(datetime.now(UTC))
    rest = f'{number:0{_DIGITS}d}","source":"{DEVICE.source}","type":"dayuan.beam.interrupted","time":"{now}","data":'
    return _HEAD + rest.encode() + b'{"state":"instant","beam_ids":["a","b"],"dur_ms":220}}'


def number_of(payload: bytes | bytearray) -> int:
    """The number of an event of ours."""
    return int(payload[len(_HEAD) : len(_HEAD) + _DIGITS])


def number_of_id(event_id: str) -> int:
    """The number in an event's id."""
    return int(event_id.rpartition("-")[2])


def register(secret: str) -> Register:
    """A register of one device."""
    device = DeviceFacts(
        address=DEVICE,
        name_zh="北墙一号",
        name_en="North wall 1",
        enabled=True,
        secret_hash=hash_secret(secret),
        secret_generation=1,
    )
    site = SiteFacts(id=DEVICE.site, name_zh="一号院", name_en="Compound 1", timezone="Asia/Shanghai")
    return Register(version=1, sites={site.id: site}, devices={DEVICE: device}, zones={})


def accounts(known: Register, secret: str, kind: BrokerKind) -> tuple[BrokerUser, ...]:
    """The broker's accounts, all with the one secret of this run."""
    kept = mosquitto_hash(secret) if kind is BrokerKind.MOSQUITTO else hash_secret(secret)
    return broker_users(known, dict.fromkeys(Service, kept), device_hash=lambda _: kept)


def address(port: int, username: str, secret: str) -> BrokerAddress:
    return BrokerAddress(host="127.0.0.1", port=port, username=username, password=secret)
