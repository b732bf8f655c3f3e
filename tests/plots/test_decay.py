"""The profile over distance, read from the artists."""

from __future__ import annotations

import pandas as pd
import pytest

import spatialfin as sf
from spatialfin._errors import DataError


class Found:
    """Stands for what explore.distance_decay gives."""

    level = 0.9
    points = pd.DataFrame({"distance": [10.0, 80.0], "value": [2.9, 1.2]})

    def __init__(self, method: str) -> None:
        self.method = method
        self.profile = pd.DataFrame(
            {
                "distance": [100.0, 0, 50],
                "estimate": [1.0, 3, 2],
                "conf_low": [0.5, 2.5, 1.5],
                "conf_high": [1.5, 3.5, 2.5],
            }
        )


@pytest.mark.parametrize("method", ["local-linear", "binned"])
def test_the_profile_runs_outwards_with_its_band(method: str) -> None:
    ax = sf.plot.distance_profile(Found(method), variable="lq", labels={"lq": "区位熵"}, title="From Beijing")
    assert ax.lines[0].get_xdata().tolist() == [0, 50, 100]
    assert ax.lines[0].get_ydata().tolist() == [3, 2, 1]
    assert {text.get_text() for text in ax.get_legend().get_texts()} == {"Profile", "90% band", "Units"}
    ends = ax.collections[0].get_datalim(ax.transData)
    assert (ends.y0, ends.y1) == (0.5, 3.5)
    assert (ax.get_ylabel(), ax.get_title()) == ("区位熵", "From Beijing")


def test_without_points_and_without_a_result() -> None:
    ax = sf.plot.distance_profile(Found("binned"), points=False)
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["Profile", "90% band"]
    with pytest.raises(DataError, match="what distance_decay returned is needed, not int"):
        sf.plot.distance_profile(5)
