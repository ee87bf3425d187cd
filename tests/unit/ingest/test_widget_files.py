"""The widget as it travels: small, revalidated, free to load from any page."""

import gzip

import pytest

from feedback_analytics.ingest.widget import widget_files

FILES = widget_files()


def test_the_script_is_at_most_three_thousand_bytes_gzipped() -> None:
    assert len(FILES["/widget.js"].gzipped) <= 3_000


def test_the_stylesheet_is_at_most_1500_bytes_gzipped() -> None:
    assert len(FILES["/widget.css"].gzipped) <= 1_500


@pytest.mark.parametrize("path", ["/widget.js", "/widget.css"])
def test_comment_lines_and_indentation_do_not_travel(path: str) -> None:
    lines = FILES[path].plain.decode().splitlines()
    assert all(line == line.strip() and line for line in lines)
    assert not [line for line in lines if line.startswith(("//", "/*"))]


@pytest.mark.parametrize("path", ["/widget.js", "/widget.css"])
def test_a_browser_that_takes_gzip_gets_the_same_bytes_smaller(path: str) -> None:
    plain = FILES[path].answer(accept_encoding="", if_none_match="")
    zipped = FILES[path].answer(accept_encoding="gzip, deflate, br", if_none_match="")
    assert dict(zipped.headers)["content-encoding"] == "gzip"
    assert gzip.decompress(zipped.body) == plain.body


def test_a_browser_that_has_the_current_file_is_not_sent_it_again() -> None:
    file = FILES["/widget.js"]
    etag = dict(file.answer("", "").headers)["etag"]
    answer = file.answer(accept_encoding="gzip", if_none_match=f'W/"other", {etag}')
    assert (answer.status, answer.body) == (304, b"")


def test_any_origin_may_load_the_files() -> None:
    for file in FILES.values():
        headers = dict(file.answer("", "").headers)
        assert headers["access-control-allow-origin"] == "*"
        assert headers["cross-origin-resource-policy"] == "cross-origin"


def test_the_widget_sets_no_cookie_and_runs_no_code_from_text() -> None:
    script = FILES["/widget.js"].plain.decode()
    for word in ("cookie", "eval(", "innerHTML", "Function("):
        assert word not in script
