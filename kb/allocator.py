"""Memory that was freed goes back to the system.

The C library keeps freed memory for itself, and each replaced view leaves gaps that the next does not fill:
without this a worker grew by half over a day's refreshes (bench/soak.py).
"""

import ctypes
from functools import lru_cache


def release() -> None:
    """Returns freed memory to the system where the C library can (glibc). Tens of milliseconds, without
    the interpreter's lock."""
    trim = _trim()
    if trim is not None:
        trim(0)


@lru_cache(maxsize=1)
def _trim() -> "ctypes._NamedFuncPointer | None":
    try:
        function = ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError, TypeError):
        return None
    function.argtypes, function.restype = [ctypes.c_size_t], ctypes.c_int
    return function
