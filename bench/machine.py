"""What a figure was measured on, and where the results go."""

import json
import os
import platform
import sys
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"
DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
_PACKAGES = ("whoosh", "jieba", "numpy", "sqlalchemy", "fastapi")


def machine() -> dict[str, Any]:
    """Processor, cores, memory, versions and date."""
    cpu = platform.processor() or platform.machine()
    try:
        for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines():
            if line.startswith("model name"):
                cpu = line.partition(":")[2].strip()
                break
    except OSError:
        pass
    versions = {}
    for name in _PACKAGES:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            versions[name] = "absent"
    return {
        "cpu": cpu,
        "cores": os.cpu_count(),
        "python": sys.version.split()[0],
        "versions": versions,
        "date": datetime.now(UTC).date().isoformat(),
    }


def save(name: str, figures: dict[str, Any]) -> None:
    """Writes bench/results/<name>.json and prints it."""
    RESULTS.mkdir(exist_ok=True)
    text = json.dumps({"machine": machine(), **figures}, ensure_ascii=False, indent=1)
    (RESULTS / f"{name}.json").write_text(text + "\n", "utf-8")
    print(text)


def need_data() -> Path:
    """The folder of real statutes; ends the program where it is absent."""
    if not (DATA / "laws").is_dir():
        sys.exit("The real statutes (../shared/data) are not beside the project.")
    return DATA
