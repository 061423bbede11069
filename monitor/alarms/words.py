"""Saying in both languages why an alarm stands."""

from collections.abc import Sequence

from monitor.alarms.findings import Named, Words
from registry.i18n import Language, translator
from registry.messages.alarms import Explanation

_BETWEEN_NAMES = {Language.ZH: "、", Language.EN: ", "}
_BETWEEN_SENTENCES = {Language.ZH: "", Language.EN: " "}


def explain(sentences: Sequence[Words]) -> Explanation:
    """The sentences in Chinese and in English."""
    return Explanation(zh=_in(Language.ZH, sentences), en=_in(Language.EN, sentences))


def _in(language: Language, sentences: Sequence[Words]) -> str:
    say = translator(language)
    return _BETWEEN_SENTENCES[language].join(
        say(words.key, **{name: _said(fact, language) for name, fact in words.facts.items()}) for words in sentences
    )


def _said(fact: str | int | Named | tuple[Named, ...], language: Language) -> str | int:
    match fact:
        case Named():
            return fact.zh if language is Language.ZH else fact.en
        case tuple():
            return _BETWEEN_NAMES[language].join(str(_said(name, language)) for name in fact)
        case _:
            return fact
