import pytest

from retrieval.extraction import extract
from retrieval.extraction.errors import NoTextError


def read(body: str) -> str:
    return extract("a.html", f"<!doctype html><html><body>{body}</body></html>".encode()).text


def test_what_a_reader_sees() -> None:
    assert read("<h1>A <i>plum</i></h1><p>Ripe in&nbsp;<b>Au</b>gust<br>or   later &amp; sweet.</p>") == (
        "# A plum\nRipe in\u00a0August\nor later & sweet."
    )


def test_lists() -> None:
    assert read("<ul><li><p>One</p></li><li>Two<ol><li>inner</li></ol></li></ul>after") == (
        "- One\n- Two\n- inner\nafter"
    )


def test_tables_are_rows() -> None:
    table = "<table><tr><th>fruit<th>month<tr><td><p>plum</p><p>blue</p><td><td>8</table>"
    assert read(table) == "fruit | month\nplum blue | | 8"


def test_preformatted_text_keeps_its_shape() -> None:
    assert read("<pre>def f():\n    return 1</pre><p>end  of it</p>") == "def f():\n    return 1\nend of it"


@pytest.mark.parametrize(
    "unseen",
    [
        "<script>var x = 'bad'</script>",
        "<style>.bad {}</style>",
        "<nav><a href='/'>bad</a></nav>",
        "<template><p>bad</p></template>",
        "<noscript>bad</noscript>",
        "<svg><text>bad</text></svg>",
        "<div hidden>bad</div>",
        "<div style='display: none'>bad</div>",
        "<div aria-hidden='true'>bad</div>",
        "<!-- bad -->",
        "<select><option>bad</option></select>",
    ],
)
def test_what_a_reader_does_not_see(unseen: str) -> None:
    assert read(f"before{unseen}<p>after</p>") == "before\nafter"


def test_pictures_say_what_they_show() -> None:
    assert read("<p>See <img src='http://example.org/a.png' alt='a plum'>.</p>") == "See a plum."


def test_the_title() -> None:
    page = "<html><head><title> Plums\n of 2024 </title></head><body><h1>Other</h1></body></html>"
    assert extract("a.html", page.encode()).title == "Plums of 2024"
    assert extract("a.html", b"<html><body><h1>Heading</h1></body></html>").title == "Heading"


def test_broken_markup_still_reads() -> None:
    assert read("<p>one<div><b>two</p></i>three") == "one\ntwo\nthree"


def test_fragments_are_read_under_their_name() -> None:
    assert extract("a.html", b"<p>just</p><p>this</p>").text == "just\nthis"


def test_deep_nesting_is_read() -> None:
    assert read("<div>" * 3000 + "plum" + "</div>" * 3000) == "plum"


def test_a_page_of_scripts_has_no_text() -> None:
    with pytest.raises(NoTextError):
        read("<script>document.write('plum')</script>")
