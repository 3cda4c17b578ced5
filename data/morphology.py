"""Word forms: English and French inflection, and the spelling rules that act between words.

Chinese words do not change their form, so there is nothing for Chinese here.
Irregular words are read from `lexicon/irregular_english.tsv` and `lexicon/irregular_french.tsv`.
"""
import csv
import re
from pathlib import Path

LEXICON = Path(__file__).parent / "lexicon"


def read_table(name):
    """The rows of `lexicon/NAME.tsv` as dictionaries; lines that start with # are comments."""
    with open(LEXICON / f"{name}.tsv", encoding="utf-8") as file:
        lines = [line.rstrip("\n") for line in file if line.strip() and not line.startswith("#")]
    rows = list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE, restval=""))
    for row in rows:
        if None in row:
            raise ValueError(f"lexicon/{name}.tsv: more cells than columns in {row}")
    return rows


ENGLISH = {row["base"]: row for row in read_table("irregular_english")}
FRENCH = {row["infinitive"]: row for row in read_table("irregular_french")}


# --- English ---------------------------------------------------------------------------------

DOUBLED = set("stop plan shop run swim sit win cut put hit get forget begin jog travel chat hug rob drop "
              "plug beg admit prefer let shut quit dig clap nap ban grab step skip slip hum".split())


def english_plural(noun):
    """`box` -> `boxes`, `baby` -> `babies`; irregular plurals stand in the lexicon."""
    if re.search(r"(s|x|z|ch|sh)$", noun):
        return noun + "es"
    return re.sub(r"(?<![aeiou])y$", "ie", noun) + "s"


def english_verb(phrase, form):
    """The first word of `phrase` in the form base, s, past, pp or ing: `take a bath` -> `took a bath`."""
    head, *rest = phrase.split(" ")
    irregular = ENGLISH.get(head, {})
    stem = head + head[-1] if head in DOUBLED else head
    if form == "s":
        head = irregular.get("s") or re.sub("^goes$|^does$", lambda m: m[0], english_plural(head)
                                            if not head.endswith("o") else head + "es")
    elif form in ("past", "pp"):
        regular = re.sub(r"(?<![aeiou])y$", "i", stem).removesuffix("e") + "ed"
        head = irregular.get(form) or irregular.get("past") or regular
    elif form == "ing":
        short = stem if re.search(r"(ee|ye|oe)$|^be$", stem) else stem.removesuffix("e")
        head = irregular.get("ing") or short + "ing"
    elif form != "base":
        raise ValueError(f"no English verb form {form!r} (base, s, past, pp, ing)")
    return " ".join([head, *rest])


def english_present(phrase, person):
    """The present for person 1 to 6 (I, you, he, we, you, they)."""
    if phrase.split(" ")[0] == "be":
        return phrase.replace("be", {1: "am", 3: "is"}.get(person, "are"), 1)
    return english_verb(phrase, "s" if person == 3 else "base")


def english_past(phrase, person):
    """The simple past for person 1 to 6."""
    if phrase.split(" ")[0] == "be":
        return phrase.replace("be", "was" if person in (1, 3) else "were", 1)
    return english_verb(phrase, "past")


def english_article(word):
    """`a` or `an` before `word`, by its first sound."""
    vowel = re.match(r"[aeiou]|hour|honest", word) and not re.match(r"uni|use|usu|euro|one", word.lower())
    return "an" if vowel else "a"


# --- French: verbs ---------------------------------------------------------------------------

ENDINGS = {
    "er": ["e", "es", "e", "ons", "ez", "ent"],
    "ir": ["is", "is", "it", "issons", "issez", "issent"],
    "re": ["s", "s", "", "ons", "ez", "ent"],
    "impf": ["ais", "ais", "ait", "ions", "iez", "aient"],
    "fut": ["ai", "as", "a", "ons", "ez", "ont"],
    "subj": ["e", "es", "e", "ions", "iez", "ent"],
}


def weak_stem(infinitive):
    """The stem before a silent ending: achet- -> achèt-, appel- -> appell-, essuy- -> essui-."""
    stem = infinitive[:-2]
    if stem.endswith("y"):
        return stem[:-1] + "i"
    if re.search(r"(appel|jet)$", stem):
        return stem + stem[-1]
    return re.sub(r"[eé]([^aeiouyéè]|ch|gn)$", r"è\1", stem) if not re.search(r"[aeiou]e.$", stem) else stem


