"""What the web application is made of; built in `deploy`, reached as `request.app.state.parts`."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from registry.auth.changing_password import PasswordWords, no_words
from registry.auth.devices import DeviceCheck, no_devices
from registry.auth.directory import Directory
from registry.auth.factor.keys import FactorKeys
from registry.auth.outside.provider import Provider
from registry.clock import Clock
from registry.i18n import Texts
from registry.media.store import MediaStore
from registry.settings import Settings
from registry.store import Store
from registry.web.readiness import Readiness
from registry.web.stream import Hub


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """The runtime parts. `rooms`: where a room keeps its own, such as the gateway's desk."""

    clock: Clock
    settings: Settings
    stores: Mapping[str, Store]
    media: MediaStore
    directory: Directory
    factor_keys: FactorKeys
    password_words: PasswordWords = no_words
    provider: Provider | None = None
    devices: DeviceCheck = no_devices
    hub: Hub = field(default_factory=Hub)
    texts: Texts = field(default_factory=Texts.load)
    readiness: Readiness = field(default_factory=Readiness)
    rooms: dict[str, object] = field(default_factory=dict)
    adapters: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """The ways of speaking that a device's record can name, with the words of each by language; the monitor knows them."""
