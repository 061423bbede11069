"""The catalogues: `<room>/texts/<feature>.<language>.toml`, flat tables of texts with `{name}` placeholders."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from typing import Self

import structlog

from registry.house import folders

log = structlog.get_logger()


class Language(StrEnum):
    """The languages of the house."""

    ZH = "zh"
    EN = "en"


LANGUAGES = tuple(Language)


class MissingText(LookupError):
    """A text that no catalogue has, or whose placeholder got no value."""


@dataclass(frozen=True, slots=True)
class Texts:
    """All catalogues. `strict`: a missing text is an error; otherwise its key is shown, and logged once."""

    by_language: Mapping[Language, Mapping[str, str]]
    strict: bool = False
    _told: set[tuple[Language, str]] = field(default_factory=set, repr=False, compare=False)

    @classmethod
    def load(cls, *, strict: bool = False) -> Self:
        """Read the catalogues of every room.

        Raises:
            ValueError: a key stands in two catalogues, or a value is no text.

        """
        return cls({language: _catalogue(language) for language in LANGUAGES}, strict)

    def has(self, key: str) -> bool:
        return all(key in texts for texts in self.by_language.values())

    def translator(self, language: Language | str) -> "Translator":
        return Translator(self, Language(language))

    def text(self, language: Language, key: str, values: Mapping[str, object]) -> str:
        """The text of `key` with its placeholders filled.

        Raises:
            MissingText: when strict, and the key or a placeholder's value is missing.

        """
        try:
            return self.by_language[language][key].format_map(values)
        except KeyError as missing:
            if self.strict:
                raise MissingText(f"{key} ({language}): {missing}") from None
            if (language, key) not in self._told:
                self._told.add((language, key))
                log.warning("text-missing", key=key, language=str(language), missing=str(missing))
            return self.by_language[language].get(key, key)


@dataclass(frozen=True, slots=True)
class Translator:
    """Says texts in one language: `t("sign_in.wait", wait="2 s")`."""

    texts: Texts
    language: Language

    def __call__(self, key: str, /, **values: object) -> str:
        return self.texts.text(self.language, key, values)

    def has(self, key: str) -> bool:
        return self.texts.has(key)

    def keys_below(self, prefix: str) -> list[str]:
        """The keys that begin so, in the order of their catalogue."""
        return [key for key in self.texts.by_language[self.language] if key.startswith(prefix)]


@cache
def _all_texts() -> Texts:
    return Texts.load()


def translator(language: Language | str) -> Translator:
    """Say texts in this language, outside of a page: `translator("zh")("reason.revoked")`."""
    return _all_texts().translator(language)


def _catalogue(language: Language) -> dict[str, str]:
    texts: dict[str, str] = {}
    for folder in folders("texts").values():
        for file in sorted(folder.glob(f"*.{language}.toml")):
            for table, entries in tomllib.loads(file.read_text(encoding="utf-8")).items():
                for key, text in _flat(table, entries).items():
                    if key in texts:
                        raise ValueError(f"{key} stands in {file.name} and in another catalogue")
                    texts[key] = text
    return texts


def _flat(prefix: str, entry: object) -> dict[str, str]:
    if isinstance(entry, str):
        return {prefix: entry}
    if not isinstance(entry, dict):
        raise ValueError(f"{prefix} is no text")  # noqa: TRY004 - the catalogue is wrong, not the call
    return {key: text for name, inner in entry.items() for key, text in _flat(f"{prefix}.{name}", inner).items()}
