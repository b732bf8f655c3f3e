"""Names of units to their codes: spelling, short forms, and the other names of China's provinces."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

import pandas as pd

from ._errors import AlignmentError, DataError, LayerError, listed, nearest
from ._validate import check_frame

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

_REGION = ("Autonomous Region", "AR", "Autonomous Reg", "Aut Reg", "Zizhiqu")
_PROVINCE = ("Province", "Sheng")
_CITY = ("Municipality", "City", "Shi")
_SPECIAL = ("SAR", "Special Administrative Region", "Special Administrative Region of China", "China")
# Code: names in Latin letters, people named in the long form, words that may follow.
_CHINA: dict[str, tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]] = {
    "110000": (("Beijing", "Peking"), (), _CITY),
    "120000": (("Tianjin", "Tientsin"), (), _CITY),
    "130000": (("Hebei",), (), _PROVINCE),
    "140000": (("Shanxi",), (), _PROVINCE),
    "150000": (("Inner Mongolia", "Inner Mongol", "Nei Mongol", "Nei Monggol", "Neimenggu"), (), _REGION),
    "210000": (("Liaoning",), (), _PROVINCE),
    "220000": (("Jilin",), (), _PROVINCE),
    "230000": (("Heilongjiang",), (), _PROVINCE),
    "310000": (("Shanghai",), (), _CITY),
    "320000": (("Jiangsu",), (), _PROVINCE),
    "330000": (("Zhejiang",), (), _PROVINCE),
    "340000": (("Anhui",), (), _PROVINCE),
    "350000": (("Fujian",), (), _PROVINCE),
    "360000": (("Jiangxi",), (), _PROVINCE),
    "370000": (("Shandong",), (), _PROVINCE),
    "410000": (("Henan",), (), _PROVINCE),
    "420000": (("Hubei",), (), _PROVINCE),
    "430000": (("Hunan",), (), _PROVINCE),
    "440000": (("Guangdong", "Canton"), (), _PROVINCE),
    "450000": (("Guangxi",), ("Zhuang", "Zhuangzu"), _REGION),
    "460000": (("Hainan",), (), _PROVINCE),
    "500000": (("Chongqing", "Chungking"), (), _CITY),
    "510000": (("Sichuan", "Szechwan"), (), _PROVINCE),
    "520000": (("Guizhou",), (), _PROVINCE),
    "530000": (("Yunnan",), (), _PROVINCE),
    "540000": (("Tibet", "Xizang"), ("Tibetan",), _REGION),
    "610000": (("Shaanxi",), (), _PROVINCE),
    "620000": (("Gansu",), (), _PROVINCE),
    "630000": (("Qinghai", "Tsinghai"), (), _PROVINCE),
    "640000": (("Ningxia",), ("Hui", "Huizu"), _REGION),
    "650000": (("Xinjiang", "Sinkiang"), ("Uygur", "Uyghur", "Uighur", "Uigur", "Weiwuer"), _REGION),
    "710000": (("Taiwan",), (), (*_PROVINCE, "China", "Province of China")),
    "810000": (("Hong Kong", "Xianggang"), (), _SPECIAL),
    "820000": (("Macao", "Macau", "Aomen"), (), _SPECIAL),
}

_STATUS = re.compile(r"(特别行政区|自治[区州县旗]|地区|林区|特区|新区|[省市县区盟旗])$")
_PEOPLES = re.compile(
    r"(?:朝鲜|土家|苗|侗|藏|羌|彝|布依|哈尼|壮|傣|白|景颇|傈僳|回|蒙古|柯尔克孜|哈萨克|维吾尔|满|瑶|仫佬|毛南|黎|仡佬|水|纳西|拉祜|佤|独龙|"
    r"怒|普米|布朗|裕固|东乡|保安|撒拉|土|畲|达斡尔|鄂温克|锡伯|塔吉克|各)族$|(?:柯尔克孜|哈萨克|维吾尔|蒙古|塔吉克|锡伯)$"
)
# Rows between those of the units, by their spelling: totals, groups of provinces, what belongs to no region.
_AGGREGATE = re.compile(
    r"(?=.)(?:(全国|中国|国家|各地区|各省区?市?)?(总计|合计|小计|总数|总额|平均|平均水平|合计数)?"
    r"|(东部|中部|西部|东北部?|沿海|内陆)(地区|区域|省份|各省|合计|小计|平均)*|其[他它](地区)?|[不未]分地区|现役军人|总[行部]|总公司"
    r"|(national|nationwide|country|wholecountry|china|all|grand)?(total|subtotal|average|mean|sum)?"
    r"|(north|south)?(east|west)(ern)?(region|area|part|china|province|total)?s?"
    r"|(central|middle|coastal|inland)(region|area|part|china|province|total)?s?"
    r"|national|nationwide|country|wholecountry|china|others?|otherregions?|headoffices?|servicemen|military"
    r"|(not|un)(classified|allocated)(by|to)?(region|regions|provinces?)?)"
)
_SHORTEST = 2
_MOST_SUGGESTED = 200  # names that get suggestions; comparing every name of a wrong column takes minutes


def codes_as_text(values: Iterable[Any]) -> pd.Index:
    """Codes as text: whole numbers without ``.0``, text without the spaces around it, blanks missing."""

    def text(value: Any) -> str | None:
        if pd.isna(value):
            return None
        if isinstance(value, float) and value.is_integer():
            return str(int(value))
        return str(value).strip() or None

    return pd.Index([text(value) for value in values])


def spelling(name: Any) -> str:
    """A name without what people write differently: case, width, accents of spacing and punctuation."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", str(name)).casefold())


