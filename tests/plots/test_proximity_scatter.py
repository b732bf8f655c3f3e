"""The scatter of regional proximity in two years, read from the artists."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

import spatialfin as sf
from spatialfin._errors import DataError, OptionError

BEFORE = pd.Series([0.20, 0.21, 0.19, 0.20], index=list("abcd"), name=1995)
AFTER = pd.Series([0.20, 0.20, 0.24, 0.22], index=list("abcd"), name=2004)
CHANGE = sf.indices.proximity_change(BEFORE, AFTER, weights=AFTER)


def test_the_scatter_shows_regions_line_and_change() -> None:
    ax = sf.plot.proximity_scatter(
        CHANGE, labels={"2004": "2004年", "Mean change": "平均变化"}, title="T $1$"
    )
    points = ax.collections[0].get_offsets()
    assert sorted(map(tuple, points.tolist())) == sorted(zip(BEFORE, AFTER, strict=True))
    x, y = ax.lines[0].get_data()
    np.testing.assert_array_equal(x, y)
    assert ax.get_xlim() == ax.get_ylim() == (x[0], x[1])
    assert ax.get_aspect() == 1
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("1995", "2004年")
    texts = [text.get_text() for text in ax.texts]
    assert texts[0] == f"平均变化 {CHANGE.change:.4f} ({CHANGE.std_error:.4f}), p = {CHANGE.p_value:.3f}"
    assert "No change" in texts
    assert not any(text.get_parse_math() for text in [*ax.texts, ax.title])


def test_the_farthest_from_the_line_are_labelled() -> None:
    ax = sf.plot.proximity_scatter(CHANGE, label_extremes=2, names={"c": "Cangzhou"})
    assert [text.get_text() for text in ax.texts[2:]] == ["Cangzhou", "d"]
    assert len(sf.plot.proximity_scatter(CHANGE, label_extremes=0).texts) == 2


def test_labels_do_not_cover_each_other() -> None:
    """Two regions at one point, another close by, two at the edge."""
    before = pd.Series([0.206, 0.206, 0.2065, 0.186, 0.187, 0.23], index=[f"{n}10000" for n in range(1, 7)])
    after = pd.Series([0.22, 0.22, 0.219, 0.199, 0.199, 0.22], index=before.index)
    change = sf.indices.proximity_change(before, after, weights=after)
    ax = sf.plot.proximity_scatter(change, ax=plt.subplots(figsize=(5, 5))[1])
    boxes = [text.get_window_extent() for text in ax.texts[2:]]
    assert len(boxes) == 6
    for number, box in enumerate(boxes):
        assert box.count_overlaps(boxes[:number]) == 0
        assert ax.bbox.x0 <= box.x0
        assert box.x1 <= ax.bbox.x1


def test_bad_inputs_name_the_offenders() -> None:
    with pytest.raises(DataError, match="what proximity_change gave is needed, not Series"):
        sf.plot.proximity_scatter(BEFORE)
    with pytest.raises(OptionError, match="label_extremes=-1"):
        sf.plot.proximity_scatter(CHANGE, label_extremes=-1)
    assert not plt.get_fignums()
