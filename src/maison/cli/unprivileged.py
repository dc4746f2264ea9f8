"""Runs a program as someone other than root: PostgreSQL refuses root, and we create no system user for it.

Called as a script (`python -I -S unprivileged.py MODE program …`): the change of identity happens in a fresh
process with one thread, then the program takes its place.
"""

from __future__ import annotations

import os
import sys

NOBODY = 65534


def enter_namespace() -> None:
    """Become `nobody` in a user namespace where `nobody` stands for the present user.

    Outside, nothing changes: files stay readable and owned by the present user, even inside a closed home.
    """
    uid, gid = os.geteuid(), os.getegid()
    os.unshare(os.CLONE_NEWUSER)
    for name, text in (("setgroups", "deny"), ("uid_map", f"{NOBODY} {uid} 1"), ("gid_map", f"{NOBODY} {gid} 1")):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(text)


def become(uid: int) -> None:
    os.setgroups([])
    os.setgid(uid)
    os.setuid(uid)


def main(arguments: list[str]) -> None:
    mode, *program = arguments
    if mode == "namespace":
        enter_namespace()
    else:
        become(int(mode))
    os.execv(program[0], program)  # noqa: S606 -- no shell is wanted


if __name__ == "__main__":
    main(sys.argv[1:])
