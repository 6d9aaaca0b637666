from email.message import EmailMessage

import pytest

from retrieval.extraction import extract
from retrieval.extraction.errors import BrokenFileError, EncryptedFileError


def mail(**headers: str) -> EmailMessage:
    message = EmailMessage()
    for name, value in {"Subject": "Plums", "From": "a@example.org", **headers}.items():
        message[name] = value
    return message


def test_headers_body_and_attachments(files: dict[str, bytes]) -> None:
    found = extract("a.eml", files["a.eml"])
    assert found.title == "Harvest report"
    assert found.text.splitlines() == [
        "Subject: Harvest report",
        "From: Jürgen <j@example.org>",
        "To: team@example.org",
        "Date: Mon, 1 Jan 2024 10:00:00 +0000",
        "",
        "Schönen Tag, the plums are ripe.",
        "Attachment: plum list.pdf",
    ]


def test_plain_text_is_preferred_and_html_read_where_there_is_no_other() -> None:
    message = mail()
    message.set_content("plain words")
    message.add_alternative("<p>styled <b>words</b></p><script>x</script>", subtype="html")
    assert extract("a.eml", message.as_bytes()).text.endswith("plain words")
    only = mail()
    only.set_content("<p>styled <b>words</b></p><script>x</script>", subtype="html")
    assert extract("a.eml", only.as_bytes()).text.endswith("\nstyled words")


def test_an_empty_plain_part_does_not_hide_the_html() -> None:
    message = mail()
    message.set_content(" \n")
    message.add_alternative("<p>the text</p>", subtype="html")
    assert extract("a.eml", message.as_bytes()).text.endswith("the text")


@pytest.mark.parametrize("charset", ["iso-2022-jp", "shift_jis", "utf-8"])
def test_bodies_are_read_in_their_own_character_set(charset: str) -> None:
    message = mail()
    message.set_content("これは日本語の文章です。", charset=charset)
    assert extract("a.eml", message.as_bytes()).text.endswith("これは日本語の文章です。")


def test_attached_text_is_named_not_read() -> None:
    message = mail()
    message.set_content("see attachment")
    message.add_attachment("password list", filename="../../secrets.txt")
    found = extract("a.eml", message.as_bytes())
    assert "password list" not in found.text
    assert found.text.endswith("Attachment: ../../secrets.txt")


@pytest.mark.parametrize(
    "header",
    [
        "Date: Mon, 99 Foo 99999999999999 99:99",
        "From: undisclosed:;,,<<>>",
        "Subject: =?nonsense?q?x?= =?utf-8?b?!?=",
        "Subject: =?\ufffdtf-8?q?x?=",
    ],
)
def test_odd_headers_do_no_harm(header: str) -> None:
    data = f"{header}\r\nTo: b@example.org\r\n\r\nThe plums are ripe.".encode()
    assert extract("a.eml", data).text.endswith("The plums are ripe.")


def test_headers_in_plain_utf_8_are_read() -> None:
    data = "From: Jürgen <j@example.org>\r\nSubject: Grüße\r\n\r\nText.".encode()
    found = extract("a.eml", data)
    assert found.title == "Grüße"
    assert "From: Jürgen <j@example.org>" in found.text


@pytest.mark.parametrize("kind", ["application/pkcs7-mime; smime-type=enveloped-data", "multipart/encrypted"])
def test_sealed_mails_say_so(kind: str) -> None:
    data = f"From: a@example.org\r\nContent-Type: {kind}\r\n\r\nAAAA".encode()
    with pytest.raises(EncryptedFileError, match="decrypted"):
        extract("a.eml", data)


def test_other_headers_make_no_mail() -> None:
    with pytest.raises(BrokenFileError, match="headers"):
        extract("a.eml", b"just: some words")
