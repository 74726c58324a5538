"""Archives and mail: what is in them, under which names, and what is refused."""

import io
import struct
import zipfile
from collections.abc import Mapping
from email.message import EmailMessage
from pathlib import Path

import pytest

from indexer import limits
from indexer.extract.archive import safe_name
from indexer.extract.containers import open_container
from indexer.outcome import Outcome
from indexer.read import read_units
from indexer.sources import File, Unit
from kb.errors import UnreadableError
from kb.settings import SourceConfig
from tests.support.ofd_writer import write as write_ofd

TEXT = "关于开展宣传的通知\n\n请各单位做好宣传工作。\n".encode()


def archive(members: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as out:
        for name, data in members.items():
            out.writestr(name, data)
    return buffer.getvalue()


def renamed(names: Mapping[str, bytes], flag: int = 0) -> bytes:
    """An archive whose names are these bytes, with the flag bits as given."""
    plain = {f"{n:03}{'x' * (len(raw) - 3)}": raw for n, raw in enumerate(names.values())}
    data = archive(dict.fromkeys(plain, TEXT))
    for ascii_name, raw in plain.items():
        data = data.replace(ascii_name.encode(), raw)
    if flag:
        for signature, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
            start = data.find(signature)
            while start >= 0:
                data = data[: start + at] + struct.pack("<H", flag) + data[start + at + 2 :]
                start = data.find(signature, start + 4)
    return data


def read(folder: Path, name: str, data: bytes) -> list[Outcome]:
    (folder / name).write_bytes(data)
    unit = Unit(name, (File(name, len(data), 0),))
    return read_units([unit], SourceConfig("源", folder, "folder"), 5)


def results(found: list[Outcome]) -> list[tuple[str, str]]:
    return [(o.path, o.reason) for o in found]


def test_each_member_is_a_document(tmp_path: Path) -> None:
    data = archive({
        "总结.txt": TEXT, "附件/页面.html": "<html><p>宪法宣传周活动安排。</p></html>".encode(),
        "附件/公文.ofd": write_ofd(["关于普法的意见", "各单位要做好普法工作。"]),
    })  # fmt: skip
    found = read(tmp_path, "材料.zip", data)
    assert results(found) == [
        ("材料.zip", ""),
        ("材料.zip!/总结.txt", ""),
        ("材料.zip!/附件/页面.html", ""),
        ("材料.zip!/附件/公文.ofd", ""),
    ]
    assert found[0].document is None
    documents = [o.document for o in found[1:]]
    assert all(documents)
    assert len({d.id for d in documents if d}) == 3
    assert [d.format for d in documents if d] == ["txt", "html", "ofd"]
    assert all(len(o.hashes) == 1 for o in found)
    assert len({o.hashes for o in found}) == 4


@pytest.mark.parametrize(
    ("raw", "flag"),
    [
        ("普法/责任清单.txt".encode("gb18030"), 0),
        ("普法/责任清单.txt".encode(), 0),
        ("普法/责任清单.txt".encode(), 0x800),
        # Read as code page 437 by some program and written on as UTF-8.
        ("普法/责任清单.txt".encode("gb18030").decode("cp437").encode(), 0x800),
    ],
    ids=["gb18030", "utf-8 unsaid", "utf-8", "garbled"],
)
def test_names(raw: bytes, flag: int, tmp_path: Path) -> None:
    found = read(tmp_path, "a.zip", renamed({"x": raw}, flag))
    assert results(found) == [("a.zip", ""), ("a.zip!/普法/责任清单.txt", "")]


def test_a_name_in_big5(tmp_path: Path) -> None:
    found = read(tmp_path, "a.zip", renamed({"x": "法規彙編/辦事須知.txt".encode("big5")}))
    assert results(found)[1] == ("a.zip!/法規彙編/辦事須知.txt", "")


def test_mail_in_hz_and_a_name_in_raw_bytes(tmp_path: Path) -> None:
    subject = "=?HZ-GB-2312?Q?" + "关于开会的通知".encode("hz").decode().replace("=", "=3D") + "?="
    head = f"From: a@example.cn\nTo: b@example.cn\nSubject: {subject}\nMIME-Version: 1.0\n"
    data = (
        f'{head}Content-Type: multipart/mixed; boundary="B"\n\n--B\n'
        "Content-Type: text/plain; charset=hz-gb-2312\n\n".encode()
        + "请各科室周五前报送宣传材料。".encode("hz")
        + b"\n--B\nContent-Type: application/octet-stream\nContent-Disposition: attachment; filename="
        + '"会议材料.txt"\n\n'.encode("gb18030")
        + TEXT
        + b"\n--B--\n"
    )
    mail, attached = read(tmp_path, "a.eml", data)
    assert mail.document is not None
    assert mail.document.title == "关于开会的通知"
    assert mail.document.passages[0].text == "请各科室周五前报送宣传材料。"
    assert attached.member == "会议材料.txt"


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("../../etc/passwd", "etc/passwd"),
        ("/etc/passwd", "etc/passwd"),
        ("材料\\附件\\总结.txt", "材料/附件/总结.txt"),
        ("a\0b/\u202e./c.txt", "ab/c.txt"),
        ("../..", "未命名"),
        ("x" * 999, "x" * 300),
    ],
)
def test_names_are_labels(name: str, safe: str) -> None:
    assert safe_name(name).replace("\u202e.", "").replace("//", "/") == safe