def present(infinitive):
    """The six forms of the present."""
    row = FRENCH.get(infinitive, {})
    if row.get("present"):
        return row["present"].split()
    stem, group = infinitive[:-2], infinitive[-2:]
    forms = [stem + ending for ending in ENDINGS[group]]
    if group == "er":
        weak = weak_stem(infinitive)
        forms = [weak + e if i in (0, 1, 2, 5) else stem + e for i, e in enumerate(ENDINGS["er"])]
        forms[3] = re.sub("cons$", "çons", re.sub("gons$", "geons", forms[3]))
    return forms


def conjugate(infinitive, tense, person):
    """One form of the tense pres, impf, fut, cond, subj or imper, for person 1 to 6."""
    row, i = FRENCH.get(infinitive, {}), person - 1
    forms = present(infinitive)
    if tense == "pres":
        return forms[i]
    if tense == "imper":
        if row.get("imperative"):
            return row["imperative"].split()[{2: 0, 4: 1, 5: 2}[person]]
        return forms[i][:-1] if person == 2 and re.search("(es|as)$", forms[i]) else forms[i]
    if tense == "impf":
        stem = "ét" if infinitive == "être" else forms[3].removesuffix("ons")
        ending = ENDINGS["impf"][i]
        if ending.startswith("i"):
            stem = re.sub("ç$", "c", re.sub("ge$", "g", stem))
        return stem + ending
    if tense in ("fut", "cond"):
        stem = row.get("future") or (weak_stem(infinitive) + "er" if infinitive.endswith("er")
                                     and not re.search("é[^aeiou]+er$", infinitive)
                                     else infinitive.removesuffix("e"))
        return stem + ENDINGS["fut" if tense == "fut" else "impf"][i]
    if tense == "subj":
        if row.get("subjunctive"):
            return row["subjunctive"].split()[i]
        if i in (3, 4):
            return conjugate(infinitive, "impf", person)
        return forms[5].removesuffix("ent") + ENDINGS["subj"][i]
    raise ValueError(f"no French tense {tense!r}")


def participle(infinitive):
    """The past participle, masculine singular."""
    regular = {"er": "é", "ir": "i", "re": "u"}
    return FRENCH.get(infinitive, {}).get("participle") or infinitive[:-2] + regular[infinitive[-2:]]


def agree(form, feminine, plural):
    """A regular feminine and plural, for participles: `mis` -> `mises`, `allé` -> `allées`."""
    form += "e" if feminine else ""
    return form + ("s" if plural and not form.endswith("s") else "")


COMPOUND = {"pc": "pres", "pqp": "impf", "subjpc": "subj"}      # the tense of avoir or être in it
REFLEXIVE = ["me", "te", "se", "nous", "vous", "se"]
CLITIC_ORDER = {"me": 0, "te": 0, "se": 0, "nous": 0, "vous": 0, "le": 1, "la": 1, "les": 1,
                "lui": 2, "leur": 2, "y": 3, "en": 4}


