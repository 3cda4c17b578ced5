import hashlib
import re
import unicodedata

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from seq2seq_lib import Vocab, data_folder, detokenize, tokenize
from seq2seq_lib.corpus import read_rows
from seq2seq_lib.text import find_language

LANGUAGES = ("eng", "fra", "zho", "deu", "spa", "ita", "por", "rus", "jpn", "hin")  # the last has no rules

# Text that is nasty for a tokeniser: word parts, signs that join or cut words, and characters that vanish or compose.
PIECES = ["a", "t", "il", "la", "y", "ce", "tu", "en", "-", "-t-", "'", "’", "`", "_", ".", "..", "…", ",", ":", "?",
          "!", "1", "23", "١", "²", "½", "１", "．", " ", "\u00a0", "\u202f", "\t", "\n", "\u200b", "\u00ad", "\ufeff",
          "é", "e\u0301", "\u0301", "ı", "İ", "Σ", "ß", "ﬁ", "÷", "×", "我", "。", "，", "ᄀ", "ᅡ", "ᆨ", "가",
          "aujourd'hui", "«", "»", "\"", "“", "¿", "¡", "(", ")", "dell'", "po'", "-me", "-lo", "しん", "か\u309a",
          "ー", "ｎ", "हि", "न्", "र\u200dक", "ท", "ี", "за\u0301", "مُ", "؟", "।", "ǆ", "ŉ", "ა"]
hard_text = st.one_of(st.lists(st.sampled_from(PIECES), max_size=9).map("".join), st.text(max_size=20))


# ---------------------------------------------------------------- tokens

@pytest.mark.parametrize("language, text, tokens", [
    ("eng", "I'm home.", "i 'm home ."),
    ("eng", "He\u2019s calm!", "he 's calm !"),
    ("eng", "They are watching.", "they are watching ."),
    ("eng", "Don't you know? It's 3:30, we'll see 1,500 cats.",
     "don 't you know ? it 's 3:30 , we 'll see 1,500 cats ."),
    ("eng", "A well-known man (Tom) said: “Wait…”", 'a well-known man ( tom ) said : " wait ... "'),
    ("eng", "GO\u00a0AWAY\u202f!", "go away !"),
    ("fra", "J'ai perdu.", "j' ai perdu ."),
    ("fra", "J’ai perdu.", "j' ai perdu ."),
    ("fra", "Va\u202f!", "va !"),
    ("fra", "Va\u00a0!", "va !"),
    ("fra", "Ils regardent.", "ils regardent ."),
    ("fra", "Je suis chez moi.", "je suis chez moi ."),
    ("fra", "Qu'est-ce que c'est ?", "qu' est -ce que c' est ?"),
    ("fra", "Aujourd'hui, l'été !", "aujourd'hui , l' été !"),
    ("fra", "Où vas-tu ? Donne-le-moi. Y a-t-il du pain ?", "où vas -tu ? donne -le -moi . y a -t-il du pain ?"),
    ("fra", "C'est peut-être là-bas, « dit-elle ».", "c' est peut-être là-bas , « dit -elle » ."),
    ("fra", "Il coûte 3,50 €.", "il coûte 3,50 € ."),
    ("fra", "E\u0301cole", "école"),
    ("zho", "他们把这只小猫送到了动物中心。", "他 们 把 这 只 小 猫 送 到 了 动 物 中 心 。"),
    ("zho", "我有2个iPhone，真的！", "我 有 2 个 iphone ， 真 的 ！"),
    ("zho", "气温是36.5度", "气 温 是 36.5 度"),
    ("zho", "我在Straße吃饭", "我 在 straße 吃 饭"),
    ("zho", "6÷2=3", "6 ÷ 2 = 3"),
    ("deu", "Wie geht's? Um 3:30 Uhr, Nord-Süd-Straße!", "wie geht 's ? um 3:30 uhr , nord-süd-straße !"),
    ("deu", "„Das kostet 1.500,50 €“, sagte Jörg.", '" das kostet 1.500,50 € " , sagte jörg .'),
    ("spa", "¿Qué pasa? ¡Hola, O’Higgins!", "¿ qué pasa ? ¡ hola , o'higgins !"),
    ("ita", "L'amico dell’acqua: c'è un po' di pane.", "l' amico dell' acqua : c' è un po' di pane ."),
    ("ita", "Perche\u0301 no?", "perché no ?"),
    ("por", "Disse-me: é um copo d'água na segunda-feira.", "disse -me : é um copo d' água na segunda-feira ."),
    ("por", "Dá-se-lhe tudo; fazê-lo.", "dá -se -lhe tudo ; fazê -lo ."),
    ("rus", "Кто-нибудь знает д’Артаньяна? За\u0301мок.", "кто-нибудь знает д'артаньяна ? за\u0301мок ."),
    ("jpn", "iPhone 15を買った。", "iphone 15 を 買 っ た 。"),
    ("jpn", "ＮＨＫとコーヒー、か\u309a！", "ｎｈｋ と コ ー ヒ ー 、 か\u309a ！"),
    ("hin", "यह हिन्दी है।", "यह हिन्दी है ।"),
    ("mal", "എന്\u200dറെ", "എന്\u200dറെ"),
    ("fas", "می\u200cخواهم.", "می\u200cخواهم ."),
    ("ara", "مُحَمَّدٌ يَكْتُبُ؟", "مُحَمَّدٌ يَكْتُبُ ؟"),
    ("tha", "ภาษาไทยดี", "ภ า ษ า ไ ท ย ดี"),
    ("kor", "안녕하세요, 친구!", "안녕하세요 , 친구 !"),
    ("kor", unicodedata.normalize("NFD", "한국어"), "한국어"),
    ("tur", "İyi, Ankara'da.", "iyi , ankara'da ."),
    ("cat", "Col·legi d'art", "col·legi d'art"),
    ("ell", "Πώς είσαι;", "πώς είσαι ;"),
])
def test_tokenize_examples(language, text, tokens):
    assert tokenize(text, language) == tokens.split()


