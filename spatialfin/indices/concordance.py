"""Concordances of two classifications: who corresponds to whom, and who to nobody."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from os import PathLike
from pathlib import Path

import numpy as np
import pandas as pd

from .._errors import AlignmentError, DataError, OptionError, listed, nearest, raise_all
from .._validate import check_frame, check_mapping
from ._tables import check_columns

__all__ = ["Concordance", "read_concordance"]

Pair = tuple[str, str]
Unmatched = tuple[str, str, str]


@dataclass(frozen=True, slots=True, repr=False)
class Concordance:
    """Which codes of one classification correspond to which of another; made by `read_concordance`.

    A code with several counterparts is spread over them in equal parts that sum to one.

    Attributes
    ----------
    source, target : str
        Names of the two classifications.
    links : tuple of (str, str)
        Source and target code of each pair, each pair once.
    lost : tuple of (str, str, str)
        Classification, code and reason of each code without a counterpart; see `unmatched`.
    """

    source: str
    target: str
    links: tuple[Pair, ...]
    lost: tuple[Unmatched, ...] = ()

    @property
    def sources(self) -> pd.Index:
        """Codes of the source that have a counterpart, in their first order."""
        return pd.Index(list(dict.fromkeys(code for code, _ in self.links)), name=self.source)

    @property
    def targets(self) -> pd.Index:
        """Codes of the target that have a counterpart, in their first order."""
        return pd.Index(list(dict.fromkeys(code for _, code in self.links)), name=self.target)

    @property
    def pairs(self) -> pd.DataFrame:
        """Columns source, target, weight; the weights of one source code sum to one."""
        table = pd.DataFrame(list(self.links), columns=["source", "target"])
        return table.assign(weight=1.0 / table.groupby("source")["target"].transform("size"))

    @property
    def unmatched(self) -> pd.DataFrame:
        """Columns classification, code, reason: every code of either side without a counterpart."""
        return pd.DataFrame(list(self.lost), columns=["classification", "code", "reason"])

    def compose(self, other: Concordance) -> Concordance:
        """Go on from the target of this concordance to the target of the next one.

        Parameters
        ----------
        other : Concordance
            Its source is the target of this one.

        Returns
        -------
        Concordance
            Pairs that some code between them joins. The weights are again equal over the codes reached,
            however many ways lead to each.

        Raises
        ------
        AlignmentError
            `other` starts from another classification, or nothing is joined.
        """
        if not isinstance(other, Concordance):
            raise DataError(f"other: a Concordance is needed, not {type(other).__name__}.")
        if self.target != other.source:
            raise AlignmentError(
                f"The first concordance ends in {self.target!r}, the next begins with {other.source!r}: "
                "codes of two classifications or vintages must not be mixed. Give both the same name with "
                "names= only if the codes are the same."
            )
        onward: dict[str, list[str]] = {}
        for middle, code in other.links:
            onward.setdefault(middle, []).append(code)
        joined = [(code, end) for code, middle in self.links for end in onward.get(middle, [])]
        if not joined:
            raise AlignmentError(
                f"No code of {self.target!r} is on both sides: {listed(self.targets)} against "
                f"{listed(other.sources)}. Take the same level of digits on both sides."
            )
        links = tuple(dict.fromkeys(joined))
        return Concordance(self.source, other.target, links, self._all_lost(other, links))

    def matrix(self, codes: Iterable[str] | None = None) -> pd.DataFrame:
        """The weights as a table of source codes by target codes, 0 where no pair is.

        Parameters
        ----------
        codes : list of str, optional
            The source codes that are wanted, in this order; all by default.

        Returns
        -------
        pandas.DataFrame
            Every row sums to one.

        Raises
        ------
        AlignmentError
            A code that the concordance does not hold.
        """
        rows = self.sources if codes is None else pd.Index(list(codes), name=self.source)
        absent = rows[~rows.isin(self.sources)]
        if len(absent):
            hint = nearest(absent[0], self.sources)
            raise AlignmentError(
                f"Not in the concordance from {self.source!r} to {self.target!r}: {listed(absent)}.{hint} "
                "Codes are text of one level and vintage. Leave these codes out, or add their pairs."
            )
        columns = self.targets
        pairs = self.pairs[self.pairs["source"].isin(rows)]
        values = np.zeros((len(rows), len(columns)))
        values[
            rows.get_indexer(pd.Index(pairs["source"])), columns.get_indexer(pd.Index(pairs["target"]))
        ] = pairs["weight"]
        return pd.DataFrame(values, index=rows, columns=columns)

    def _all_lost(self, other: Concordance, links: tuple[Pair, ...]) -> tuple[Unmatched, ...]:
        """What either concordance had lost, and what is lost where they meet."""
        reached, ends = {code for code, _ in links}, {code for _, code in links}
        unreached = f"is reached from no {self.source}"
        steps = (
            (self.target, self.targets, set(other.sources), f"goes on to no {other.target}"),
            (self.source, self.sources, reached, f"reaches no {other.target}"),
            (other.source, other.sources, set(self.targets), unreached),
            (other.target, other.targets, ends, unreached),
        )
        new = [
            (name, str(code), why) for name, codes, held, why in steps for code in codes if code not in held
        ]
        return tuple(dict.fromkeys([*self.lost, *other.lost, *new]))

    def __repr__(self) -> str:
        return (
            f"Concordance from {self.source} to {self.target}: {len(self.sources)} codes to "
            f"{len(self.targets)} in {len(self.links)} pairs, {len(self.lost)} unmatched."
        )


def read_concordance(
    table: str | PathLike[str] | pd.DataFrame,
    *,
    source: str,
    target: str,
    names: tuple[str, str] | None = None,
    where: Mapping[str, str] | None = None,
    vintage: str | None = None,
) -> Concordance:
    """Read a concordance of two classifications.

    Parameters
    ----------
    table : path or pandas.DataFrame
        A csv file (also compressed), or a table with text codes; one row per pair. A row with only one of the
        two codes says that it has no counterpart.
    source, target : str
        Columns of the codes to go from and to, in either direction of the file.
    names : (str, str), optional
        Names of the two classifications, such as ``("GB/T 4754-2002", "ISIC rev. 3")``; the names of the
        columns by default. Concordances are joined by these names.
    where : mapping of str to str, optional
        Column to the value that its rows must have, to choose a level or a vintage: ``{"level": "4"}``.
    vintage : str, optional
        Column that names the version of the codes; it must hold one value after `where`.

    Returns
    -------
    Concordance
        Many to many, with equal weights that sum to one per source code; repeated rows count once.

    Raises
    ------
    DataError
        No such file, column or row; codes that are numbers (their leading zeros are lost); codes of several
        levels or several vintages in one column.

    Notes
    -----
    Two levels are found where one code begins with another: "01" beside "0111".

    Examples
    --------
    >>> import pandas as pd, spatialfin as sf
    >>> table = pd.DataFrame({"gb": ["0111", "0111", "0112"], "isic": ["0111", "0112", "0111"]})
    >>> concordance = sf.indices.read_concordance(table, source="gb", target="isic")
    >>> concordance
    Concordance from gb to isic: 2 codes to 2 in 3 pairs, 0 unmatched.
    >>> concordance.pairs["weight"].tolist()
    [0.5, 0.5, 1.0]
    """
    frame = _codes_of(table)
    check_mapping("where", where)
    chosen = dict(where or {})
    wanted = [source, target, *chosen, *([vintage] if vintage is not None else [])]
    check_columns(frame, wanted, "concordance")
    called = names or (source, target)
    if source == target or len(called) != 2 or called[0] == called[1]:
        raise OptionError(f"source={source!r}, target={target!r}, names={names!r}: two of each are needed.")
    for column, value in chosen.items():
        held = frame[column].unique()
        frame = frame[frame[column].astype(str) == str(value)]
        if frame.empty:
            raise DataError(f"concordance: no row has {column} {value!r}; there are {listed(held)}.")
    ends = {name: _cleaned(frame[name], name) for name in (source, target)}
    problems = [_two_levels(codes, name) for name, codes in ends.items()]
    if vintage is not None and len(frame[vintage].unique()) > 1:
        problems.append(
            f"codes of several vintages in {vintage!r}: {listed(frame[vintage].unique())}; "
            "choose one with where="
        )
    raise_all([problem for problem in problems if problem], DataError, "concordance")
    return _assembled(list(zip(ends[source], ends[target], strict=True)), (str(called[0]), str(called[1])))


def _codes_of(table: str | PathLike[str] | pd.DataFrame) -> pd.DataFrame:
    if isinstance(table, str | PathLike):
        path = Path(table)
        if not path.is_file():
            raise DataError(f"concordance: there is no file {str(path)!r}.")
        return pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    check_frame(table, "concordance")
    return table


def _cleaned(codes: pd.Series, name: str) -> list[str]:
    """Codes as text without blanks around them, empty where there is none."""
    known = codes[codes.notna()]
    numbers = known[[not isinstance(code, str) for code in known]]
    if len(numbers):
        raise DataError(
            f"concordance: column {name!r} holds codes that are not text, such as "
            f"{listed(numbers.unique())}: leading zeros may be lost. Read the file with dtype=str, or "
            "give its path."
        )
    return [code.strip() if isinstance(code, str) else "" for code in codes]


def _two_levels(codes: list[str], name: str) -> str:
    """What is wrong with codes of which one begins with another; empty when nothing is."""
    ordered = sorted(set(codes) - {""})
    nested = [pair for pair in pairwise(ordered) if pair[1].startswith(pair[0])]
    if not nested:
        return ""
    shown = "; ".join(f"{long!r} within {short!r}" for short, long in nested[:5])
    return f"column {name!r} holds codes of several levels ({shown}); choose one level with where="


def _assembled(rows: list[Pair], names: Pair) -> Concordance:
    links = tuple(dict.fromkeys(row for row in rows if all(row)))
    if not links:
        raise DataError("concordance: no row has both codes.")
    paired = ({code for code, _ in links}, {code for _, code in links})
    lost = [
        (names[side], row[side], f"has no {names[1 - side]} in the table")
        for side in (0, 1)
        for row in rows
        if row[side] and row[side] not in paired[side]
    ]
    return Concordance(*names, links, tuple(dict.fromkeys(lost)))
