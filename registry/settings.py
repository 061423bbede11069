"""What can be set: read once by `deploy` from the environment, one TOML file and the command line, and passed down."""

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from registry.auth.outside.rules import grant_from
from registry.auth.permissions import Role
from registry.messages.topics import DeviceClass


class BrokerKind(StrEnum):
    """The brokers that can run as a child of ours."""

    NATS = "nats"
    MOSQUITTO = "mosquitto"


class Settings(BaseModel):
    """Everything that can be set. No secret has a default: the data folder holds those that the product made itself."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    data_dir: Path = Field(default=Path("dayuan-data"), description="folder of stores, keys, pictures and logs")
    host: str = Field(default="127.0.0.1", description="address on which pages and API are served")
    port: int = Field(default=8080, ge=1, le=65535, description="port of pages and API")
    public_url: str | None = Field(
        default=None,
        pattern="^https?://[^/]+$",
        description="address under which browsers reach all rooms, when services run apart behind one proxy",
    )
    mqtt_port: int = Field(default=1883, ge=1, le=65535, description="port of the embedded MQTT broker")
    mqtt_cert: Path | None = Field(
        default=None, description="certificate (with its chain, PEM): MQTT is spoken over TLS"
    )
    mqtt_key: Path | None = Field(default=None, description="the certificate's private key (PEM)")
    mqtt_ca: Path | None = Field(
        default=None, description="certificate of the authority that signed the broker's (PEM)"
    )
    broker: BrokerKind = Field(default=BrokerKind.NATS, description="kind of the embedded broker: nats or mosquitto")
    durable_broker: bool = Field(default=False, description="the embedded broker writes each message to disk at once")
    broker_url: SecretStr | None = Field(
        default=None, description="an outside broker, mqtt://user:password@host:port or mqtts://…"
    )
    store_url: SecretStr | None = Field(
        default=None,
        description="a PostgreSQL database instead of files: postgresql+psycopg://user:password@host:port/name",
    )
    models_dir: Path | None = Field(default=None, description="folder of the plate weights")
    default_language: str = Field(
        default="zh", pattern="^(zh|en)$", description="language of a page until one is chosen"
    )
    log_json: bool = Field(default=False, description="logs as one JSON object a line")
    duty_phones: dict[str, str] = Field(
        default={},
        description='telephone of each compound\'s control room, which a guard who calls is shown: {oc1 = "8110"}',
    )
    signal_days: dict[DeviceClass, Annotated[int, Field(ge=7, le=36_500)]] = Field(
        default={},
        description="days for which signals are kept, by class of device, where not 90 (env, counter, gw: 30): {beam = 180}",
    )
    purge_minutes: int = Field(default=60, ge=1, le=1440, description="how often what is over is taken away")
    second_factor_roles: tuple[Role, ...] = Field(
        default=(),
        description="roles that may sign in only with a second factor, such as admin,security_officer,auditor",
    )
    oidc_issuer: str | None = Field(default=None, description="an OpenID Connect provider by which people may sign in")
    oidc_client_id: str | None = Field(default=None, description="our name at that provider")
    oidc_client_secret: SecretStr | None = Field(default=None, description="our secret at that provider")
    oidc_name: str | None = Field(default=None, description="what the provider is called on the sign-in page")
    oidc_user_claim: str = Field(
        default="preferred_username", description="the claim that names one of our users; no user may change it alone"
    )
    oidc_groups_claim: str = Field(default="groups", description="the claim that names somebody's groups")
    oidc_grants: dict[str, tuple[str, ...]] = Field(
        default={}, description="roles that a group gives, such as guards = [guard@oc1]; empty: they are given here"
    )

    @field_validator("second_factor_roles", mode="before")
    @classmethod
    def _listed(cls, value: object) -> object:
        """A list in a file; in the environment, words with commas between."""
        return [word.strip() for word in value.split(",") if word.strip()] if isinstance(value, str) else value

    @field_validator("oidc_grants", "duty_phones", "signal_days", mode="before")
    @classmethod
    def _mapped(cls, value: object) -> object:
        """A table in a file; in the environment, JSON."""
        return json.loads(value) if isinstance(value, str) else value

    @field_validator("oidc_grants")
    @classmethod
    def _granted(cls, value: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        for texts in value.values():
            for text in texts:
                grant_from(text)
        return value
