"""Runs one program and prints what it took, as JSON.

A process of its own, without any import that costs: the memory of a child is at least that of whoever started it.

python -I -S launch.py LOG PROGRAM [ARGUMENT]...
"""

import os
import sys
import time

log, *command = sys.argv[1:]
actions = [
    (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
    (os.POSIX_SPAWN_OPEN, 1, log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600),
    (os.POSIX_SPAWN_DUP2, 1, 2),
]
began = time.monotonic()
process = os.posix_spawn(command[0], command, os.environ, file_actions=actions)
_, status, usage = os.wait4(process, 0)
wall_s = time.monotonic() - began
cpu_s = usage.ru_utime + usage.ru_stime
print(f"[{1000 * wall_s}, {1000 * cpu_s}, {usage.ru_maxrss / 1024}, {os.waitstatus_to_exitcode(status)}]")
