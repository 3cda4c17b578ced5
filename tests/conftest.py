"""Settings for all tests. `pytest --hypothesis-profile=explore` looks for new examples, many of them."""

import os

if "PYTEST_XDIST_WORKER" in os.environ:  # side by side, processes of several threads slow each other twentyfold
    os.environ["OMP_NUM_THREADS"] = "1"  # the notebooks' kernels inherit it

import torch
from hypothesis import HealthCheck, settings

torch.set_num_threads(1)  # on matrices as small as those of the tests threads only wait for each other

common = dict(deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("fast", derandomize=True, max_examples=30, **common)
settings.register_profile("explore", max_examples=1000, **common)
settings.load_profile("fast")
