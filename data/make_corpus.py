"""Makes eng-fra.tsv and eng-zho.tsv from frames.tsv, hand_written.tsv, patterns.txt and the tables in lexicon/.

    python make_corpus.py                     write both files
    python make_corpus.py --sample 60         print pairs drawn at random, side by side (--seed 7)
    python make_corpus.py --pattern NAME      print fillings of the patterns whose name begins so
    python make_corpus.py --statistics        print the numbers of README.md

The same files come out on every run, every machine and every version of Python. How patterns are written is
told at the top of patterns.txt; this file reads them, fills their slots with words that go together, and renders
the three languages (morphology.py knows the word forms).
"""
import argparse
import hashlib
import random
import re
from bisect import bisect
from collections import Counter
from itertools import accumulate
from pathlib import Path

import morphology as m

from seq2seq_lib.corpus import groups_of, kind_of, part_of
from seq2seq_lib.text import tokenize

HERE = Path(__file__).parent
PATTERN_SENTENCES = 4_800       # distinct English sentences made from patterns
SHARES = {"written alone": 0.12, "frame": 0.08, "seen pattern": 0.08, "new combination": 1.0}   # held out, half for the test
ANSWERS = 1                     # translations of a source that training takes, the first ones ...
LEFT_OPEN = re.compile(r"\b[Ee]lles\b|她们")     # ... and the others that differ by what English leaves open (*they*)
HELD_OUT = 0.04                 # share of a pattern's words that are kept out of its training sentences
CHOICES = 48                    # candidates looked at for each sentence; the one with the rarest words is taken
TABLES = ("people", "nouns", "verbs", "adjectives", "places", "phrases")
CONTENT = ("nouns", "verbs", "adjectives", "places")


# --- the lexicon -----------------------------------------------------------------------------

class Word:
    """One row of the lexicon in a slot: with a number and, for `you`, one of its French readings."""

    def __init__(self, row, plural=False, reading=0):
        self.row, self.number, self.reading = row, plural, reading
        self.table = row["table"]
        self.person = int(self.of("person").split("|")[reading % len(self.of("person").split("|"))]) \
            if self.of("person") else (6 if plural else 3)
        self.feminine = self.cell("gender") == "f"
        self.plural = plural or (self.person in (4, 6) if self.table == "people" else self.mass == "plural")
        if self.plural and self.person == 3:
            self.person = 6

    def of(self, column):
        return self.row.get(column, "")

    def cell(self, column):
        """The cell's reading: `tu|vous` has two."""
        cells = self.of(column).split("|")
        return cells[self.reading % len(cells)]

    @property
    def mass(self):
        """`mass` for bread and water, `plural` for trousers, else empty."""
        return {"-": "mass", "+": "plural"}.get(self.of("plural"), "")

    @property
    def is_pronoun(self):
        return "pronoun" in self.of("classes").split()

    def readings(self):
        return [Word(self.row, self.number, i) for i in range(len(self.of("french").split("|")))] \
            if self.table == "people" else [self]


def load_lexicon():
    """All rows of all tables; each row gets its table's name, and its class names as a set."""
    rows = []
    for table in TABLES:
        for row in m.read_table(table):
            row["table"], row["tags"] = table, set(row["classes"].split())
            row["weight"] = float(row.get("weight") or 1)
            rows.append(row)
            if "aspirated" in row["tags"]:
                m.ASPIRATED.update({row["french"], m.french_plural(row["french"])})
    return rows


# --- the patterns ----------------------------------------------------------------------------

