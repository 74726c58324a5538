import platform
import subprocess
import sys

import pytest

_PROGRAM = """
from kb import allocator

def resident() -> int:
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1])

start = resident()
# Below the size at which the C library asks the system for a block of its own, with one kept at the end.
blocks = [bytearray(60_000) for _ in range(2000)]
last = bytearray(60_000)
full = resident() - start
del blocks[::2], blocks[:]
kept = resident() - start
allocator.release()
print(full, kept, resident() - start)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the C library has no malloc_trim")
def test_freed_memory_goes_back_to_the_system() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM], capture_output=True, text=True, check=True
    )
    full, kept, after = map(int, done.stdout.split())
    assert kept > full / 2, "the C library gave it back by itself: the test shows nothing"
    assert after < full / 4
