"""The linked page as its reader uses it: brushed, moved in time and re-weighted in a real browser, offline.

Screenshots are kept in ``build/linked`` of the checkout, for a person to look at.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas
import numpy as np
import pandas as pd
import pytest
from shapely import LineString, box

import spatialfin as sf
from spatialfin._errors import SpatialfinWarning
from spatialfin.study import linked_report

if TYPE_CHECKING:
    from selenium.webdriver import ActionChains

HOSTILE = "</script><img src=x onerror=\"document.body.dataset.hit='1'\"> \u2028 & ${1}"
SIDE, YEARS = 6, (2001, 2002, 2003, 2004)
CODES = [f"u{number:02d}" for number in range(SIDE * SIDE)]


def lattice_layer() -> geopandas.GeoDataFrame:
    squares = [box(n % SIDE, n // SIDE, n % SIDE + 1, n // SIDE + 1) for n in range(SIDE * SIDE)]
    shapes = [*squares, LineString([(-1, -1), (SIDE + 1, -1), (SIDE + 1, SIDE + 1)])]
    names = [HOSTILE, *(f"Place {code}" for code in CODES[1:]), "sea boundary"]
    layer = geopandas.GeoDataFrame({"name": names}, geometry=shapes, crs=32650)
    layer["decoration"] = [False] * len(CODES) + [True]
    return layer.set_index(pd.Index([*CODES, "line"]))


def lattice_weights() -> dict[str, sf.SpatialWeights]:
    layer = lattice_layer()
    queen, rook = (sf.contiguity_weights(layer, rule=rule).standardize("row") for rule in ("queen", "rook"))
    return {"queen": queen, f"rook {HOSTILE}": rook}


def lattice_data() -> pd.DataFrame:
    """`rise` climbs to the east; in 2003 it is constant, in 2004 nobody has it; `noise` lacks one unit."""
    draws = np.random.default_rng(4).normal(size=(len(YEARS), len(CODES)))
    rows = [
        {
            "code": code,
            "year": year,
            "rise": {2003: 5.0, 2004: np.nan}.get(year, n % SIDE if year == 2001 else SIDE - 1 - n % SIDE),
            HOSTILE: np.nan if n == 7 else draws[t, n],
        }
        for t, year in enumerate(YEARS)
        for n, code in enumerate(CODES)
    ]
    return pd.DataFrame(rows)


PLACE = """
const [x, y] = linkedView.origin(), name = `concat_${arguments[0]}_group`;
const one = linkedView.scenegraph().root.items[0].items.find(mark => mark.name === name).items[0];
return [x + one.x, y + one.y, one.width, one.height];
"""
COLOURS = """
const [left, top] = arguments, pen = document.querySelector("#charts canvas").getContext("2d");
const at = (x, y) => [...pen.getImageData(x * devicePixelRatio, y * devicePixelRatio, 1, 1).data].slice(0, 3);
const hex = (parts) => "#" + parts.map((part) => part.toString(16).padStart(2, "0")).join("");
return linkedView.data("units").map((row) => hex(at(left + row.cx, top + row.cy)));
"""
CORNER = 'const one = document.querySelector("#charts canvas").getBoundingClientRect(); return [one.x, one.y]'
ROWS = 'return [...document.querySelectorAll("#rows tr")].map(r => [...r.cells].map(c => c.textContent))'


class Reader:
    """What a reader does with the page, and what is seen of it."""

    def __init__(self, browser: Any, page: Path, kept: Path) -> None:
        self.browser, self.kept = browser, kept
        browser.get_log("performance")
        browser.get_log("browser")
        browser.set_window_size(1360, 1000)
        browser.get(page.as_uri())
        self.wait("return document.body.dataset.ready")

    def wait(self, script: str) -> Any:
        end = time.monotonic() + 60
        while time.monotonic() < end:
            found = self.browser.execute_script(script)
            if found:
                return found
            time.sleep(0.05)
        pytest.fail(f"never true: {script}; logged: {self.browser.get_log('browser')}")

    def text(self, name: str) -> str:
        return str(self.browser.find_element("id", name).text)

    def set(self, name: str, value: int) -> None:
        """Move a slider or a choice, as the browser reports it."""
        before = self.browser.execute_script("return document.body.dataset.ready")
        self.browser.execute_script(
            "const [id, value] = arguments, one = document.getElementById(id); one.value = value;"
            "for (const kind of ['input', 'change']) one.dispatchEvent(new Event(kind, {bubbles: true}));",
            name, str(value),
        )  # fmt: skip
        self.wait(f"return document.body.dataset.ready !== '{before}'")

    def drag(self, panel: str, west: float, north: float, east: float, south: float) -> None:
        """Draw a brush over a share of a panel."""
        from selenium.webdriver import ActionChains

        left, top, wide, high = self.place(panel)
        moved = round((east - west) * wide), round((south - north) * high)
        actions = ActionChains(self.browser, duration=30)
        actions = self.aimed(actions, left + west * wide, top + north * high).click_and_hold()
        for _ in range(4):
            actions = actions.move_by_offset(round(moved[0] / 4), round(moved[1] / 4))
        actions.release().perform()
        time.sleep(0.6)

    def aimed(self, actions: ActionChains, x: float, y: float) -> ActionChains:
        """Move the pointer to a place of the canvas, which may reach below the window."""
        left, top = self.browser.execute_script(CORNER)
        actions.w3c_actions.pointer_action.move_to_location(round(left + x), round(top + y))
        actions.w3c_actions.key_action.pause()
        return actions

    def place(self, panel: str) -> list[float]:
        """Left, top, width and height of a panel's plot on the canvas."""
        number = ("map", "lisa", "scatter", "trend").index(panel)
        return list(self.browser.execute_script(PLACE, number))

    def colours(self, panel: str) -> list[str]:
        """The colour of the pixel in the middle of each unit on a map."""
        left, top, *_ = self.place(panel)
        return list(self.browser.execute_script(COLOURS, left, top))

    def rows(self) -> list[list[str]]:
        return list(self.browser.execute_script(ROWS))

    def photograph(self, name: str) -> None:
        self.kept.mkdir(parents=True, exist_ok=True)
        self.browser.save_screenshot(str(self.kept / f"{name}.png"))

    def complaints(self) -> list[Any]:
        """What the browser logged, but for advice on how this test reads pixels."""
        logged = [
            entry for entry in self.browser.get_log("browser") if entry["level"] in ("SEVERE", "WARNING")
        ]
        return [entry for entry in logged if "getImageData" not in entry["message"]]

    def asked(self) -> list[str]:
        events = [json.loads(entry["message"])["message"] for entry in self.browser.get_log("performance")]
        return [e["params"]["request"]["url"] for e in events if e["method"] == "Network.requestWillBeSent"]


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("linked") / "report.html"
    with pytest.warns(SpatialfinWarning, match="Some units have no value"):
        linked_report(
            lattice_layer(), lattice_data(), ["rise", HOSTILE], lattice_weights(), unit="code", time="year",
            path=target, title=HOSTILE, labels={"rise": "Rise to the east"}, permutations=199,
        )  # fmt: skip
    return target


