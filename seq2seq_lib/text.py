"""Text: tokens from sentences, and back; numbers from tokens."""

import logging
import re
import sys
import unicodedata
from collections import Counter
from functools import lru_cache
from typing import NamedTuple

RESERVED = ("<unk>", "<pad>", "<bos>", "<eos>")  # ids 0, 1, 2, 3 of every vocabulary
UNK, PAD, BOS, EOS = range(4)


def check_choice(what, value, choices):
    if value not in choices:
        raise ValueError(f"{what} is {value!r}; take one of {', '.join(map(repr, choices))}")


# --------------------------------------------------------------------- languages

class Language(NamedTuple):
    """What is known of a language: its name, and how its sentences are cut into tokens and joined again."""

    name: str  # for people
    browser: str  # its code for browsers
    token: re.Pattern  # what one token is
    blank: re.Pattern  # the blanks between tokens that are left out when they are joined
    cut: re.Pattern | None  # where a word is cut in two, before anything else


def _language(name, browser, word, blank, cut=None):
    """Return the `Language` whose tokens are numbers, words as described, dots, and any one sign."""
    return Language(name, browser, re.compile(rf"\d+(?:[.,:]\d+)+|{word}|\.\.+|\S"), re.compile(blank),
                    cut and re.compile(cut))


_WORD = r"[^\W_]+(?:-[^\W_]+)*"  # letters and digits, hyphens inside
_LATIN = r"[a-z0-9\u00df-\u00f6\u00f8-\u024f]"
_WIDE = r"[a-z0-9\u00df-\u00f6\u00f8-\u024f\uff10-\uff19\uff41-\uff5a]"  # with those as broad as a Japanese sign
_LETTERS = r"(?:[^\W_][\u0300-\u036f]*)+"  # with the marks that stand above them, as in a Russian за́мок
_MARKED = rf"{_LETTERS}(?:-{_LETTERS})*"
_VOWEL = r"[\dhaeiou\u00e0-\u00fc]"  # what an elided word may stand before
_SIGNS = r" (?=[.,?!:;)»])|(?<=[(«¿¡]) "
_PRONOUN = (  # as-tu -> as -tu, va-t-il -> va -t-il, donne-le-moi -> donne -le -moi
    r"(?<=\w)(?<!-t)(?=-(?:t-)?(?:je|tu|ils?|elles?|on|nous|vous|ce|moi|toi|la|les?|lui|leur|y|en)(?![^\W_]))")
_PRONOME = r"(?<=\w)(?=-(?:me|te|se|lhes?|nos|vos|l?[oa]s?|n[oa]s?)(?![^\W_]))"  # disse-me -> disse -me
_SHORT = r"(?<!\b(?:po|mo|be|fa|va|da|di|to)')(?<!\bsta')"  # cut short, not elided: un po' alla volta

LANGUAGES = {  # what a word is; the blanks that are left out; where a word is cut
    "eng": _language("English", "en", rf"'?{_WORD}", r" (?=[.,?!:;)]|'\w)|(?<=\() "),  # i 'm home .
    "fra": _language("French", "fr", rf"aujourd'hui|-?{_WORD}'?", r" (?=[.,)]|-\w)|(?<=\w') |(?<=\() ", _PRONOUN),
    "zho": _language("Chinese", "zh", rf"{_LATIN}+(?:['-]{_LATIN}+)*", rf"(?<!{_LATIN}) | (?!{_LATIN})"),  # 我 有 mp3
    "deu": _language("German", "de", rf"'?{_MARKED}", r" (?=[.,?!:;)]|'\w)|(?<=\() "),  # wie geht 's ?
    "spa": _language("Spanish", "es", rf"{_LETTERS}(?:['-]{_LETTERS})*", _SIGNS),  # ¿ qué pasa ?
    "ita": _language("Italian", "it", rf"{_MARKED}'?", rf"{_SIGNS}|(?<=\w'){_SHORT} (?={_VOWEL})"),  # l' acqua
    "por": _language("Portuguese", "pt", rf"-?{_MARKED}'?", rf"{_SIGNS}| (?=-\w)|(?<=\w') (?={_VOWEL})", _PRONOME),
    "rus": _language("Russian", "ru", rf"{_LETTERS}(?:['-]{_LETTERS})*", _SIGNS),  # кто-нибудь дома ?
    "jpn": _language("Japanese", "ja", rf"{_WIDE}+(?:['-]{_WIDE}+)*|\S[\u3099\u309a]+", rf"(?<!{_WIDE}) | (?!{_WIDE})"),
}
# Scripts that set no blanks between words: Thai and Lao, Burmese, Khmer, Japanese, Chinese. Cut sign by sign.
_UNSPACED = r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"


