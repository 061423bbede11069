"""The roll: everybody who has an account on the broker, with the password hash that its kind reads."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self, assert_never

from deploy.broker.accounts import BrokerUser
from deploy.broker.mosquitto_configuration import mosquitto_hash
from deploy.broker.nats_configuration import nats_hash
from deploy.broker.users import Service, broker_users, registered_hash, service_users
from deploy.folder import DataFolder
from deploy.services import service_secrets
from registry.devices.facts import DeviceFacts, Register
from registry.devices.secrets import device_secret
from registry.settings import BrokerKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Roll:
    """How each account's hash is made; the register's devices come with every call."""

    service_hashes: dict[Service, str]
    device_hash: Callable[[DeviceFacts], str]

    @classmethod
    def of(cls, kind: BrokerKind, folder: DataFolder) -> Self:
        """For this kind of broker, with the keys of this data folder."""
        secrets = service_secrets(folder.key("services"))
        match kind:
            case BrokerKind.NATS:
                hashes = {service: nats_hash(secret) for service, secret in secrets.items()}
                return cls(service_hashes=hashes, device_hash=registered_hash)
            case BrokerKind.MOSQUITTO:
                key = folder.key("device")
                hashes = {service: mosquitto_hash(secret) for service, secret in secrets.items()}
                return cls(
                    service_hashes=hashes,
                    device_hash=lambda device: mosquitto_hash(
                        device_secret(key, device.address, device.secret_generation)
                    ),
                )
            case _:
                assert_never(kind)

    def everybody(self, register: Register) -> tuple[BrokerUser, ...]:
        """The enabled devices and our own processes."""
        return broker_users(register, self.service_hashes, device_hash=self.device_hash)

    def our_own(self, register: Register) -> tuple[BrokerUser, ...]:
        """Our own processes alone."""
        return service_users(register, self.service_hashes)