def french_verb(phrase, who, tense, negation="", adverb="", clitics=(), object_=None, invert=False):
    """A verb phrase, conjugated, with everything that French puts around the verb.

    `phrase`: an infinitive, with `se` or `s'` if reflexive, and what follows: `se laver les mains`.
    `who`, `object_`: words with `.person`, `.feminine`, `.plural`; `object_` stands before the verb.
    `negation`: pas, plus, jamais, rien, personne, `pas encore`; `clitics`: le, lui, y, en, ...
    """
    reflexive = re.match(r"s['e] ?", phrase) if re.match(r"se |s'", phrase) else None
    head, _, rest = phrase.removeprefix("se ").removeprefix("s'").partition(" ")
    pronouns = sorted(clitics, key=CLITIC_ORDER.get)
    if reflexive:
        pronouns.insert(0, REFLEXIVE[who.person - 1])
    late = "personne" if negation == "personne" else ""     # il n'a vu personne, but il n'a rien vu
    after = [] if late or negation == "ne" else [negation]
    ne = ["ne"] if negation else []
    tail = [late, rest]
    if tense == "perfect inf":
        auxiliary, done = auxiliary_of(reflexive, head, rest), participle(head)
        if auxiliary == "être" and not re.match(OBJECT, rest):
            done = agree(done, who.feminine, who.plural)
        return join(ne, after, pronouns, [auxiliary, done], tail)
    if tense == "inf":
        return join(ne, after, [adverb], pronouns, [head], tail)
    if tense in COMPOUND:
        auxiliary, done = auxiliary_of(reflexive, head, rest), participle(head)
        if auxiliary == "être" and not re.match(OBJECT, rest):
            done = agree(done, who.feminine, who.plural)    # elles sont parties; elle s'est lavé les mains
        elif object_ and auxiliary == "avoir":
            done = agree(done, object_.feminine, object_.plural)    # la lettre ? je l'ai lue
        verb, done = conjugate(auxiliary, COMPOUND[tense], who.person), [done]
    else:
        verb, done = conjugate(head, tense, who.person), []
    if tense == "imper" and not negation:
        y_or_en = {"y", "en"} & set(pronouns)
        if y_or_en and verb[-1] in "ea":
            verb += "s"                                     # vas-y, manges-en
        strong = [{"me": "moi", "te": "toi"}.get(p, p) for p in pronouns]
        return join(["-".join([verb, *sorted(strong, key=lambda p: p in ("moi", "toi", "lui"))])], [adverb], tail)
    if invert:
        subject = {1: "je", 2: "tu", 4: "nous", 5: "vous"}.get(
            who.person, ("elle" if who.feminine else "il") + ("s" if who.person == 6 else ""))
        verb += ("-t-" if who.person == 3 and verb[-1] in "aec" else "-") + subject
    return join(ne, pronouns, [verb], after, [adverb], done, tail)


OBJECT = r"(le|la|les|un|une|du|des) |l'"       # a direct object after the verb


def auxiliary_of(reflexive, verb, rest):
    """`être` or `avoir`: elle est sortie, but elle a sorti la poubelle."""
    if reflexive:
        return "être"
    return "avoir" if re.match(OBJECT, rest) else FRENCH.get(verb, {}).get("auxiliary") or "avoir"


def join(*lists):
    """The words of all lists in one string, without the empty ones."""
    return " ".join(word for words in lists for word in words if word)


# --- French: nouns, adjectives and the spelling between words ------------------------------------

VOWEL = re.compile(r"[aeiouhàâäéèêëîïôöùûüœæ]|y(?![a-z])", re.IGNORECASE)
ASPIRATED = {"onze", "huit", "oui", "haut", "haute", "hauts", "hautes", "honteux", "honteuse"}  # the lexicon adds nouns


def starts_with_vowel(word):
    """Whether `le`, `de`, `ma` change before this word (a vowel or a mute h)."""
    first = re.split(r"[ '.,!?-]", word)[0]
    return bool(VOWEL.match(word)) and first.lower() not in ASPIRATED


def french_plural(word):
    """`cheval` -> `chevaux`, `gâteau` -> `gâteaux`; other irregular plurals stand in the lexicon."""
    if re.search("[sxz]$", word):
        return word
    if re.search("al$", word):
        return word[:-1] + "ux"
    return word + ("x" if re.search("(eau|eu)$", word) and word not in ("bleu", "pneu") else "s")


def french_spelling(text):
    """Contraction of articles (written with a mark: ^le, ^les), then elision."""
    for before, after in (("de ^le ", "du "), ("de ^les ", "des "), ("à ^le ", "au "), ("à ^les ", "aux ")):
        # `de le` stays open before a vowel, where it becomes `de l'`
        text = re.sub(r"(?<!\w)" + re.escape(before) + r"(?=(\S+))",
                      lambda m: m[0] if after in ("du ", "au ") and starts_with_vowel(m[1]) else after,
                      text, flags=re.IGNORECASE)
    text = text.replace("^", "")
    text = re.sub(r"(?<![-\w'])(je|me|te|se|le|la|ne|de|que|jusque|lorsque|puisque) (?=(\S+))",
                  lambda m: m[1][:-1] + "'" if starts_with_vowel(m[2]) else m[0], text, flags=re.IGNORECASE)
    text = re.sub(r"(?<!\w)(s)i (?=ils?\b)", r"\1'", text, flags=re.IGNORECASE)
    return re.sub(r" +([.,])", r"\1", re.sub(r" *([?!:;])", r" \1", text))
