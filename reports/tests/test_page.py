from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

import pytest

from snek_reports.figures.registry import FIGURES
from snek_reports.report import ReportPaths
from snek_reports.run import read_run
from snek_reports.table import cell_table, each
from snek_reports.wording import outcome_word


class Page(HTMLParser):
    """The tags with their attributes, and the texts of each kind of tag."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {}
        self._open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in {"meta", "link", "img"}:
            self._open.append(tag)
            self.texts.setdefault(tag, []).append("")

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        for tag in set(self._open):
            self.texts[tag][-1] += data


@pytest.fixture(scope="module")
def page(whole_report: ReportPaths) -> Page:
    return Page(whole_report.page.read_text())


def test_hostile_text_is_text(page: Page, whole_report: ReportPaths) -> None:
    assert "script" not in page.texts
    text = whole_report.page.read_text()
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert any("<script>alert('x')</script>" in reason for reason in page.texts["pre"])


def test_no_attribute_holds_an_event_handler_or_an_outside_address(page: Page) -> None:
    for tag, attributes in page.tags:
        assert not any(name.startswith("on") for name in attributes), (tag, attributes)
        for name in ("src", "href"):
            address = attributes.get(name) or ""
            assert address.startswith(("data:", "#")) or ":" not in address, (tag, address)


def test_every_link_leads_somewhere(page: Page, whole_report: ReportPaths) -> None:
    from urllib.parse import unquote

    anchors = {attributes["id"] for _, attributes in page.tags if "id" in attributes}
    for tag, attributes in page.tags:
        address = attributes.get("href") or ""
        if address.startswith("#"):
            assert unquote(address[1:]) in anchors
        elif tag == "a":
            assert (whole_report.folder / unquote(address)).is_file()


def test_every_planned_cell_stands_in_the_page_s_matrix(page: Page, whole_run: Path) -> None:
    run = read_run(whole_run)
    fields = [text.strip() for text in page.texts["td"]]
    for cell in each(cell_table(run)):
        assert any(field.startswith(outcome_word(cell.outcome)) for field in fields)
    matrix = [attributes for tag, attributes in page.tags if tag == "td" and "title" in attributes]
    assert len(matrix) == len(run.cells)


def test_every_reason_stands_in_full(page: Page, whole_run: Path) -> None:
    run = read_run(whole_run)
    texts = "\n".join(page.texts["pre"])
    for record in run.verdicts.values():
        assert record.reason.split("\x1b")[0].strip() in texts
    assert all(reason in texts for reason in run.skipped.values())


def test_the_environment_and_the_measuring_stand_on_the_page(page: Page) -> None:
    facts = dict(zip(page.texts["th"][-40:], ["x"] * 40, strict=False))
    for name in ("seed", "comparable blocks", "samples a timed cell", "cpu.governor", "packages.numpy", "threads"):
        assert name in facts
    assert "Intel(R) Xeon(R) Processor @ 2.60GHz" in page.texts["td"]


def test_every_figure_stands_inside_the_page(page: Page) -> None:
    images = [attributes["src"] or "" for tag, attributes in page.tags if tag == "img"]
    assert len(images) == len(FIGURES) - 1  # the matrix is a table
    assert all(source.startswith("data:image/svg+xml;base64,") and len(source) > 10_000 for source in images)
