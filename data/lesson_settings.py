"""The settings of lesson 08's training, for the scripts that compare something with it (a test keeps them the same)."""

from seq2seq_lib import Decoder, Encoder, Seq2Seq, remember_from_start

MIN_FREQ = 2
SIZES = dict(embed_size=192, num_hiddens=256, num_layers=1, dropout=0.05)
BATCH_SIZE, EPOCHS, NUM_STEPS = 32, 3, 30


def learning_rate(done):
    return 0.006 * (1 - done)


def make_net(vocabs, context="every_step", remember=True, **sizes):
    """Make the lesson's net; or one that differs in what is named, some of `SIZES` among it."""
    sizes = SIZES | sizes
    net = Seq2Seq(Encoder(len(vocabs[0]), **sizes), Decoder(len(vocabs[1]), **sizes, context=context))
    return remember_from_start(net) if remember else net
