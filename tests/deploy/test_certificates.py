"""The files of a certificate are looked at before the broker is: what cannot be used is one sentence."""

from pathlib import Path

import pytest

from deploy.certificates import certificate_of
from registry.problems import Refusal
from registry.settings import Settings
from tests.makers.certificates import an_authority


def test_without_files_mqtt_is_spoken_in_the_clear() -> None:
    assert certificate_of(Settings()) is None


def test_a_good_pair_is_taken(tmp_path: Path) -> None:
    pair = an_authority(tmp_path).signs("broker", "127.0.0.1")
    assert certificate_of(Settings(mqtt_cert=pair.certificate, mqtt_key=pair.key)) == pair


@pytest.mark.parametrize(("given", "missing"), [("mqtt_cert", "--mqtt-key"), ("mqtt_key", "--mqtt-cert")])
def test_one_file_without_the_other_is_refused(tmp_path: Path, given: str, missing: str) -> None:
    with pytest.raises(Refusal, match=f"{missing} too"):
        certificate_of(Settings.model_validate({given: tmp_path / "file"}))


def test_a_key_of_another_certificate_is_refused(tmp_path: Path) -> None:
    authority = an_authority(tmp_path)
    one, other = authority.signs("one", "a"), authority.signs("other", "b")
    with pytest.raises(Refusal, match="do not belong together"):
        certificate_of(Settings(mqtt_cert=one.certificate, mqtt_key=other.key))


def test_a_certificate_of_yesterday_is_refused(tmp_path: Path) -> None:
    pair = an_authority(tmp_path).signs("broker", "a", days=-1)
    with pytest.raises(Refusal, match=r"is good from .* only"):
        certificate_of(Settings(mqtt_cert=pair.certificate, mqtt_key=pair.key))


def test_what_is_no_certificate_and_what_is_not_there_are_refused(tmp_path: Path) -> None:
    pair = an_authority(tmp_path).signs("broker", "a")
    pair.certificate.write_text("no certificate")
    with pytest.raises(Refusal, match="cannot be"):
        certificate_of(Settings(mqtt_cert=pair.certificate, mqtt_key=pair.key))
    with pytest.raises(Refusal, match="No such file"):
        certificate_of(Settings(mqtt_cert=tmp_path / "none", mqtt_key=pair.key))
