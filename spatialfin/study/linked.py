"""A page of linked maps: one self-contained file with Vega-Lite inside, brushed as in GeoDa."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from .._errors import OptionError
from .._typing import Adjust
from .._validate import check_mapping

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from ..weights import SpatialWeights


@dataclass(frozen=True, slots=True)
class Settings:
    """How a page is worded, classed and judged; see `linked_report`."""

    title: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    lang: str = "en"
    alpha: float = 0.05
    adjust: Adjust = "fdr"
    permutations: int = 999
    seed: int = 0
    scheme: str = "quantiles"
    k: int = 5
    inset: tuple[float, float, float, float] | None = None


def linked_report(
    layer: gpd.GeoDataFrame,
    data: pd.DataFrame,
    variables: str | Sequence[str],
    weights: SpatialWeights | Mapping[str, SpatialWeights],
    *,
    path: str | os.PathLike[str],
    unit: str,
    time: str | None = None,
    title: str | None = None,
    labels: Mapping[str, str] | None = None,
    lang: Literal["en", "zh"] = "en",
    alpha: float = 0.05,
    adjust: Adjust = "fdr",
    permutations: int = 999,
    seed: int = 0,
    scheme: str = "quantiles",
    k: int = 5,
    inset: tuple[float, float, float, float] | None = None,
) -> Path:
    """Write a web page whose map, cluster map, Moran scatter plot and table are linked by brushing.

    Parameters
    ----------
    layer : GeoDataFrame
        Boundary layer indexed by unit code; decoration rows are drawn as lines that nothing selects.
    data : DataFrame
        One row per unit (and period), in any order. A missing value is hatched on the map and leaves its
        unit out of the statistics of that period.
    variables : str or list of str
        Columns the reader can choose from.
    weights : SpatialWeights or mapping of name to SpatialWeights
        One or several over exactly the units of the data, for the reader to choose from.
    path : path
        The ``.html`` file. An existing file is replaced in one step; the folder must exist.
    unit, time : str
        Columns or index levels with the units and the periods. Without `time` there is no slider.
    title : str, optional
        Heading of the page.
    labels : mapping of str to str, optional
        Labels of variables and weights, and names of units where the layer has none.
    lang : {"en", "zh"}, default "en"
        Language of the page.
    alpha : float, default 0.05
        Level of the clusters.
    adjust : {"fdr", "bonferroni", "none"}, default "fdr"
        Adjustment for testing many units at once, as in :func:`spatialfin.plot.lisa_map`.
    permutations, seed : int
        Random draws behind the p-values, and their seed.
    scheme, k : str, int
        Classes of the map as in :func:`spatialfin.plot.choropleth`, found over all periods together.
    inset : tuple of four float, optional
        As in :func:`spatialfin.plot.choropleth`.

    Returns
    -------
    Path
        Where the page is.

    Raises
    ------
    AlignmentError
        Units of the data that the layer or the weights do not have, or the other way round.
    DataError
        Missing columns, duplicate rows, text where numbers are needed.
    OptionError
        A word or a number that is not valid, or a path that does not end in ``.html``.
    OutputError
        The folder is missing or the file cannot be written; nothing half-written stays.
    MissingExtraError
        The extra ``report`` is not installed.

    Notes
    -----
    Statistics are those of :func:`spatialfin.moran` and :func:`spatialfin.local_moran`, computed here and
    not in the browser. Outlines are brought to half a pixel, values to what is shown. A constant variable,
    fewer than 4 values or none are said on the page. The file needs no network, and its scripts cannot run
    anything that names or labels hold. Beyond 6 MB a `SpatialfinWarning` gives the size.

    Examples
    --------
    >>> import tempfile
    >>> import spatialfin as sf
    >>> provinces = sf.load_layer("china_provinces", units="mainland")
    >>> w = sf.contiguity_weights(provinces, islands="nearest").standardize("row")
    >>> panel = sf.load_dataset("china_finance_2002_2011").query("year >= 2010")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     page = sf.study.linked_report(provinces, panel, ["finance", "gdp"], w, unit="code", time="year",
    ...                                   path=f"{folder}/linked.html", permutations=99)
    ...     page.name
    'linked.html'
    """
    from ..tables._files import write_file
    from .linked_page import linked_page

    target = _target(path)
    check_mapping("labels", labels)
    settings = Settings(title, labels or {}, lang, alpha, adjust, permutations, seed, scheme, k, inset)
    page = linked_page(layer, data, variables, weights, unit=unit, time=time, settings=settings)
    write_file(target, page)
    return target


def _target(path: str | os.PathLike[str]) -> Path:
    if not isinstance(path, str | os.PathLike):
        raise OptionError(f"path={path!r}: the path of an .html file is needed.")
    target = Path(path)
    if target.suffix.lower() != ".html":
        raise OptionError(f"path={str(path)!r}: the page is an .html file; give its name this suffix.")
    return target
