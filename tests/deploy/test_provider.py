"""The provider that the settings name, or why they name none."""

from pathlib import Path

import pytest

from deploy.configuration import configure
from deploy.folder import DataFolder
from deploy.processes.orders import WebOrders
from deploy.provider import provider_of, sign_in_settings
from registry.auth.permissions import Role
from registry.clock import SystemClock
from registry.problems import Refusal
from registry.settings import Settings

ISSUER = "https://login.city.example"


def settings_of(**environment: str) -> Settings:
    named = {f"DAYUAN_{name.upper()}": text for name, text in environment.items()}
    return configure(environment=named, file=None, arguments={}).settings


def test_where_none_is_named_there_is_none(tmp_path: Path) -> None:
    assert provider_of(settings_of(), DataFolder(tmp_path), SystemClock()) is None


def test_it_is_named_by_its_host_and_leads_back_to_the_public_address(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    folder.prepare()
    settings = settings_of(oidc_issuer=ISSUER, oidc_client_id="dayuan", oidc_client_secret="x" * 20)
    provider = provider_of(settings, folder, SystemClock())
    assert provider is not None
    assert provider.name == "login.city.example"
    assert provider.client.redirect_url == "http://127.0.0.1:8080/sign-in/provider/return"
    settings = settings_of(oidc_issuer=ISSUER, oidc_client_id="dayuan", public_url="https://dayuan.city.example")
    provider = provider_of(settings, folder, SystemClock())
    assert provider is not None
    assert provider.client.redirect_url == "https://dayuan.city.example/sign-in/provider/return"


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"oidc_client_id": "dayuan"}, "oidc_issuer is missing"),
        ({"oidc_issuer": ISSUER}, "oidc_client_id is missing"),
        ({"oidc_issuer": "http://login.city.example", "oidc_client_id": "dayuan"}, "must begin with https://"),
        ({"oidc_issuer": "login", "oidc_client_id": "dayuan"}, "must begin with https://"),
    ],
)
def test_what_is_missing_is_told_in_a_sentence(tmp_path: Path, environment: dict[str, str], words: str) -> None:
    with pytest.raises(Refusal, match=words):
        provider_of(settings_of(**environment), DataFolder(tmp_path), SystemClock())


@pytest.mark.parametrize("text", ['{"g": ["king@oc1"]}', '{"g": ["guard"]}', '{"g": ["guard@OC 1"]}', "{", '["g"]'])
def test_a_group_that_gives_no_role_is_told_in_a_sentence(text: str) -> None:
    with pytest.raises(Refusal, match="oidc_grants"):
        settings_of(oidc_grants=text)


def test_roles_are_listed_with_commas_or_in_a_file(tmp_path: Path) -> None:
    assert settings_of(second_factor_roles="admin, auditor").second_factor_roles == (Role.ADMIN, Role.AUDITOR)
    file = tmp_path / "dayuan.toml"
    file.write_text('second_factor_roles = ["admin"]\n[oidc_grants]\nguards = ["guard@oc1"]\n', encoding="utf-8")
    settings = configure(environment={}, file=file, arguments={}).settings
    assert settings.second_factor_roles == (Role.ADMIN,)
    assert settings.oidc_grants == {"guards": ("guard@oc1",)}
    with pytest.raises(Refusal, match="second_factor_roles"):
        settings_of(second_factor_roles="king")


def test_the_process_that_serves_the_pages_is_told_all_of_it() -> None:
    settings = settings_of(
        second_factor_roles="admin",
        oidc_issuer=ISSUER,
        oidc_client_id="dayuan",
        oidc_client_secret="a secret of the two",
        oidc_grants='{"guards": ["guard@oc1"]}',
    )
    told = WebOrders.model_validate_json(
        WebOrders(
            process="web",
            parent=1,
            log_json=False,
            data_dir=settings.data_dir,
            stores={},
            brokers={},
            form="up",
            rooms=(),
            host=settings.host,
            port=settings.port,
            public_url=None,
            default_language="zh",
            sign_in=sign_in_settings(settings),
        ).model_dump_json()
    )
    assert Settings(**told.sign_in) == settings