def test_two_members_of_one_name(tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="Duplicate name"):
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as out:
            out.writestr("a.txt", TEXT)
            out.writestr("a.txt", TEXT + b"2")
    found = read(tmp_path, "a.zip", buffer.getvalue())
    assert results(found) == [("a.zip", ""), ("a.zip!/a.txt", ""), ("a.zip!/a.txt#2", "")]


def test_furniture_is_skipped(tmp_path: Path) -> None:
    names = ["__MACOSX/._a.txt", ".DS_Store", "图/Thumbs.db", "~$总结.docx", ".git/x.txt", "好.txt"]
    found = read(tmp_path, "a.zip", archive(dict.fromkeys(names, TEXT)))
    assert results(found) == [("a.zip", ""), ("a.zip!/好.txt", "")]


def test_a_member_that_fails_stops_no_other(tmp_path: Path) -> None:
    data = archive({"空.txt": b"", "图.png": b"\x89PNG\r\n\x1a\n" + bytes(50), "好.txt": TEXT})
    assert results(read(tmp_path, "a.zip", data)) == [
        ("a.zip", ""),
        ("a.zip!/空.txt", "empty"),
        ("a.zip!/图.png", "unsupported"),
        ("a.zip!/好.txt", ""),
    ]


def test_nested_twice_at_most(tmp_path: Path) -> None:
    third = archive({"深.txt": TEXT})
    second = archive({"三.zip": third, "中.txt": TEXT})
    assert results(read(tmp_path, "一.zip", archive({"二.zip": second, "浅.txt": TEXT}))) == [
        ("一.zip", ""),
        ("一.zip!/二.zip", ""),
        ("一.zip!/二.zip!/三.zip", "too-deep"),
        ("一.zip!/二.zip!/中.txt", ""),
        ("一.zip!/浅.txt", ""),
    ]


def test_an_archive_of_itself_ends(tmp_path: Path) -> None:
    data = archive({"a.txt": TEXT})
    for _ in range(20):
        data = archive({"内.zip": data})
    assert [o.reason for o in read(tmp_path, "a.zip", data)] == ["", "", "too-deep"]


def test_bombs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = archive({"大.txt": b"\0" * 60_000_000, "密.txt": b"a" * 4_900_000, "好.txt": TEXT})
    found = read(tmp_path, "a.zip", data)
    assert results(found)[1:] == [
        ("a.zip!/大.txt", "too-large"),
        ("a.zip!/密.txt", "too-large"),
        ("a.zip!/好.txt", ""),
    ]
    assert "压缩比" in found[2].message
    monkeypatch.setattr(limits, "ZIP_TOTAL", 10_000)
    many = archive(
        {f"{n}.txt": TEXT + bytes([65 + n]) * 3_000 for n in range(5)}, zipfile.ZIP_STORED
    )
    assert [o.reason for o in read(tmp_path, "b.zip", many)] == ["", "", "", "", *["too-large"] * 2]


def test_a_member_without_a_name(tmp_path: Path) -> None:
    data = archive({"x": TEXT}).replace(b"x", b"\0")
    assert results(read(tmp_path, "a.zip", data)) == [("a.zip", ""), ("a.zip!/未命名", "")]


def test_too_many_members(tmp_path: Path) -> None:
    data = archive({f"{n}.txt": b"x" for n in range(limits.MEMBERS + 1)})
    assert results(read(tmp_path, "a.zip", data)) == [("a.zip", "too-large")]


def test_encrypted_and_damaged_members(tmp_path: Path) -> None:
    data = bytearray(archive({"密.txt": TEXT, "好.txt": TEXT}, zipfile.ZIP_STORED))
    for signature, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.find(signature) + at] |= 1
    found = read(tmp_path, "a.zip", bytes(data))
    assert results(found)[1:] == [("a.zip!/密.txt", "encrypted"), ("a.zip!/好.txt", "")]
    assert "密码" in found[1].message
    data = bytearray(archive({"坏.txt": TEXT, "好.txt": TEXT}, zipfile.ZIP_STORED))
    data[data.find(TEXT) + 5] ^= 255
    assert results(read(tmp_path, "a.zip", bytes(data)))[1:] == [
        ("a.zip!/坏.txt", "malformed"),
        ("a.zip!/好.txt", ""),
    ]


