"""The packages from npm: reveal.js, which shows the slides, and for the tests axe-core, which checks pages for
accessibility, and puppeteer-core, which drives Firefox.

They are installed once, into build/npm, as classroom/package.json names them.
"""

import shutil
import subprocess
from pathlib import Path

HERE = Path(__file__).parent
BUILD = HERE.parent / "build" / "npm"
PATIENCE = ["--fetch-retries=2", "--fetch-retry-mintimeout=1000", "--fetch-retry-maxtimeout=2000",
            "--fetch-timeout=60000"]  # milliseconds; without a network npm would try for minutes


def package(name):
    """Return the folder of a package, installing it first where it is not there.

    Raises:
        FileNotFoundError: npm is missing, or cannot fetch the package; the message says what to do.
    """
    wanted = (HERE / "package.json").read_bytes()
    there = BUILD / "package.json"
    if not (there.is_file() and there.read_bytes() == wanted and (BUILD / "node_modules" / name).is_dir()):
        npm = shutil.which("npm")  # with its ending: on Windows it is npm.cmd
        if npm is None:
            raise FileNotFoundError("npm is missing: install Node.js (from nodejs.org, or apt-get install npm)")
        BUILD.mkdir(parents=True, exist_ok=True)
        there.write_bytes(wanted)
        run = subprocess.run([npm, "install", "--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error",
                              *PATIENCE], cwd=BUILD, capture_output=True, encoding="utf-8", errors="replace")
        if run.returncode:
            there.unlink()  # so that the next call tries again, even if an older version is there
            raise FileNotFoundError(f"npm cannot install {name}, for which it needs the network once: "
                                    f"{' '.join(run.stderr.split())[:200]}")
    return BUILD / "node_modules" / name