@pytest.fixture
def reader(browser: Any, page: Path, root: Path) -> Iterator[Reader]:
    """The page as opened; whatever a test does, nothing is logged and nothing leaves the machine."""
    opened = Reader(browser, page, root / "build" / "linked")
    yield opened
    assert opened.complaints() == []
    asked = opened.asked()
    assert asked
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []
    assert browser.execute_script("return document.body.dataset.hit || ''") == ""


EAST = [n for n in range(SIDE * SIDE) if n % SIDE >= 3]
pytestmark = pytest.mark.browser


def choose(reader: Reader, *, variable: int = 0, weights: int = 0, period: int = 0) -> None:
    reader.set("variable", variable)
    reader.set("weights", weights)
    reader.set("period", period)


def test_a_brush_on_the_scatter_is_followed_by_map_and_table(reader: Reader) -> None:
    choose(reader)
    assert reader.text("selected").startswith("All 36 units, mean 2.50.")
    before = reader.colours("map")
    left, _, wide, _ = reader.place("scatter")
    nought = reader.browser.execute_script("return linkedView.scale('concat_2_x')(0)") / wide
    reader.drag("scatter", nought, 0.02, 0.99, 0.98)
    assert left > 0
    assert reader.text("selected").startswith("18 of 36 units selected, mean 4.00 (all: 2.50)")
    assert sorted(row[0] for row in reader.rows()) == sorted(f"Place {CODES[n]}" for n in EAST)
    after = reader.colours("map")
    assert {n for n, (old, new) in enumerate(zip(before, after, strict=True)) if old == new} == set(EAST)
    clusters = reader.colours("lisa")
    assert clusters[SIDE * 2 + 5] == "#d7191c"
    reader.photograph("brush-on-scatter")


