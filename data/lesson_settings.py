"""The settings of lesson 08's training, for the scripts that compare something with it (a test keeps them the same)."""

MIN_FREQ = 2
SIZES = dict(embed_size=192, num_hiddens=256, num_layers=1, dropout=0.05)
BATCH_SIZE, EPOCHS, NUM_STEPS = 32, 3, 30


def learning_rate(done):
    return 0.006 * (1 - done)
