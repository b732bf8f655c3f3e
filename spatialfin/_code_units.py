"""Codes of several vintages joined to the finest units that exist in all of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd

from ._errors import AlignmentError, DataError, OptionError, listed, nearest, raise_all
from ._unit_names import codes_as_text
from ._validate import check_frame, check_mapping, check_option

_UNLISTED = ("error", "same", "alone")


class Link(NamedTuple):
    """A code of one vintage and its counterpart in another; None where there is no such code."""

    one: str
    code: str | None
    other: str
    counterpart: str | None

    def nodes(self) -> list[tuple[str, str]]:
        """The one or two codes with their vintages."""
        sides = ((self.one, self.code), (self.other, self.counterpart))
        return [(vintage, code) for vintage, code in sides if code is not None]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ComparableCodes:
    """Which comparable unit every code of every vintage belongs to.

    Attributes
    ----------
    table : DataFrame
        One row per code: ``vintage``, ``code``, ``unit``; sorted by these.
    units : DataFrame
        Indexed by unit: ``kind`` (``unchanged``, ``renamed``, ``split``, ``merged``, ``regrouped`` where many
        became many, ``incomplete`` where a vintage has no code of it) and the number of codes in each
        vintage.
    incomplete : DataFrame
        The codes of units that do not exist in every vintage: ``vintage``, ``code``, ``unit``, ``absent``
        (the vintages without it).
    vintages : tuple of str
        In the order of time.
    """

    table: pd.DataFrame
    units: pd.DataFrame
    incomplete: pd.DataFrame
    vintages: tuple[str, ...]

    def lookup(self, vintage: Any) -> pd.Series:
        """The comparable unit of every code of one vintage.

        Parameters
        ----------
        vintage : label
            One of `vintages`, as text or number.

        Returns
        -------
        pandas.Series
            Indexed by code.

        Raises
        ------
        OptionError
            There is no such vintage.
        """
        text = codes_as_text([vintage])[0]
        if text not in self.vintages:
            raise OptionError(
                f"vintage={vintage!r} is none of {listed(self.vintages)}.{nearest(text, self.vintages)}"
            )
        mine = self.table[self.table["vintage"] == text]
        return pd.Series(mine["unit"].to_numpy(), index=pd.Index(mine["code"], name="code"), name="unit")

    def vintage_of(self, codes: Iterable[Any]) -> str:
        """The one vintage that has every one of these codes.

        Parameters
        ----------
        codes : iterable
            Codes as text, such as a column of industries; missing ones are passed over.

        Returns
        -------
        str
            One of `vintages`.

        Raises
        ------
        AlignmentError
            No vintage has them all: named are codes that exist in one vintage only, and codes of none; or
            several have, and the codes do not tell which it is.

        Notes
        -----
        As sound as the lists are complete: a code that the links of a vintage leave out counts as not of it.
        """
        text = pd.Series(codes_as_text(codes)).dropna().unique()
        held = {vintage: set(self.lookup(vintage).index) for vintage in self.vintages}
        fitting = [vintage for vintage in self.vintages if held[vintage].issuperset(text)]
        if len(fitting) == 1:
            return fitting[0]
        if fitting:
            raise AlignmentError(
                f"The codes are all of {' and of '.join(fitting)}, and do not tell which. Say the vintage."
            )
        having = {code: [vintage for vintage in self.vintages if code in held[vintage]] for code in text}
        told = [
            f"only of {vintage}: {listed(code for code in text if having[code] == [vintage])}"
            for vintage in self.vintages
            if [vintage] in having.values()
        ]
        none = [code for code in text if not having[code]]
        told += [f"of none: {listed(none)}"] if none else []
        told = told or [listed(f"{code} of {' and '.join(having[code])}" for code in text)]
        raise AlignmentError(
            f"No vintage has all of the {len(text)} codes: {'; '.join(told)}. Vintages are mixed: say them "
            "row by row, or correct the codes."
        )

    def __repr__(self) -> str:
        counts = self.table["vintage"].value_counts()
        codes = ", ".join(f"{vintage}: {counts[vintage]}" for vintage in self.vintages)
        kinds = ", ".join(f"{count} {kind}" for kind, count in self.units["kind"].value_counts().items())
        return f"Codes {codes} -> {len(self.units)} comparable units ({kinds})"


def comparable_codes(
    links: pd.DataFrame,
    *,
    from_code: str = "from_code",
    to_code: str = "to_code",
    from_vintage: str = "from_year",
    to_vintage: str = "to_year",
    vintages: Sequence[Any] | None = None,
    codes: Mapping[Any, Iterable[Any]] | None = None,
    unlisted: Literal["error", "same", "alone"] = "error",
) -> ComparableCodes:
    """Reduce codes of two or more vintages to the finest units that are comparable over time.

    Industries between revisions of a classification, or counties before and after borders were redrawn: where
    a code was split the older, coarser one is kept, where codes merged the newer, coarser one.

    Parameters
    ----------
    links : DataFrame
        One row per pair of codes that share something. A row with only one code says that the other vintage
        has nothing like it. Codes are text; leading zeros must be there.
    from_code, to_code : str
        Columns with the codes of the two vintages.
    from_vintage, to_vintage : str
        Columns that say which vintages a row links. A table of two vintages may lack them: then name both in
        `vintages`.
    vintages : sequence, optional
        The vintages to compare, in the order of time; rows that link others are left out. All, sorted, when
        left out. More than two are chained.
    codes : mapping of vintage to codes, optional
        The whole list of codes of each vintage, for tables of changes that leave out what did not change.
    unlisted : {"error", "same", "alone"}, default "error"
        With `codes`, what a code is that the links between two successive vintages do not mention: a mistake,
        the same unit as the same code of the other vintage, or a unit of that vintage alone.

    Returns
    -------
    ComparableCodes

    Raises
    ------
    DataError
        For absent columns, rows without any code, rows that link a vintage to itself, and codes that are not
        in the list of their vintage.
    AlignmentError
        When a vintage is linked to no other, and for codes that no link mentions.
    OptionError
        For an unknown `unlisted`, and `vintages` that are not at least two different ones.

    Notes
    -----
    Units are the connected components of the graph of codes. No finer partition lets every code of every
    vintage lie in one unit [1]_. A unit is named after the oldest vintage in which it is one code. Where it
    is more than one in all of them, its name is the first code of the vintage with the fewest (the oldest
    such) and ``+``. A name that two units would share gets the vintage in brackets.

    References
    ----------
    .. [1] Brandt, L., Van Biesebroeck, J. and Zhang, Y. (2012). Creative accounting or creative destruction?
       Firm-level productivity growth in Chinese manufacturing. Journal of Development Economics 97, 339-351.

    Examples
    --------
    >>> import pandas as pd
    >>> from spatialfin.codes import comparable_codes
    >>> links = pd.DataFrame({"old": ["A", "A", "B", "C"], "new": ["A1", "A2", "D", "D"]})
    >>> mapping = comparable_codes(links, from_code="old", to_code="new", vintages=["1994", "2002"])
    >>> mapping
    Codes 1994: 3, 2002: 3 -> 2 comparable units (1 split, 1 merged)
    >>> mapping.lookup("1994").to_dict()
    {'A': 'A', 'B': 'D', 'C': 'D'}
    """
    check_option("unlisted", unlisted, _UNLISTED)
    order, pairs = _read_links(links, from_code, to_code, from_vintage, to_vintage, vintages)
    if codes is not None:
        pairs = pairs + _links_of_lists(_read_lists(codes, order), pairs, order, unlisted)
    _refuse_lone_vintages(pairs, order)
    rank = {vintage: number for number, vintage in enumerate(order)}
    nodes = sorted({node for pair in pairs for node in pair.nodes()}, key=lambda n: (rank[n[0]], n[1]))
    place = {node: number for number, node in enumerate(nodes)}
    edges = [[place[node] for node in pair.nodes()] for pair in pairs if len(pair.nodes()) == 2]
    table = pd.DataFrame(nodes, columns=["vintage", "code"])
    table["component"] = _components(len(nodes), np.array(edges))
    table["rank"] = table["vintage"].map(rank)
    return _wrapped(table, order)


def _components(count: int, edges: np.ndarray) -> np.ndarray:
    """Number of the connected component of each of `count` nodes; edges of shape (m, 2)."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    edges = edges.reshape(-1, 2)
    graph = coo_matrix((np.ones(len(edges)), (edges[:, 0], edges[:, 1])), shape=(count, count))
    labels: np.ndarray = connected_components(graph, directed=False)[1]
    return labels


