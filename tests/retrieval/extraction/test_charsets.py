import codecs

import pytest

from retrieval.extraction import extract
from retrieval.extraction.errors import UnknownFormatError

GERMAN = "Die Straße führt über die Brücke nach Köln. Übermorgen fahren wir zurück."
RUSSIAN = "Привет, мир. Это пример текста на русском языке."
JAPANESE = "これは日本語の文章です。東京は日本の首都です。"
CHINESE = "这是一个中文句子。北京是中国的首都。"
KOREAN = "안녕하세요 세계. 서울은 한국의 수도입니다."


@pytest.mark.parametrize("text", [GERMAN, RUSSIAN, JAPANESE, CHINESE, KOREAN, "😀 plain"])
@pytest.mark.parametrize("charset", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_unicode_with_and_without_a_mark(text: str, charset: str) -> None:
    assert extract("a.txt", text.encode(charset)).text == text


def test_utf_16_big_endian_with_a_mark() -> None:
    assert extract("a.txt", codecs.BOM_UTF16_BE + RUSSIAN.encode("utf-16-be")).text == RUSSIAN


@pytest.mark.parametrize("charset", ["utf-16-le", "utf-16-be"])
def test_western_utf_16_without_a_mark(charset: str) -> None:
    assert extract("a.txt", GERMAN.encode(charset)).text == GERMAN


@pytest.mark.parametrize(
    ("text", "charset"),
    [
        (GERMAN, "cp1252"),
        (RUSSIAN, "cp1251"),
        (RUSSIAN, "koi8-r"),
        (JAPANESE, "shift_jis"),
        (JAPANESE, "euc_jp"),
        (CHINESE, "gb18030"),
        (KOREAN, "euc_kr"),
    ],
)
def test_older_character_sets_are_guessed(text: str, charset: str) -> None:
    assert extract("a.txt", text.encode(charset)).text == text


def test_one_foreign_letter_far_into_a_file_is_guessed() -> None:
    data = b"plain words " * 20_000 + "und schöne Grüße aus Köln".encode("cp1252") + b" and more" * 10_000
    assert "schöne Grüße aus Köln" in extract("a.txt", data).text


def test_a_page_says_its_character_set() -> None:
    page = f'<html><head><meta charset="windows-1251"></head><body><p>{RUSSIAN}</p></body></html>'
    assert extract("a.html", page.encode("cp1251")).text == RUSSIAN


@pytest.mark.parametrize("declared", ["rot13", "base64", "unicode_escape", "punycode", "nonsense"])
def test_a_page_cannot_choose_a_codec_that_is_no_character_set(declared: str) -> None:
    page = f'<html><head><meta charset="{declared}"></head><body><p>{GERMAN}</p></body></html>'
    assert extract("a.html", page.encode("cp1252")).text == GERMAN


def test_lines_end_one_way_and_control_characters_go() -> None:
    assert extract("a.txt", b"one\r\ntwo\rthree\x0cfour\x1b[0m \x08five" + b" six" * 50).text.startswith(
        "one\ntwo\nthree\nfour[0m five six"
    )


def test_text_that_is_mostly_unreadable_is_refused() -> None:
    with pytest.raises(UnknownFormatError):
        extract("a.txt", b"\xff\xfe" + b"\x00\xd8" * 100)


def test_nothing_is_taken_from_the_text() -> None:
    text = "  indented\n\n\tcode ~ § \u2009 \u200d end"
    assert extract("a.txt", text.encode()).text == text
