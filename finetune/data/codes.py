"""Every code that a report may hold: how grave it is, and what repairs it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning", "info"]


@dataclass(frozen=True, slots=True)
class Code:
    """What is always true of findings with one code."""

    severity: Severity
    remedy: str
    """What to do, as a sentence."""
    safe: bool = False
    """Whether `--fix` does it: only where nothing that is learned can be lost or changed."""


CODES: dict[str, Code] = {
    # Rows that cannot be read.
    "bad_json": Code("error", "Repair the line, or leave it out.", safe=True),
    "not_an_object": Code("error", "Write an object in braces for each row, or leave it out.", safe=True),
    "wrong_width": Code("error", "Give the row as many cells as there are columns.", safe=True),
    "huge_field": Code("error", "Split the row into several.", safe=True),
    "missing_column": Code("error", "Add the column, or leave the row out.", safe=True),
    "mixed_layouts": Code("error", "Write all rows in one form, or in one file for each form.", safe=True),
    "not_text": Code("error", "Write the value as text.", safe=True),
    "not_a_message": Code("error", "Write messages as a list of objects with role and content.", safe=True),
    "wrong_role": Code("error", "Use the roles system, user and assistant.", safe=True),
    "tags_do_not_match": Code("error", "Give every token one tag.", safe=True),
    # The file.
    "not_utf8": Code("warning", "Save the file as UTF-8.", safe=True),
    "other_sheets": Code("warning", "Put all rows into one sheet, or save the other sheets as files."),
    "extra_columns": Code(
        "warning", "Nothing to do if they are not needed; they are not learned.", safe=True
    ),
    "too_few_rows": Code(
        "error", "Collect at least 10 rows; 50 and more give results that can be relied on."
    ),
    "few_rows": Code("warning", "Collect 50 rows or more; below that, results vary from run to run."),
    # Single rows.
    "empty_field": Code("error", "Fill the field, or leave the row out.", safe=True),
    "no_answer": Code("error", "End the conversation with an assistant's message, which is what is learned."),
    "trailing_turns": Code("error", "Cut what follows the last answer; it is never learned.", safe=True),
    "wrong_order": Code("error", "Put the system's message first, then user and assistant in turn."),
    "broken_characters": Code("warning", "Take them out.", safe=True),
    "outer_space": Code("warning", "Take the spaces off both ends.", safe=True),
    "mostly_upper_case": Code("warning", "Write text in the case in which it will be asked and answered."),
    "bad_tags": Code(
        "error", "Begin each entity with B- (or S-) and go on with I- of the same type.", safe=True
    ),
    "no_tags": Code(
        "warning", "Check that these rows really hold no entity; half-tagged data teaches to miss."
    ),
    "too_long": Code("error", "Shorten or split these rows; they are refused, for answers are never cut."),
    "template_refuses": Code(
        "error", "Change the rows as the model's chat template demands, or take another model."
    ),
    # Rows among others.
    "duplicates": Code("warning", "Leave the repeats out.", safe=True),
    "near_duplicates": Code("info", "Nothing to do: a split keeps them on one side."),
    "conflicting_labels": Code("error", "Decide on one label for each input."),
    "several_answers": Code("warning", "Decide on one answer, or tell the model in the input what differs."),
    "common_beginning": Code("warning", "Take it out of the rows, or put it into a system message."),
    "common_ending": Code("warning", "Take it out of the rows; the end of an answer is marked by itself."),
    "one_label": Code("error", "Add rows with other labels; there is nothing to tell apart."),
    "label_imbalance": Code("warning", "Collect more rows of the rare labels."),
    "single_example": Code("warning", "Collect more rows with these labels, or join them with others."),
    "similar_labels": Code("warning", "Write each label in one way."),
    "suspected_noise": Code("warning", "Look at these rows; similar inputs have another label."),
    # Against the validation rows.
    "overlap": Code(
        "error", "Leave these rows out of one of the files; they make validation look good.", safe=True
    ),
    "near_overlap": Code("warning", "Look at these rows; they are nearly in the validation file as well."),
    "unseen_labels": Code("error", "Add training rows with these labels, or leave them out of validation."),
    "other_kind": Code("error", "Write both files in the same form."),
    # Personal data.
    "email_addresses": Code("warning", "Replace them by made-up ones: a model may repeat what it learned."),
    "phone_numbers": Code("warning", "Replace them by made-up ones: a model may repeat what it learned."),
    "secret_keys": Code("error", "Take them out, and revoke them: a model may repeat what it learned."),
    "card_numbers": Code("error", "Take them out: a model may repeat what it learned."),
    "bank_accounts": Code("warning", "Replace them by made-up ones: a model may repeat what it learned."),
}
