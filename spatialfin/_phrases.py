"""Fixed phrases in English and Chinese: what tables and pages say by themselves."""

from __future__ import annotations

from collections.abc import Mapping

LANGUAGES = ("en", "zh")


def p_words(value: float) -> str:
    """A p-value behind the letter p in a sentence: ``< 0.001`` or ``= 0.043``."""
    return "< 0.001" if value < 0.001 else f"= {value:.3f}"


class Phrases:
    """Phrases by key, each in English and Chinese, with gaps to fill.

    Parameters
    ----------
    words : mapping of str to (str, str)
        The same phrase in both languages.

    Examples
    --------
    >>> phrases = Phrases({"kept": ("{count} units kept.", "保留 {count} 个单元。")})
    >>> phrases.say("zh", "kept", count=31)
    '保留 31 个单元。'
    >>> phrases.name("zh", "rho"), phrases.known("rho")
    ('rho', False)
    """

    def __init__(self, words: Mapping[str, tuple[str, str]]) -> None:
        self._words = dict(words)

    def say(self, lang: str, key: str, **values: object) -> str:
        """A phrase in a language, with its gaps filled."""
        return self._words[key][LANGUAGES.index(lang)].format(**values)

    def known(self, key: str) -> bool:
        """Whether there is a phrase of this name."""
        return key in self._words

    def name(self, lang: str, text: str) -> str:
        """A name that may have a phrase (a test, a null hypothesis); the name itself where it has none."""
        return self.say(lang, text) if self.known(text) else text

    def all(self, lang: str) -> dict[str, str]:
        """Every phrase of a language, with its gaps open."""
        return {key: both[LANGUAGES.index(lang)] for key, both in self._words.items()}
