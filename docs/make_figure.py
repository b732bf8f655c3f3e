"""Draw the figure of README.md and of the site's first page: ``python docs/make_figure.py``."""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")

import matplotlib.pyplot as plt

import spatialfin as sf

TARGET = Path(__file__).parent / "_static" / "finance_2011.png"


def main() -> None:
    """Map the financial location quotient of 2011 and its local Moran's I."""
    everything = sf.load_layer("china_provinces")
    provinces = sf.load_layer("china_provinces", units="mainland")
    w = sf.contiguity_weights(provinces, islands={"460000": ["440000"]}).standardize("row")
    year = sf.load_dataset("china_finance_2002_2011").query("year == 2011").set_index("code")
    lq = sf.location_quotient(year["finance"], year["gdp"]).rename("lq")
    shared = {"labels": {"lq": "Location quotient"}, "inset": sf.plot.SOUTH_CHINA_SEA}
    figure, (left, right) = plt.subplots(1, 2, figsize=(13, 3.9), layout="constrained")
    title = "Finance in GDP, relative to all provinces, 2011"
    sf.plot.choropleth(everything, lq, title=title, ax=left, **shared)
    local = sf.local_moran(lq, w)
    sf.plot.lisa_map(everything, local, adjust="none", title="Clusters (local Moran's I)", ax=right, **shared)
    figure.savefig(TARGET, dpi=90, pil_kwargs={"optimize": True})


if __name__ == "__main__":
    main()
