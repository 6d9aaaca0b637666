"""An Office file: a zip archive of parts that point to each other, unpacked within bounds.

No part is written to disk, no reference that leads out of the archive is followed, and XML with a document
type, so with entities, is refused: the format forbids it (ECMA-376 part 2, 8.3.1).
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from retrieval.extraction.errors import BrokenFileError, EncryptedFileError, TooLargeError
from retrieval.extraction.limits import Limits

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_DIRECTORY_ENTRY = b"PK\x01\x02"
_DOCUMENT_TYPE = b"<!DOCTYPE"
_PROLOG_BYTES = 4096
_SMALL = 1 << 20
_BOMB = "The file unpacks to far more than it should; save it again with its own program, or split it."


@dataclass(frozen=True, slots=True)
class Relation:
    """Where one part points to, inside the archive."""

    kind: str
    """Last word of its type, such as `slide`."""
    target: str


class Package:
    """The parts of an Office file.

    Raises:
        TooLargeError: it holds, or unpacks to, more than the limits allow.
        EncryptedFileError: its members are encrypted.
    """

    def __init__(self, data: bytes, limits: Limits) -> None:
        if data.count(_DIRECTORY_ENTRY) > limits.members:
            raise TooLargeError(_BOMB)
        self._zip, self._limits = ZipFile(BytesIO(data)), limits
        self._members = {member.filename: member for member in self._zip.infolist()}
        _check(self._zip.infolist(), limits)

    def __contains__(self, part: str) -> bool:
        return part in self._members

    def content_type(self) -> str:
        """Of the main part, which tells documents, presentations and workbooks apart; may be empty."""
        if "[Content_Types].xml" not in self or "_rels/.rels" not in self:
            return ""
        main = f"/{self.main_part()}"
        types = self.tree("[Content_Types].xml")
        return next((t.get("ContentType", "") for t in types if t.get("PartName") == main), "")

    def main_part(self) -> str:
        """Where the document itself stands; empty if nowhere."""
        return next(iter(self.related("", "officeDocument")), "")

    def related(self, part: str, kind: str) -> list[str]:
        """The parts of one kind that a part points to, in the order of its list."""
        return [relation.target for relation in self.relations(part).values() if relation.kind == kind]

    def relations(self, part: str) -> dict[str, Relation]:
        """What a part points to inside the archive, by its ids; the empty part is the archive itself."""
        folder, _, file = part.rpartition("/")
        rels = posixpath.join(folder, "_rels", f"{file}.rels")
        if rels not in self:
            return {}
        return {
            r.get("Id", ""): Relation(
                r.get("Type", "").rpartition("/")[2], _resolved(folder, r.get("Target", ""))
            )
            for r in self.tree(rels)
            if r.get("TargetMode") != "External"
        }

    def tree(self, part: str) -> Element:
        """A part as an XML tree.

        Raises:
            TooLargeError: it would be too large to hold.
            BrokenFileError: there is no such part.
        """
        from defusedxml.ElementTree import fromstring

        member = self._members.get(part)
        if member is None:
            raise BrokenFileError("A part of the file is missing; save it again with its own program.")
        if member.file_size > self._limits.part_bytes:
            raise TooLargeError(_BOMB)
        root: Element = fromstring(self._zip.read(member), forbid_dtd=True)
        return root

    def refuse_document_types(self) -> None:
        """Look at how each part begins, for the sake of readers that parse parts themselves.

        Raises:
            BrokenFileError: one has a document type.
        """
        for name in self._members:
            if not name.endswith((".xml", ".rels")):
                continue
            with self._zip.open(name) as part:
                if _DOCUMENT_TYPE in part.read(_PROLOG_BYTES).replace(b"\0", b""):
                    raise BrokenFileError("A part of the file has a document type, which no Office file has.")

    def title(self) -> str:
        """The title among the file's properties, often empty."""
        for part in self.related("", "core-properties"):
            for element in self.tree(part) if part in self else ():
                if local(element.tag) == "title":
                    return element.text or ""
        return ""


def local(tag: object) -> str:
    """A tag's name without its namespace, which differs between strict and transitional files."""
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def attribute(element: Element, name: str) -> str:
    """An attribute by its name without namespace; empty where it is missing."""
    return next((value for key, value in element.attrib.items() if local(key) == name), "")


def find(element: Element, *path: str) -> Element | None:
    """The first descendant along a path of names without namespaces."""
    found: Element | None = element
    for name in path:
        found = next(
            (child for child in (found if found is not None else ()) if local(child.tag) == name), None
        )
    return found


def every(element: Element, name: str) -> Iterator[Element]:
    """All descendants of one name, in the order of the document."""
    return (found for found in element.iter() if local(found.tag) == name)


def _check(members: list[ZipInfo], limits: Limits) -> None:
    if len(members) > limits.members or sum(m.file_size for m in members) > limits.unpacked_bytes:
        raise TooLargeError(_BOMB)
    for member in members:
        if member.flag_bits & 1:
            raise EncryptedFileError("The file is encrypted; save it without a password and upload it again.")
        if member.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
            raise BrokenFileError("The file is packed in an unusual way; save it again with its own program.")
        if member.file_size > max(_SMALL, limits.ratio * member.compress_size):
            raise TooLargeError(_BOMB)


def _resolved(folder: str, target: str) -> str:
    return posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/")
