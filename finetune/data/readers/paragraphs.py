"""Plain text: a row for each block between blank lines."""

from __future__ import annotations

from collections.abc import Iterator

from finetune.data.records import Record


def read_paragraphs(text: str) -> Iterator[Record]:
    """The blocks, each with the line that it begins on."""
    block: list[str] = []
    line = 1
    for number, written in enumerate([*text.split("\n"), ""], start=1):
        if written.strip():
            line = line if block else number
            block.append(written)
        elif block:
            yield Record(line, {"text": "\n".join(block)})
            block = []