class Pattern:
    """A name, slots and three templates (each a list of variants), as read from patterns.txt."""

    def __init__(self, block):
        head, *lines = block.split("\n")
        self.name, *slots = head.split()
        self.weight = None
        self.slots, self.known = {}, {}
        for slot in slots:
            name, _, spec = slot.partition("=")
            if name == "weight":
                self.weight = float(spec)
            else:
                self.slots[name] = spec
        self.templates = {"eng": [], "fra": [], "zho": []}
        for line in lines:
            language, _, template = line.partition(": ")
            self.templates[{"en": "eng", "fr": "fra", "zh": "zho"}[language]] += template.split(" | ")
        # People speak in short sentences, and nouns are many: patterns of few words, or with a noun, are used more.
        self.weight = (self.weight or 1) * (6 / len(self.templates["eng"][0].split())) ** 1.3 \
            * (2.1 if "N" in self.slots else 1)

    def candidates(self, name, lexicon, words):
        """The rows that may fill a slot, given the words already chosen."""
        spec = self.slots[name].rstrip("+#")
        head = spec.partition("/")[0]
        key = name, id(words[head].row) if head in words else None
        if key not in self.known:
            self.known[key] = self.find(spec, lexicon, words)
            if not self.known[key] and head not in words:
                raise ValueError(f"patterns.txt: pattern {self.name}: no word fits the slot {name}={spec}")
        return self.known[key]

    def find(self, spec, lexicon, words):
        head, _, uses = spec.partition("/")
        if head in words and words[head].table == "verbs":      # N=V: an object of that verb
            return [r for r in lexicon["nouns"] if fits(r, words[head].row["objects"].split())]
        if head in words:                                       # A=N: an adjective for that noun
            return [r for r in lexicon["adjectives"] if fits(words[head].row, r["fits"].split()) and usable(r, uses)]
        choices = [choice.partition("/")[::2] for choice in spec.split(",")]
        return [r for r in lexicon["all"] if any(fits(r, [tag]) and usable(r, uses) for tag, uses in choices)]

    def fill(self, lexicon, rng):
        """A random filling {slot: Word}, or None when the draw does not work out."""
        words = {}
        for name, spec in self.slots.items():
            rows = self.candidates(name, lexicon, words)
            if not rows:
                return None
            row = draw(rows, rng)
            if not all(goes_with(row, w.row) for w in words.values()):
                return None
            verb = words.get(spec.rstrip("+#"))
            plural = spec.endswith("+") and "massy" not in row["tags"] \
                or spec.endswith("#") and "lone" not in row["tags"] and rng.random() < 0.4 \
                or verb is not None and "*" in verb.row.get("uses", "") or "many" in row["tags"]
            words[name] = Word(row, plural and row.get("plural") not in ("-", "+"))
        return words

    def content_slot(self, lexicon):
        """The slot whose words are held out: of the slots with nouns, verbs, ..., the one with most words."""
        sizes = {}
        for name, spec in self.slots.items():
            if spec.rstrip("+#").partition("/")[0] not in self.slots:
                rows = self.candidates(name, lexicon, {})
                if rows[0]["table"] in CONTENT and len(rows) >= 8:
                    sizes[name] = len(rows)
        return max(sizes, key=sizes.get, default=None)

    def is_held_out(self, words, slot):
        """Whether this filling uses a word that training never sees in this pattern."""
        return slot is not None and fraction(f"{self.name} {words[slot].row['english']}") < HELD_OUT


def fits(row, classes):
    """Whether a row has one of the classes; `=soup` names one word, `-soup` shuts one out."""
    word = row["english"].replace(" ", "_")
    return f"-{word}" not in classes and (f"={word}" in classes and row["table"] == "nouns" or any(c in row["tags"] for c in classes))


def usable(row, uses):
    """Whether a verb has all these letters in its column `uses`; for adjectives they are told in patterns.txt."""
    if row["table"] == "adjectives":
        has = {letter: name in row["tags"] for letter, name in ADJECTIVE_TAGS.items()}
        has |= {"a": "noatt" not in row["tags"], "p": "nopred" not in row["tags"], "q": "unasked" not in row["tags"],
                "c": bool(row["comparative"]), "n": not row["comparative"], "z": row["position"] == "after",
                "w": row["position"] == "before" or len(row["french"]) > 6}
        return all(has[letter] for letter in uses)
    return set(uses) <= set(row.get("uses", ""))


ADJECTIVE_TAGS = {"t": "toomuch", "k": "hue", "y": "positive", "g": "grow", "j": "proffit", "s": "species", "e": "seasonal",
                  "l": "mighty", "m": "tiny_", "h": "having", "v": "telling", "f": "foody", "r": "worn"}
QUALITIES = {"looks", "size", "quality", "cost", "clean", "temp", "wet", "speed", "sound_", "effort", "weight", "era"}
TOGETHER_NEVER = [{"child", "adults"}, {"adult", "schoolwork"}, {"wild", "tame"}, {"exotic", "native"},
                  {"chance", "kin"}, {"onstage", "stage"}, {"away", "us"}]


def goes_with(row, other):
    """Whether two words may stand in one sentence: not the same word twice, not I and we, not breakfast in the evening."""
    one, two = row["english"], other["english"]
    tags = row["tags"] | other["tags"]
    people = [r for r in (row, other) if r["tags"] & {"one", "person"} or r.get("person") == "1"]
    genders, numbers = {r["gender"] for r in people}, {r.get("person") or "3" for r in people}
    return not (one == two or one.endswith(" " + two) or two.endswith(" " + one)
                or row.get("french", "-") == other.get("french")
                or {row.get("person"), other.get("person")} <= {"1", "4"}
                or len(tags & {"am", "noon", "pm"}) > 1 or len(tags & {"t_hot", "t_cool", "t_cold"}) > 1
                or any(pair <= tags for pair in TOGETHER_NEVER)
                or row["table"] == other["table"] == "adjectives" and row["tags"] & other["tags"] & QUALITIES
                or "alone" in tags and {row.get("person"), other.get("person")} & {"4", "6"}
                or "together" in tags and (numbers & {"1", "3"} or "thou" in tags)
                or "ladies" in tags and "m" in genders or "men" in tags and "f" in genders)