def test_a_brush_on_the_map_selects_places_and_keeps_them_over_time(reader: Reader) -> None:
    choose(reader)
    reader.drag("map", 0.55, 0.55, 0.99, 0.99)
    chosen = {row[0] for row in reader.rows()}
    assert 4 <= len(chosen) <= 12
    reader.set("period", 1)
    assert {row[0] for row in reader.rows()} == chosen
    reader.photograph("brush-on-map")
    reader.browser.find_element("id", "clear").click()
    reader.wait("return document.getElementById('clear').disabled")
    assert len(reader.rows()) == 36


def test_the_slider_changes_map_and_statistics(reader: Reader) -> None:
    choose(reader)
    first = reader.colours("map")
    assert first[0] == first[SIDE] != first[5]
    reader.set("period", 1)
    assert reader.text("shown-period") == "2002"
    assert reader.colours("map") == [first[n - n % SIDE + SIDE - 1 - n % SIDE] for n in range(SIDE * SIDE)]


def test_variables_and_weights_can_be_chosen(reader: Reader) -> None:
    choose(reader, variable=1)
    I = "return linkedView.signal('scatterTitle')"  # noqa: E741
    queen = reader.browser.execute_script(I)
    data = lattice_data().query("year == 2001").set_index("code")[HOSTILE].dropna()
    for number, matrix in enumerate(lattice_weights().values()):
        reader.set("weights", number)
        expected = sf.moran(data, matrix.subset(data.index), permutations=199)
        said = re.fullmatch(r"Moran's I = (.*), p = .*", reader.browser.execute_script(I))
        assert said
        assert float(said[1].replace("−", "-")) == pytest.approx(expected.I, abs=0.0006)
    assert reader.browser.execute_script(I) != queen
    assert "35 of 36 units have a value" in reader.text("caution")
    assert reader.rows()[-1][:2] == ["Place u07", "No data"]
    reader.photograph("missing-unit")


def test_what_has_no_statistic_is_said(reader: Reader) -> None:
    choose(reader, period=2)
    assert reader.text("caution").startswith("Rise to the east, 2003 is the same in every unit")
    assert reader.browser.execute_script("return linkedView.signal('lisaLabels')")[-1] == "Not defined (36)"
    reader.photograph("constant")
    reader.set("period", 3)
    assert reader.text("caution").startswith("Rise to the east, 2004 has no value in any unit")
    assert all(colour[1:3] == colour[3:5] == colour[5:7] for colour in reader.colours("map"))
    reader.photograph("all-missing")


def test_pointing_at_a_unit_marks_it_everywhere(reader: Reader) -> None:
    from selenium.webdriver import ActionChains

    choose(reader)
    line = reader.browser.find_element("css selector", "#rows tr[data-i='8']")
    ActionChains(reader.browser).move_to_element(line).perform()
    reader.wait("return linkedView.signal('pointed') === 8")
    left, top, *_ = reader.place("map")
    row = reader.browser.execute_script("const r = linkedView.data('units')[0]; return [r.cx, r.cy]")
    reader.aimed(ActionChains(reader.browser), left + row[0], top + row[1]).perform()
    reader.wait("return linkedView.signal('pointed') === 0")
    ActionChains(reader.browser).move_by_offset(2, 2).perform()
    tip = reader.wait("return document.querySelector('#vg-tooltip-element.visible')?.innerText")
    assert "</script><img src=x" in tip
    assert HOSTILE in [row[0] for row in reader.rows()]
    reader.photograph("hostile-name")


