"""The page's three files, from inside the package, with an answer for who has them already.

They name no version: a browser keeps them and asks each time whether they have changed.
"""

from dataclasses import dataclass
from hashlib import sha256
from importlib import resources

from starlette.requests import Request
from starlette.responses import Response

FILES = {
    "page": ("index.html", "text/html; charset=utf-8"),
    "style": ("style.css", "text/css; charset=utf-8"),
    "script": ("script.js", "text/javascript; charset=utf-8"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PageFile:
    """One file, read once."""

    content: bytes
    media_type: str

    @property
    def tag(self) -> str:
        """What changes when the content does."""
        return f'"{sha256(self.content).hexdigest()[:32]}"'

    async def answer(self, request: Request) -> Response:
        """Return the file, or 304 to who has it."""
        headers = {"etag": self.tag, "cache-control": "no-cache"}
        if self.tag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        return Response(self.content, headers=headers, media_type=self.media_type)


def page_files() -> dict[str, PageFile]:
    """Return the files by the names of their endpoints."""
    folder = resources.files("ingest.serve").joinpath("page")
    return {
        name: PageFile(content=folder.joinpath(file).read_bytes(), media_type=media_type)
        for name, (file, media_type) in FILES.items()
    }
