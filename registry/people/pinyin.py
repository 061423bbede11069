"""How Chinese names are read: the syllables of each character without tones, a surname's reading first."""

import json
import unicodedata
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.util import find_spec
from itertools import islice, product
from pathlib import Path

SURNAMES: Mapping[str, str] = {
    "万俟": "mo qi",
    "尉迟": "yu chi",
    "长孙": "zhang sun",
    "澹台": "tan tai",
    "令狐": "ling hu",
    "单于": "chan yu",
    "宰父": "zai fu",
    "鲜于": "xian yu",
    "曾": "zeng",
    "单": "shan",
    "仇": "qiu",
    "查": "zha",
    "解": "xie",
    "区": "ou",
    "朴": "piao",
    "盖": "ge",
    "乐": "yue",
    "员": "yun",
    "黑": "he",
    "秘": "bi",
    "洗": "xian",
    "折": "she",
    "翟": "zhai",
    "缪": "miao",
    "种": "chong",
    "召": "shao",
    "覃": "qin",
    "繁": "po",
    "牟": "mu",
    "隗": "wei",
    "祭": "zhai",
    "郇": "xun",
    "句": "gou",
    "藏": "zang",
    "重": "chong",
    "阚": "kan",
    "卜": "bu",
    "佴": "nai",
    "不": "fou",
    "戌": "qu",
}
"""Characters that are read otherwise in a surname, or of whose readings one alone is a surname's."""
_MOST_READINGS = 4
"""Readings of one name that are kept; a name of many-voiced characters has dozens that nobody would type."""
_OF_UE = ("v", "yu", "u")
"""How ü is typed: on a Chinese keyboard, as in a passport, and without its dots."""


def is_chinese(character: str) -> bool:
    return "\u3400" <= character <= "\u9fff" or "\U00020000" <= character <= "\U0003ffff"


def readings(name: str) -> Sequence[Sequence[str]]:
    """How a name of Chinese characters may be typed: each reading a syllable for each character, the likeliest first.

    A character that nobody has a reading for is its own syllable.
    """
    surname = next((name[:length] for length in (2, 1) if name[:length] in SURNAMES), "")
    each: list[tuple[str, ...]] = [(syllable,) for syllable in SURNAMES.get(surname, "").split()]
    if len(surname) == 1 and len(name) > 1:  # who knows only the common reading finds them too
        each = [tuple(dict.fromkeys((*each[0], *_of(surname)[:1])))]
    each += [_of(character) for character in name[len(surname) :]]
    return list(dict.fromkeys(islice(product(*each), _MOST_READINGS)))


def _of(character: str) -> tuple[str, ...]:
    found = _table().get(str(ord(character)), "")
    return tuple(dict.fromkeys(typed for reading in found.split(",")[:2] for typed in _typed(reading))) or (character,)


def _typed(reading: str) -> Sequence[str]:
    """A syllable as it is typed: `lǚ` is lv, lyu or lu, `zhèng` is zheng."""
    dots = unicodedata.normalize("NFD", reading).replace("u\u0308", "ü")
    plain = "".join(letter for letter in dots if letter == "ü" or (letter.isascii() and letter.isalpha()))
    return [plain.replace("ü", written) for written in _OF_UE] if "ü" in plain else [plain] if plain else []


@cache
def _table() -> Mapping[str, str]:
    """The readings of 42,000 characters, by code point; without pypinyin's phrases, which would take 40 MB of each process."""
    package = find_spec("pypinyin")
    if package is None or package.origin is None:
        raise ModuleNotFoundError("pypinyin")
    table: dict[str, str] = json.loads((Path(package.origin).parent / "pinyin_dict.json").read_text(encoding="utf-8"))
    return table
