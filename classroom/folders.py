"""The folder that a command writes: new, empty, or one that the same command has made before."""

import shutil
import sys


def fresh(folder, command):
    """Make a folder, or empty it where this command has made it itself; end with a sentence where it has not.

    A file `.made_by_COMMAND` marks what may be replaced.

    Args:
        folder: its path; folders above it are made too.
        command: the name of the script that writes there.
    """
    folder = folder.resolve()  # a link stays a link
    mark = folder / f".made_by_{command}"
    if folder.is_dir():
        if any(folder.iterdir()) and not mark.is_file():
            sys.exit(f"{folder} holds files that {command} did not make, and it would delete them: name a folder that "
                     "is new or empty, or delete this one yourself if you need nothing in it")
        shutil.rmtree(folder)
    elif folder.exists():
        sys.exit(f"{folder} is a file: name a folder")
    folder.mkdir(parents=True)
    mark.write_text(f"{command} made this folder. When it runs again, it replaces all that is in it.\n",
                    encoding="utf-8", newline="\n")
