"""The two packages from npm: reveal.js, which shows the slides, and axe-core, which checks pages for accessibility.

They are installed once, into build/npm, as classroom/package.json names them.
"""

import shutil
import subprocess
from pathlib import Path

HERE = Path(__file__).parent
BUILD = HERE.parent / "build" / "npm"


def package(name):
    """Return the folder of a package, installing it first where it is not there.

    Raises:
        FileNotFoundError: npm is missing; the message says what to do.
    """
    wanted = (HERE / "package.json").read_bytes()
    there = BUILD / "package.json"
    if not (there.is_file() and there.read_bytes() == wanted and (BUILD / "node_modules" / name).is_dir()):
        if shutil.which("npm") is None:
            raise FileNotFoundError("npm is missing: install Node.js (from nodejs.org, or apt-get install npm)")
        BUILD.mkdir(parents=True, exist_ok=True)
        there.write_bytes(wanted)
        subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error"],
                       cwd=BUILD, check=True)
    return BUILD / "node_modules" / name
