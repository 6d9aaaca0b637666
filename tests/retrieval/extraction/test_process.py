import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from retrieval.extraction import ExtractionError, Extractor, Limits, extract, extract_within
from retrieval.extraction.errors import (
    BrokenFileError,
    EncryptedFileError,
    ExtractionStoppedError,
    TooLargeError,
)

ENDLESS = b"From: a@example.org\r\nContent-Type: text/plain; " + b"a*0=b;" * 100_000 + b"\r\n\r\nbody"
"""A mail whose headers take the standard library's parser minutes."""
LINUX = pytest.mark.skipif(
    sys.platform != "linux", reason="only Linux bounds memory so and shows environments"
)


@pytest.fixture(scope="module")
def extractor() -> Iterator[Extractor]:
    with Extractor(Limits(pages=100)) as warm:
        yield warm


def test_the_child_reads_as_this_process_does(extractor: Extractor, files: dict[str, bytes]) -> None:
    for name, data in files.items():
        assert extractor.extract(name, data) == extract(name, data)


def test_reasons_cross_over_whole(
    extractor: Extractor,
    files: dict[str, bytes],
    make_pdf: Callable[..., bytes],
    lock_pdf: Callable[..., bytes],
) -> None:
    for data, kind in (
        (lock_pdf(files["a.pdf"], "secret"), EncryptedFileError),
        (files["a.pdf"][:500], BrokenFileError),
        (make_pdf(["one"] * 101), TooLargeError),
    ):
        with pytest.raises(kind) as here:
            extract("a.pdf", data, Limits(pages=100))
        with pytest.raises(kind) as there:
            extractor.extract("a.pdf", data)
        assert str(there.value) == str(here.value)


@pytest.mark.parametrize("name", ["a\nb.txt", "\ud800.txt", "a" * 100_000, "\x00"])
def test_wild_names_cross_over(extractor: Extractor, name: str) -> None:
    assert extractor.extract(name, b"Plums.") == extract(name, b"Plums.")


def test_a_deadline_ends_what_cannot_be_interrupted() -> None:
    with Extractor() as extractor:
        extractor.extract("warm.txt", b"warm")
        with pytest.raises(ExtractionStoppedError, match=r"longer than 0\.3 seconds") as stopped:
            extractor.extract("a.eml", ENDLESS, seconds=0.3)
        assert stopped.value.code == "server_error"
        assert extractor.extract("a.txt", b"The next file is read.").text == "The next file is read."


def test_one_file_alone(files: dict[str, bytes]) -> None:
    assert extract_within(60, "a.pdf", files["a.pdf"]) == extract("a.pdf", files["a.pdf"])
    with pytest.raises(ExtractionStoppedError):
        extract_within(0.2, "a.eml", ENDLESS)


@LINUX
def test_memory_is_bounded_and_the_next_file_is_read() -> None:
    with Extractor(memory_bytes=128 << 20) as extractor:
        with pytest.raises(ExtractionStoppedError, match="memory"):
            extractor.extract("a.json", b"[" + b"[]," * 1_500_000 + b"1]")
        assert extractor.extract("a.txt", b"still here").text == "still here"


def test_a_child_that_dies_is_replaced() -> None:
    with Extractor() as extractor:
        before = _child_of_this_process(extractor)
        os.kill(before, signal.SIGKILL)
        assert extractor.extract("a.txt", b"again").text == "again"
        assert _child_of_this_process(extractor) != before


@LINUX
def test_a_parser_that_crashes_is_an_error_of_this_file_alone(make_pdf: Callable[..., bytes]) -> None:
    """A page that unpacks to 50 MB ends PDFium's process where there is not so much memory."""
    bomb = make_pdf([""], content=[b"BT /F1 12 Tf (plum) Tj ET " * 2_000_000])
    with Extractor(memory_bytes=96 << 20) as extractor:
        extractor.extract("warm.txt", b"warm")
        with pytest.raises(ExtractionStoppedError, match="crashed its parser"):
            extractor.extract("a.pdf", bomb)
        assert extractor.extract("a.txt", b"again").text == "again"


def test_a_child_that_dies_over_a_file_gets_one_successor() -> None:
    with Extractor() as extractor:
        killer = threading.Timer(0.3, os.kill, (_child_of_this_process(extractor), signal.SIGSEGV))
        killer.start()
        with pytest.raises(ExtractionStoppedError, match="longer than 1 seconds"):
            extractor.extract("a.eml", ENDLESS, seconds=1)
        killer.join()


class Interrupted(BaseException):
    """What Ctrl-C is to a program."""


def test_an_interrupt_leaves_no_answer_behind() -> None:
    def interrupt(*_: object) -> None:
        raise Interrupted

    before = signal.signal(signal.SIGUSR1, interrupt)
    killer = threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGUSR1))
    try:
        with Extractor() as extractor:
            extractor.extract("warm.txt", b"warm")
            killer.start()
            with pytest.raises(Interrupted):
                extractor.extract("a.eml", ENDLESS, seconds=60)
            assert extractor.extract("a.txt", b"the right answer").text == "the right answer"
    finally:
        killer.join()
        signal.signal(signal.SIGUSR1, before)


def test_threads_take_turns(extractor: Extractor) -> None:
    texts = [f"Text number {i}." for i in range(40)]
    found: dict[str, str] = {}

    def read(text: str) -> None:
        found[text] = extractor.extract("a.txt", text.encode()).text

    threads = [threading.Thread(target=read, args=(text,)) for text in texts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {text: text for text in texts}


def test_closing_ends_the_child_and_the_next_file_starts_another() -> None:
    extractor = Extractor()
    extractor.extract("a.txt", b"one")
    extractor.close()
    extractor.close()
    with extractor:
        assert extractor.extract("a.txt", b"two").text == "two"


@LINUX
def test_the_child_sees_no_keys_of_its_parent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "secret")
    with Extractor() as extractor:
        child = _child_of_this_process(extractor)
        assert b"secret" not in Path(f"/proc/{child}/environ").read_bytes()


def test_importing_the_door_loads_no_parser() -> None:
    heavy = {"pypdfium2", "openpyxl", "selectolax", "charset_normalizer", "numpy", "torch"}
    code = f"import sys, retrieval.extraction; print({heavy} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_errors_are_one_family() -> None:
    assert issubclass(ExtractionStoppedError, ExtractionError)


def _child_of_this_process(extractor: Extractor) -> int:
    extractor.extract("warm.txt", b"warm")
    children = psutil.Process().children()
    return max(child.pid for child in children if "retrieval.extraction.child" in child.cmdline())