def _read_links(
    links: pd.DataFrame, from_code: str, to_code: str, from_vintage: str, to_vintage: str, vintages: Any
) -> tuple[list[str], list[Link]]:
    """Vintages in their order, and the links between them."""
    check_frame(links, "links")
    if not len(links):
        raise DataError("links: no rows. Check the filter that made it.")
    chosen = _chosen_vintages(vintages)
    dated = from_vintage in links.columns and to_vintage in links.columns
    if not dated and (chosen is None or len(chosen) != 2):
        raise DataError(
            f"links: no columns {from_vintage!r} and {to_vintage!r}.{nearest(from_vintage, links.columns)} "
            "Name the columns with the vintages, or for a table of two give vintages=[older, newer]."
        )
    for name in (from_code, to_code):
        if name not in links.columns:
            raise DataError(f"links: no column {name!r}.{nearest(name, links.columns)}")
    count = len(links)
    eras = (
        [codes_as_text(links[name]) for name in (from_vintage, to_vintage)]
        if dated
        else [pd.Index([vintage] * count) for vintage in chosen or ()]
    )
    order = chosen or _sorted_vintages([*eras[0], *eras[1]])
    sides = [codes_as_text(links[name]) for name in (from_code, to_code)]
    _refuse_bad_rows(links.index, eras, sides)
    texts = [[code if isinstance(code, str) else None for code in side] for side in sides]
    pairs = [
        Link(one, code, other, counterpart)
        for one, other, code, counterpart in zip(*eras, *texts, strict=True)
        if one in order and other in order
    ]
    return order, pairs


