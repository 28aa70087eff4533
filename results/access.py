"""Access: folders that nobody else may write into, and files that only their owner may read."""

import grp
import os
import pwd
import shlex
import stat
from contextlib import suppress
from pathlib import Path

from results.errors import UnsafeFolderError


def make_folder(folder: Path, *, below: Path) -> None:
    """Make a folder somewhere below another, and what lies between: nobody may write there who may not write above.

    Whatever the umask would let a group do: who may write into a folder may remove what others put there.

    Raises:
        OSError: If the disk refuses.
    """
    if folder.is_dir():
        return
    below.mkdir(mode=0o755, parents=True, exist_ok=True)
    mode = stat.S_IMODE(below.stat().st_mode)
    for part in reversed([folder, *(parent for parent in folder.parents if below in parent.parents)]):
        part.mkdir(mode=mode, exist_ok=True)


def private_folder(path: Path) -> None:
    """Make a folder that only its owner may enter, or see that the one there is ours alone to write.

    Raises:
        UnsafeFolderError: If it is a link, another user's, or writable by others.
        OSError: If the disk refuses.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with suppress(FileExistsError):
        path.mkdir(mode=0o700)
    found = path.lstat()
    if stat.S_ISLNK(found.st_mode) or not stat.S_ISDIR(found.st_mode):
        raise UnsafeFolderError(f"{path} must be a folder, not a link or a file: remove it")
    if found.st_uid != os.geteuid():
        raise UnsafeFolderError(f"{path} belongs to user {found.st_uid}: give an --out of your own")
    if others_may_write(path):
        raise UnsafeFolderError(
            f"{path} may be written by other users, who could run code as you: `chmod go-w {shlex.quote(str(path))}`"
        )


def others_may_write(path: Path) -> bool:
    """True if a user besides this one and root may change a file, or replace what others put into a folder.

    A group that only this user is in, as many systems make one for each, is no other; a folder with the sticky bit,
    as /tmp is, lets nobody replace the files of others.

    Raises:
        OSError: If it is not there.
    """
    found = path.stat()
    if found.st_uid not in {0, os.geteuid()}:
        return True
    if stat.S_ISDIR(found.st_mode) and found.st_mode & stat.S_ISVTX:
        return False
    return bool(found.st_mode & 0o002) or bool(found.st_mode & 0o020 and not _is_our_own(found.st_gid, path))


def _is_our_own(group: int, path: Path) -> bool:
    """True if a group is named as the user, has no other member, and no access list lets others in beside it."""
    try:
        user, found = pwd.getpwuid(os.geteuid()), grp.getgrgid(group)
        listed = hasattr(os, "listxattr") and "system.posix_acl_access" in os.listxattr(path)
    except (KeyError, OSError):
        return False
    return found.gr_name == user.pw_name and set(found.gr_mem) <= {user.pw_name} and not listed


def private_opener(path: str, flags: int) -> int:
    """For `open`, where only the owner may read and write the new file, whatever the umask."""
    handle = os.open(path, flags, 0o600)
    with suppress(PermissionError):  # exFAT and its kin have no modes to set: there the folder's is what counts
        os.fchmod(handle, 0o600)
    return handle