def test_lines_are_drawn_and_never_selected(reader: Reader) -> None:
    choose(reader)
    reader.drag("map", 0.01, 0.01, 0.99, 0.99)
    assert reader.text("selected").startswith("36 of 36 units selected")
    assert "sea boundary" not in "".join(row[0] for row in reader.rows())


# For each legend its entries: left, top and width.
ENTRIES = """
const legends = [];
(function walk(one, into) {
  if (one.role === "legend-entry") { into = []; legends.push(into); }
  if (into && one.marktype === "group") one.items.forEach((item) => (item.items || []).some(
    (part) => part.role === "legend-label") && into.push([item.x, item.y, item.bounds.x2 - item.bounds.x1]));
  (one.items || []).forEach((part) => walk(part, into));
})(linkedView.scenegraph().root, null);
return legends;
"""


def legends_overlap(reader: Reader) -> bool:
    """Whether an entry of a legend reaches into the one beside it."""
    legends = reader.browser.execute_script(ENTRIES)
    assert [len(entries) for entries in legends][1:] == [7]
    assert len(legends[0]) > 1
    return any(
        left[1] == right[1] and left[0] < right[0] < left[0] + left[2]
        for entries in legends
        for left in entries
        for right in entries
    )


def test_a_brush_outlives_a_change_of_variable(reader: Reader) -> None:
    from selenium.webdriver import ActionChains, Keys

    choose(reader)
    reader.browser.execute_script("window.before = linkedView")
    reader.drag("map", 0.55, 0.55, 0.99, 0.99)
    chosen = {row[0] for row in reader.rows()}
    assert len(chosen) < 36
    reader.set("variable", 1)
    assert {row[0] for row in reader.rows()} == chosen
    assert not legends_overlap(reader)
    ActionChains(reader.browser).send_keys(Keys.ESCAPE).perform()
    reader.wait("return document.getElementById('clear').disabled")
    assert len(reader.rows()) == 36
    assert reader.browser.execute_script("return window.before === linkedView")


def test_slopes_of_the_selected_and_the_others_are_told(reader: Reader) -> None:
    choose(reader)
    assert reader.text("slopes") == ""
    reader.drag("map", 0.02, 0.02, 0.55, 0.99)
    chosen = np.isin(np.array(CODES), [row[0].removeprefix("Place ") for row in reader.rows()])
    chosen[0] = HOSTILE in [row[0] for row in reader.rows()]
    assert 3 < chosen.sum() < 33
    data = lattice_data().query("year == 2001").set_index("code")["rise"]
    local = sf.local_moran(data, lattice_weights()["queen"], permutations=199)
    z, lag = local.standardized.to_numpy(), local.lag.to_numpy()
    slopes = [np.polyfit(z[some], lag[some], 1)[0] for some in (chosen, ~chosen, chosen | True)]
    told = [float(found.replace("−", "-")) for found in re.findall(r"−?\d+\.\d+", reader.text("slopes"))]
    # Coordinates of the plot are hundredths.
    assert told == pytest.approx(slopes, abs=0.01)
    ends = reader.wait("const ends = linkedView.data('chosen'); return ends.length && ends")
    drawn = (ends[1]["lag"] - ends[0]["lag"]) / (ends[1]["z"] - ends[0]["z"])
    assert drawn == pytest.approx(slopes[0], abs=0.01)
    reader.photograph("slopes")


def test_clusters_lost_to_the_adjustment_are_told(reader: Reader) -> None:
    choose(reader, variable=1, weights=1)
    data = lattice_data().query("year == 2001").set_index("code")[HOSTILE].dropna()
    matrix = list(lattice_weights().values())[1]
    local = sf.local_moran(data, matrix.subset(data.index), permutations=199)
    assert set(local.clusters(adjust="fdr")) == {"Not significant"}
    before = int((local.p_sim <= 0.05).sum())
    assert before
    assert reader.text("caution").endswith(f"units with p ≤ 0.05 before it: {before}.")
    choose(reader)
    assert "No cluster is left" not in reader.text("caution")


