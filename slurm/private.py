"""The folders that code is run from: nobody but their owner may write there, unless all of a group are trusted."""

import shlex
from pathlib import Path

from results.access import others_may_write, private_folder
from results.errors import UnsafeFolderError
from results.workspace import Workspace


def prepare(out: Path, *, shared: bool) -> None:
    """Make an output folder's folders of code, and see that nobody else may write there.

    Args:
        out: Is there.
        shared: Others may: whoever may write there can run code as this user, and submit too.

    Raises:
        UnsafeFolderError: If others may and it is not shared; says the remedy.
        OSError: If the disk refuses.
    """
    if others_may_write(out) and not shared:
        remedy = f"`chmod go-w {shlex.quote(str(out))}`, an --out of your own, or --shared if you trust them all"
        raise UnsafeFolderError(f"{out} may be written by other users, who could run code as you: {remedy}")
    for folder in Workspace(out).of_code:
        if shared:
            folder.mkdir(exist_ok=True)
        else:
            private_folder(folder)


def is_shared(out: Path) -> bool:
    """True if others may write where code is run from; so `prepare` was told to allow it.

    Raises:
        OSError: If there is no such folder.
    """
    return any(others_may_write(folder) for folder in (out, *Workspace(out).of_code) if folder.exists())


def folder_mode(out: Path) -> int:
    """Mode of folders that code is run from: their owner's alone, or as the umask says where the output is shared.

    Raises:
        OSError: If there is no such output folder.
    """
    return 0o777 if is_shared(out) else 0o700


def check(*folders: Path) -> None:
    """See on a node that nobody has come to be able to write there since the submission.

    Raises:
        UnsafeFolderError: If somebody has.
        OSError: If one is not there.
    """
    for folder in folders:
        if folder.is_symlink() or others_may_write(folder):
            raise UnsafeFolderError(f"{folder} is not its owner's alone: another user could have put code there")
