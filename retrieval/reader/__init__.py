"""An extractive reader: finds the words of a passage that answer a question. Loads torch on first use."""

from retrieval.reader.reader import Passage, Reader, Span

__all__ = ["Passage", "Reader", "Span"]
