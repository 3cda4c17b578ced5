"""What the seconds of a benchmark depend on: the processor's instructions, its threads, and how fast it multiplies."""

import time

import torch

SIZE, REPEATS = 2048, 10


def machine():
    """Return a line on this machine, as `"AVX2, 2 threads, 121 GFLOP/s"`, the last for two float32 matrices of 2048².

    `make bench-ordinary` takes the newer instructions away; the first word says whether that has worked.
    """
    a, b = torch.randn(SIZE, SIZE), torch.randn(SIZE, SIZE)
    a @ b  # the first is slower
    start = time.perf_counter()
    for _ in range(REPEATS):
        a @ b
    speed = REPEATS * 2 * SIZE**3 / (time.perf_counter() - start)
    return f"{torch.backends.cpu.get_cpu_capability()}, {torch.get_num_threads()} threads, {speed / 1e9:.0f} GFLOP/s"
