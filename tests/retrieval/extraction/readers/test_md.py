from retrieval.extraction import extract


def test_markdown_stays_as_it_is() -> None:
    text = "Intro\n\n## Second\n\n# First #\n\n* item\n\n    code\n"
    found = extract("a.md", text.encode())
    assert found.text == text.rstrip()
    assert found.title == "First"


def test_without_a_heading_the_file_names_it() -> None:
    assert extract("notes.md", b"#hashtag and text").title == "notes"
