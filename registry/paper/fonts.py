"""The Chinese type on paper: Noto Sans CJK of the machine (SIL Open Font License), of which a document gets what it uses."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from fontTools.ttLib import TTCollection, TTLibError

from registry.problems import Unavailable

FOLDERS: Final = (
    Path("/usr/share/fonts/opentype/noto"),
    Path("/usr/share/fonts/noto-cjk"),
    Path("/usr/share/fonts/google-noto-sans-cjk-fonts"),
    Path("/usr/local/share/fonts"),
)
"""Where the distributions put it: Debian and Ubuntu (fonts-noto-cjk), Arch and Alpine, Fedora; and what one put there oneself."""
FACES: Final = {"": "NotoSansCJK-Regular.ttc", "B": "NotoSansCJK-Bold.ttc"}
"""File of each style as fpdf2 calls it."""
_SIMPLIFIED: Final = "Noto Sans CJK SC"


class FontMissing(Unavailable):
    slug = "font-missing"
    title = "This machine has no Chinese type for paper"


@dataclass(frozen=True, slots=True)
class Face:
    """One style: its file, and which of the file's fonts has the forms of simplified Chinese."""

    style: str
    file: Path
    number: int


def find_faces(folders: Sequence[Path] = FOLDERS) -> tuple[Face, ...]:
    """Find regular and bold.

    Raises:
        FontMissing: one of them is nowhere, or is no such font; it says what to install.

    """
    return tuple(_face(style, name, folders) for style, name in FACES.items())


@cache
def installed_faces() -> tuple[Face, ...]:
    """Those of this machine, looked for once; while they are missing, each time."""
    return find_faces()


def _face(style: str, name: str, folders: Sequence[Path]) -> Face:
    for folder in folders:
        if not (file := folder / name).is_file():
            continue
        try:
            with file.open("rb") as content, TTCollection(content, lazy=True) as fonts:
                names = [font["name"].getDebugName(1) or "" for font in fonts.fonts]
        except (TTLibError, OSError):
            continue
        for number, family in enumerate(names):
            if family.startswith(_SIMPLIFIED):
                return Face(style, file, number)
    raise FontMissing(
        "Nothing can be printed without it: the administrator installs the package fonts-noto-cjk on the server (Noto Sans CJK)."
    )
