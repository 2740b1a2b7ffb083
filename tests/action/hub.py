"""As much of GitHub's programming interface as a comment takes: comments in pages, and pull requests of a branch."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass(kw_only=True)
class Hub:
    """The state of one repository: its comments, its pull requests, and whether the token may write."""

    url: str = ""
    comments: list[dict[str, Any]] = field(default_factory=list)
    pulls: list[dict[str, Any]] = field(default_factory=list)
    may_write: bool = True
    asked: list[tuple[str, str]] = field(default_factory=list)

    def add(self, body: str | None, kind: str = "Bot") -> dict[str, Any]:
        """Add a comment of a bot or a person."""
        number = len(self.comments) + 1
        self.comments.append({"id": number, "body": body, "user": {"type": kind}, "html_url": f"https://x/{number}"})
        return self.comments[-1]

    def answer(self, method: str, path: str, sent: dict[str, Any]) -> tuple[int, object]:
        """Return a status and the document."""
        parts, asked = urlsplit(path), parse_qs(urlsplit(path).query)
        self.asked.append((method, parts.path))
        if method != "GET" and not self.may_write:
            return 403, {"message": "Resource not accessible by integration"}
        if method == "PATCH":
            comment = self.comments[int(parts.path.rpartition("/")[2]) - 1]
            comment["body"] = sent["body"]
            return 200, comment
        if method == "POST":
            return 201, self.add(sent["body"])
        rows = self.comments
        if parts.path.endswith("/pulls"):
            rows = [each for each in self.pulls if each["label"] == asked["head"][0]]
        size, page = int(asked["per_page"][0]), int(asked["page"][0])
        return 200, rows[size * (page - 1) : size * page]


@contextmanager
def opened_hub() -> Iterator[Hub]:
    """Serve a repository without comments on this machine."""
    hub = Hub()

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            sent = json.loads(self.rfile.read(length) or b"{}")
            status, document = hub.answer(self.command, self.path, sent)
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(document).encode())

        do_GET = do_POST = do_PATCH = answer  # noqa: N815 - as the server calls them

        def log_message(self, *_words: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        hub.url = f"http://127.0.0.1:{server.server_address[1]}"
        yield hub
        server.shutdown()
