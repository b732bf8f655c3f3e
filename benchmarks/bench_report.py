"""Writing linked pages, their size, and how fast a brush repaints them in headless Chromium."""

from __future__ import annotations

import re
import shutil
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import spatialfin as sf

_MOST_SECONDS = {"china_provinces": 5.0, "china_counties": 30.0}
_MOST_BRUSH_SECONDS = 0.5
_MOST_MEGABYTES = 6.0

# Chart, and the share of its width and height the brush starts and ends at.
_BRUSHES = (("map", 0, (0.35, 0.35), (0.8, 0.8)), ("scatter", 2, (0.2, 0.2), (0.6, 0.6)))
_MOVES = 12

# Left, top, width and height of a chart in the window.
_PLACE = """
const [x, y] = linkedView.origin(), name = `concat_${arguments[0]}_group`;
const one = linkedView.scenegraph().root.items[0].items.find((mark) => mark.name === name).items[0];
const canvas = document.querySelector("#charts canvas").getBoundingClientRect();
return [canvas.x + x + one.x, canvas.y + y + one.y, one.width, one.height];
"""

# From the event of the pointer to the end of the frame that shows it.
_TIMED = """
window.lags = [];
window.addEventListener("pointermove", () => {
  const start = performance.now(), after = new MessageChannel();
  after.port1.onmessage = () => window.lags.push(performance.now() - start);
  requestAnimationFrame(() => requestAnimationFrame(() => after.port2.postMessage(0)));
}, true);
"""


def panel(weights: sf.SpatialWeights, periods: int) -> pd.DataFrame:
    """Smooth draws on a map."""
    draws = np.random.default_rng(0).normal(size=(weights.n, periods))
    smooth = weights.sparse @ (weights.sparse @ draws) * 3 + draws
    rows = [pd.DataFrame({"code": weights.ids, "year": 2000 + t, "x": smooth[:, t]}) for t in range(periods)]
    return pd.concat(rows, ignore_index=True)


def page(name: str, periods: int, target: Path) -> float:
    """Write a page; the seconds it took, imports left out."""
    layer = sf.load_layer(name, units="mainland" if name == "china_provinces" else None)
    weights = sf.contiguity_weights(layer, islands="keep").standardize("row")
    data = panel(weights, periods)
    sf.study.linked_report(layer, data[data["year"] == 2000], "x", weights, unit="code", path=target)
    start = time.perf_counter()
    sf.study.linked_report(layer, data, "x", weights, unit="code", time="year", path=target)
    return time.perf_counter() - start


def brush_seconds(target: Path) -> dict[str, list[float]]:
    """Repaints of a brush dragged over the map and of one over the scatter plot."""
    from selenium import webdriver
    from selenium.webdriver.support.ui import WebDriverWait

    options = webdriver.ChromeOptions()
    options.binary_location = str(shutil.which("chromium"))
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"):
        options.add_argument(argument)
    browser = webdriver.Chrome(options=options, service=webdriver.ChromeService(shutil.which("chromedriver")))
    try:
        browser.set_window_size(1360, 1050)
        browser.get(target.as_uri())
        WebDriverWait(browser, 60).until(lambda one: one.execute_script("return document.body.dataset.ready"))
        time.sleep(1)
        browser.execute_script(_TIMED)
        return {name: drag(browser, name, number, *ends) for name, number, *ends in _BRUSHES}
    finally:
        browser.quit()


def drag(
    browser: Any, name: str, number: int, start: tuple[float, float], end: tuple[float, float]
) -> list[float]:
    """Seconds of each repaint of one brush; an error if it selected no unit or all of them."""
    from selenium.webdriver import ActionChains

    left, top, wide, high = browser.execute_script(_PLACE, number)
    browser.execute_script("document.getElementById('clear').click(); window.lags = []")
    actions = ActionChains(browser, duration=0)
    for move in range(_MOVES + 1):
        share = [a + (b - a) * move / _MOVES for a, b in zip(start, end, strict=True)]
        place = round(left + share[0] * wide), round(top + share[1] * high)
        actions.w3c_actions.pointer_action.move_to_location(*place)
        actions.w3c_actions.key_action.pause()
        # One event at a time: a browser joins those of a real mouse frame by frame, not a driver's.
        actions = (actions if move else actions.click_and_hold()).pause(0.4)
    actions.release().perform()
    time.sleep(1)
    said = browser.find_element("id", "selected").text
    units = browser.execute_script("return linkedView.data('units').length")
    chosen = re.match(r"([\d,]+) of ", said)
    if not chosen or not 0 < int(chosen[1].replace(",", "")) < units:
        raise RuntimeError(f"The brush on the {name} did not select: {said}")
    # The first event only moves the pointer to where the brush starts.
    lags = [lag / 1000 for lag in browser.execute_script("return window.lags")][1:]
    if len(lags) < _MOVES:
        raise RuntimeError(f"The brush on the {name} was painted {len(lags)} times in {_MOVES} moves.")
    return lags


def row(name: str, n: int, value: float, limit: float, note: str) -> dict[str, Any]:
    """A promise in absolute terms: what was measured as a share of its limit."""
    return {
        "name": name, "n": n, "ours_s": value, "peer": "limit", "peer_s": limit, "ratio": value / limit,
        "target": 1.0, "smaller_is_better": True, "note": note,
    }  # fmt: skip


def run() -> list[dict[str, Any]]:
    """Provinces over 20 years and counties over 10."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for name, periods in (("china_provinces", 20), ("china_counties", 10)):
            target = Path(folder) / f"{name}.html"
            seconds, size = page(name, periods, target), target.stat().st_size / 1e6
            n = len(sf.load_layer(name))
            rows.append(
                row(f"linked page, {periods} years", n, seconds, _MOST_SECONDS[name], f"{size:.2f} MB")
            )
            rows.append(row("its size in MB", n, size, _MOST_MEGABYTES, "MB, not seconds"))
            if shutil.which("chromium") and shutil.which("chromedriver"):
                rows += [
                    row(
                        f"longest repaint, brush on {chart}", n, max(lags), _MOST_BRUSH_SECONDS,
                        f"median {statistics.median(lags):.3f} s",
                    )
                    for chart, lags in brush_seconds(target).items()
                ]  # fmt: skip
    return rows
