"""A reader's own file, from the file to a translation by the saved model: the languages are told once."""

import codecs
import re
import zipfile

import pytest
import torch

from seq2seq_lib import (
    Batches,
    Decoder,
    Encoder,
    Seq2Seq,
    Vocab,
    corpus_bleu,
    detokenize,
    load_checkpoint,
    load_corpus,
    predict,
    save_checkpoint,
    tokenize,
    train,
    widgets,
)

FRENCH = [(f"{who} {saw} {n} {things}.", f"{qui} {vu} {n} {choses}.")
          for who, qui in (("It's Tom who", "C'est Tom qui"), ("The man", "L'homme"))
          for saw, vu in (("saw", "a vu"), ("lost", "a perdu"), ("ate", "a mangé"))
          for n in range(2, 17) for things, choses in (("apples", "pommes"), ("cakes", "gâteaux"))]
GERMAN = [(f"{wer} {verb} {n} {was}.", f"{dare}は{nani}を{n}個{suru}。")
          for wer, dare in (("Der Mann", "男"), ("Jörg", "イェルク"))
          for verb, suru in (("sieht", "見る"), ("verliert", "なくす"), ("isst", "食べる"))
          for n in range(2, 17) for was, nani in (("Äpfel", "りんご"), ("Brötchen", "パン"))]
ATTRIBUTION = "CC-BY 2.0 (France) Attribution: tatoeba.org #538123 (CM) & #1158250 (Wittydev)"


def text(pairs, *columns, end="\n"):
    return "".join("\t".join((*pair, *columns)) + end for pair in pairs).encode()


def packed(path):
    """A .zip as it is downloaded: the pairs, and a note about them."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("_about.txt", "Tab-delimited bilingual sentence pairs.\n")
        archive.writestr("fra.txt", text(FRENCH, ATTRIBUTION))
    return path.read_bytes()


SHAPES = {
    "two columns": ("pairs.tsv", lambda path: text(FRENCH), ("eng", "fra"), FRENCH),
    "three columns, an attribution": ("pairs.tsv", lambda path: text(FRENCH, ATTRIBUTION), ("eng", "fra"), FRENCH),
    "CRLF and BOM": ("pairs.txt", lambda path: codecs.BOM_UTF8 + text(FRENCH, end="\r\n"), ("eng", "fra"), FRENCH),
    "a zip as downloaded": ("fra-eng.zip", packed, ("eng", "fra"), FRENCH),
    "German and Japanese": ("deu-jpn.tsv", lambda path: text(GERMAN), ("deu", "jpn"), GERMAN),
}


@pytest.mark.parametrize("reverse", [False, True], ids=["there", "back"])
@pytest.mark.parametrize("shape", SHAPES)
def test_a_whole_file_from_its_pairs_to_a_translation(tmp_path, caplog, shape, reverse):
    name, content, languages, written = SHAPES[shape]
    path = tmp_path / name
    path.write_bytes(content(path))
    source, target = reversed(languages) if reverse else languages  # told here, and nowhere below

    parts = {split: [(tokenize(s, source), tokenize(t, target)) for s, t in load_corpus(path, split, reverse=reverse)]
             for split in ("train", "validation", "test")}
    assert sum(map(len, parts.values())) == len(written) and len(parts["train"]) > 140
    src_vocab = Vocab([pair[0] for pair in parts["train"]], language=source)
    tgt_vocab = Vocab([pair[1] for pair in parts["train"]], language=target)
    batches, valid = (Batches(parts[split], src_vocab, tgt_vocab, 16, 30) for split in ("train", "validation"))
    torch.manual_seed(0)
    net = Seq2Seq(Encoder(len(src_vocab), 16, 32, 1), Decoder(len(tgt_vocab), 16, 32, 1))
    history = train(net, batches, 0.02, 1, tgt_vocab, "cpu", valid_iter=valid, progress=False)
    losses = [batch.loss for batch in history.batches]
    assert losses[-1] < 0.8 * losses[0] and len(history.valid_losses) == 1

    sentences = [pair[reverse] for pair in written if " 7 " in f" {pair[0]} "]
    said = predict(net, sentences, src_vocab, tgt_vocab, 30)
    assert said == predict(net, [tokenize(sentence, source) for sentence in sentences], src_vocab, tgt_vocab, 30)
    labels = [" ".join(tokenize(pair[not reverse], target)) for pair in written if " 7 " in f" {pair[0]} "]
    assert 0 <= corpus_bleu(said, labels) <= 100 and corpus_bleu(labels, labels) == pytest.approx(100)

    save_checkpoint(tmp_path / "model.safetensors", net, src_vocab, tgt_vocab, history, {"num_steps": 30})
    saved = load_checkpoint(tmp_path / "model.safetensors")
    assert saved.settings == {"source_language": source, "target_language": target, "num_steps": 30}
    assert predict(saved.net, sentences, saved.src_vocab, saved.tgt_vocab, saved.settings["num_steps"]) == said
    joined = [detokenize(tokens, saved.tgt_vocab.language) for tokens in said]
    assert [tokenize(sentence, target) for sentence in joined] == [tokens.split() for tokens in said]
    shown = widgets.Translator(saved.net, saved.src_vocab, saved.tgt_vocab, sentence=sentences[0])
    assert joined[0] in shown.said and "No unknown token." in shown.said and not shown.problem
    assert caplog.records == []  # these languages have rules of their own


def test_a_file_cut_short_says_before_training_that_it_is_too_small(tmp_path):
    path = tmp_path / "few.tsv"
    path.write_bytes(text(FRENCH[:6], ATTRIBUTION))
    with pytest.raises(ValueError, match=re.escape(f"{path}: the file has 6 sentence pairs, too few")):
        load_corpus(path, "train")
