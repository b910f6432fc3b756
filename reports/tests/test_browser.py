"""Open the page as a reader does, in Chromium without a screen, and listen to what it says and asks for."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from snek_reports.report import ReportPaths

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
REQUIRED = os.environ.get("CI") == "true" and os.environ.get("SNEK_REQUIRE_CHROMIUM") == "1"

pytestmark = pytest.mark.skipif(
    CHROMIUM is None and not REQUIRED, reason="no Chromium on PATH: chromium, chromium-browser or google-chrome"
)

PLANTED = """<!DOCTYPE html><title>planted</title><link rel="icon" href="data:,">
<script>console.error("planted error"); fetch("http://127.0.0.1:9/planted").catch(() => 0);</script>
<img src="http://planted.invalid/picture.png" alt="">"""


@dataclass(frozen=True)
class Visit:
    """What a page did: the HTML it came to, its console lines, and the addresses it asked for outside the disk."""

    html: str
    console: list[str]
    requests: list[str]


def visit(page: Path, scratch: Path) -> Visit:
    assert CHROMIUM, "no Chromium on PATH, but SNEK_REQUIRE_CHROMIUM=1 asks for it: install chromium"
    log = scratch / "net.json"
    command = [
        CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
        "--disable-background-networking", "--disable-component-update", "--disable-sync",
        "--host-resolver-rules=MAP * ~NOTFOUND",  # whatever is asked for, nothing leaves this machine
        f"--user-data-dir={scratch / 'profile'}", "--enable-logging=stderr", f"--log-net-log={log}",
        "--virtual-time-budget=2000", "--dump-dom", page.as_uri(),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    console = [line for line in done.stderr.splitlines() if ":CONSOLE" in line]
    return Visit(done.stdout, console, requests_of_the_page(json.loads(log.read_text())))


def requests_of_the_page(log: dict[str, object]) -> list[str]:
    """The requests that a document began; what the browser asks for on its own account has no origin."""
    constants, events = log["constants"], log["events"]
    assert isinstance(constants, dict)
    assert isinstance(events, list)
    start = constants["logEventTypes"]["URL_REQUEST_START_JOB"]
    begun = [event["params"] for event in events if event["type"] == start and "url" in event.get("params", {})]
    return [
        one["url"]
        for one in begun
        if one.get("initiator") != "not an origin" and not one["url"].startswith(("file:", "data:"))
    ]


def test_the_page_opens_from_disk_without_an_error_or_a_request(whole_report: ReportPaths, tmp_path: Path) -> None:
    seen = visit(whole_report.page, tmp_path)
    assert "What happens when these programs are staged" in seen.html
    assert seen.console == []
    assert seen.requests == []


def test_a_planted_error_and_planted_requests_are_caught(tmp_path: Path) -> None:
    page = tmp_path / "planted.html"
    page.write_text(PLANTED)
    seen = visit(page, tmp_path)
    assert any("planted error" in line for line in seen.console)
    assert sorted(seen.requests) == ["http://127.0.0.1:9/planted", "http://planted.invalid/picture.png"]


def test_the_page_s_policy_stops_a_script_that_escaping_let_through(whole_report: ReportPaths, tmp_path: Path) -> None:
    page = tmp_path / "injected.html"
    html = whole_report.page.read_text()
    assert "</body>" in html
    page.write_text(html.replace("</body>", '<script>document.title = "taken over"</script></body>'))
    seen = visit(page, tmp_path)
    assert "<title>taken over" not in seen.html
    assert any("Content Security Policy" in line for line in seen.console)
