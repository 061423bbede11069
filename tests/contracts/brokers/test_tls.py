"""Over TLS both kinds of broker are the same as without, and a certificate that is none of ours is told in one sentence."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from deploy.broker.accounts import Certificate
from deploy.checkups import broker_check
from deploy.outside_broker import refuse_wrong_broker, with_authority
from registry.bus import BrokerAddress, Bus, Door, Trust, try_door
from registry.problems import Refusal
from registry.settings import BrokerKind
from tests.brokers import RealBroker, a_broker
from tests.makers.certificates import Authority, an_authority
from tests.makers.register import PASSWORD
from tests.ports import free_port

pytestmark = pytest.mark.broker

Eventually = Callable[..., None]
NORTH = "oc1.beam.north-01"
Serving = Callable[[Certificate], RealBroker]


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return an_authority(tmp_path)


@pytest.fixture
def serving(kind: BrokerKind, tmp_path: Path) -> Iterator[Serving]:
    """`serving(certificate)`: a broker that shows this one."""
    started: list[RealBroker] = []

    def start(certificate: Certificate) -> RealBroker:
        running = a_broker(kind, tmp_path / "broker", free_port(), certificate=certificate)
        running.start()
        started.append(running)
        return running

    yield start
    for running in started:
        running.child.stop()


def _url(house: RealBroker, password: str = PASSWORD, host: str = "127.0.0.1") -> str:
    return f"mqtts://monitor:{password}@{host}:{house.port}"


def _hear_a_word(device: BrokerAddress, monitor: BrokerAddress, eventually: Eventually) -> None:
    heard: list[bytes] = []
    ear, mouth = Bus(monitor), Bus(device)
    ear.consume(("dayuan/v1/#",), lambda message: heard.append(message.payload))
    for bus in (ear, mouth):
        bus.start()
    assert ear.wait_until_heard({"dayuan/v1/#"}, 10)
    mouth.publish("dayuan/v1/oc1/beam/north-01/evt", b"word" * 10_000)
    eventually(lambda: bool(heard))
    for bus in (ear, mouth):
        bus.stop()
    assert heard == [b"word" * 10_000]


def test_our_clients_believe_the_brokers_own_certificate_whatever_its_name(
    authority: Authority, serving: Serving, eventually: Eventually
) -> None:
    house = serving(authority.signs("broker", "somewhere.example"))
    _hear_a_word(house.address(NORTH), house.address("monitor"), eventually)


def test_our_clients_believe_an_authority_that_they_are_told_of(
    authority: Authority, serving: Serving, eventually: Eventually
) -> None:
    house = serving(authority.signs("broker", "127.0.0.1"))
    url = with_authority(_url(house), authority.file)
    refuse_wrong_broker([url])
    monitor = BrokerAddress.parse(url)
    _hear_a_word(replace(monitor, username=NORTH), monitor, eventually)


def test_who_does_not_speak_tls_is_not_heard(authority: Authority, serving: Serving) -> None:
    house = serving(authority.signs("broker", "127.0.0.1"))
    plain = BrokerAddress(host="127.0.0.1", port=house.port, username=NORTH, password=PASSWORD)
    assert try_door(plain)[0] is not Door.OPEN


@pytest.mark.parametrize(
    ("shown", "why"),
    [((("127.0.0.1",), -1), "expired"), ((("broker.example",), 1), "127.0.0.1"), (((), 1), "issuer")],
    ids=["expired", "another-host", "another-authority"],
)
def test_a_wrong_certificate_is_one_sentence_at_the_start_and_in_readyz(
    authority: Authority, serving: Serving, eventually: Eventually, shown: tuple[tuple[str, ...], int], why: str
) -> None:
    hosts, days = shown
    house = serving(authority.signs("broker", *(hosts or ("127.0.0.1",)), days=days))
    trusted = authority if hosts else an_authority(authority.folder, "another")
    url = with_authority(_url(house), trusted.file)
    with pytest.raises(Refusal, match=f"cannot be used: its certificate is not trusted: .*{why}") as refused:
        refuse_wrong_broker([url])
    assert PASSWORD not in str(refused.value)
    bus = Bus(BrokerAddress.parse(url))
    bus.start()
    eventually(lambda: why in broker_check(bus)().detail)
    bus.stop()
    assert not broker_check(bus)().ready


def test_a_wrong_password_is_one_sentence_at_the_start_and_in_readyz(
    authority: Authority, serving: Serving, eventually: Eventually
) -> None:
    house = serving(authority.signs("broker", "127.0.0.1"))
    url = with_authority(_url(house, "guessed"), authority.file)
    with pytest.raises(Refusal, match="does not take the user monitor with this password") as refused:
        refuse_wrong_broker([url])
    assert "guessed" not in str(refused.value)
    bus = Bus(BrokerAddress.parse(url))
    bus.start()
    eventually(lambda: "does not take the user monitor" in broker_check(bus)().detail)
    bus.stop()


def test_a_broker_that_is_not_there_may_still_come() -> None:
    refuse_wrong_broker([f"mqtt://monitor:{PASSWORD}@127.0.0.1:{free_port()}"])


def test_a_file_that_is_no_certificate_and_an_address_without_tls_are_one_sentence_each(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("no certificate")
    with pytest.raises(Refusal, match="holds no certificate"):
        with_authority("mqtts://a:b@h", tmp_path / "text")
    with pytest.raises(Refusal, match="No such file"):
        with_authority("mqtts://a:b@h", tmp_path / "none")
    with pytest.raises(Refusal, match="mqtts:// only"):
        with_authority("mqtt://a:b@h", tmp_path / "text")


def test_what_is_trusted_goes_along_with_the_address() -> None:
    url = "mqtts://a:b@h:8883?certificate=/data/the%20broker.pem"
    address = BrokerAddress.parse(url)
    assert (address.trust, address.trusted_file) == (Trust.CERTIFICATE, Path("/data/the broker.pem"))
    assert address.url() == url
    for wrong in ("mqtts://a:b@h?x=1", "mqtts://a:b@h?ca=a&ca=b", "mqtt://a:b@h?ca=a"):
        with pytest.raises(ValueError, match="certificate"):
            BrokerAddress.parse(wrong)