@pytest.mark.parametrize("language", LANGUAGES)
def test_text_of_blanks_has_no_tokens(language):
    assert tokenize("", language) == tokenize(" \t\u00a0\u202f\n", language) == []


@pytest.mark.parametrize("language", LANGUAGES)
@settings(max_examples=200)
@given(text=hard_text)
def test_tokenising_joined_tokens_changes_nothing(language, text):
    tokens = tokenize(text, language)
    assert tokenize(" ".join(tokens), language) == tokens


@pytest.mark.parametrize("language, text", [
    ("fra", "a-il_"), ("fra", "vas-y_"), ("eng", "ᄀ\u200bᅡ"), ("zho", "e\u200b\u0301"), ("fra", "va\u00ad-t-il")])
def test_tokenising_joined_tokens_changes_nothing_in_known_hard_cases(language, text):
    tokens = tokenize(text, language)
    assert tokenize(" ".join(tokens), language) == tokens


@pytest.mark.parametrize("language", LANGUAGES)
@settings(max_examples=100)
@given(text=hard_text)
def test_tokens_hold_no_blanks_and_no_capitals_and_lose_no_sign(language, text):
    tokens = tokenize(text, language)
    assert all(token and not re.search(r"\s", token) and token == token.lower() for token in tokens)
    visible = re.sub(r"[\s\u200b\ufeff\u00ad]", "", text)
    assert bool(tokens) == bool(visible)


@given(text=hard_text)
def test_outer_blanks_and_composition_of_letters_do_not_matter(text):
    for language in LANGUAGES:
        tokens = tokenize(text, language)
        assert tokenize(f"  {text}\u202f", language) == tokens
        assert tokenize(unicodedata.normalize("NFD", unicodedata.normalize("NFC", text)), language) == tokens


@pytest.mark.parametrize("code, hint", [
    ("en", "take 'eng'"), ("English", "take 'eng'"), ("de", "take 'deu'"), ("xx1", "a code of three small letters"),
    ("ENG", "a code"), ("", "a code"), (None, "a code"), (["eng"], "a code")])
def test_what_is_no_code_of_a_language_is_an_error_that_names_the_choices(code, hint):
    for function in (lambda: tokenize("Go.", code), lambda: detokenize(["go", "."], code)):
        with pytest.raises(ValueError, match="language is .*") as error:
            function()
        assert hint in str(error.value) and repr(code) in str(error.value)
        assert "'eng', 'fra', 'zho', 'deu', 'spa', 'ita', 'por', 'rus', 'jpn'" in str(error.value)


