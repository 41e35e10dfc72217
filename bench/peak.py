"""python -SE bench/peak.py FILE COMMAND…: runs the command, and writes into the file how much memory it took at most, in KiB.

To the kernel a program's peak is at least what the process held from which it was begun. A benchmark holds its libraries;
this process holds some megabytes.
"""

import os
import sys

child = os.fork()
if child == 0:
    os.execvp(sys.argv[2], sys.argv[2:])
_, status, usage = os.wait4(child, 0)
with open(sys.argv[1], "w") as file:
    file.write(str(usage.ru_maxrss))
sys.exit(os.waitstatus_to_exitcode(status))