def _chosen_vintages(vintages: Any) -> list[str] | None:
    if vintages is None:
        return None
    chosen = [] if isinstance(vintages, str) else [str(text) for text in codes_as_text(vintages)]
    if len(chosen) < 2 or len(set(chosen)) < len(chosen):
        raise OptionError(f"vintages={vintages!r}: at least two different ones are needed, oldest first.")
    return chosen


def _sorted_vintages(every: list[str]) -> list[str]:
    distinct = pd.Series(sorted({text for text in every if isinstance(text, str)}))
    numbers = pd.to_numeric(distinct, errors="coerce")
    return (
        distinct.iloc[numbers.argsort(kind="stable")].tolist() if numbers.notna().all() else distinct.tolist()
    )


def _refuse_bad_rows(rows: pd.Index, eras: list[pd.Index], sides: list[pd.Index]) -> None:
    faults = {
        "rows without a vintage": np.asarray(eras[0].isna()) | np.asarray(eras[1].isna()),
        "rows without any code": np.asarray(sides[0].isna()) & np.asarray(sides[1].isna()),
        "rows that link a vintage to itself": np.asarray(eras[0] == eras[1]),
    }
    problems = [
        f"{what}: {listed(rows[bad])}. Correct or drop them." for what, bad in faults.items() if bad.any()
    ]
    raise_all(problems, DataError, "links")


def _read_lists(codes: Any, order: list[str]) -> dict[str, set[str]]:
    """The whole list of codes of each vintage."""
    check_mapping("codes", codes)
    lists = {str(codes_as_text([vintage])[0]): set(codes_as_text(every)) for vintage, every in codes.items()}
    absent = [vintage for vintage in order if vintage not in lists]
    if absent:
        raise DataError(f"codes: no list for vintages {listed(absent)}. Give the codes of every vintage.")
    if any(None in lists[vintage] for vintage in order):
        raise DataError("codes: blank codes in a list. Drop them.")
    return {vintage: lists[vintage] for vintage in order}


