"""What a browser would show of an HTML page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from retrieval.extraction.extracted import Draft

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

_UNSEEN = re.compile(
    "head|script|style|noscript|template|nav|svg|math|iframe|object|embed|canvas|audio|video"
    "|select|button|datalist|dialog"
)
_BLOCK = re.compile(
    "address|article|aside|blockquote|body|br|caption|center|dd|details|div|dl|dt|fieldset|figcaption|figure"
    "|footer|form|h[1-6]|header|hr|html|legend|li|main|ol|p|pre|section|summary|table|tbody|tfoot|thead|tr|ul"
)
_PREFIXES = {"li": "- "} | {f"h{level}": "#" * level + " " for level in range(1, 7)}
_CELLS = frozenset(("td", "th"))
_SPACE = re.compile(r"[ \t\r\n\f]+")
_HIDDEN_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)


def read(text: str, draft: Draft) -> None:
    """Write headings, paragraphs, lists and tables as lines of text; the page's title is the title."""
    from selectolax.lexbor import LexborHTMLParser

    tree = LexborHTMLParser(text)
    title = tree.css_first("head > title") or tree.css_first("h1")
    draft.title = title.text() if title else ""
    lines = _Lines(draft)
    for node, leaving in _walk(tree.body):
        lines.leave(node.tag or "") if leaving else lines.enter(node)
    lines.end()


def _walk(root: LexborNode | None) -> Iterator[tuple[LexborNode, bool]]:
    """Each node that shows, and each element once more when all inside it is done.

    A loop, because pages may nest deeper than Python's stack.
    """
    node, leaving = root, False
    end = root.mem_id if root else 0
    while node is not None:
        yield node, leaving
        inside = None if leaving or not _shows(node) else node.first_child
        if inside is not None:
            node, leaving = inside, False
        elif not leaving:
            leaving = True
        elif node.mem_id == end:
            return
        elif node.next is not None:
            node, leaving = node.next, False
        else:
            node = node.parent


def _shows(node: LexborNode) -> bool:
    if _UNSEEN.fullmatch(node.tag or ""):
        return False
    if not node.is_element_node:
        return True
    seen = node.attributes
    return not (
        "hidden" in seen or seen.get("aria-hidden") == "true" or _HIDDEN_STYLE.search(seen.get("style") or "")
    )


class _Lines:
    """Text as it comes, put into lines where blocks begin and end; inside a table's row, none ends."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft
        self._words: list[str] = []
        self._prefix = ""
        self._cells = self._verbatim = 0

    def enter(self, node: LexborNode) -> None:
        """Take up a text, or what an element's beginning means."""
        tag = node.tag or ""
        if node.is_text_node:
            self._say(node.text_content or "")
        elif tag == "img":
            self._say(node.attributes.get("alt") or "")
        elif tag in _CELLS:
            self._words.append(" | " if self._cells else "")
            self._cells += 1
        else:
            self._begin(tag)

    def leave(self, tag: str) -> None:
        """Take up what an element's end means."""
        if tag == "pre":
            self._verbatim -= 1
        if tag == "tr" or (_BLOCK.fullmatch(tag) and not self._cells):
            self.end()
        elif _BLOCK.fullmatch(tag):
            self._say(" ")
        if tag in _PREFIXES:
            self._prefix = ""

    def end(self) -> None:
        """End the line, if anything stands on it."""
        text = "".join(self._words).strip()
        text = " ".join(text.split()) if self._cells else text
        self._words, self._cells = [], 0
        if text.strip(" |"):
            self._draft.line(self._prefix + text)
            self._prefix = ""

    def _begin(self, tag: str) -> None:
        if tag in ("tr", "table"):
            self.end()
        elif _BLOCK.fullmatch(tag):
            self._say(" ") if self._cells else self.end()
        if tag in _PREFIXES:
            self._prefix = _PREFIXES[tag]
        if tag == "pre":
            self._verbatim += 1

    def _say(self, text: str) -> None:
        if not self._verbatim:
            text = _SPACE.sub(" ", text)
            if not self._words or self._words[-1].endswith((" ", "\n")):
                text = text.lstrip(" ")
        if text:
            self._words.append(text)
