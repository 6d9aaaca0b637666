"""Parquet files, a few rows at a time."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

from finetune.data.errors import UnreadableDataError
from finetune.data.limits import Limits
from finetune.data.records import Record

MOST_TOGETHER, MOST_BYTES = 256, 1_000_000_000
"""Rows unpacked together, and the bytes that they can become: one packed value may stand in each of them."""


def read_parquet(path: Path, limits: Limits) -> Iterator[Record]:
    """One record for each row; its line is the row's number.

    Raises:
        UnreadableDataError: no Parquet, broken, or too large once unpacked.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            together = _rows_together(file.metadata, limits)
            batches = file.iter_batches(batch_size=together, use_threads=False)
            rows = chain.from_iterable(batch.to_pylist() for batch in batches)
            for line, values in enumerate(rows, start=1):
                yield Record(line, values)
    except (pa.ArrowException, OSError, ValueError, OverflowError, MemoryError) as error:
        raise UnreadableDataError(
            f"The Parquet file cannot be read ({str(error)[:200]}); write it again, or send JSONL."
        ) from error


def _rows_together(metadata: Any, limits: Limits) -> int:
    sizes: list[int] = [metadata.row_group(i).total_byte_size for i in range(metadata.num_row_groups)]
    if metadata.num_rows > limits.rows:
        raise UnreadableDataError(
            f"The file has {metadata.num_rows:,} rows, more than {limits.rows:,}; split it."
        )
    if sum(sizes) > limits.unpacked_bytes:
        raise UnreadableDataError(
            f"The file has {sum(sizes):,} bytes once unpacked, more than {limits.unpacked_bytes:,}; split it."
        )
    return max(1, min(MOST_TOGETHER, MOST_BYTES // max([1, *sizes])))