def test_keys_and_screen_readers_reach_everything_but_the_brush(reader: Reader) -> None:
    from selenium.webdriver import Keys

    choose(reader)
    slider = reader.browser.find_element("id", "period")
    slider.send_keys(Keys.ARROW_RIGHT)
    reader.wait("return document.getElementById('shown-period').textContent === '2002'")
    assert slider.get_attribute("aria-valuetext") == "2002"
    reader.browser.find_element("id", "variable").send_keys(Keys.ARROW_DOWN)
    reader.wait("return document.querySelector('#charts').ariaLabel.includes('</script>')")
    assert reader.browser.switch_to.active_element.get_attribute("id") == "variable"
    for part in ("#period", "#variable", "#weights", ".rows", "table", "#charts"):
        assert reader.browser.find_element("css selector", part).accessible_name, part
    assert reader.browser.find_element("css selector", ".rows").get_attribute("tabindex") == "0"


@pytest.fixture
def sized(browser: Any, page: Path, root: Path) -> Iterator[Callable[[int, int], Reader]]:
    """Open the page in a window of any size."""

    def opened(width: int, height: int) -> Reader:
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        return Reader(browser, page, root / "build" / "linked")

    yield opened
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


@pytest.mark.parametrize(("width", "height"), [(390, 844), (1024, 768), (1440, 900), (1920, 1080)])
def test_nothing_is_cut_off_at_any_width(sized: Any, width: int, height: int) -> None:
    reader = sized(width, height)
    choose(reader, variable=1)
    inside = reader.browser.execute_script("return [document.documentElement.scrollWidth, innerWidth]")
    assert inside[1] == width
    assert inside[0] <= width
    for name in ("#charts", ".rows"):
        script = f"const one = document.querySelector('{name}'); return [one.scrollWidth, one.clientWidth]"
        wide, room = reader.browser.execute_script(script)
        assert wide <= room + 1, name
    assert not legends_overlap(reader)
    reader.photograph(f"width-{width}")


def test_table_and_all_charts_are_in_sight_on_a_desk(sized: Any) -> None:
    reader = sized(1440, 900)
    choose(reader)
    table = reader.browser.find_element("css selector", ".rows").rect
    canvas = reader.browser.find_element("css selector", "#charts canvas").rect
    assert table["x"] >= canvas["x"] + canvas["width"]
    assert table["x"] + table["width"] <= 1440
    _, top, _, high = reader.place("scatter")
    assert canvas["y"] + top + high <= 900


def test_counties_are_brushed_in_chinese(browser: Any, root: Path, tmp_path: Path) -> None:
    counties = sf.load_layer("china_counties")
    weights = sf.contiguity_weights(counties, islands="keep").standardize("row")
    draws = np.random.default_rng(0).normal(size=(10, weights.n))
    smooth = (weights.sparse @ (weights.sparse @ draws.T)).T * 4 + draws
    rows = [pd.DataFrame({"code": weights.ids, "year": 2010 + t, "x": one}) for t, one in enumerate(smooth)]
    page = linked_report(
        counties, pd.concat(rows, ignore_index=True), "x", weights, unit="code", time="year", lang="zh",
        path=tmp_path / "counties.html", title="县域示例", labels={"x": "模拟变量"}, permutations=99,
        inset=sf.plot.SOUTH_CHINA_SEA,
    )  # fmt: skip
    assert page.stat().st_size <= 6_000_000
    reader = Reader(browser, page, root / "build" / "linked")
    assert reader.text("selected").startswith("全部 2,891 个单元")
    reader.drag("map", 0.5, 0.5, 0.8, 0.8)
    chosen = reader.text("selected")
    assert chosen.startswith("已选 ")
    assert 50 < int(chosen.split()[1].replace(",", "")) < 2000
    assert len(reader.rows()) <= 300
    reader.photograph("counties")
    assert reader.complaints() == []