def load_patterns():
    text = (HERE / "patterns.txt").read_text(encoding="utf-8")
    lines = [line.rstrip() for line in text.split("\n") if not line.startswith("#")]
    blocks = re.split(r"\n\n+", "\n".join(lines).strip())
    return [Pattern(block) for block in blocks]


def draw(rows, rng):
    """A row at random, by weight. Of the generator only `random()` is used: its numbers alone are promised to stay."""
    bounds = list(accumulate(r["weight"] for r in rows))
    return rows[bisect(bounds, rng.random() * bounds[-1], 0, len(rows) - 1)]


def add_up(numbers):
    """The sum of floats, added one after the other: since Python 3.12 `sum` rounds in another way, and which of two
    fillings has the lower score can hang on the last digit."""
    return list(accumulate(numbers, initial=0.0))[-1]


def fraction(text):
    """A number in [0, 1) that depends on the text alone."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:6], "big") / 2**48


# --- rendering: what stands in braces {..} and in brackets [..] ----------------------------------

def render(template, language, words):
    def one(match):
        inside = match[0][1:-1]
        if match[0][0] == "[":
            return {"eng": english_phrase, "fra": french_phrase, "zho": chinese_phrase}[language](inside, words)
        name, *features = inside.split(".")
        who = words.get("S", HE)
        if ":" in inside:
            inside, _, owner = inside.rpartition(":")
            name, *features = inside.split(".")
            who = words.get(owner, HE)
        word = words.get(name) or Word({"table": "verbs", "english": name.replace("_", " "),
                                        "french": name.replace("_", " ")})
        return {"eng": english_form, "fra": french_form, "zho": chinese_form}[language](word, features, who, words)

    return re.sub(r"\{[^}]*\}|\[[^\]]*\]", one, template)


HE = Word({"table": "people", "english": "he", "french": "il", "chinese": "他", "person": "3", "gender": "m",
           "classes": "pronoun"})


def links(features, words):
    """Features with a value, `obj=O` -> {"obj": the word in slot O}, and the plain ones."""
    pairs = dict(f.split("=") for f in features if "=" in f)
    return {key: words[slot] for key, slot in pairs.items()}, [f for f in features if "=" not in f]


# English

PRONOUNS = {  # person, feminine: subject, object, possessive, reflexive
    (1, 0): "I me my myself", (2, 0): "you you your yourself", (3, 0): "he him his himself",
    (3, 1): "she her her herself", (4, 0): "we us our ourselves", (5, 0): "you you your yourself",
    (6, 0): "they them their themselves", "thing": "it it its itself"}
BE = {1: "'m", 3: "'s"}
PARTICLES = {"up", "off", "on", "away", "down", "back", "out"}


def english_pronoun(word, kind):
    """kind 0 to 3: he, him, his, himself."""
    human = word.table == "people" or "person" in word.row["tags"]
    key = (word.person, int(word.feminine and word.person == 3)) if human or word.plural else "thing"
    if word.table != "people" and word.plural:
        key = (6, 0)
    return PRONOUNS[key if key in PRONOUNS else (word.person, 0)].split()[kind]


def english_noun(word):
    plural = word.of("plural")
    if word.plural and plural not in ("-", "+"):
        return plural or m.english_plural(word.of("english"))
    return word.of("english")


def english_form(word, features, who, words):
    linked, features = links(features, words)
    feature = features[0] if features else ""
    english = word.of("english")
    if word.table == "people":
        short = word.is_pronoun
        if feature in ("obj", "refl", "he"):
            if feature == "obj" and not short:
                return english
            return english_pronoun(word, {"he": 0, "obj": 1, "refl": 3}[feature])
        if feature == "whose":                                  # my, Tom's
            feature = "poss" if short else "gen"
        if feature == "poss":
            return english_pronoun(word, 2)
        if feature == "gen":
            return english + ("'" if english.endswith("s") else "'s")
        if feature == "is":
            return english + BE.get(word.person, "'re") if short else english + (" is" if word.person == 3 else " are")
        if feature == "isnt":
            return english + ("'m not" if word.person == 1 else " isn't" if word.person == 3 else " aren't")
        if feature == "has":
            return english + (("'s" if word.person == 3 else "'ve") if short else
                              (" has" if word.person == 3 else " have"))
        if feature in ("will", "would"):
            return english + ({"will": "'ll", "would": "'d"}[feature] if short else " " + feature)
        return english
    if word.table == "nouns":
        if feature in ("it", "them", "its"):
            return english_pronoun(word, ["it", "them", "its"].index(feature))
        if feature == "this":
            return "these" if word.plural else "this"
        return english_noun(word)
    if word.table == "adjectives":
        if feature in ("er", "est"):
            given = word.of("comparative")
            if given == "more":
                return ("more " if feature == "er" else "most ") + english
            short = given.split("/")[0] if given else re.sub(r"(?<![aeiou])y$", "i", english).removesuffix("e") + "er"
            return short if feature == "er" else (given.split("/")[1] if "/" in given else short[:-1] + "st")
        return english
    if word.table == "places":
        return word.of(feature or "at")
    if word.table == "phrases":
        return english
    target = linked.get("obj") or linked.get("it")
    verb = english
    if feature == "rest":
        return english.partition(" ")[2]
    if feature == "s":
        verb = m.english_present(english, who.person)
    elif feature == "past":
        verb = m.english_past(english, who.person)
    elif feature:
        verb = m.english_verb(english, feature)
    if "not" in features:
        verb = "am not" if verb == "am" else verb + "n't"
    verb = verb.replace("one's", "their" if who is HE else english_pronoun(who, 2))
    verb = verb.replace("oneself", "themselves" if who is HE else english_pronoun(who, 3))
    if target is None:
        return verb
    pronoun = english_pronoun(target, 1) if "it" in linked or target.is_pronoun else ""
    if "…" in verb:
        return verb.replace("…", pronoun or target.of("english"))
    head, _, last = verb.rpartition(" ")
    if pronoun and head and last in PARTICLES:
        return f"{head} {pronoun} {last}"
    return f"{verb} {pronoun or target.of('english')}"


def english_phrase(inside, words):
    parts = inside.split()
    head = next(words[p] for p in reversed(parts) if p in words and words[p].table == "nouns")
    several = head.plural or head.mass
    out = []
    for part in parts:
        if part in words:
            out.append(english_noun(words[part]) if words[part] is head else words[part].of("english"))
        elif "." in part:
            name, *features = part.split(".")
            out.append(english_form(words[name], features, words.get("S"), words))
        elif part in ("a", "an"):               # `a` becomes `some` in the plural, `an` nothing
            out.append("a" if not several else "some" if part == "a" else "")
        elif part in ("this", "that"):
            out.append({"this": "these", "that": "those"}[part] if head.plural else part)
        else:
            out.append(part)
    out = [word for word in out if word]
    return " ".join(m.english_article(after) if word == "a" else word for word, after in zip(out, out[1:] + [""]))


# French

OWN = {1: "mon ma mes", 2: "ton ta tes", 3: "son sa ses", 4: "notre notre nos", 5: "votre votre vos",
       6: "leur leur leurs"}
STRONG = {1: "moi", 2: "toi", 4: "nous", 5: "vous"}
NEGATIONS = {"ne", "pas", "plus", "jamais", "rien", "personne", "pas_encore"}
ADVERBS = {"déjà", "toujours", "souvent", "encore", "très_bien", "trop_vite", "mieux", "beaucoup", "très", "aussi"}


def french_noun(word):
    return (word.of("french_plural") or m.french_plural(word.of("french"))) \
        if word.plural and word.mass != "plural" else word.of("french")


def french_adjective(word, who):
    masculine, feminine = word.of("french"), word.of("feminine")
    if masculine == word.of("french_plural"):                   # marron, en retard
        return masculine
    if who.feminine:
        return feminine + ("s" if who.plural else "")
    return (word.of("french_plural") or m.french_plural(masculine)) if who.plural else masculine


def french_pronoun(who):
    return {1: "je", 2: "tu", 4: "nous", 5: "vous"}.get(
        who.person, ("elle" if who.feminine else "il") + ("s" if who.person == 6 else ""))


def clitic_for(verb, target, thing):
    """The pronoun that stands for `target` before a verb, and whether it is a direct object."""
    if target.person in (1, 2, 4, 5):
        return ["me", "te", "", "nous", "vous"][target.person - 1], not verb.endswith(" à")
    if verb.endswith(" à"):
        return ("y" if thing else "leur" if target.plural else "lui"), False
    if verb.endswith(" de"):
        return "en", False
    return ("les" if target.plural else "la" if target.feminine else "le"), True


def french_form(word, features, who, words):
    linked, features = links(features, words)
    feature = features[0] if features else ""
    if word.table == "people":
        if feature == "moi":
            if not word.is_pronoun:
                return mark(word.cell("french"))
            return STRONG.get(word.person) or {"il": "lui", "ils": "eux"}.get(french_pronoun(word), french_pronoun(word))
        if feature == "contrast":                               # mais lui, il en a; mais Tom en a
            return f"{french_form(word, ['moi'], who, words)}, {french_pronoun(word)}" if word.is_pronoun \
                else mark(word.cell("french"))
        if feature == "à":
            return "" if word.is_pronoun else "à " + mark(word.cell("french"))
        if feature == "le":
            return "les" if word.plural else "la" if word.feminine else "le"
        if feature == "mon":
            return OWN[word.person].split()[0]
        if feature == "te":
            return m.REFLEXIVE[word.person - 1]
        return french_pronoun(word) if feature == "il" else mark(word.cell("french"))
    if word.table == "nouns":
        if feature == "le":
            return "les" if word.plural else "la" if word.feminine else "le"
        if feature == "cest":
            return "ce sont" if word.plural else "c'est"
        if feature == "celui":
            return ["celui-là", "celle-là", "ceux-là", "celles-là"][2 * word.plural + word.feminine]
        return french_pronoun(word) if feature == "il" else french_noun(word)
    if word.table == "adjectives":
        form = french_adjective(word, who)
        if feature == "plus" and word.of("french") == "bon marché":
            return "moins cher" if not who.feminine else "moins chère"
        if feature == "plus" and word.of("french") == "bon":
            return form.replace("bon", "meilleur").replace("nn", "")
        return f"plus {form}" if feature == "plus" else form
    if word.table == "places":
        return word.of("french at" if feature == "at" else "french to")
    if word.table == "phrases":
        return word.of("french").removeprefix("pendant ") if feature == "bare" else word.of("french")
    negation = next((f.replace("_", " ") for f in features if f in NEGATIONS), "")
    adverbs = [f.replace("_", " ") for f in features if f in ADVERBS] + [words[f].of("french") for f in features if f in words]
    clitics = [f for f in features if f in m.CLITIC_ORDER]
    phrase, direct, after = word.of("french"), None, ""
    target = linked.get("obj") or linked.get("it")
    direct = linked.get("agr", direct)
    if "pro" in linked:                                         # a pronoun goes before the verb, a name elsewhere
        clitics += [clitic_for(phrase, linked["pro"], False)[0]] if linked["pro"].is_pronoun else []
        direct = linked["pro"] if linked["pro"].is_pronoun and not phrase.endswith((" à", " de")) else direct
        phrase = phrase.removesuffix(" à").removesuffix(" de")
    if target is not None:
        human = "it" not in linked or "person" in target.row["tags"]
        if target.is_pronoun and human and phrase.endswith(" de"):      # elle se souvient de lui, not: elle s'en souvient
            after = french_form(target, ["moi"], who, words)
        elif "it" in linked or target.is_pronoun:
            clitic, is_direct = clitic_for(phrase, target, "it" in linked and "person" not in target.row["tags"])
            clitics.append(clitic)
            direct = target if is_direct else None
            phrase = phrase.removesuffix(" à").removesuffix(" de")
        else:
            after = mark(target.cell("french"))
    if who:
        for placeholder, form in zip(("SON ", "SA ", "SES "), OWN[who.person].split()):
            phrase = phrase.replace(placeholder, form + " ")
    if {"de"} & set(features) or negation:
        phrase = no_article(phrase)
    if feature == "part":
        return m.agree(m.participle(phrase.split()[0]), who.feminine, who.plural)
    text = m.french_verb(phrase, who, (feature or "inf").replace("_", " "), negation, " ".join(adverbs), clitics, direct, "inv" in features)
    return f"{text} {after}".strip()


def no_article(phrase):
    """Under negation, `faire du sport` becomes `(ne pas) faire de sport`; `jouer du piano` stays."""
    return phrase if phrase.startswith("jouer ") else re.sub(r"^((se )?\S+) (du|de la|des|un|une) ", r"\1 de ",
                                                             phrase.replace(" de l'", " de "))


def mark(phrase):
    """A leading article is marked, so that `de le professeur` contracts and `de le voir` does not."""
    return re.sub(r"^(le|les) ", r"^\1 ", phrase)


def french_phrase(inside, words):
    parts = inside.split()
    head = next(words[p] for p in reversed(parts) if p in words and words[p].table == "nouns")
    noun, column = french_noun(head), 2 if head.plural else 1 if head.feminine else 0
    before, after, determiner = [], [], ""
    for part in parts:
        if part in words and words[part].table == "adjectives":
            (before if words[part].of("position") == "before" else after).append(words[part])
        elif part not in words:
            determiner = part
        elif words[part].table == "phrases":
            determiner = words[part].of("french")
    following = noun
    front = [french_adjective(a, head) for a in before]
    if front:
        following = front[0]
        if not head.plural and not head.feminine and m.starts_with_vowel(noun):
            front[-1] = before[-1].of("liaison") or front[-1]
            following = front[0]
    vowel = m.starts_with_vowel(following)
    if determiner.endswith(".poss"):
        owned = OWN[words[determiner[:-5]].person].split()
        article = owned[0] if column == 1 and vowel else owned[column]
    elif determiner == "le":
        article = ["^le", "la", "^les"][column]
    elif determiner in ("un", "du"):
        partitive = determiner == "du" or head.mass == "mass"
        article = (["de ^le", "de la"] if partitive else ["un", "une"])[column] if column < 2 \
            else "de" if front else "des"
    elif determiner == "ce":
        article = "cet" if column == 0 and vowel else ["ce", "cette", "ces"][column]
    elif determiner == "besoin":
        article = "de" if head.mass or head.plural else ["d'un", "d'une"][column]
    elif determiner == "quel":
        article = ["quel", "quelle", "quels" if not head.feminine else "quelles"][column]
    elif determiner == "tout":
        article = ["tout ^le", "toute la", "tous ^les" if not head.feminine else "toutes ^les"][column]
    elif determiner == "aucun":
        article = ["aucun", "aucune", "aucun"][column]
    else:
        article = determiner
    return " ".join(w for w in [article, *front, noun, *(french_adjective(a, head) for a in after)] if w)


# Chinese

TA = {1: "我", 2: "你", 3: "他", 4: "我们", 5: "你", 6: "他们"}
COUNTING = {"一", "两", "三", "四", "五", "每", "几", "哪", "那", "这", "十", "另一", "第一"}


def chinese_pronoun(word):
    if word.table == "people":
        return "她" if word.person == 3 and word.feminine else "她们" if word.person == 6 and word.feminine \
            else TA[word.person]
    if "person" in word.row["tags"]:
        return ("她" if word.feminine else "他") + ("们" if word.plural else "")
    return "它们" if word.plural and not word.mass else "它"


def chinese_form(word, features, who, words):
    linked, features = links(features, words)
    feature = features[0] if features else ""
    chinese = word.of("chinese")
    if feature == "measure":
        return word.of("measure")
    if word.table in ("people", "nouns"):
        return chinese_pronoun(word) if feature == "ta" else word.cell("chinese")
    if word.table == "adjectives":
        if feature == "pred":
            return word.of("predicate") or "很" + chinese
        said = word.of("predicate") or "很" + chinese
        if feature == "notpred":                                # 不累, but 没准备好, 没有空
            return word.of("negated") or ("没" + chinese if said[-1] in "了着" else "没" + said if said[0] == "有"
                    else "不" + (said if said[0] == "是" else chinese))
        return said.removeprefix("很") if feature == "q" else chinese
    if word.table == "places":
        at = word.of("chinese at")
        return at.removeprefix("在") if feature == "loc" else at if feature == "at" else word.of("chinese to")
    if word.table == "phrases":
        return chinese.removeprefix("在") if feature == "loc" else chinese
    if feature == "le" and "dur" in linked:                      # 游了一个小时泳
        time = "了" + linked["dur"].of("chinese")
        return chinese.replace("/", time) if "/" in chinese else chinese + time
    if feature == "de":                                          # 游泳游得
        return chinese.replace("/", "") + chinese.partition("/")[0] + "得"
    if feature == "guo" and word.of("guo"):
        chinese = word.of("guo")
    elif feature in ("le", "guo", "zhe"):
        mark_ = {"le": "了", "guo": "过", "zhe": "着"}[feature]
        chinese = word.of("done") if feature == "le" and word.of("done") else \
            chinese.replace("/", mark_) if "/" in chinese else chinese + mark_
    elif feature == "ba":
        chinese = word.of("ba")
    elif feature == "bado":                                      # as an order: 请把门关上, but 请把盘子洗一下
        chinese = word.of("ba") + ("" if word.of("ba")[-1] in "开上掉好来走去满正净" else "一下")
    elif feature == "go" and "A" in word.of("uses"):
        chinese = "去" + chinese
    chinese = chinese.replace("/", "")
    target = linked.get("obj") or linked.get("it")
    if target is None:
        return chinese
    name = chinese_pronoun(target) if "it" in linked or target.is_pronoun else target.cell("chinese")
    return chinese.replace("…", name) if "…" in chinese else chinese + name


def attribute(word, head):
    """The adjective before a noun, with 的 where it takes one: 黑狗, but 黑色的汽车."""
    if "hue" in word.row["tags"] and len(head.of("chinese")) > 1 and len(word.of("attribute")) == 1:
        return word.of("attribute") + "色的"
    return word.of("attribute") or word.of("chinese") + "的"


def chinese_phrase(inside, words):
    parts = inside.split()
    head = next(words[p] for p in reversed(parts) if p in words and words[p].table == "nouns")
    measure = head.of("measure")
    if measure == "朵" and any("grow" in w.row["tags"] for w in words.values() if w.table == "verbs"):
        measure = "棵"                                          # 摘一朵玫瑰, but 种一棵玫瑰
    adjectives = [attribute(words[p], head) for p in parts if p in words and words[p].table == "adjectives"]
    several = head.plural and head.mass != "plural" or head.mass == "mass"
    out = []
    for part in parts:
        if part in words and words[part].table == "phrases":
            out.append(words[part].of("chinese") + measure)
        if part in words or not part:
            continue
        if part == "the":
            part = "那" if adjectives or head.of("the") == "那" else ""
        if part.endswith(".poss"):
            out.append(chinese_pronoun(words[part[:-5]]) + "的")
        elif part in COUNTING:
            many = {"一": "一些", "那": "那些", "这": "这些"}
            out.append(many[part] if several and part in many and not (head.mass == "mass" and part != "一")
                       else part + measure)
        else:
            out.append(part)
    return "".join([*out, *adjectives, head.of("chinese")])


# --- sentences -------------------------------------------------------------------------------

def natural(text, language):
    """Capital letter, spaces and punctuation as in print."""
    if language == "fra":
        text = m.french_spelling(text)
    if language == "zho":
        return re.sub("了了", "了", text)
    text = re.sub(r" +", " ", text).strip()
    return re.sub(r"(^|[.?!] )(\w)", lambda m_: m_[1] + m_[2].upper(), text)


def sentences(pattern, words):
    """The English sentence of a filling, its French and its Chinese translations."""
    variants = pattern.templates["eng"]
    key = pattern.name + " ".join(w.row["english"] for w in words.values())
    english = natural(render(variants[int(fraction(key) * len(variants))], "eng", words), "eng")
    targets = {"fra": [], "zho": []}
    for i in range(max(len(w.readings()) for w in words.values())):     # tu, with ton; vous, with votre
        chosen = {name: w.readings()[i % len(w.readings())] for name, w in words.items()}
        for language, found in targets.items():
            for template in pattern.templates[language]:
                text = natural(render(template, language, chosen), language)
                if text not in found:
                    found.append(text)
    return english, targets["fra"], targets["zho"]


def make(patterns, lexicon, taken, total):
    """`total` sentences as (english, french variants, chinese variants, origin, words), without repetitions.

    The patterns take turns. Each draws some fillings and keeps the one whose words were used least so far,
    so that no word stays rare.
    """
    rngs = {p.name: random.Random(p.name) for p in patterns}
    slots = {p.name: p.content_slot(lexicon) for p in patterns}
    sizes = {table: add_up(r["weight"] for r in lexicon[table]) for table in TABLES}
    used, here = Counter({table: 1 for table in TABLES}), {p.name: Counter() for p in patterns}
    done, credit, made = Counter(), Counter(), []
    open_ = list(patterns)
    while len(made) < total and open_:
        for pattern in list(open_):
            credit[pattern.name] += pattern.weight
            while credit[pattern.name] >= 1 and len(made) < total:
                credit[pattern.name] -= 1
                best = choose(pattern, lexicon, rngs[pattern.name], taken, used, here[pattern.name])
                if best is None:
                    open_.remove(pattern)
                    break
                english, words = best
                taken.add(key_of(english))
                here[pattern.name].update(id_of(w) for w in words.values())
                for word in words.values():
                    used[id_of(word)] += 1
                    used[word.table] += 1 / sizes[word.table]       # how often a word of this table occurs on average
                _, french, chinese = sentences(pattern, words)
                new = ", new combination" if pattern.is_held_out(words, slots[pattern.name]) else ""
                made.append((english, french, chinese, f"pattern {pattern.name}{new}", words))
                done[pattern.name] += 1
    order = {p.name: i for i, p in enumerate(patterns)}
    return sorted(made, key=lambda s: order[s[3].split()[1].rstrip(",")])


def choose(pattern, lexicon, rng, taken, used, here):
    best, best_score = None, None
    for _ in range(CHOICES):
        words = pattern.fill(lexicon, rng)
        if words is None:
            continue
        score = add_up(5 * used[id_of(w)] / w.row["weight"] / used[w.table] + here[id_of(w)] / w.row["weight"]
                       for w in words.values())
        if best_score is None or score < best_score:
            english, _, _ = sentences(pattern, words)
            if key_of(english) not in taken:
                best, best_score = (english, words), score
    return best


def id_of(word):
    return word.table, word.row["english"]


def key_of(english):
    return " ".join(tokenize(english, "eng"))


def load_written():
    """(english, french answers, chinese answers, origin) of each line of hand_written.tsv and of frames.tsv."""
    found = {}
    for name in ("hand_written.tsv", "frames.tsv"):
        for line in (HERE / name).read_text(encoding="utf-8").splitlines()[1:]:
            *frame, english, french, chinese = line.split("\t")
            origin = f"frame {frame[0]}" if frame else "written alone"
            found.setdefault(key_of(english), (english, french.split(" | "), chinese.split(" | "), origin))
    return list(found.values())


def load():
    rows = load_lexicon()
    lexicon = {"all": rows, **{t: [r for r in rows if r["table"] == t] for t in TABLES}}
    return lexicon, load_patterns()


def corpus():
    lexicon, patterns = load()
    written = load_written()
    made = make(patterns, lexicon, {key_of(w[0]) for w in written}, PATTERN_SENTENCES)
    return written, made


# --- the parts --------------------------------------------------------------------------------

def parts_of(everything):
    """Tell for each English sentence whether it is for training, validation or the test.

    Sentences that share a translation, in French or in Chinese, directly or through others, stay together. The hash of
    the group's first sentence (by the alphabet) decides; of the shares held out of the group's kinds the largest counts.
    """
    shares = {key_of(s[0]): SHARES[kind_of(s[3])] for s in everything}
    rows = [(key_of(s[0]), answer) for s in everything for answer in s[1] + s[2]]
    parts = {}
    for group in groups_of(rows):
        keys = sorted({rows[row][0] for row in group})
        parts |= dict.fromkeys(keys, part_of(keys[0], max(shares[key] for key in keys)))
    return parts


def write(everything):
    parts = parts_of(everything)
    for name, column in (("eng-fra", 1), ("eng-zho", 2)):
        lines = []
        for s in everything:
            part = parts[key_of(s[0])]
            lines += [f"{s[0]}\t{answer}\t{s[3]}\t{part}\n" for number, answer in enumerate(s[column])
                      if part != "train" or number < ANSWERS or LEFT_OPEN.search(answer)]
        unfinished = HERE / f"{name}.tsv.part"
        unfinished.write_text("".join(lines), encoding="utf-8", newline="\n")
        unfinished.replace(HERE / f"{name}.tsv")
        print(f"{name}.tsv: {len(lines)} pairs, {len(everything)} sources")


def corpus_hash(name):
    """Return the first 16 hex digits of the SHA-256 of a corpus file; what is made from a corpus tells its own by it."""
    return file_hash(HERE / f"{name}.tsv")


def file_hash(path):
    """Return the first 16 hex digits of the SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]


