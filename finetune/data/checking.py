"""Every check on a data set, as one report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from finetune.data.checks.balance import check_balance
from finetune.data.checks.faults import check_faults
from finetune.data.checks.fields import check_characters, check_empty, check_space
from finetune.data.checks.noise import check_noise
from finetune.data.checks.overlap import check_overlap
from finetune.data.checks.personal import check_personal
from finetune.data.checks.repeats import check_conflicts, check_duplicates, check_near
from finetune.data.checks.roles import check_roles
from finetune.data.checks.size import check_size
from finetune.data.checks.style import check_case, check_ends
from finetune.data.checks.tags import check_tags
from finetune.data.dataset import Dataset
from finetune.data.findings import Finding, found
from finetune.data.labels import labels_of
from finetune.data.preview import preview
from finetune.data.report import Report
from finetune.data.rows import Row
from finetune.data.tokens import Encoder, Measured, measure

Check = Callable[[Sequence[Row]], Iterator[Finding]]
CHECKS: tuple[Check, ...] = (
    check_empty,
    check_roles,
    check_tags,
    check_characters,
    check_space,
    check_case,
    check_duplicates,
    check_conflicts,
    check_near,
    check_ends,
    check_balance,
    check_noise,
    check_personal,
)
VALIDATION_CHECKS: tuple[Check, ...] = (
    check_empty,
    check_roles,
    check_tags,
    check_characters,
    check_duplicates,
    check_conflicts,
    check_personal,
)
"""Those that matter for rows that are only measured on."""
MOST_LABELS, LONGEST_LABEL = 50, 80
GRAVITY = ("error", "warning", "info")


def check_dataset(
    data: Dataset, validation: Dataset | None = None, encoder: Encoder | None = None, previews: int = 3
) -> Report:
    """Look for everything that can be wrong; tokens are counted only with an encoder."""
    findings = [*check_faults(data), *check_size(data.rows), *_run(CHECKS, data.rows)]
    measured = measure(data.rows, encoder) if encoder else None
    findings += measured.findings if measured else ()
    if validation is not None:
        findings += _against(data, validation, encoder)
    findings.sort(key=lambda finding: GRAVITY.index(finding.severity))
    return _report(data, validation, findings, measured, encoder, previews)


def _run(checks: Iterable[Check], rows: Sequence[Row]) -> list[Finding]:
    return [finding for check in checks for finding in check(rows)] if rows else []


def _against(data: Dataset, validation: Dataset, encoder: Encoder | None) -> list[Finding]:
    own = [*check_faults(validation), *_run(VALIDATION_CHECKS, validation.rows)]
    own += measure(validation.rows, encoder).findings if encoder else ()
    marked = [replace(finding, file="validation") for finding in own]
    if data.kind != validation.kind:
        told = f"The training file holds {data.kind}, the validation file {validation.kind}."
        return [*marked, found("other_kind", told)]
    return [*marked, *check_overlap(data.rows, validation.rows)]


def _report(
    data: Dataset,
    validation: Dataset | None,
    findings: Sequence[Finding],
    measured: Measured | None,
    encoder: Encoder | None,
    previews: int,
) -> Report:
    labels = labels_of(data.rows) or ()
    counts = Counter(finding.severity for finding in findings)
    return Report(
        ok=not counts["error"],
        format=data.format,
        kind=data.kind,
        layout=data.layout,
        rows=len(data.rows),
        unreadable=len(data.faults),
        errors=counts["error"],
        warnings=counts["warning"],
        findings=tuple(findings),
        labels=dict(Counter(label[:LONGEST_LABEL] for label in labels).most_common(MOST_LABELS)),
        validation_rows=None if validation is None else len(validation.rows),
        tokens=measured.count if measured else None,
        preview=tuple(preview(data.rows, encoder, previews)) if encoder else (),
    )
