"""Starts the command in its arguments and tells its wall, peak memory and exit code.

The last line on standard error is `[seconds, kilobytes, code]`.
"""

import resource
import subprocess
import sys
import time

begun = time.perf_counter()
code = subprocess.call(sys.argv[1:])
taken = time.perf_counter() - begun
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
sys.stderr.write(f"\n[{taken}, {peak}, {code}]\n")
