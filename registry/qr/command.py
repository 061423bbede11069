"""`dayuan qr read`."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from registry.plates.batch import Kind, read_files
from registry.qr.codes import read_qr


def read_qr_files(files: Sequence[Path], *, as_json: bool, out: TextIO, err: TextIO = sys.stderr) -> int:
    """Print the texts of the QR codes in each picture."""
    kind = Kind[str](field="texts", read=read_qr, as_json=str, as_text=str)
    return read_files(files, kind, as_json=as_json, out=out, err=err)