def _links_of_lists(
    lists: dict[str, set[str]], pairs: list[Link], order: list[str], unlisted: str
) -> list[Link]:
    """Every code of the lists on its own, and those that did not change with themselves."""
    strange = sorted({node for pair in pairs for node in pair.nodes() if node[1] not in lists[node[0]]})
    if strange:
        named = listed(f"{code} ({vintage})" for vintage, code in strange)
        raise DataError(
            f"links: {named} not in the list of codes of their vintage. "
            "Correct the code or the list; mixed vintages often are the cause."
        )
    more, silent = [], []
    for one, other in pairwise(order):
        told = {node for pair in pairs if {pair.one, pair.other} == {one, other} for node in pair.nodes()}
        unsaid = {(v, code) for v in (one, other) for code in lists[v] if (v, code) not in told}
        silent += [f"{code} ({v})" for v, code in sorted(unsaid)]
        more += [Link(v, code, other if v == one else one, None) for v, code in unsaid]
        if unlisted == "same":
            same = {code for _, code in unsaid} & lists[one] & lists[other]
            more += [Link(one, code, other, code) for code in same]
    if silent and unlisted == "error":
        raise AlignmentError(
            f"links: {len(silent)} codes are in no row: {listed(silent)}. "
            "Say unlisted='same' where such a code has not changed, "
            "or unlisted='alone' where it has no counterpart."
        )
    return more


def _refuse_lone_vintages(pairs: list[Link], order: list[str]) -> None:
    joined = {(order.index(p.one), order.index(p.other)) for p in pairs if len(p.nodes()) == 2}
    parts = _components(len(order), np.array(sorted(joined), dtype=int))
    if parts.max() > 0:
        apart = [vintage for vintage, part in zip(order, parts, strict=True) if part != parts[0]]
        raise AlignmentError(
            f"links: nothing links {listed(apart)} to {order[0]!r}. "
            "Check the names of the vintages, and add those that lie between."
        )


def _wrapped(table: pd.DataFrame, order: list[str]) -> ComparableCodes:
    """Names for the components, and what became of each."""
    counts = table.pivot_table(
        index="component", columns="vintage", values="code", aggfunc="size", fill_value=0
    )
    counts = counts.reindex(columns=order, fill_value=0)
    names = _names(table, counts)
    table = table.assign(unit=table["component"].map(names))
    first = table.groupby(["component", "rank"])["code"].min().groupby("component").nunique()
    units = counts.assign(kind=_kinds(counts.to_numpy(), first.reindex(counts.index).to_numpy()))
    units = units.set_axis(pd.Index(names.to_numpy(), name="unit")).rename_axis(columns=None).sort_index()
    absent = (counts == 0).apply(lambda row: ", ".join(row.index[row]), axis=1)
    partial = table.assign(absent=table["component"].map(absent)).query("absent != ''")
    columns = ["vintage", "code", "unit"]
    return ComparableCodes(
        table=table[columns].reset_index(drop=True),
        units=units[["kind", *order]],
        incomplete=partial[[*columns, "absent"]].reset_index(drop=True),
        vintages=tuple(order),
    )


def _names(table: pd.DataFrame, counts: pd.DataFrame) -> pd.Series:
    """The name of each component, indexed by component."""
    number = counts.to_numpy()
    named_in = np.where(number > 0, number, np.iinfo(int).max).argmin(axis=1)
    first = table.groupby(["component", "rank"])["code"].min()
    code = first.loc[list(zip(counts.index, named_in, strict=True))].to_numpy(dtype=object)
    fewest = number[np.arange(len(number)), named_in]
    plain = pd.Series(np.where(fewest == 1, code, code + "+"), index=counts.index)
    shared = plain.duplicated(keep=False)
    names = [
        f"{name} ({counts.columns[place]})" if twice else name
        for name, twice, place in zip(plain, shared, named_in.tolist(), strict=True)
    ]
    return pd.Series(names, index=counts.index)


def _kinds(number: np.ndarray, distinct_first: np.ndarray) -> np.ndarray:
    """What became of each unit, from its number of codes in each vintage; shape (units,)."""
    change = np.diff(number, axis=1)
    conditions = [
        (number == 0).any(axis=1),
        (number == 1).all(axis=1) & (distinct_first == 1),
        (number == 1).all(axis=1),
        (number[:, 0] == 1) & (change >= 0).all(axis=1),
        (number[:, -1] == 1) & (change <= 0).all(axis=1),
    ]
    return np.select(conditions, ["incomplete", "unchanged", "renamed", "split", "merged"], "regrouped")
