"""A bill of materials in CycloneDX 1.6 (JSON): what the program needs at run time.

    python -m requirements.sbom >sbom.json        (make sbom)

Names, versions and hashes are those of runtime.txt, licences what the installed packages declare.
Nothing of the day or the machine is in it: the same pins give the same bytes.
"""

import json
import sys
import tomllib
import uuid
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, metadata
from typing import Any

from kb import __version__
from requirements.pins import HERE, Pin, read

_SPACE = uuid.UUID("6ba7b811-9dad-11d1-80b4-00c04fd430c8")
"""RFC 9562's name space for URLs."""

_LONGEST = 100
"""Characters of a licence's name; some packages put the whole text there."""

_CLASSIFIER = "License :: OSI Approved :: "


def bill(pins: Sequence[Pin]) -> dict[str, Any]:
    """The bill of materials of these pins."""
    project = tomllib.loads((HERE.parent / "pyproject.toml").read_text("utf-8"))["project"]
    components = [component(p) for p in sorted(pins, key=lambda p: (p.name, p.version))]
    own = f"pkg:pypi/{project['name']}@{__version__}"
    text = json.dumps(components, sort_keys=True)
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(_SPACE, own + text)}",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": own,
                "name": project["name"],
                "version": __version__,
                "description": project["description"],
                "purl": own,
            }
        },
        "components": components,
        "dependencies": [{"ref": own, "dependsOn": [c["bom-ref"] for c in components]}],
    }


def component(pin: Pin) -> dict[str, Any]:
    """A package. Its hashes are those of all files that may be installed, one for each platform: the
    standard has no other place for them than references to those files."""
    purl = f"pkg:pypi/{pin.name}@{pin.version}"
    found: dict[str, Any] = {
        "type": "library",
        "bom-ref": purl,
        "name": pin.name,
        "version": pin.version,
        "purl": purl,
    }
    if licence := licence_of(pin.name):
        found["licenses"] = [licence]
    found["externalReferences"] = [
        {
            "type": "distribution",
            "url": purl,
            "comment": "one of the files that the pin allows",
            "hashes": [{"alg": "SHA-256", "content": digest}],
        }
        for digest in pin.hashes
    ]
    if pin.marker:
        found["properties"] = [{"name": "pufa-kb:marker", "value": pin.marker}]
    return found


def licence_of(name: str) -> dict[str, Any] | None:
    """What the installed package declares, or None: not installed here, or nothing declared."""
    try:
        data: Any = metadata(name)
    except PackageNotFoundError:
        return None
    if expression := data.get("License-Expression"):
        return {"expression": expression}
    classes = data.get_all("Classifier") or []
    named = sorted(c.removeprefix(_CLASSIFIER) for c in classes if c.startswith(_CLASSIFIER))
    said = (data.get("License") or "").strip()
    text = said if said and len(said) <= _LONGEST and "\n" not in said else " AND ".join(named)
    return {"license": {"name": text}} if text else None


if __name__ == "__main__":
    json.dump(bill(read(HERE / "runtime.txt")), sys.stdout, ensure_ascii=False, indent=2)
    sys.stdout.write("\n")