def test_what_is_no_archive_of_files() -> None:
    assert (
        open_container(archive({"[Content_Types].xml": b"<x/>", "word/a.xml": b""}), 9999) is None
    )
    assert open_container(write_ofd(["一段文字。"]), 9999) is None
    assert open_container(TEXT, 9999) is None
    for data in (archive({}), archive({".hidden": b"x"})):
        with pytest.raises(UnreadableError) as caught:
            open_container(data, 9999)
        assert caught.value.reason == "empty"
    with pytest.raises(UnreadableError) as caught:
        open_container(archive({"a.txt": TEXT})[:60], 9999)
    assert caught.value.reason == "malformed"


def mail(*attachments: tuple[str, bytes]) -> EmailMessage:
    message = EmailMessage()
    message["From"] = "普法科 <pufa@example.org>"
    message["To"] = "office@example.org"
    message["Subject"] = "关于报送普法工作总结的函"
    message["Date"] = "Fri, 05 Jan 2024 09:00:00 +0800"
    message.set_content("各单位：\n\n请于月底前报送普法工作总结。\n", charset="gb18030")
    message.add_alternative("<p>网页版</p>", subtype="html")
    for name, data in attachments:
        message.add_attachment(data, "application", "octet-stream", filename=name)
    return message


def test_mail(tmp_path: Path) -> None:
    message = mail(("总结.txt", TEXT), ("材料.zip", archive({"内.txt": TEXT})))
    found = read(tmp_path, "来信.eml", bytes(message))
    assert results(found) == [
        ("来信.eml", ""),
        ("来信.eml!/总结.txt", ""),
        ("来信.eml!/材料.zip", ""),
        ("来信.eml!/材料.zip!/内.txt", ""),
    ]
    body = found[0].document
    assert body is not None
    assert body.title == "关于报送普法工作总结的函"
    assert (body.format, body.encoding) == ("eml", "gb18030")
    text = "\n".join(p.text for p in body.passages)
    assert "请于月底前报送普法工作总结。" in text
    assert "网页版" not in text


def test_a_mail_in_a_mail(tmp_path: Path) -> None:
    outer = EmailMessage()
    outer["From"] = "a@example.org"
    outer["To"] = "b@example.org"
    outer["Subject"] = "转发"
    outer.set_content("请阅。\n")
    outer.add_attachment(mail(("总结.txt", TEXT)))
    assert results(read(tmp_path, "转.eml", bytes(outer))) == [
        ("转.eml", ""),
        ("转.eml!/关于报送普法工作总结的函.eml", ""),
        ("转.eml!/关于报送普法工作总结的函.eml!/总结.txt", ""),
    ]


def test_bare_bytes_in_headers(tmp_path: Path) -> None:
    head = "From: 普法科 <a@example.org>\r\nTo: b@example.org\r\nSubject: 关于报送总结的函\r\n"
    body = "Content-Type: text/plain; charset=gb2312\r\n\r\n请报送“镕”字号总结材料。\r\n"
    (found,) = read(tmp_path, "a.eml", (head + body).encode("gb18030"))
    assert found.document is not None
    assert found.document.title == "关于报送总结的函"
    assert "“镕”字号" in found.document.passages[0].text


def test_pictures_in_the_text_of_a_mail_are_no_attachments(tmp_path: Path) -> None:
    message = mail()
    message.make_mixed()
    message.add_attachment(b"\x89PNG", "image", "png", disposition="inline", cid="<logo>")
    assert results(read(tmp_path, "a.eml", bytes(message))) == [("a.eml", "")]


@pytest.mark.parametrize(
    "text",
    ["Subject: x\n\n正文", "From: x\nTo: y\n这不是邮件\n", "普法\nFrom: a\nTo: b\nDate: c\n\n"],
)
def test_what_is_no_mail(text: str) -> None:
    assert open_container(text.encode(), 9999) is None


def test_a_mail_that_says_nothing_and_one_with_too_many_parts(tmp_path: Path) -> None:
    head = b"From: a@example.org\nTo: b@example.org\nSubject: x\n"
    assert results(read(tmp_path, "a.eml", head + b"\n\n")) == [("a.eml", "empty")]
    many = b"Content-Type: multipart/mixed; boundary=B\n\n" + b"--B\n\nx\n" * 600 + b"--B--\n"
    assert results(read(tmp_path, "a.eml", head + many)) == [("a.eml", "too-large")]
