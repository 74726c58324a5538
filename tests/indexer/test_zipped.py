"""Bombs: what a small zip file may not make of itself, as an archive or as a package."""

import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from indexer import limits
from indexer.extract.zipped import Zip
from indexer.outcome import Outcome
from indexer.read import read_units
from indexer.sources import Unit
from indexer.sources.scan import scan
from kb.errors import UnreadableError
from kb.settings import SourceConfig

TEXT = "各区司法局：请做好宪法宣传周活动。\n".encode()


def entry(name: bytes, offset: int, raw: bytes, packed: int) -> bytes:
    """A line of the central directory, deflated, that points to a local header at offset."""
    return (
        struct.pack(
            "<4s4B4HL2L5H2L",
            *(b"PK\x01\x02", 20, 3, 20, 0, 0, 8, 0, 0, zlib.crc32(raw), packed, len(raw)),
            *(len(name), 0, 0, 0, 0, 0, offset),
        )
        + name
    )


def local(name: bytes, raw: bytes, packed: bytes) -> bytes:
    head = (b"PK\x03\x04", 20, 0, 0, 8, 0, 0, zlib.crc32(raw), len(packed), len(raw), len(name), 0)
    return struct.pack("<4s2B4HL2L2H", *head) + name + packed


def finish(body: bytes, directory: list[bytes]) -> bytes:
    whole = b"".join(directory)
    count = len(directory)
    return (
        body
        + whole
        + struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, count, count, len(whole), len(body), 0)
    )


def deflated(raw: bytes) -> bytes:
    squeezer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return squeezer.compress(raw) + squeezer.flush()


def same_bytes(count: int) -> bytes:
    """Many entries of one kernel: each whole, all of the same bytes."""
    raw = b"a" * 250_000
    packed = deflated(raw)
    return finish(
        local(b"0.txt", raw, packed),
        [entry(f"{n}.txt".encode(), 0, raw, len(packed)) for n in range(count)],
    )


def quoted(count: int) -> bytes:
    """Each entry begins by quoting the headers of those after it (Fifield's construction)."""
    raw = b"a" * 250_000
    packed = deflated(raw)
    files: list[tuple[bytes, bytes, bytes]] = [(f"{count}.txt".encode(), raw, packed)]
    for n in range(count - 1, -1, -1):
        name, inner_raw, inner_packed = files[0]
        header = local(name, inner_raw, inner_packed)[: 30 + len(name)]
        quote = struct.pack("<BHH", 0, len(header), len(header) ^ 0xFFFF) + header
        files.insert(0, (f"{n}.txt".encode(), header + inner_raw, quote + inner_packed))
    body, directory = b"", []
    for n, (name, whole, inside) in enumerate(files):
        directory.append(entry(name, len(body), whole, len(inside)))
        last = n == len(files) - 1
        header = local(name, whole, inside)[: 30 + len(name)]
        body += header + (inside if last else inside[:5])
    return finish(body, directory)


def nested(count: int) -> bytes:
    inner = archive({f"{n}.txt": b"a" * 700_000 for n in range(5)})
    return archive({f"{n}.zip": inner for n in range(count)})


def archive(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as out:
        for name, content in members.items():
            out.writestr(name, content)
    return buffer.getvalue()


def streamed(members: dict[str, bytes]) -> bytes:
    """As programs write that can't go back: sizes stand behind the data, in data descriptors."""

    class Pipe(io.RawIOBase):
        def __init__(self) -> None:
            self.parts: list[bytes] = []

        def writable(self) -> bool:
            return True

        def write(self, data: bytes) -> int:  # type: ignore[override]
            self.parts.append(bytes(data))
            return len(data)

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as out:
        for name, content in members.items():
            out.writestr(name, content)
    return b"".join(pipe.parts)


def read(tmp_path: Path, data: bytes) -> list[Outcome]:
    (tmp_path / "a.zip").write_bytes(data)
    units = [Unit(f.path, (f,)) for f in scan(tmp_path).files]
    return read_units(units, SourceConfig("s", tmp_path, "folder"), 50)


def size(found: list[Outcome]) -> int:
    documents = [o.document for o in found if o.document]
    return sum(len(p.text) for d in documents for p in d.passages)


@pytest.mark.parametrize("bomb", [same_bytes, quoted])
def test_entries_that_overlap_are_refused(tmp_path: Path, bomb: Callable[[int], bytes]) -> None:
    data = bomb(100)
    with zipfile.ZipFile(io.BytesIO(data)) as opened:  # that this one is a bomb
        assert sum(i.file_size for i in opened.infolist()) > 20_000_000 > 200 * len(data)
    (one,) = read(tmp_path, data)
    assert (one.reason, "重叠" in one.message) == ("malformed", True)


def test_what_is_nested_is_counted_together(tmp_path: Path) -> None:
    data = nested(40)
    assert len(data) < 150_000
    found = read(tmp_path, data)
    assert size(found) <= max(limits.ZIP_SMALL, limits.ZIP_RATIO * len(data)) < 20_000_000
    assert {o.reason for o in found} == {"", "too-large"}


def test_many_small_entries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = archive({f"{n}.txt": b"a" * 900_000 for n in range(60)})
    found = read(tmp_path, data)
    assert size(found) <= limits.ZIP_RATIO * len(data) < 20_000_000
    assert "压缩比" in found[-1].message
    monkeypatch.setattr(limits, "MEMBERS", 4)
    inner = archive({f"{n}.txt": TEXT for n in range(3)})
    found = read(tmp_path, archive({"a.zip": inner, "b.zip": inner}))
    assert [o.reason for o in found] == ["", "", "", "", "", "too-large"]
    monkeypatch.setattr(limits, "ZIP_ENTRIES", 1)
    assert [o.reason for o in read(tmp_path, inner)] == ["too-large"]


def test_sizes_that_lie(tmp_path: Path) -> None:
    raw = b"a" * 6_000_000
    packed = deflated(raw)
    for claimed, reasons in ((raw[:10], ["", ""]), (raw + raw, ["", "too-large"])):
        body = local(b"a.txt", raw, packed)
        found = read(tmp_path, finish(body, [entry(b"a.txt", 0, claimed, len(packed))]))
        assert [o.reason for o in found] == reasons
        assert size(found) <= 10
    # One that claims the bytes of the next.
    first, second = local(b"a.txt", TEXT, deflated(TEXT)), local(b"b.txt", TEXT, deflated(TEXT))
    packed = deflated(TEXT)
    claims = ((b"a.txt", 0, len(packed) + 20), (b"b.txt", len(first), len(packed)))
    places = [entry(name, at, TEXT, length) for name, at, length in claims]
    assert [o.reason for o in read(tmp_path, finish(first + second, places))] == ["malformed"]


def test_data_descriptors_are_no_overlap(tmp_path: Path) -> None:
    data = streamed({"a.txt": TEXT, "b.txt": TEXT + TEXT})
    assert data[6] & 8
    assert [o.reason for o in read(tmp_path, data)] == ["", "", ""]


def test_what_is_read_again_counts_once() -> None:
    opened = Zip(archive({"a.xml": bytes(3_000_000) + deflated(TEXT * 99) * 200}), "文件")
    for _ in range(300):
        assert len(opened.read(opened.infos[0], limits.PART)) > 3_000_000


def test_a_directory_of_a_million_entries_is_not_taken_in() -> None:
    with pytest.raises(UnreadableError) as caught:
        Zip(b"PK\x01\x02" * 1_000_000, "文件")
    assert caught.value.reason == "too-large"
