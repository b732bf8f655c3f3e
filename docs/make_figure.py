"""Draw the figure of README.md and of the site's first page: ``python docs/make_figure.py``."""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")

import spatialfin as sf

TARGET = Path(__file__).parent / "_static" / "lisa_2011.png"


def main() -> None:
    """Local Moran's I of the financial location quotient in the last year of the shipped panel."""
    provinces = sf.load_layer("china_provinces")
    mainland = sf.load_layer("china_provinces", units="mainland")
    w = sf.contiguity_weights(mainland, islands={"460000": ["440000"]}).standardize("row")
    year = sf.load_dataset("china_finance_2002_2011").query("year == 2011").set_index("code")
    local = sf.local_moran(sf.location_quotient(year["finance"], year["gdp"]), w)
    axes = sf.plot.lisa_map(provinces, local, alpha=0.05, adjust="none")
    axes.figure.savefig(TARGET, dpi=110, bbox_inches="tight", pil_kwargs={"optimize": True})


if __name__ == "__main__":
    main()
