"""Files of twelve formats to text with positions.

`extract` reads a file in this process, `Extractor` and `extract_within` in a child that a deadline and a
memory limit end. Knows nothing about chunks, embedders or stores, and never opens what a document points to.
"""

from retrieval.extraction.door import extract
from retrieval.extraction.errors import ExtractionError
from retrieval.extraction.extracted import Extracted
from retrieval.extraction.limits import Limits
from retrieval.extraction.process import Extractor, extract_within

__all__ = ["Extracted", "ExtractionError", "Extractor", "Limits", "extract", "extract_within"]
