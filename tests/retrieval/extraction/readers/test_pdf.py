from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from retrieval.extraction import extract
from retrieval.extraction.errors import BrokenFileError, EncryptedFileError, NoTextError

Make = Callable[..., bytes]


def test_pages_start_where_they_say(make_pdf: Make) -> None:
    found = extract("a.pdf", make_pdf(["First page\nsecond line", "", "Third (page)"]))
    first, second, third = found.pages
    assert found.text[first:second].strip() == "First page\nsecond line"
    assert not found.text[second:third].strip()
    assert found.text[third:] == "Third (page)"


def test_blank_pages_at_the_end_count(make_pdf: Make) -> None:
    found = extract("a.pdf", make_pdf(["Only page", "", ""]))
    assert len(found.pages) == 3
    assert found.pages[-1] <= len(found.text)


def test_blank_pages_at_the_start_count(make_pdf: Make) -> None:
    found = extract("a.pdf", make_pdf(["", "Second page"]))
    assert found.text[found.pages[1] :] == "Second page"


def test_the_title_is_the_documents_or_the_files(make_pdf: Make) -> None:
    assert extract("a.pdf", make_pdf(["text"], "Plums of 2024")).title == "Plums of 2024"
    assert extract("plums.pdf", make_pdf(["text"])).title == "plums"


def test_words_divided_at_line_ends_are_joined(make_pdf: Make) -> None:
    assert extract("a.pdf", make_pdf(["the har-\nvest was well-known"])).text == "the harvest was well-known"


def test_letters_beyond_ascii(make_pdf: Make) -> None:
    assert extract("a.pdf", make_pdf(["Äpfel, Straße, œuvre"])).text == "Äpfel, Straße, œuvre"


@pytest.mark.parametrize("algorithm", ["RC4-40", "RC4-128", "AES-128", "AES-256"])
def test_a_password_is_needed(make_pdf: Make, lock_pdf: Make, algorithm: str) -> None:
    with pytest.raises(EncryptedFileError, match="without a password"):
        extract("a.pdf", lock_pdf(make_pdf(["secret text"]), "secret", algorithm))


def test_a_pdf_that_anyone_may_open_is_read(make_pdf: Make, lock_pdf: Make) -> None:
    assert extract("a.pdf", lock_pdf(make_pdf(["open text"]), "", "AES-256")).text == "open text"


def test_a_scan_says_so(make_pdf: Make) -> None:
    with pytest.raises(NoTextError, match="OCR"):
        extract("a.pdf", make_pdf(["", ""]))


@pytest.mark.parametrize(
    "data", [b"%PDF-1.7", b"%PDF-1.7\n" + b"x" * 500, b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n"]
)
def test_headers_alone_are_broken(data: bytes) -> None:
    with pytest.raises(BrokenFileError):
        extract("a.pdf", data)


def test_bytes_before_the_header_do_no_harm(make_pdf: Make) -> None:
    assert extract("a.pdf", b"\r\n\xef\xbb\xbf" + make_pdf(["shifted"])).text == "shifted"


def test_threads_may_read_at_once(make_pdf: Make) -> None:
    data = make_pdf([f"Page {i}" for i in range(20)])
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: extract("a.pdf", data), range(32)))
    assert len(set(found)) == 1
