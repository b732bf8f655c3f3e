"""Economic complexity of countries and products."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from .._core import product_space as core
from .._errors import DataError, listed, raise_all, warn_caller
from .._validate import check_whole
from ._tables import ONE_PERIOD, periods, presence_table

__all__ = ["ComplexityResult", "Reflections", "economic_complexity", "method_of_reflections"]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ComplexityResult:
    """Complexity of countries and of products.

    Attributes
    ----------
    countries : DataFrame
        Columns ``eci`` and ``diversity`` (number of products); rows as in the presence.
    products : DataFrame
        Columns ``pci`` and ``ubiquity`` (number of countries), indexed by product (and period).
    """

    countries: pd.DataFrame
    products: pd.DataFrame

    def __repr__(self) -> str:
        top = self.countries["eci"].sort_values(ascending=False, kind="stable").head(3)
        shown = ", ".join(f"{label} {value:.2f}" for label, value in top.items())
        return (
            f"Economic complexity: {len(self.countries)} countries, {len(self.products)} products; "
            f"highest {shown}."
        )


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Reflections:
    """What diversity and ubiquity are reflected to.

    Attributes
    ----------
    countries : DataFrame
        Columns 0 (diversity) to the order asked for; rows as in the presence.
    products : DataFrame
        Columns 0 (ubiquity) to the order asked for, indexed by product (and period).
    """

    countries: pd.DataFrame
    products: pd.DataFrame

    def __repr__(self) -> str:
        return (
            f"{self.countries.shape[1] - 1} reflections of {len(self.countries)} countries and "
            f"{len(self.products)} products."
        )


def economic_complexity(presence: pd.DataFrame) -> ComplexityResult:
    """Economic complexity index of countries (ECI) and product complexity index (PCI).

    Parameters
    ----------
    presence : pandas.DataFrame
        Table of 0 and 1 as `product_presence` returns it; each period alone.

    Returns
    -------
    ComplexityResult
        Both indices with mean 0 and standard deviation 1 (divided by n) within each period. NaN for a country
        without products and a product without countries; a `SpatialfinWarning` names them.

    Raises
    ------
    DataError
        Not a table of 0 and 1, or one with single unknown cells; countries that share no product with the
        others, directly or through third ones; or an index that the data do not determine.

    Notes
    -----
    ECI is the eigenvector of the second largest eigenvalue of ``D^-1 M U^-1 M'``, PCI that of
    ``U^-1 M' D^-1 M``, with M the presence, D diversity and U ubiquity on diagonals; to them the method of
    reflections [1]_ converges [2]_. The sign makes ECI rise with diversity, and PCI is the mean of the ECI
    of the countries that have the product, standardised.

    References
    ----------
    .. [1] Hidalgo, C. and Hausmann, R. (2009). The building blocks of economic complexity. PNAS 106,
       10570-10575.
    .. [2] Hausmann, R., Hidalgo, C. et al. (2014). The Atlas of Economic Complexity. MIT Press.

    Examples
    --------
    >>> import pandas as pd, spatialfin as sf
    >>> presence = pd.DataFrame(
    ...     [[1, 1, 1], [1, 1, 0], [1, 0, 0]], index=["deu", "pol", "mli"], columns=["0011", "6511", "7810"]
    ... )
    >>> sf.indices.economic_complexity(presence).countries.loc[["mli", "deu"]].round(3)
           eci  diversity
    mli -1.225        1.0
    deu  1.225        3.0
    """
    table = presence_table(presence)
    countries, products, problems = [], [], []
    for label, part, kept in _held(table):
        found = core.complexity(kept.to_numpy()) if len(kept) else None
        problems += _faults(kept.index, found, label)
        if found is None:
            continue
        eci = pd.Series(found.rows, kept.index).reindex(part.index)
        pci = pd.Series(found.columns, kept.columns).reindex(part.columns)
        countries.append(pd.DataFrame({"eci": eci, "diversity": part.sum(axis=1)}))
        products.append((label, pd.DataFrame({"pci": pci, "ubiquity": part.sum(axis=0)})))
    raise_all(problems, DataError, "economic complexity")
    _warn_of_empty(table)
    return ComplexityResult(pd.concat(countries).loc[table.index], _stacked(products, table.index.names[-1]))


def method_of_reflections(presence: pd.DataFrame, *, order: int = 18) -> Reflections:
    """Diversity and ubiquity, and what is reflected of them between countries and products.

    Parameters
    ----------
    presence : pandas.DataFrame
        As in `economic_complexity`.
    order : int
        Number of reflections.

    Returns
    -------
    Reflections
        NaN for a country without products and a product without countries; a `SpatialfinWarning` names them.

    Raises
    ------
    DataError
        Not a table of 0 and 1, or one without any 1.
    OptionError
        `order` is not a whole number from 1 on.

    Notes
    -----
    ``k_c,0 = sum_p M_cp``, ``k_p,0 = sum_c M_cp``, ``k_c,N = sum_p M_cp k_p,N-1 / k_c,0`` and ``k_p,N =
    sum_c M_cp k_c,N-1 / k_p,0`` [1]_. Countries draw together with every reflection; standardised, their even
    orders tend to the ECI and their odd ones to its negative (for products, even orders tend to the negative
    of the PCI). From some hundred reflections on rounding is all that differs: take `economic_complexity`.

    References
    ----------
    .. [1] Hidalgo, C. and Hausmann, R. (2009). The building blocks of economic complexity. PNAS 106,
       10570-10575.

    Examples
    --------
    >>> import pandas as pd, spatialfin as sf
    >>> presence = pd.DataFrame(
    ...     [[1, 1, 1], [1, 1, 0], [1, 0, 0]], index=["deu", "pol", "mli"], columns=["0011", "6511", "7810"]
    ... )
    >>> sf.indices.method_of_reflections(presence, order=2).countries
           0    1     2
    deu  3.0  2.0  2.50
    pol  2.0  2.5  2.25
    mli  1.0  3.0  2.00
    """
    check_whole("order", order, least=1)
    table = presence_table(presence)
    countries, products, problems = [], [], []
    for label, part, kept in _held(table):
        if not len(kept):
            problems += _faults(kept.index, None, label)
            continue
        rows, columns = core.reflections(kept.to_numpy(), order)
        countries.append(pd.DataFrame(rows, kept.index).reindex(part.index))
        products.append((label, pd.DataFrame(columns, kept.columns).reindex(part.columns)))
    raise_all(problems, DataError, "method of reflections")
    _warn_of_empty(table)
    return Reflections(pd.concat(countries).loc[table.index], _stacked(products, table.index.names[-1]))


def _held(table: pd.DataFrame) -> Iterator[tuple[object, pd.DataFrame, pd.DataFrame]]:
    """Every period with its rows, and these without countries and products that have nothing."""
    for label, rows in periods(table.index):
        part = table.iloc[rows]
        kept = part.loc[part.sum(axis=1) > 0, part.sum(axis=0) > 0]
        unknown = [(kept.index[i], kept.columns[j]) for i, j in np.argwhere(kept.isna().to_numpy())]
        if unknown:
            raise DataError(
                f"presence: unknown cells beside known ones, {listed(unknown)}. Leave these countries or "
                "products out."
            )
        yield label, part, kept


def _warn_of_empty(table: pd.DataFrame) -> None:
    empty: list[object] = []
    for _, part, kept in _held(table):
        empty += [*part.index.difference(kept.index, sort=False)]
        empty += [*part.columns.difference(kept.columns, sort=False)]
    if empty:
        told = f"No complexity for {listed(empty)}: without any product, or without any country."
        warn_caller(told)


def _faults(rows: pd.Index, found: core.Complexity | None, label: object) -> list[str]:
    where = "" if label == ONE_PERIOD else f"in {label!r} "
    if found is None:
        return [f"{where}no country has any product"]
    apart = rows[found.groups != np.bincount(found.groups).argmax()]
    if len(apart):
        return [f"{where}{listed(apart)} have no product in common with the others; leave them out"]
    if not found.determined:
        return [f"{where}the second eigenvector or its sign is not determined: too few countries or products"]
    return []


def _stacked(parts: list[tuple[object, pd.DataFrame]], time: object) -> pd.DataFrame:
    """The products of all periods, with the period as a second level where there are several."""
    if parts[0][0] == ONE_PERIOD:
        return parts[0][1]
    joined = pd.concat(dict(parts), names=[time])
    return joined.swaplevel()