def short_forms(name_zh: str) -> list[str]:
    """A Chinese name without its status and peoples: 北京市 -> 北京, 延边朝鲜族自治州 -> 延边 and 延边州."""
    status = _STATUS.search(name_zh)
    if status is None or len(name_zh) - len(status.group()) < _SHORTEST:
        return [name_zh]
    short = name_zh[: status.start()]
    if not status.group().startswith("自治"):
        return [short]
    while (people := _PEOPLES.search(short)) and people.start() >= _SHORTEST:
        short = short[: people.start()]
    return [short, short + status.group().removeprefix("自治")]


def _latin_names(code: str) -> Iterator[str]:
    """Every usual way to write a province in Latin letters."""
    names, peoples, statuses = _CHINA.get(code, ((), (), ()))
    for name in names:
        yield name
        for middle in ("", *peoples, *(f"{people} Nationality" for people in peoples)):
            for status in ("", *statuses):
                yield f"{name} {middle} {status}"


class _Directory:
    """Which units a spelling may mean: by code, by full name, by short name, in this order."""

    def __init__(self, layer: GeoDataFrame) -> None:
        tagged = layer["decoration"].eq(True) if "decoration" in layer.columns else None
        units = layer if tagged is None else layer[~tagged]
        self.codes = [str(code) for code in units.index]
        columns = [column for column in ("name", "name_zh") if column in units.columns]
        self.label = dict(
            zip(self.codes, units[columns[-1]].astype("str") if columns else self.codes, strict=True)
        )
        self._by_code = {spelling(code): [code] for code in self.codes}
        self._by_name: dict[str, list[str]] = {}
        self._by_short: dict[str, list[str]] = {}
        for column in columns:
            for code, name in zip(self.codes, units[column], strict=True):
                if pd.notna(name):
                    self._add(self._by_name, name, code)
                    for short in short_forms(spelling(name)):
                        self._add(self._by_short, short, code)
        for code in self.codes:
            for name in _latin_names(code):
                self._add(self._by_short, name, code)

    @staticmethod
    def _add(index: dict[str, list[str]], name: str, code: str) -> None:
        codes = index.setdefault(spelling(name), [])
        if code not in codes:
            codes.append(code)

    def find(self, name: Any) -> list[str]:
        """Codes a name may mean; more than one when it is ambiguous."""
        key = spelling(name)
        return self._by_code.get(key) or self._by_name.get(key) or self._by_short.get(key) or []

    def suggest(self, name: Any) -> list[str]:
        """Up to three codes whose names look most like `name`."""
        key = spelling(name)
        known = {**self._by_code, **self._by_short, **self._by_name}
        close = get_close_matches(short_forms(key)[0], known, n=3, cutoff=0.6)
        close += get_close_matches(key, known, n=3, cutoff=0.5)
        return list(dict.fromkeys(code for match in close for code in known[match]))[:3]

    def shown(self, codes: Iterable[str]) -> str:
        return ", ".join(f"{self.label[code]} ({code})" for code in codes)


@dataclass(frozen=True, slots=True)
class MatchReport:
    """Which names of a table were found in a layer.

    Attributes
    ----------
    matched : pandas.DataFrame
        One row per name: ``name``, ``code``, ``unit`` (how the layer calls it), ``rows`` (in the table).
    unmatched : pandas.DataFrame
        One row per name: ``name``, ``reason`` (``not found``, ``ambiguous``, ``no name``, or ``aggregate``
        for totals and groups such as 全国 or East), ``nearest`` (how the layer calls the most similar units)
        and ``rows``.
    codes : pandas.Series
        Codes on the table's index, missing where the name was not matched.
    absent : pandas.Index
        Units of the layer that no row names.
    """

    matched: pd.DataFrame
    unmatched: pd.DataFrame
    codes: pd.Series
    absent: pd.Index
    _table: pd.DataFrame

    def _failures(self) -> list[str]:
        rows = self.unmatched[["name", "reason", "nearest"]].itertuples(index=False)
        return [f"{name}: {why}" + (f", nearest: {near}" if near else "") for name, why, near in rows]

    def apply(self) -> pd.DataFrame:
        """The table indexed by code, or an error that names what was not matched.

        Returns
        -------
        pandas.DataFrame

        Raises
        ------
        AlignmentError
            A name was not matched.
        """
        if len(self.unmatched):
            offenders = self._failures()
            raise AlignmentError(
                f"{len(offenders)} names have no unit: {'; '.join(offenders[:5])}"
                f"{f' and {len(offenders) - 5} more' if len(offenders) > 5 else ''}. "
                "Correct them, put the code there instead, or drop the rows "
                "(aggregates are totals or groups of units)."
            )
        return self._table.set_axis(pd.Index(self.codes, name=self.codes.name))

    def __repr__(self) -> str:
        lines = [f"{len(self.matched)} names matched, {len(self.unmatched)} not."]
        lines += [f"  {failure}" for failure in self._failures()]
        if len(self.absent):
            lines.append(f"  Units of the layer without a row ({len(self.absent)}): {listed(self.absent)}.")
        return "\n".join(lines)


