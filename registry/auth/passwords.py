"""What a password must be, after NIST SP 800-63B: long, and none that everybody tries. Pure.

There is no rule about kinds of characters and no password ends by itself. What everybody tries is not a long list but a
way of building: a few words, a year, a row of keys. What is left after these are taken away must be long enough.
"""

import re
import unicodedata
from collections.abc import Iterable
from enum import StrEnum

MIN_LENGTH = 12
"""Characters; length is what makes a password hard to guess."""
MAX_LENGTH = 256
"""Characters; more is no person's password."""
MIN_REST = 6
"""Characters of its own, beyond words that everybody tries and rows of keys."""
_BETWEEN = " -_.,!"
"""What everybody puts between words and at their end."""
_SHORTEST_WORD = 3
_SHORTEST_ROW = 3

PRODUCT_WORDS = ("dayuan", "大院")
COMMON_WORDS = (
    *("password", "passwort", "passwd", "passphrase", "pass", "pwd", "secret", "letmein", "welcome", "login", "signin"),
    *("admin", "administrator", "root", "user", "guest", "test", "demo", "default", "changeme", "change", "system"),
    *("manager", "master", "super", "operator", "guard", "security", "police", "clerk", "auditor", "patrol", "officer"),
    *("monkey", "dragon", "sunshine", "princess", "football", "baseball", "superman", "batman", "shadow", "iloveyou"),
    *("ilove", "love", "baby", "angel", "hello", "world", "freedom", "whatever", "trustno", "starwars", "summer"),
    *("winter", "spring", "autumn", "monday", "computer", "internet", "server", "qwerty", "china", "beijing", "hubei"),
    *(
        "yichang",
        "zhongguo",
        "woaini",
        "wodemima",
        "mima",
        "nihao",
        "baobao",
        "laopo",
        "laogong",
        "1314",
        "520",
        "888",
        "666",
    ),
    *("密码", "口令", "我爱你", "你好", "中国", "管理员", "保卫科", "门卫"),
)
_ROWS = (
    *("abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm"),
    *("1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p", "qazwsxedcrfvtgbyhnujmikolp", "!@#$%^&*()_+"),
)
_LOOKALIKES = str.maketrans({"@": "a", "4": "a", "3": "e", "1": "i", "!": "i", "0": "o", "5": "s", "$": "s", "7": "t"})
_YEAR = re.compile(r"(?:19|20)\d\d")
_SAME = re.compile(r"(.)\1{2,}")
_AGAIN = re.compile(r"(.{2,6}?)\1{2,}")


class PasswordFault(StrEnum):
    """Why a password is refused."""

    SHORT = "short"
    LONG = "long"
    COMMON = "common"


def typed(password: str) -> str:
    """One form of a password, however it was typed: an input method may write full-width letters."""
    return unicodedata.normalize("NFKC", password)


def fault_of(password: str, *, words: Iterable[str] = ()) -> PasswordFault | None:
    """Why this is no password for somebody; None: it is one.

    `words`: what is known of them and of the house: the user's name, the names of the compounds.
    """
    password = typed(password)
    if len(password) < MIN_LENGTH:
        return PasswordFault.SHORT
    if len(password) > MAX_LENGTH:
        return PasswordFault.LONG
    known = {typed(word).casefold() for word in words}
    parts = {part for word in known for part in re.split(r"[\W_]+", word)}
    taken = {*COMMON_WORDS, *PRODUCT_WORDS, *known, *parts}
    listed = sorted((word for word in taken if _is_word(word)), key=len, reverse=True)
    plain = password.casefold()
    rest = min(_rest(plain, listed), _rest(plain.translate(_LOOKALIKES), listed))
    return PasswordFault.COMMON if rest < MIN_REST else None


def _is_word(word: str) -> bool:
    """A word of two Chinese characters is one; of two letters it would be in half of all passwords."""
    return len(word) >= _SHORTEST_WORD or (len(word) > 1 and not word.isascii())


def _rest(password: str, words: Iterable[str]) -> int:
    """How many characters of its own a password has."""
    for word in words:
        password = password.replace(word, "\x00")
    password = _YEAR.sub("\x00", password)
    password = _SAME.sub("\x00", _AGAIN.sub("\x00", password))
    password = _without_rows(password)
    return sum(1 for character in password if character.isprintable() and character not in _BETWEEN)


def _without_rows(password: str) -> str:
    """Take away what lies side by side on a keyboard or in the alphabet, forwards or backwards."""
    kept, at = [], 0
    while at < len(password):
        end = at + 1
        while end < len(password) and _is_row(password[at : end + 1]):
            end += 1
        if end - at >= _SHORTEST_ROW:
            kept.append("\x00")
        else:
            kept.append(password[at:end])
        at = end
    return "".join(kept)


def _is_row(piece: str) -> bool:
    return any(piece in row or piece[::-1] in row for row in _ROWS)
