"""Makes the font that the figures draw Chinese with: seq2seq_lib/fonts/chinese.otf, the characters of eng-zho.tsv.

Run: python data/make_font.py [FONT]   (`make font` does it)

It is cut out of Noto Sans CJK, which must be installed: Debian's package fonts-noto-cjk, or any copy of
NotoSansCJK-Regular.ttc or NotoSansCJKsc-Regular.otf, given as FONT.
"""

import sys
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTCollection, TTFont

from seq2seq_lib.corpus import data_folder, read_pairs
from seq2seq_lib.style import CHINESE_FONT

INSTALLED = Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc")
FAMILY = "Noto Sans CJK SC"  # the simplified Chinese one of the collection
NAME, FULL_NAME, COPYRIGHT, LICENCE, LICENCE_ADDRESS = 1, 4, 0, 13, 14  # numbers of the font's own texts


def characters():
    """Return the characters of the Chinese sentences that are not plain letters, digits and signs."""
    return sorted({sign for _, target in read_pairs(data_folder() / "eng-zho.tsv") for sign in target if ord(sign) > 127})


def family(font):
    return font["name"].getDebugName(NAME)


def main(source, file):
    if not source.is_file():
        sys.exit(f"{source}: no such font; install Debian's fonts-noto-cjk, or pass the path of NotoSansCJK-Regular.ttc")
    number = 0
    if source.suffix == ".ttc":
        number = [family(font) for font in TTCollection(source).fonts].index(FAMILY)
    font = TTFont(source, fontNumber=number, recalcTimestamp=False)
    if family(font) != FAMILY:
        sys.exit(f"{source} is {family(font)}, not {FAMILY}")
    options = subset.Options(hinting=False, layout_features=[], desubroutinize=True, notdef_outline=True,
                             name_IDs=[COPYRIGHT, NAME, FULL_NAME, LICENCE, LICENCE_ADDRESS])
    options.drop_tables += ["BASE", "VORG", "vhea", "vmtx"]  # for text from top to bottom
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=map(ord, characters()))
    subsetter.subset(font)
    for record in font["name"].names:
        if record.nameID in (NAME, FULL_NAME):  # a name of its own, or it would stand for a whole font that is installed
            record.string = CHINESE_FONT
    font.save(file)
    print(f"{file.name}: {len(characters())} characters, {file.stat().st_size:,} bytes")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else INSTALLED,
         data_folder().parent / "seq2seq_lib" / "fonts" / "chinese.otf")
