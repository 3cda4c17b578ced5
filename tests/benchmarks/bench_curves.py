"""What it costs to watch a training: without curves, with LiveCurves, and with the common plot that is drawn anew.

Run: python tests/benchmarks/bench_curves.py

Each way trains the same net for the same updates, in a kernel of Jupyter as in a notebook: its messages really are
made and sent. They take turns, and the best time of each counts: a busy machine makes a run slower, never faster.
"""

import ast
import math

from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

ROUNDS = 3
SETUP = """
import contextlib, time
import torch
from IPython.display import clear_output, display
from matplotlib import pyplot as plt
from seq2seq_lib import Batches, Decoder, Encoder, Seq2Seq, Vocab, load_corpus, tokenize, train
from seq2seq_lib.widgets import LiveCurves

torch.set_num_threads(1)
pairs = [(tokenize(s, "eng"), tokenize(t, "fra")) for s, t in load_corpus("eng-fra", "train")[:2000]]
vocabs = [Vocab(side, 2) for side in zip(*pairs)]
batches = Batches(pairs, *vocabs, 32)

class RedrawnPlot:
    "The live plot of many tutorials: after every tenth update the figure is drawn anew and put in the old one's place."
    def __call__(self, history):
        if len(history.batches) % 10:
            return
        figure, ax = plt.subplots(figsize=(6, 3))
        ax.plot([batch.loss / batch.num_tokens for batch in history.batches])
        ax.set(xlabel="update", ylabel="loss per token")
        display(figure)
        clear_output(wait=True)
        plt.close(figure)

def seconds(way):
    torch.manual_seed(0)
    net = Seq2Seq(*(part(len(vocab), 128, 192, 1) for part, vocab in zip((Encoder, Decoder), vocabs)))
    start = time.process_time()
    with LiveCurves() if way == "LiveCurves" else contextlib.nullcontext() as curves:
        on_batch = curves.run("run") if curves else RedrawnPlot() if way == "a redrawn figure" else None
        train(net, batches, 0.003, 3, vocabs[1], "cpu", on_batch=on_batch, progress=False)
        training = time.process_time() - start
    return training, time.process_time() - start
"""
WAYS = ("nothing", "LiveCurves", "a redrawn figure")


def main():
    order = ["LiveCurves", "a redrawn figure", *ROUNDS * WAYS]  # the first two load what they need
    cells = [new_code_cell(SETUP), *(new_code_cell(f"seconds({way!r})") for way in order)]
    nb = new_notebook(cells=cells)
    NotebookClient(nb, timeout=900, kernel_name="python3").execute()
    best = dict.fromkeys(WAYS, (math.inf, math.inf))
    for way, cell in list(zip(order, nb.cells[1:]))[2:]:
        found = ast.literal_eval(cell.outputs[-1]["data"]["text/plain"])  # of training, and with what comes after it
        best[way] = tuple(map(min, best[way], found))
    plain = best["nothing"][0]
    print("seconds of processor time, 1 thread")
    for way, (training, whole) in best.items():
        print(f"{way:17} {training:6.2f}  {training / plain - 1:+6.1%}   picture afterwards {whole - training:.2f}")
    cost = best["LiveCurves"][0] / plain - 1
    print(f"LiveCurves costs {cost:.1%} of the training time; 3 % are allowed: {'kept' if cost <= 0.03 else 'BROKEN'}")


if __name__ == "__main__":
    main()
