"""A QR pass as somebody carries it: the signed text and its picture."""

from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from registry.passes.models import QrPass
from registry.problems import Unprocessable
from registry.qr.codes import make_qr_svg
from registry.qr.passes import PassClaims, sign_pass


class TooManySites(Unprocessable):
    slug = "too-many-sites"
    title = "One code cannot hold that many sites"


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownPass:
    """What a phone shows or a slip bears."""

    text: str
    svg: str


def show_pass(qr_pass: QrPass, key: Ed25519PrivateKey) -> ShownPass:
    """Sign a pass and draw it. Whoever sees the result can enter with it."""
    claims = PassClaims(
        credential=qr_pass.id,
        sites=frozenset(each.site for each in qr_pass.sites),
        not_before=qr_pass.valid_from,
        not_after=qr_pass.valid_until,
    )
    try:
        text = sign_pass(key, claims)
    except ValueError as error:
        raise TooManySites("Choose fewer sites, or issue a second pass.") from error
    return ShownPass(text=text, svg=make_qr_svg(text))
