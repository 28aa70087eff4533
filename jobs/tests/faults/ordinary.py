"""An ordinary user to be, where the caller is root."""

import ctypes
import os
import pwd
import subprocess
import sys
from pathlib import Path

_USERS = ("hw1user", "nobody")
_DUMPABLE = 4


def become(place: Path) -> None:
    """Give up root's rights for those of a user who can run this Python, if there is one; the folder becomes theirs.

    Root may read and write what permissions forbid. The test cluster's user can run this Python.
    """
    for user in () if os.geteuid() else _USERS:
        try:
            entry = pwd.getpwnam(user)
            theirs = {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
            subprocess.run([sys.executable, "-c", "import torch, jobs"], **theirs, cwd="/", check=True)
        except (KeyError, OSError, subprocess.CalledProcessError):
            continue
        os.chown(place, entry.pw_uid, entry.pw_gid)
        os.setgroups([])
        os.setgid(entry.pw_gid)
        os.setuid(entry.pw_uid)
        ctypes.CDLL(None).prctl(_DUMPABLE, 1, 0, 0, 0)  # or else nobody may look into our children
        break
    else:
        if not os.geteuid():
            print(f"{sys.executable} is for root alone: as root, without what needs an ordinary user")
    os.environ["HOME"] = os.environ["MPLCONFIGDIR"] = str(place)
