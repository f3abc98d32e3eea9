"""A folder in memory, laid down as often as wanted: copying its files one by one takes longer."""

import os
from fnmatch import fnmatch
from pathlib import Path


class Copies:
    """What stands in a folder now, but for files that are called like `without`."""

    def __init__(self, folder: Path, without: str = "") -> None:
        self._mode, self._folders, self._files = folder.stat().st_mode & 0o777, [], []
        for path in sorted(folder.rglob("*")):
            mode, name = path.stat().st_mode & 0o777, path.relative_to(folder)
            if path.is_dir():
                self._folders.append((name, mode))
            elif not fnmatch(path.name, without):
                self._files.append((name, mode, path.read_bytes()))

    def lay(self, folder: Path) -> Path:
        """Make the folder, which is not there yet, and all that is in it."""
        os.mkdir(folder, self._mode)
        for name, mode in self._folders:
            os.mkdir(f"{folder}/{name}", mode)
        for name, mode, data in self._files:
            with open(os.open(f"{folder}/{name}", os.O_CREAT | os.O_WRONLY, mode), "wb", 0) as file:
                file.write(data)
        return folder
