"""Names of columns, as tables give them in their first row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from finetune.data.errors import UnreadableDataError
from finetune.data.limits import Limits


def check_header(cells: Sequence[object], limits: Limits) -> list[str]:
    """The names without spaces around them; empty ones at the end are left out.

    Raises:
        UnreadableDataError: none, too many, or one name twice.
    """
    names = ["" if cell is None else str(cell).strip() for cell in cells]
    while names and not names[-1]:
        names.pop()
    if not names:
        raise UnreadableDataError(
            "The first row is empty; it must name the columns, such as prompt and completion."
        )
    if len(names) > limits.columns:
        raise UnreadableDataError(
            f"There are {len(names):,} columns, more than {limits.columns:,}; keep the needed ones."
        )
    twice = [name for name, count in Counter(n.casefold() for n in names).items() if count > 1]
    if twice:
        raise UnreadableDataError(f"Two columns are named {twice[0][:40]!r}; rename one in the first row.")
    return names
