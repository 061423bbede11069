"""Every text that a user sees, in Chinese and in English."""

from registry.i18n.texts import LANGUAGES, Language, MissingText, Texts, Translator, translator

__all__ = ["LANGUAGES", "Language", "MissingText", "Texts", "Translator", "translator"]