def is_code(code):
    """Tell whether something may be the code of a language: three small letters, as in ISO 639-3."""
    return isinstance(code, str) and re.fullmatch("[a-z]{3}", code) is not None


def find_language(code):
    """Return the `Language` of a code of ISO 639-3: its line in `LANGUAGES`, else a default that fits most languages.

    The default cuts at blanks and signs, roughly as Unicode does (UAX 29, word boundaries): combining marks stay with
    their letter, apostrophes and hyphens inside a word, and a script without blanks is cut sign by sign. The log says
    so, once for each code.

    Raises:
        ValueError: no code of three small letters.
    """
    if is_code(code):
        return LANGUAGES[code] if code in LANGUAGES else _default(code)
    meant = [known for known, its in LANGUAGES.items() if str(code).lower() in (its.name.lower(), its.browser)]
    raise ValueError(f"language is {code!r:.40}; take {repr(meant[0]) if meant else 'a code of three small letters'}. "
                     f"Rules of their own have {', '.join(map(repr, LANGUAGES))}; any other code of ISO 639-3, such as "
                     "'hin', is cut at blanks and signs")


@lru_cache
def _default(code):
    logging.getLogger(__name__).warning(
        "There are no rules for the language %r; its sentences are cut into tokens at blanks and signs.", code)
    marks = _marks()
    letters = rf"(?:[^\W_{_UNSPACED}][{marks}]*)+"
    word = rf"{letters}(?:['·:-]{letters})*|\S[{marks}]+"
    blank = rf" (?=[.,?!:;)\]»؟،؛।॥])|(?<=[(\[«¿¡]) |(?<=[{_UNSPACED}{marks}]) (?=[{_UNSPACED}])"
    return _language(code, code, word, blank)


@lru_cache
def _marks():
    """Return what may follow a letter as a part of it: Unicode's marks, and the joiners of Persian or Malayalam."""
    marks = [chr(i) for i in range(0x300, sys.maxunicode + 1) if unicodedata.category(chr(i)).startswith("M")]
    return "".join(marks) + "\u200c\u200d"


# ------------------------------------------------------------------------ tokens

_SAME = str.maketrans({**dict.fromkeys("’‘ʼ´`", "'"), **dict.fromkeys("“”„", '"'), "‐": "-", "‑": "-", "…": "...",
                       **dict.fromkeys("\u200b\ufeff\u00ad", "")})


def normalize(text):
    """Bring spellings that mean the same to one: lower case, plain spaces, straight quotes and apostrophes."""
    text = unicodedata.normalize("NFC", text.translate(_SAME).lower())
    if "i\u0307" in text:  # Python makes it of the Turkish İ
        text = unicodedata.normalize("NFC", re.sub("i\u0307+", "i", text))
    return " ".join(text.split())  # split() knows the non-breaking and the narrow space too


def tokenize(text, language):
    """Cut a sentence into lower-case tokens: words, numbers and single punctuation marks.

    French and Italian are cut after an apostrophe (`j'` `ai`), English and German before it (`i` `'m`), French and
    Portuguese before a pronoun behind a hyphen (`as` `-tu`), Chinese and Japanese between all characters, Latin words
    apart. Cutting the joined tokens again changes nothing.

    Args:
        text: one sentence.
        language: its code, `"eng"`, `"fra"`, `"zho"`, ...; see `find_language` for those that have no rules.

    Returns:
        A list of strings; empty for an empty text.

    Raises:
        ValueError: `language` is no code of a language.
    """
    rules = find_language(language)
    text = normalize(text)
    if rules.cut:
        text = rules.cut.sub(" ", text)
    return rules.token.findall(text)