def test_a_language_without_rules_is_named_once(caplog):
    for _ in range(2):
        assert tokenize("Cymru am byth!", "cym") == "cymru am byth !".split()
        assert detokenize("cymru am byth !", "cym") == "Cymru am byth!"
    assert [record.getMessage() for record in caplog.records] == [
        "There are no rules for the language 'cym'; its sentences are cut into tokens at blanks and signs."]
    tokenize("Go.", "eng"), tokenize("Wo?", "deu")
    assert len(caplog.records) == 1


def test_a_language_has_a_name_for_people_and_a_code_for_browsers():
    assert find_language("por")[:2] == ("Portuguese", "pt")
    assert find_language("hin")[:2] == ("hin", "hin")


@pytest.mark.parametrize("language", LANGUAGES)
@settings(max_examples=200)
@given(text=hard_text)
def test_detokenised_text_has_the_same_tokens(language, text):
    tokens = tokenize(text, language)
    assert tokenize(detokenize(tokens, language), language) == tokens


def test_the_tokens_of_the_course_are_those_that_its_numbers_hang_on():
    """The SHA-256 of all tokens and joined sentences of both corpora: models are made of these."""
    digest = hashlib.sha256()
    for name in ("eng-fra", "eng-zho"):
        for source, target, *_ in read_rows(data_folder() / f"{name}.tsv"):
            for text, language in ((source, "eng"), (target, name[4:])):
                tokens = tokenize(text, language)
                assert tokenize(joined := detokenize(tokens, language), language) == tokens
                digest.update(f"{' '.join(tokens)}\t{joined}\n".encode())
    assert digest.hexdigest() == "d504b3c171c2cbf599fdb941e2a365dd81e6a3ed5a922b535766279bc4a304f4"


@pytest.mark.parametrize("language, text", [
    ("eng", "I'm home."),
    ("eng", "Don't you know what I've lost?"),
    ("eng", "Well, it's 3:30; we'll see 1,500 well-known cats (and dogs)."),
    ("eng", "Wait... what?!"),
    ("eng", "It's five o'clock!"),
    ("fra", "J'ai perdu."),
    ("fra", "Va !"),
    ("fra", "Qu'est-ce que c'est ?"),
    ("fra", "Où vas-tu ? là-bas ; allez-vous-en !"),
    ("fra", "Y a-t-il du pain aujourd'hui (à 3,50 €) : oui, peut-être..."),
    ("fra", "C'est là-bas, « dit-elle »."),
    ("fra", "Va-t'en !"),
    ("zho", "他们把这只小猫送到了动物中心。"),
    ("zho", "我有2个iphone，真的！"),
    ("zho", "气温是36.5度。"),
    ("zho", "他说i'm home了。"),
    ("deu", "Wie geht's dir (um 3:30)? ich hab's; ja!"),
    ("spa", "¿Qué pasa? ¡hola (amigo), «adiós»!"),
    ("ita", "C'è un po' di pane: l'8 marzo, po' alla volta, dell'acqua «fresca»."),
    ("por", "Disse-me que é um copo d'água; dá-se-lhe segunda-feira."),
    ("rus", "Кто-нибудь дома? да, «замок» — это я."),
    ("jpn", "Iphone 15を買った。「東京」へ行く！"),
    ("hin", "यह हिन्दी है।"),
    ("ara", "من يَكْتُبُ؟ لا، هو."),
    ("tha", "ภาษาไทยดี"),
    ("kor", "안녕하세요, 친구!"),
    ("kat", "გამარჯობა, მეგობარო!"),
])
def test_detokenize_gives_back_natural_sentences(language, text):
    assert detokenize(tokenize(text, language), language) == text


@pytest.mark.parametrize("language, text", [
    ("eng", 'He said: "I\'m not Tom\'s dog."'),
    ("eng", "'Yes,' she said, 'rock 'n' roll.'"),
    ("eng", "5 - 3 = 2, 50 % off"),
    ("eng", "The students' books cost $3.50 each."),
    ("fra", "« L'un ou l'autre ? » dit-il."),
    ("fra", "Il a dit : \"J'y vais...\""),
    ("fra", "Les États-Unis - et Aix-en-Provence"),
    ("fra", "Donne-le-moi, va-t'en !"),
    ("zho", "“你好！”他说：“iPhone 15 Pro多少钱？”"),
    ("zho", "第1、2课：《我们》……"),
])
def test_detokenised_sentences_have_the_same_tokens(language, text):
    tokens = tokenize(text, language)
    assert tokenize(detokenize(tokens, language), language) == tokens


