"""The page's files as they are served, and what must not be in them."""

import re

import pytest

from ingest.serve.page_files import FILES, page_files
from ingest.settings import Settings
from tests.serve.running import service

PATHS = {
    "/": "text/html; charset=utf-8",
    "/page/style.css": "text/css; charset=utf-8",
    "/page/script.js": "text/javascript; charset=utf-8",
}


async def test_the_files_have_their_types_and_are_asked_for_again_by_tag(empty: Settings) -> None:
    async with service(empty) as client:
        for path, media_type in PATHS.items():
            answer = await client.get(path)
            assert (answer.status_code, answer.headers["content-type"]) == (200, media_type)
            assert answer.headers["cache-control"] == "no-cache"
            tag = answer.headers["etag"]
            again = await client.get(path, headers={"if-none-match": tag})
            assert (again.status_code, again.content) == (304, b"")
            other = await client.get(path, headers={"if-none-match": '"another"'})
            assert other.content == answer.content
            assert (await client.head(path)).headers["content-length"] == str(len(answer.content))


@pytest.mark.parametrize("name", FILES)
def test_nothing_comes_from_elsewhere_and_nothing_becomes_markup(name: str) -> None:
    text = page_files()[name].content.decode()
    outside = set(re.findall(r"(?:https?:)?//[a-z0-9.-]+\.[a-z]+", text)) - {"http://www.w3.org"}
    assert outside == set()
    for forbidden in (
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "eval(",
        "@import",
        "<style",
        " style=",
        "onclick",
    ):
        assert forbidden not in text
