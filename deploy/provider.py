"""The OpenID Connect provider that the settings name."""

from typing import Any
from urllib.parse import urlsplit

from pydantic import SecretStr

from deploy.folder import DataFolder
from registry.auth.outside.provider import Client, Provider
from registry.auth.outside.rules import is_safe_address
from registry.clock import Clock
from registry.problems import Refusal
from registry.settings import Settings

RETURN_PATH = "/sign-in/provider/return"


def sign_in_settings(settings: Settings) -> dict[str, Any]:
    """The settings about signing in, as they are told to the process that serves the pages: secrets in clear."""
    names = [name for name in Settings.model_fields if name.startswith("oidc_") or name == "second_factor_roles"]
    told = {name: getattr(settings, name) for name in names}
    return {name: value.get_secret_value() if isinstance(value, SecretStr) else value for name, value in told.items()}


def provider_of(settings: Settings, folder: DataFolder, clock: Clock) -> Provider | None:
    """The provider by which people may sign in; None: there is none.

    Raises:
        Refusal: something about it is missing or not safe.

    """
    issuer, secret = settings.oidc_issuer, settings.oidc_client_secret
    if issuer is None:
        if settings.oidc_client_id is not None or settings.oidc_grants:
            raise Refusal("The setting oidc_issuer is missing: the other oidc_ settings are about that provider.")
        return None
    if not is_safe_address(issuer):
        raise Refusal(f"The setting oidc_issuer must begin with https://, {issuer!r} does not.")
    if settings.oidc_client_id is None:
        raise Refusal("The setting oidc_client_id is missing: our name at the provider of oidc_issuer.")
    client = Client(
        issuer=issuer,
        client_id=settings.oidc_client_id,
        client_secret=secret.get_secret_value() if secret is not None else None,
        name=settings.oidc_name or str(urlsplit(issuer).hostname),
        redirect_url=f"{settings.public_url or f'http://{settings.host}:{settings.port}'}{RETURN_PATH}",
        user_claim=settings.oidc_user_claim,
        groups_claim=settings.oidc_groups_claim,
    )
    return Provider(client, folder.key("provider"), clock)