def with_gaps(key):
    """All forms of a tokenized sentence with a gap for one token: two that differ in one token have one in common."""
    tokens = key.split()
    return {(*tokens[:i], None, *tokens[i + 1:]) for i in range(len(tokens))}


def near_copies_of(keys):
    """Return what tells of a tokenized sentence whether it is one of `keys` but for one token at most."""
    heard = set().union(*map(with_gaps, keys))
    return lambda key: not with_gaps(key).isdisjoint(heard)


def print_statistics():
    """Count the files as they are: pairs and sources by part and kind, lengths, words, near copies."""
    for name in ("eng-fra", "eng-zho"):
        rows = [line.split("\t") for line in (HERE / f"{name}.tsv").read_text(encoding="utf-8").splitlines()]
        sources = {source: (part, kind_of(origin), key_of(source)) for source, _, origin, part in rows}
        print(f"{name}: {len(rows)} pairs, {len(sources)} English sentences")
        is_near = near_copies_of(key for part, _, key in sources.values() if part == "train")
        near = Counter((part, kind) for part, kind, key in sources.values() if is_near(key))
        for (part, kind), count in sorted(Counter(value[:2] for value in sources.values()).items()):
            told = f", {near[part, kind] / count:.0%} one token away from training" if part != "train" else ""
            print(f"  {part:<10} {kind:<15} {count:>6} sentences{told}")
        lengths = sorted(len(key.split()) for _, _, key in sources.values())
        print(f"  tokens of a source: median {lengths[len(lengths) // 2]}, 95 % up to {lengths[len(lengths) * 95 // 100]}, "
              f"longest {lengths[-1]}")
        words = Counter(token for part, _, key in sources.values() if part == "train" for token in key.split())
        print(f"  English tokens in training: {len(words)}, {sum(n > 1 for n in words.values())} seen twice or more")
        counted = Counter(row[0] for row in rows)
        print(f"  sentences with several translations: {sum(n > 1 for n in counted.values()) / len(counted):.0%}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--sample", type=int, default=0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--pattern")
    parser.add_argument("--number", type=int, default=5)
    parser.add_argument("--statistics", action="store_true")
    options = parser.parse_args()
    if options.statistics:
        print_statistics()
        return
    if options.pattern is not None:
        lexicon, patterns = load()
        for pattern in patterns:
            if pattern.name.startswith(options.pattern):
                rng, used, taken, here = random.Random(options.seed), Counter({t: 1 for t in TABLES}), set(), Counter()
                print(f"== {pattern.name}")
                for _ in range(options.number):
                    best = choose(pattern, lexicon, rng, taken, used, here)
                    if best:
                        taken.add(key_of(best[0]))
                        here.update(id_of(w) for w in best[1].values())
                        english, french, chinese = sentences(pattern, best[1])
                        print(f"  {english}\n    {' | '.join(french)}\n    {' | '.join(chinese)}")
        return
    written, made = corpus()
    if options.sample:
        for s in random.Random(options.seed).sample(made, options.sample):
            print(f"{s[0]}   <{s[3][8:]}>\n    {' | '.join(s[1])}\n    {' | '.join(s[2])}")
        return
    write(written + made)


if __name__ == "__main__":
    main()