def match_units(table: pd.DataFrame, layer: GeoDataFrame, *, name: str) -> MatchReport:
    """Find the code of every unit that a table names in English, in Chinese, or by code.

    Parameters
    ----------
    table : pandas.DataFrame
        A table of one's own, such as a sheet of an Excel file.
    layer : geopandas.GeoDataFrame
        Indexed by code, with the columns ``name``, ``name_zh`` or both.
    name : str
        The column of `table` that holds the names (or codes).

    Returns
    -------
    MatchReport
        ``matched``, ``unmatched`` with the nearest names, ``codes``, and ``apply()``.

    Raises
    ------
    DataError
        `table` has no column `name`.
    LayerError
        The layer's ids are not unique.

    Notes
    -----
    Case, spaces and punctuation do not matter. A name is looked up as a code, then as a full name, then as
    a short name: 北京 for 北京市, 延边 for 延边朝鲜族自治州, and for provinces also forms such as
    "Beijing Municipality", "Guangxi Zhuang AR", "Nei Mongol" and "Xizang". A name that several units share is
    reported as ambiguous, a name that is only similar as not found, and rows of totals or groups that
    yearbooks print between the provinces as aggregates: nothing is guessed.

    Examples
    --------
    >>> from spatialfin import load_layer
    >>> layer = load_layer("china_provinces", units=["110000", "150000", "440000"])
    >>> table = pd.DataFrame({"province": ["北 京", "Nei Mongol", "Guangdnog"], "loans": [1.0, 2.0, 3.0]})
    >>> report = match_units(table, layer, name="province")
    >>> list(report.codes.dropna())
    ['110000', '150000']
    >>> report
    2 names matched, 1 not.
      Guangdnog: not found, nearest: 广东省 (440000)
      Units of the layer without a row (1): '440000'.
    """
    check_frame(table, "table")
    if not hasattr(layer, "active_geometry_name"):
        raise LayerError(f"layer: a GeoDataFrame indexed by unit id is needed, not {type(layer).__name__}.")
    if name not in table.columns:
        raise DataError(f"The table has no column {name!r}.{nearest(name, table.columns)}")
    if not layer.index.is_unique or layer.index.hasnans:
        raise LayerError("The layer's ids are missing or repeated: see check_layer(layer).")
    directory = _Directory(layer)
    names = codes_as_text(table[name])
    counts = pd.Series(names).value_counts(sort=False, dropna=True)
    found = {text: directory.find(text) for text in counts.index}
    codes = [found[text][0] if isinstance(text, str) and len(found[text]) == 1 else None for text in names]
    matched = [
        (text, options[0], directory.label[options[0]], int(counts[text]))
        for text, options in found.items()
        if len(options) == 1
    ]
    named = set(codes)
    series = pd.Series(codes, index=table.index, name=layer.index.name or "code")
    return MatchReport(
        matched=pd.DataFrame(matched, columns=["name", "code", "unit", "rows"]),
        unmatched=_unmatched(found, counts, len(names) - int(counts.sum()), directory),
        codes=series,
        absent=pd.Index([code for code in directory.codes if code not in named]),
        _table=table,
    )


def _unmatched(
    found: dict[str, list[str]], counts: pd.Series, blank: int, directory: _Directory
) -> pd.DataFrame:
    rows: list[tuple[str, str, str, int]] = []
    for text, options in found.items():
        if len(options) > 1:
            rows.append((text, "ambiguous", directory.shown(options[:5]), int(counts[text])))
        elif not options and _AGGREGATE.fullmatch(spelling(text)):
            rows.append((text, "aggregate", "", int(counts[text])))
        elif not options:
            close = directory.suggest(text) if len(rows) < _MOST_SUGGESTED else []
            rows.append((text, "not found", directory.shown(close), int(counts[text])))
    if blank:
        rows.append(("", "no name", "", blank))
    return pd.DataFrame(rows, columns=["name", "reason", "nearest", "rows"])
