import datetime
from io import BytesIO

import openpyxl
import pytest

from retrieval.extraction import extract
from retrieval.extraction.errors import NoTextError


def csv(text: str) -> str:
    return extract("a.csv", text.encode()).text


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_rows_name_their_cells(delimiter: str) -> None:
    rows = [["name", "born", "note"], ["Ada", "1815", "first, of all; and |"], ["Bob", "", "x"]]
    text = "\r\n".join(delimiter.join(f'"{cell}"' for cell in row) for row in rows)
    assert csv(text) == "name: Ada; born: 1815; note: first, of all; and |\nname: Bob; note: x"


def test_a_table_without_header_keeps_its_values() -> None:
    assert csv("1,2.5\n3,4\n") == "1; 2.5\n3; 4"
    assert csv("plum,plum\nape,bee\n") == "plum; plum\nape; bee"


def test_lines_above_the_header_stay_lines() -> None:
    assert csv("Harvest of 2024\n\nfruit,month\nplum,8\n") == "Harvest of 2024\nfruit: plum; month: 8"


def test_a_header_alone_is_text() -> None:
    assert csv("name,born\n") == "name; born"


def test_rows_longer_than_the_header() -> None:
    assert csv("a,b\nx,y,z\n") == "a: x; b: y; z"


def test_cells_of_several_lines_stay_in_their_row() -> None:
    assert csv('a,b\n"one\ntwo\u2028three",x\n') == "a: one two three; b: x"


def test_a_cell_may_be_long() -> None:
    assert csv(f'a,b\n"{"word " * 100_000}",x\n').count("word") == 100_000


def test_one_column_is_a_list_of_lines() -> None:
    assert csv("name\nAda, of London\nBob\n").splitlines()[0] == "name"


def workbook(**sheets: list[list[object]]) -> bytes:
    book, out = openpyxl.Workbook(), BytesIO()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    book.save(out)
    return out.getvalue()


def test_sheets_are_pages() -> None:
    found = extract(
        "a.xlsx",
        workbook(People=[["name", "born"], ["Ada", 1815]], Empty=[], Fruit=[["plum"]]),
    )
    people, empty, fruit = found.pages
    assert found.text[people:empty].strip() == "## People\nname: Ada; born: 1815"
    assert not found.text[empty:fruit].strip()
    assert found.text[fruit:] == "## Fruit\nplum"


def test_values_look_as_people_write_them() -> None:
    day = datetime.datetime(2024, 5, 6)
    noon = datetime.datetime(2024, 5, 6, 12, 30)
    found = extract("a.xlsx", workbook(S=[[day, noon, 0.1 + 0.2, True, datetime.time(9, 15), 10**15]]))
    assert found.text == "## S\n2024-05-06; 2024-05-06 12:30; 0.3; True; 09:15:00; 1000000000000000"


def test_formulas_give_their_last_value_and_no_code() -> None:
    assert extract("a.xlsx", workbook(S=[["sum", "=1+1"]])).text == "## S\nsum"


def test_a_workbook_without_values_has_no_text() -> None:
    with pytest.raises(NoTextError, match="No cell"):
        extract("a.xlsx", workbook(One=[], Two=[[None]]))
