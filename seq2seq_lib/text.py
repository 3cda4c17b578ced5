"""Text: tokens from sentences, and back; numbers from tokens."""

import re
import unicodedata
from collections import Counter

LANGUAGES = ("eng", "fra", "zho")
RESERVED = ("<unk>", "<pad>", "<bos>", "<eos>")  # ids 0, 1, 2, 3 of every vocabulary
UNK, PAD, BOS, EOS = range(4)


def check_choice(what, value, choices):
    if value not in choices:
        raise ValueError(f"{what} is {value!r}; take one of {', '.join(map(repr, choices))}")


# A number, a word (letters and digits, hyphens inside), dots, or any one sign. Each language adds where it cuts a word.
_WORD = r"[^\W_]+(?:-[^\W_]+)*"
_LATIN = r"[a-z0-9\u00df-\u00f6\u00f8-\u024f]"
_TOKEN = {
    "eng": re.compile(rf"\d+(?:[.,:]\d+)+|'?{_WORD}|\.\.+|\S"),                    # i 'm home .
    "fra": re.compile(rf"\d+(?:[.,:]\d+)+|aujourd'hui|-?{_WORD}'?|\.\.+|\S"),      # j' ai perdu .
    "zho": re.compile(rf"\d+(?:[.,:]\d+)+|{_LATIN}+(?:['-]{_LATIN}+)*|\.\.+|\S"),  # 我 有 iphone 。
}
_BEFORE_PRONOUN = re.compile(  # as-tu -> as -tu, va-t-il -> va -t-il, donne-le-moi -> donne -le -moi
    r"(?<=\w)(?<!-t)(?=-(?:t-)?(?:je|tu|ils?|elles?|on|nous|vous|ce|moi|toi|la|les?|lui|leur|y|en)(?![^\W_]))")
_SAME = str.maketrans({**dict.fromkeys("’‘ʼ´`", "'"), **dict.fromkeys("“”„", '"'), "‐": "-", "‑": "-", "…": "...",
                       **dict.fromkeys("\u200b\ufeff\u00ad", "")})


def normalize(text):
    """Bring spellings that mean the same to one: lower case, plain spaces, straight quotes and apostrophes."""
    text = unicodedata.normalize("NFC", text.translate(_SAME).lower())
    return " ".join(text.split())  # split() knows the non-breaking and the narrow space too


def tokenize(text, language):
    """Cut a sentence into lower-case tokens: words, numbers and single punctuation marks.

    French is cut after an apostrophe (`j'` `ai`) and before a pronoun behind a hyphen (`as` `-tu`), English before an
    apostrophe (`i` `'m`), Chinese between all characters. Cutting the joined tokens again changes nothing.

    Args:
        text: one sentence.
        language: `"eng"`, `"fra"` or `"zho"`.

    Returns:
        A list of strings; empty for an empty text.

    Raises:
        ValueError: an unknown language.
    """
    check_choice("language", language, LANGUAGES)
    text = normalize(text)
    if language == "fra":
        text = _BEFORE_PRONOUN.sub(" ", text)
    return _TOKEN[language].findall(text)


def detokenize(tokens, language):
    """Join tokens to readable text: spacing as the language has it, a capital at the start.

    What `tokenize` threw away stays lost: names keep their small first letter.

    Args:
        tokens: a list of tokens, or a string of tokens parted by spaces.
        language: `"eng"`, `"fra"` or `"zho"`.

    Returns:
        One string.
    """
    check_choice("language", language, LANGUAGES)
    text = tokens if isinstance(tokens, str) else " ".join(tokens)
    if language == "zho":
        text = re.sub(rf"(?<!{_LATIN}) | (?!{_LATIN})", "", text)
    elif language == "eng":
        text = re.sub(r" (?=[.,?!:;)]|'\w)|(?<=\() ", "", text)
        text = re.sub(r"\bi\b", "I", text)
    else:
        text = re.sub(r" (?=[.,)]|-\w)|(?<=\w') |(?<=\() ", "", text)
    return text[:1].upper() + text[1:]


class Vocab:
    """A numbered list of the tokens a model knows, and the way there and back.

    The ids 0 to 3 are `<unk>`, `<pad>`, `<bos>` and `<eos>`; the others follow by frequency, then alphabet.
    `vocab[token]` is an id, `vocab[list]` a list of ids; a token not in it gets the id of `<unk>`.

    Args:
        token_lists: an iterable of lists of tokens.
        min_freq: tokens seen less often are left out.
    """

    def __init__(self, token_lists, min_freq=1):
        counts = Counter()
        for tokens in token_lists:
            if isinstance(tokens, str):
                raise TypeError(f"token_lists holds the string {tokens[:30]!r}; tokenize it first")
            counts.update(tokens)
        known = [token for token, n in counts.items() if n >= min_freq and token not in RESERVED]
        self._number([*RESERVED, *sorted(known, key=lambda token: (-counts[token], token))])

    @classmethod
    def from_tokens(cls, tokens):
        """Make a vocabulary whose ids are the places in the list `tokens`, `<unk> <pad> <bos> <eos>` first."""
        if tuple(tokens[:4]) != RESERVED or len(set(tokens)) != len(tokens):
            raise ValueError(f"a vocabulary begins with {' '.join(RESERVED)} and holds each token once")
        vocab = cls([])
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
