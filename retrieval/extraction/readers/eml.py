"""E-mails: who wrote what to whom, and the names of what was attached."""

from __future__ import annotations

from email import message_from_bytes, policy
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import EmailMessage

from retrieval.extraction.charsets import decode
from retrieval.extraction.errors import BrokenFileError, EncryptedFileError
from retrieval.extraction.extracted import Draft
from retrieval.extraction.readers import html

_HEADERS = ("Subject", "From", "To", "Cc", "Date")
_SEALED = ("multipart/encrypted", "application/pkcs7-mime", "application/x-pkcs7-mime")


def read(data: bytes, draft: Draft) -> None:
    """Write the headers that matter, the body, plain where there is one, and the attachments' names.

    Raises:
        EncryptedFileError: the body is encrypted.
        BrokenFileError: it is no e-mail.
    """
    mail = message_from_bytes(data, EmailMessage, policy=policy.default)
    headers = _headers(mail)
    if not headers:
        raise BrokenFileError("The file has none of an e-mail's headers; save the e-mail again as .eml.")
    if mail.get_content_type() in _SEALED:
        raise EncryptedFileError("The e-mail is encrypted; save it decrypted and upload it again.")
    draft.title = headers.get("Subject", "")
    for name in _HEADERS:
        draft.line(f"{name}: {headers[name]}" if name in headers else "")
    _write_body(mail, draft)
    for attachment in mail.iter_attachments():
        draft.line(f"Attachment: {attachment.get_filename()}" if attachment.get_filename() else "")


def _headers(mail: EmailMessage) -> dict[str, str]:
    """From their raw form: the standard library's parsers fail on many an address and date of real mails."""
    raw = {name.lower(): _in_utf8(str(value)) for name, value in reversed(list(mail.raw_items()))}
    return {name: _decoded(raw[name.lower()]) for name in _HEADERS if name.lower() in raw}


def _in_utf8(raw: str) -> str:
    """Bytes beyond ASCII, which the parser keeps as lone surrogates, as the UTF-8 that they mostly are."""
    return raw.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _decoded(raw: str) -> str:
    try:
        return " ".join(str(make_header(decode_header(raw))).split())
    except (ValueError, LookupError, MessageError):
        return " ".join(raw.split())


def _write_body(mail: EmailMessage, draft: Draft) -> None:
    for kind in ("plain", "html"):
        body = mail.get_body((kind,))
        payload = body.get_payload(decode=True) if body else None
        if body and isinstance(payload, bytes) and payload.strip():
            _write_text(decode(payload, body.get_content_charset("")), kind, draft)
            return


def _write_text(text: str, kind: str, draft: Draft) -> None:
    draft.add("\n")
    if kind == "html":
        subject = draft.title
        html.read(text, draft)
        draft.title = subject
    else:
        draft.add(text.strip() + "\n")
