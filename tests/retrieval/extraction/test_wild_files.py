"""Whatever the bytes, the door gives text with sound positions or an error with a reason, soon."""

import random
import zipfile
from collections.abc import Callable
from io import BytesIO

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from retrieval.extraction import Extracted, ExtractionError, Limits, extract
from retrieval.extraction.formats import Format

NAMES = [f"a.{format.name.lower()}" for format in Format]
LIMITS = Limits(characters=200_000, pages=200, rows=5_000, cells=200_000, unpacked_bytes=8 << 20)
MAIL = b"From: a\nTo: b\nDate: c\n\n"
OPENINGS = [b"", b"%PDF-1.7\n", b"PK\x03\x04", b"\xff\xfe", b"<!doctype html>", MAIL, b"[{"]
ODDITIES = [b"\0", b"\xff\xfe", b"<", b'"', b"-1", b"99999999999", b"&#0;", b"XFD1048576"]

wild = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=5000)


def check(name: str, data: bytes, limits: Limits = LIMITS) -> Extracted | None:
    try:
        found = extract(name, data, limits)
    except ExtractionError as error:
        assert error.code in ("server_error", "unsupported_file", "invalid_file")
        assert str(error).endswith(".")
        return None
    assert found.text.strip()
    assert len(found.text) <= limits.characters
    assert list(found.pages) == sorted(found.pages)
    assert all(0 <= page <= len(found.text) for page in found.pages)
    assert not any(sign in found.text for sign in "\r\0\x0b\x0c")
    (found.text + found.title + found.media_type).encode()
    return found


@given(st.sampled_from(NAMES), st.sampled_from(OPENINGS), st.binary(max_size=2000))
def test_random_bytes(name: str, opening: bytes, data: bytes) -> None:
    check(name, opening + data)


@given(
    st.sampled_from(NAMES), st.text(max_size=500), st.sampled_from(["utf-8", "utf-16", "cp1252", "gb18030"])
)
@example("a.json", '{"a": "\\ud800"}', "utf-8")
@example("a.jsonl", '{"a": "one\u2028two"}\n{"a": 1}', "utf-8")
@example("a.json", "[" * 5000, "utf-8")
@example("a.json", "9" * 10_000, "utf-8")
@example("a.csv", '"' * 999, "utf-8")
@example("a.txt", "<!---->" * 140 + "x", "utf-8")
def test_random_text(name: str, text: str, charset: str) -> None:
    check(name, text.encode(charset, "replace"))


@pytest.mark.parametrize("name", NAMES)
@wild
@given(seed=st.integers(0, 2**32))
def test_damaged_files(files: dict[str, bytes], name: str, seed: int) -> None:
    check(name, _damaged(files[name], random.Random(seed)))


@pytest.mark.parametrize("name", ["a.docx", "a.pptx", "a.xlsx"])
@wild
@given(seed=st.integers(0, 2**32))
def test_office_files_with_damaged_parts(
    files: dict[str, bytes], rezip: Callable[..., bytes], name: str, seed: int
) -> None:
    chance = random.Random(seed)
    with zipfile.ZipFile(BytesIO(files[name])) as archive:
        part = chance.choice(archive.namelist())
        content = archive.read(part)
    check(name, rezip(files[name], {part: chance.choice([None, _damaged(content, chance)])}))


@pytest.mark.parametrize("outer", NAMES)
def test_every_format_under_every_name(files: dict[str, bytes], outer: str) -> None:
    for inner in NAMES:
        found = check(outer, files[inner])
        if inner in ("a.pdf", "a.docx", "a.pptx", "a.xlsx"):
            assert found == extract(inner, files[inner])


def _damaged(data: bytes, chance: random.Random) -> bytes:
    """The bytes with some changed, dropped, doubled or cut off."""
    out = bytearray(data)
    for _ in range(chance.choice([1, 1, 2, 5, 20])):
        at, much = chance.randrange(len(out) + 1), chance.randrange(1, 60)
        way = chance.randrange(5)
        if way == 0:
            out[at : at + 1] = chance.randbytes(1)
        elif way == 1:
            del out[at : at + much]
        elif way == 2:
            out[at:at] = out[chance.randrange(len(out) + 1) :][:much]
        elif way == 3:
            out[at:at] = chance.choice(ODDITIES)
        elif chance.random() < 0.3:
            del out[at:]
    return bytes(out)