def test_detokenize_takes_a_string_of_tokens_and_no_tokens_at_all():
    assert detokenize("i 'm home .", "eng") == detokenize(["i", "'m", "home", "."], "eng") == "I'm home."
    assert {detokenize([], language) for language in LANGUAGES} == {""}


# ---------------------------------------------------------------- vocabularies

TOKENS = [["b", "a", "c"], ["b", "a"], ["b", "d", "é"]]


def test_vocab_knows_the_language_that_it_is_told():
    assert Vocab(TOKENS).language is None and Vocab(TOKENS, 1, "deu").language == "deu"
    assert Vocab.from_tokens(Vocab(TOKENS).tokens, "hin").language == "hin"
    with pytest.raises(ValueError, match="language is 'german'; take 'deu'"):
        Vocab(TOKENS, language="german")


def test_vocab_is_ordered_by_frequency_then_alphabet_behind_the_reserved_tokens():
    assert Vocab(TOKENS).tokens == ["<unk>", "<pad>", "<bos>", "<eos>", "b", "a", "c", "d", "é"]


def test_order_of_a_vocab_does_not_depend_on_the_order_of_the_sentences():
    assert Vocab(TOKENS).tokens == Vocab(reversed(TOKENS)).tokens


def test_reserved_ids_are_0_to_3():
    assert Vocab([])[["<unk>", "<pad>", "<bos>", "<eos>"]] == [0, 1, 2, 3]


def test_reserved_tokens_in_the_text_keep_their_ids_and_take_no_second_place():
    vocab = Vocab([["<eos>", "a", "<eos>", "<unk>", "<eos>"]])
    assert vocab["<eos>"] == 3
    assert len(vocab) == 5


@pytest.mark.parametrize("min_freq, tokens", [(1, "b a c d é"), (2, "b a"), (3, "b"), (4, "")])
def test_min_freq_leaves_rare_tokens_out(min_freq, tokens):
    assert Vocab(TOKENS, min_freq).tokens[4:] == tokens.split()


def test_vocab_maps_a_token_to_an_id_and_a_list_to_a_list():
    vocab = Vocab(TOKENS)
    assert vocab["b"] == 4
    assert vocab[["b", "nothing", "d"]] == [4, 0, 7]
    assert vocab[[]] == []
    assert len(vocab) == 9
    assert "b" in vocab and "<pad>" in vocab and "nothing" not in vocab


@given(st.lists(st.lists(st.text("abcd", min_size=1, max_size=2))))
def test_to_tokens_undoes_the_vocab(token_lists):
    vocab = Vocab(token_lists)
    for tokens in token_lists:
        assert vocab.to_tokens(vocab[tokens]) == tokens
    assert vocab[vocab.tokens] == list(range(len(vocab)))


def test_to_tokens_takes_an_id_a_list_or_a_tensor():
    vocab = Vocab(TOKENS)
    assert vocab.to_tokens(4) == vocab.to_tokens(torch.tensor(4)) == "b"
    assert vocab.to_tokens([4, 0]) == vocab.to_tokens(torch.tensor([4, 0])) == ["b", "<unk>"]
    assert vocab.to_tokens(torch.tensor([[4], [3]])) == [["b"], ["<eos>"]]


@pytest.mark.parametrize("ids", [9, -1, [4, 9], torch.tensor([-1])])
def test_id_that_is_not_there_is_an_index_error_that_says_which_are(ids):
    with pytest.raises(IndexError, match="from 0 to 8"):
        Vocab(TOKENS).to_tokens(ids)


@pytest.mark.parametrize("token_lists", ["a text", ["i 'm home ."], ["i", "'m"]])
def test_text_that_is_not_tokenised_is_a_type_error(token_lists):
    with pytest.raises(TypeError, match="tokenize"):
        Vocab(token_lists)


def test_from_tokens_numbers_by_place():
    vocab = Vocab.from_tokens(["<unk>", "<pad>", "<bos>", "<eos>", "z", "a"])
    assert vocab["z"] == 4 and vocab["a"] == 5 and len(vocab) == 6


@pytest.mark.parametrize("tokens", [[], ["a"], ["<pad>", "<unk>", "<bos>", "<eos>"],
                                    ["<unk>", "<pad>", "<bos>", "<eos>", "a", "a"]])
def test_from_tokens_refuses_lists_that_are_no_vocabulary(tokens):
    with pytest.raises(ValueError, match="each token once"):
        Vocab.from_tokens(tokens)
