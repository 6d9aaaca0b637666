from collections.abc import Callable

import pytest

from retrieval.errors import RetrievalError
from retrieval.extraction import ExtractionError, extract
from retrieval.extraction.errors import (
    BrokenFileError,
    EmptyFileError,
    EncryptedFileError,
    UnknownFormatError,
)

MEDIA_TYPES = {
    "a.txt": "text/plain",
    "a.md": "text/markdown",
    "a.html": "text/html",
    "a.csv": "text/csv",
    "a.tsv": "text/tab-separated-values",
    "a.json": "application/json",
    "a.jsonl": "application/jsonl",
    "a.pdf": "application/pdf",
    "a.docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "a.pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "a.xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "a.eml": "message/rfc822",
}
UNMISTAKABLE = ("a.html", "a.pdf", "a.docx", "a.pptx", "a.xlsx", "a.eml")


@pytest.mark.parametrize("name", MEDIA_TYPES)
def test_every_format_is_read_as_what_it_is(files: dict[str, bytes], name: str) -> None:
    found = extract(name, files[name])
    assert found.media_type == MEDIA_TYPES[name]
    assert "plum" in found.text.lower()
    assert found.title


@pytest.mark.parametrize("suffix", ["", ".txt", ".md", ".pdf", ".docx", ".json", ".eml", ".bin"])
@pytest.mark.parametrize("name", UNMISTAKABLE)
def test_content_outweighs_the_name(files: dict[str, bytes], name: str, suffix: str) -> None:
    assert extract(f"b{suffix}", files[name]).media_type == MEDIA_TYPES[name]


@pytest.mark.parametrize("suffix", [".pdf", ".docx", ".pptx", ".xlsx", ".eml", ".PDF"])
def test_text_under_the_name_of_another_format_is_refused(suffix: str) -> None:
    with pytest.raises(BrokenFileError, match=f"ends with {suffix.lower()}"):
        extract(f"a{suffix}", b"1 0 obj << /Type /Catalog >> endobj\n\nwords: more")


@pytest.mark.parametrize("name", ["a.md", "a.txt", "a.csv", "a.json", "a.html", "a", "a.png"])
@pytest.mark.parametrize(
    "data",
    [
        b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4,
        b"\x7fELF\x02\x01\x01" + bytes(500),
        b"\x1f\x8b\x08\x00" + bytes((7 * i * i + i) % 256 for i in range(3000)),
    ],
    ids=["picture", "program", "packed"],
)
def test_binary_data_is_never_text(name: str, data: bytes) -> None:
    with pytest.raises(UnknownFormatError, match="upload PDF, Word"):
        extract(name, data)


def test_an_archive_is_refused_with_the_remedy(rezip: Callable[..., bytes], files: dict[str, bytes]) -> None:
    archive = rezip(files["a.docx"], {"_rels/.rels": None})
    for name in ("a.zip", "a.pdf", "a.docx"):
        with pytest.raises(UnknownFormatError, match="upload the files that it holds"):
            extract(name, archive)


@pytest.mark.parametrize(
    ("data", "remedy"),
    [
        (b"{\\rtf1 hello}", "save the file as .docx"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "save it as .docx"),
    ],
)
def test_known_formats_that_are_not_read_say_what_to_do(data: bytes, remedy: str) -> None:
    with pytest.raises(UnknownFormatError, match=remedy):
        extract("a.doc", data)


@pytest.mark.parametrize("name", ["a.docx", "a.pptx", "a.xlsx"])
def test_office_files_under_a_password_say_so(
    files: dict[str, bytes], lock_office: Callable[[bytes], bytes], name: str
) -> None:
    with pytest.raises(EncryptedFileError, match="without a password"):
        extract(name, lock_office(files[name]))


@pytest.mark.parametrize("name", MEDIA_TYPES)
def test_empty_files_say_so(name: str) -> None:
    with pytest.raises(EmptyFileError, match="empty"):
        extract(name, b"")


@pytest.mark.parametrize("name", ["a.txt", "a.md", "a.csv", "a.json", "a.html"])
@pytest.mark.parametrize("data", [b" \r\n\t", b"\xef\xbb\xbf", "\u00a0\n".encode("utf-16")])
def test_white_space_is_empty(name: str, data: bytes) -> None:
    with pytest.raises(EmptyFileError):
        extract(name, data)


@pytest.mark.parametrize("name", ["a.pdf", "a.docx", "a.pptx", "a.xlsx"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_truncated_files_are_broken(files: dict[str, bytes], name: str, share: float) -> None:
    data = files[name]
    with pytest.raises(BrokenFileError, match="save it again"):
        extract(name, data[: int(len(data) * share)])


@pytest.mark.parametrize(
    "name",
    [
        "../../etc/passwd.txt",
        "C:\\docs\\plums.txt",
        "\x00.txt",
        "a" * 5000,
        "",
        "😀.txt",
        "\ud800.txt",
        ".txt",
    ],
)
def test_names_are_never_paths(name: str) -> None:
    found = extract(name, b"Plums.")
    assert found.text == "Plums."
    assert "/" not in found.title
    assert "\\" not in found.title
    found.title.encode()


def test_the_file_names_a_text_that_does_not_name_itself() -> None:
    assert extract("folder/Plum harvest 2024.txt", b"Ripe.").title == "Plum harvest 2024"


def test_unknown_suffixes_of_text_are_plain_text() -> None:
    assert extract("main.rs", b"fn main() {}").media_type == "text/plain"


def test_a_text_about_html_mail_or_pdf_stays_text() -> None:
    for text in ("Write <html> first.", "From: the start\n\nof it all", "A PDF begins with %PDF-1.7"):
        assert extract("a.txt", text.encode()).text == text


def test_every_error_has_a_code_that_openai_knows() -> None:
    kinds = ExtractionError.__subclasses__()
    assert {kind.code for kind in kinds} == {"server_error", "unsupported_file", "invalid_file"}
    assert issubclass(ExtractionError, RetrievalError)
