"""The tag in a picture of a checkpoint's QR code."""

from monitor.patrols.problems import NoCodeSeen
from registry.plates.pictures import decode_picture
from registry.problems import TooLarge
from registry.qr.codes import read_qr

MAX_BYTES = 10 * 1024 * 1024
"""As the media store takes them: a phone's picture has 3 to 6 MB."""
PREFIX = "DYC:"
"""How the text on every checkpoint's code begins."""


def tag_in(content: bytes) -> str:
    """What the checkpoint's code in a picture says.

    Raises:
        TooLarge: the picture has more than `MAX_BYTES`.
        UnreadablePicture: it is no picture, or a broken one.
        NoCodeSeen: there is no code in it, or more than one.

    """
    if len(content) > MAX_BYTES:
        raise TooLarge(f"A picture may have {MAX_BYTES // 1024**2} MB.")
    texts = sorted(set(read_qr(decode_picture(content))))
    ours = [text for text in texts if text.startswith(PREFIX)]
    found = ours or texts
    if len(found) != 1:
        seen = "There are several codes in the picture." if found else "There is no code in the picture."
        raise NoCodeSeen(f"{seen} Go closer and hold still, or type the number below the code.")
    return found[0]
