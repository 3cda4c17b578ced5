"""What the shipped models make of the first sentences that people try, and what readers said of it.

Run: python tests/benchmarks/bench_first_sentences.py

Translates the sentences of data/reviews/first_sentences.tsv anew, prints where a translation is no longer the one that
was read, and counts the verdicts. A verdict is of the translation in the sheet.
"""

from collections import Counter
from typing import NamedTuple

import pandas as pd
from bench_translation import shipped_model
from scoring import show

from seq2seq_lib import data_folder, detokenize, tokenize

LANGUAGES = {"French": "fra", "Chinese": "zho"}


class Row(NamedTuple):
    """A line of the sheet."""

    english: str
    french: str
    chinese: str
    french_verdict: str
    chinese_verdict: str
    remark: str

    def translation(self, language):
        return self.french if language == "French" else self.chinese

    def verdict(self, language):
        return self.french_verdict if language == "French" else self.chinese_verdict


def read_sheet(path=None):
    """Read the rows under the line that names the columns.

    Raises:
        ValueError: a line that has not six columns.
    """
    path = path or data_folder() / "reviews" / "first_sentences.tsv"
    rows = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        columns = line.split("\t")
        if len(columns) != len(Row._fields):
            raise ValueError(f"{path.name}, line {number}: {len(columns)} columns, not {len(Row._fields)}")
        rows.append(Row(*columns))
    return rows[1:]


def changed_rows(rows, language):
    """Return the rows whose translation is not what the shipped model says now, each with what it says."""
    code = LANGUAGES[language]
    predictions = shipped_model(f"eng-{code}")([tokenize(row.english, "eng") for row in rows])
    now = [detokenize(prediction, code) for prediction in predictions]
    return [(row, text) for row, text in zip(rows, now)
            if tokenize(row.translation(language), code) != tokenize(text, code)]


def main():
    rows = read_sheet()
    for language in LANGUAGES:
        changed = changed_rows(rows, language)
        verdicts = Counter(row.verdict(language) for row in rows)
        counts = ", ".join(f"{count} {verdict} ({count / len(rows):.0%})" for verdict, count in verdicts.most_common())
        print(f"\n{language}: {len(changed)} of {len(rows)} translations differ from the sheet; verdicts: {counts}")
        if changed:
            show(f"{language}: what differs", pd.DataFrame(
                [{"English": row.english, "in the sheet": row.translation(language),
                  "verdict": row.verdict(language), "now": text} for row, text in changed]))


if __name__ == "__main__":
    main()
