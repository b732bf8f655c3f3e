"""Writing linked pages, their size, and how fast a brush repaints them in headless Chromium."""

from __future__ import annotations

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


def brush_seconds(target: Path) -> tuple[float, float]:
    """Median and longest repaint of brushes dragged over the map and over the scatter plot."""
    from selenium import webdriver
    from selenium.webdriver import ActionChains
    from selenium.webdriver.support.ui import WebDriverWait

    options = webdriver.ChromeOptions()
    options.binary_location = str(shutil.which("chromium"))
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"):
        options.add_argument(argument)
    browser = webdriver.Chrome(options=options, service=webdriver.ChromeService(shutil.which("chromedriver")))
    try:
        browser.set_window_size(1360, 1000)
        browser.get(target.as_uri())
        WebDriverWait(browser, 60).until(lambda one: one.execute_script("return document.body.dataset.ready"))
        browser.execute_script(_TIMED)
        canvas = browser.find_element("css selector", "#charts canvas")
        wide, high = canvas.size["width"], canvas.size["height"]
        for place in ((-0.35, -0.3), (-0.3, 0.22)):
            start = round(place[0] * wide), round(place[1] * high)
            actions = ActionChains(browser, duration=0).move_to_element_with_offset(canvas, *start)
            actions = actions.click_and_hold()
            for _ in range(12):
                # One event at a time: a browser joins those of a real mouse frame by frame, not a driver's.
                actions = actions.move_by_offset(12, 8).pause(0.4)
            actions.release().perform()
        time.sleep(1)
        lags = browser.execute_script("return window.lags")
        chosen = browser.execute_script("return document.getElementById('clear').disabled")
        if chosen or len(lags) < 20:
            raise RuntimeError("the brush selected nothing")
    finally:
        browser.quit()
    return statistics.median(lags) / 1000, max(lags) / 1000


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
                median, longest = brush_seconds(target)
                rows.append(
                    row(
                        "longest repaint of a brush",
                        n,
                        longest,
                        _MOST_BRUSH_SECONDS,
                        f"median {median:.3f} s",
                    )
                )
    return rows
