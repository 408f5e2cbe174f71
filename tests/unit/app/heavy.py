"""A process that tells its niceness and the memory that it may take, once it has taken so many bytes."""

from __future__ import annotations

import os
import resource
import sys

room = bytearray(int(sys.argv[1]))
print(os.nice(0), resource.getrlimit(resource.RLIMIT_AS)[0], end="")
