"""The bill of materials and the check of pins against known faults."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from requirements import audit, sbom
from requirements.pins import HERE, Pin, read


def test_the_bill_is_what_is_pinned() -> None:
    pins = read(HERE / "runtime.txt")
    bill = sbom.bill(pins)
    assert (bill["bomFormat"], bill["specVersion"], bill["version"]) == ("CycloneDX", "1.6", 1)
    assert re.fullmatch(r"urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", bill["serialNumber"])
    components = {(c["name"], c["version"]): c for c in bill["components"]}
    assert set(components) == {(p.name, p.version) for p in pins}
    for pin in pins:
        found = components[pin.name, pin.version]
        assert found["purl"] == found["bom-ref"] == f"pkg:pypi/{pin.name}@{pin.version}"
        hashes = [h for r in found["externalReferences"] for h in r["hashes"]]
        assert [h["content"] for h in hashes] == list(pin.hashes) != []
        assert {h["alg"] for h in hashes} == {"SHA-256"}
        # What isn't needed here isn't installed, so nothing is known of its licence.
        assert "licenses" in found or pin.marker, pin.name
    (tree,) = bill["dependencies"]
    assert tree["dependsOn"] == [c["bom-ref"] for c in bill["components"]]
    assert len(set(tree["dependsOn"])) == len(pins)
    assert tree["ref"] == bill["metadata"]["component"]["bom-ref"]


def test_the_same_pins_give_the_same_bytes() -> None:
    made = [
        subprocess.run(
            [sys.executable, "-m", "requirements.sbom"],
            cwd=HERE.parent,
            capture_output=True,
            check=True,
            timeout=60,
        ).stdout
        for _ in range(2)
    ]
    assert made[0] == made[1]
    assert json.loads(made[0])["components"]
    other = sbom.bill([Pin("whoosh", "2.7.5", "", ("0" * 64,))])
    assert other["serialNumber"] != json.loads(made[0])["serialNumber"]


def test_licences() -> None:
    assert sbom.licence_of("fastapi") == {"expression": "MIT"}
    assert sbom.licence_of("jieba") == {"license": {"name": "MIT"}}
    assert sbom.licence_of("no-such-package") is None


def test_no_pin_is_known_to_be_bad() -> None:
    _, advisories = audit.load()
    names = {p.name for f in audit.FILES for p in read(HERE / f"{f}.txt")}
    assert len(advisories) >= 15
    assert {a.package for a in advisories} <= names
    assert audit.main() == 0


def test_a_bad_pin_is_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, advisories = audit.load()
    planted = [
        Pin("h11", "0.14.0", "", ()),
        Pin("certifi", "2024.07.03", "", ()),
        Pin("h11", "0.16.0", "", ()),
        Pin("whoosh", "0.1", "", ()),
    ]
    assert [p.name for p, _ in audit.bad(planted, advisories)] == ["h11", "certifi"]
    patch = pytest.MonkeyPatch()
    for name in audit.FILES:
        text = (HERE / f"{name}.txt").read_text("utf-8")
        (tmp_path / f"{name}.txt").write_text(text.replace("h11==0.16.0", "h11==0.9.0"), "utf-8")
    patch.setattr(audit, "HERE", tmp_path)
    try:
        assert audit.main() == 1
    finally:
        patch.undo()
    assert "CVE-2025-43859" in capsys.readouterr().out


GOOD = (HERE / "advisories.toml").read_text("utf-8")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (GOOD.replace("checked = 2026", "seen = 2026"), "checked"),
        (GOOD.replace('below = "1.0.1"', 'below = "?"'), "advisory 1: below"),
        (GOOD.replace('"GHSA-86qp-5c8j-p5mr", ', ""), "advisory 1: two sources"),
        (GOOD.replace('id = "CVE-2025-62727"\n', ""), "advisory 2: wanted"),
    ],
)
def test_the_list_is_checked(text: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "advisories.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(ValueError, match=said):
        audit.load(path)