def detokenize(tokens, language):
    """Join tokens to readable text: spacing as the language has it, a capital at the start.

    `tokenize` cuts the text into the same tokens again; where the usual spacing would not allow that, blanks stay. What
    `tokenize` threw away stays lost: names, and nouns in German, keep their small first letter.

    Args:
        tokens: a list of tokens, or a string of tokens parted by spaces.
        language: its code, as for `tokenize`.

    Returns:
        One string.

    Raises:
        ValueError: `language` is no code of a language.
    """
    spaced = tokens if isinstance(tokens, str) else " ".join(tokens)
    text = find_language(language).blank.sub("", spaced)
    if language == "eng":
        text = re.sub(r"\bi\b", "I", text)
    wanted = tokenize(spaced, language)
    for joined in (_capital(text), text, _capital(spaced)):
        if tokenize(joined, language) == wanted:
            return joined
    return spaced


def _capital(text):
    start = 1 + (text[:1] in tuple("¿¡"))
    return text[: start - 1] + text[start - 1 : start].title() + text[start:]


class Vocab:
    """A numbered list of the tokens a model knows, and the way there and back.

    The ids 0 to 3 are `<unk>`, `<pad>`, `<bos>` and `<eos>`; the others follow by frequency, then alphabet.
    `vocab[token]` is an id, `vocab[list]` a list of ids; a token not in it gets the id of `<unk>`.

    Args:
        token_lists: an iterable of lists of tokens.
        min_freq: tokens seen less often are left out.
        language: the code of the language that they are of, see `tokenize`. Whoever gets the vocabulary needs not be
            told then: `predict`, a checkpoint, a widget.

    Raises:
        ValueError: `language` is no code of a language.
        TypeError: a sentence is a string: tokenize it first.
    """

    def __init__(self, token_lists, min_freq=1, language=None):
        if language is not None:
            find_language(language)
        self.language = language
        counts = Counter()
        for tokens in token_lists:
            if isinstance(tokens, str):
                raise TypeError(f"token_lists holds the string {tokens[:30]!r}; tokenize it first")
            counts.update(tokens)
        known = [token for token, n in counts.items() if n >= min_freq and token not in RESERVED]
        self._number([*RESERVED, *sorted(known, key=lambda token: (-counts[token], token))])

    @classmethod
    def from_tokens(cls, tokens, language=None):
        """Make a vocabulary whose ids are the places in the list `tokens`, `<unk> <pad> <bos> <eos>` first."""
        if tuple(tokens[:4]) != RESERVED or len(set(tokens)) != len(tokens):
            raise ValueError(f"a vocabulary begins with {' '.join(RESERVED)} and holds each token once")
        vocab = cls([], language=language)
        vocab._number(list(tokens))
        return vocab

    def _number(self, tokens):
        self.tokens = tokens
        self._ids = {token: i for i, token in enumerate(tokens)}

    def __len__(self):
        return len(self.tokens)

    def __contains__(self, token):
        return token in self._ids

    def __getitem__(self, tokens):
        if isinstance(tokens, str):
            return self._ids.get(tokens, UNK)
        return [self[token] for token in tokens]

    def to_tokens(self, ids):
        """Return the token of an id, or the list of tokens of a list (or tensor) of ids.

        Raises:
            IndexError: an id that the vocabulary does not have.
        """
        if hasattr(ids, "tolist"):
            ids = ids.tolist()
        if isinstance(ids, (list, tuple)):
            return [self.to_tokens(i) for i in ids]
        if not 0 <= ids < len(self):
            raise IndexError(f"id {ids} is not in the vocabulary: its ids go from 0 to {len(self) - 1}")
        return self.tokens[ids]

    def __repr__(self):
        return f"Vocab of {len(self)} tokens: {' '.join(self.tokens[:8])} ..."
