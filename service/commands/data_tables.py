"""Reports on data sets for the eyes."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from finetune.data.findings import Finding
from finetune.data.preview import PreviewRow
from finetune.data.report import Change, Report

STYLES = {"error": "bold red", "warning": "yellow", "info": "dim"}
MOST_LINES = 5


def show_report(report: Report, heading: str = "") -> None:
    """Print a report on standard output."""
    console = Console()
    _line(console, _summary(report, heading))
    if report.tokens:
        _line(console, _tokens(report))
    if report.findings:
        console.print(_table(report.findings))
    for row in report.preview:
        console.print(_preview(row))


def show_changes(changes: Sequence[Change], told: str) -> None:
    """Print what the repairs did."""
    console = Console()
    for change in changes:
        _line(console, f"  {change.code}: {change.message}")
    _line(console, told)


def _summary(report: Report, heading: str) -> str:
    aside = "" if report.validation_rows is None else f", {report.validation_rows:,} to validate"
    verdict = f"{_count(report.errors, 'error')}, {_count(report.warnings, 'warning')}"
    begin = f"{heading}: " if heading else f"{report.format.upper()}, {report.layout}: "
    return f"{begin}{report.rows:,} rows{aside}; {verdict}"


def _tokens(report: Report) -> str:
    count = report.tokens
    assert count is not None
    return (
        f"{count.read:,} tokens an epoch, {count.learned:,} of them learned; "
        f"the longest row has {count.longest:,} of {count.window:,}"
    )


def _table(findings: Sequence[Finding]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    for finding in findings:
        said = Text(finding.message)
        if finding.lines:
            said.append(f"\n{_lines(finding)}", "dim")
        remedy = f"{finding.remedy} (--fix does it)" if finding.fixable else finding.remedy
        said.append(f"\n{remedy}", "dim")
        place = f"{finding.code}\n({finding.file})" if finding.file == "validation" else finding.code
        table.add_row(Text(finding.severity, STYLES[finding.severity]), Text(place), said)
    return table


def _lines(finding: Finding) -> str:
    shown = ", ".join(str(line) for line in finding.lines[:MOST_LINES])
    more = " …" if finding.count > MOST_LINES else ""
    return f"Line{'' if finding.count == 1 else 's'} {shown}{more}"


def _count(number: int, what: str) -> str:
    return f"{number or 'no'} {what}{'' if number == 1 else 's'}"


def _preview(row: PreviewRow) -> Text:
    text = Text(f"\nLine {row.line}: {row.tokens:,} tokens, «{row.learned_tokens:,} learned»\n", "dim")
    for part in row.parts:
        text.append(f"«{part.text}»" if part.learned else part.text, "bold green" if part.learned else "none")
    return text if row.whole else text.append(" …")


def _line(console: Console, text: str) -> None:
    console.print(text, markup=False, highlight=False, soft_wrap=True)
