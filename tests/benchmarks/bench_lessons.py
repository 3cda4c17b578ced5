"""What a student's computer must give: seconds, processor seconds and peak memory of each lesson, run from the top.

Run: python tests/benchmarks/bench_lessons.py [THREADS]   (Linux or macOS; 2 threads by default)
"""

import os
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
from machine import machine

sys.path.insert(0, str(Path(__file__).parents[2] / "classroom"))
from lessons import notebooks  # noqa: E402

RUN = """
import json, resource, sys, nbformat
from nbclient import NotebookClient
nb = nbformat.read(sys.argv[1], as_version=4)
NotebookClient(nb, timeout=1500, kernel_name="python3", resources={"metadata": {"path": sys.argv[2]}}).execute()
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps([used.ru_utime + used.ru_stime, used.ru_maxrss]))
"""


def main(threads):
    rows = []
    for path in notebooks():
        start = time.perf_counter()
        run = subprocess.run([sys.executable, "-c", RUN, str(path), str(path.parent)], text=True, check=True,
                             stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                             env=os.environ | {"OMP_NUM_THREADS": threads})
        processor, peak = map(float, run.stdout.strip().strip("[]").split(","))
        peak *= 1 if sys.platform == "darwin" else 1024  # bytes there, kilobytes here
        rows.append({"notebook": f"{path.parent.name}/{path.stem}", "seconds": round(time.perf_counter() - start, 1),
                     "processor seconds": round(processor, 1), "peak memory, MB": round(peak / 1e6)})
    table = pd.DataFrame(rows).set_index("notebook")
    print(f"{threads} threads for each lesson, {os.cpu_count()} processors; here: {machine()}")
    print(table.to_string())
    print(f"the lessons: {table[~table.index.str.startswith('solutions')].seconds.sum():.0f} s, "
          f"all: {table.seconds.sum():.0f} s")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "2")
