"""Advantage, presence, proximity, density and complexity: by hand, by label, and honest about gaps."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import spatialfin as sf
from spatialfin._errors import AlignmentError, DataError, OptionError, SpatialfinWarning

indices = sf.indices
COUNTRIES, PRODUCTS = ["deu", "pol", "mli"], ["0011", "6511", "7810"]
TRADE = pd.DataFrame([[10.0, 20, 70], [20, 25, 5], [50, 0, 0]], index=COUNTRIES, columns=PRODUCTS)
NESTED = pd.DataFrame([[1, 1, 1], [1, 1, 0], [1, 0, 0]], index=COUNTRIES, columns=PRODUCTS)
PARTLY = NESTED.astype(float)
PARTLY.loc["pol", "0011"] = np.nan
NAMES = {"country": "country", "product": "product", "value": "value"}


def long(trade: pd.DataFrame = TRADE) -> pd.DataFrame:
    rows = trade.rename_axis(index="country").reset_index().melt("country", var_name="product")
    return rows[rows["value"] != 0].reset_index(drop=True)


def two_years(first: pd.DataFrame, second: pd.DataFrame) -> pd.DataFrame:
    return pd.concat({1995: first, 2004: second}, names=["year", "country"]).swaplevel()


def test_advantage_by_hand() -> None:
    found = indices.revealed_comparative_advantage(TRADE)
    assert found.loc["deu", "7810"] == pytest.approx((70 / 100) / (75 / 200))
    assert found.loc["pol", "6511"] == pytest.approx((25 / 50) / (45 / 200))
    assert found.loc["mli", "7810"] == 0
    assert list(found.index) == COUNTRIES
    assert list(found.columns) == PRODUCTS


def test_long_and_wide_are_the_same() -> None:
    wide = indices.revealed_comparative_advantage(TRADE)
    found = indices.revealed_comparative_advantage(long().sample(frac=1, random_state=3), **NAMES)
    pd.testing.assert_frame_equal(found.loc[COUNTRIES, PRODUCTS], wide, check_names=False)
    years = pd.concat([long().assign(year=1995), long(TRADE.T.set_axis(COUNTRIES)).assign(year=2004)])
    years["product"] = years["product"].replace(dict(zip(COUNTRIES, PRODUCTS, strict=True)))
    found = indices.revealed_comparative_advantage(years, **NAMES, time="year")
    assert found.index.names == ["country", "year"]
    first = found.xs(1995, level="year")
    pd.testing.assert_frame_equal(first.loc[COUNTRIES, PRODUCTS], wide, check_names=False)


def test_no_trade_is_not_defined_and_told() -> None:
    trade = TRADE.assign(nobody=0.0)
    trade.loc["atl"] = 0.0
    with pytest.warns(SpatialfinWarning, match="Nothing is traded by or of 'atl', 'nobody'"):
        found = indices.revealed_comparative_advantage(trade)
    assert found.loc["atl"].isna().all()
    assert found["nobody"].isna().all()
    pd.testing.assert_frame_equal(
        found.loc[COUNTRIES, PRODUCTS], indices.revealed_comparative_advantage(TRADE)
    )
    presence = indices.product_presence(found)
    assert presence.loc["atl"].isna().all()
    phi = indices.product_proximity(presence)
    assert phi["nobody"].isna().all()
    known = indices.product_proximity(presence.loc[COUNTRIES, PRODUCTS])
    pd.testing.assert_frame_equal(phi.loc[PRODUCTS, PRODUCTS], known)
    density = indices.product_space_density(presence, phi)
    assert density["nobody"].isna().all()
    assert density.loc["deu", PRODUCTS].notna().all()
    with pytest.warns(SpatialfinWarning, match="No complexity for 'atl', 'nobody'"):
        found = indices.economic_complexity(indices.product_presence(found, threshold=0.8))
    assert np.isnan(found.countries.loc["atl", "eci"])
    assert found.countries.loc["atl", "diversity"] == 0


def test_the_threshold_is_included() -> None:
    advantage = pd.DataFrame({"0011": [1.0, 0.999, 2.0]}, index=COUNTRIES)
    assert indices.product_presence(advantage)["0011"].tolist() == [1.0, 0.0, 1.0]
    assert indices.product_presence(advantage, threshold=2)["0011"].tolist() == [0.0, 0.0, 1.0]


def test_proximity_by_hand() -> None:
    phi = indices.product_proximity(NESTED)
    expected = [[1, 2 / 3, 1 / 3], [2 / 3, 1, 1 / 2], [1 / 3, 1 / 2, 1]]
    np.testing.assert_allclose(phi, expected, rtol=1e-15)
    pd.testing.assert_frame_equal(indices.country_proximity(NESTED.T), phi)


def test_several_periods_are_averaged_where_both_are_known() -> None:
    second = pd.DataFrame([[1, 0, np.nan], [1, 1, np.nan]], index=["deu", "cze"], columns=PRODUCTS)
    presence = two_years(NESTED.astype(float), second)
    phi = indices.product_proximity(presence)
    assert phi.loc["0011", "6511"] == pytest.approx((2 / 3 + 1 / 2) / 2)
    assert phi.loc["0011", "7810"] == pytest.approx(1 / 3)
    countries = indices.country_proximity(presence)
    assert list(countries.index) == ["deu", "pol", "mli", "cze"]
    assert countries.loc["deu", "cze"] == pytest.approx(1 / 2)
    assert countries.loc["deu", "pol"] == pytest.approx(2 / 3)
    assert np.isnan(countries.loc["pol", "cze"])
    assert countries.loc["deu", "deu"] == 1
    density = indices.product_space_density(presence, phi)
    assert density.index.equals(presence.index)
    weights = phi.loc["0011", ["0011", "6511"]]
    assert density.loc[("deu", 2004), "0011"] == pytest.approx(weights["0011"] / weights.sum())
    assert np.isnan(density.loc[("deu", 2004), "7810"])


def test_density_by_hand() -> None:
    phi = indices.product_proximity(NESTED)
    found = indices.product_space_density(NESTED, phi.loc[PRODUCTS[::-1], PRODUCTS])
    assert found.loc["deu"].tolist() == pytest.approx([1, 1, 1])
    assert found.loc["mli", "6511"] == pytest.approx((2 / 3) / (2 / 3 + 1 + 1 / 2))
    assert found.loc["pol", "7810"] == pytest.approx((1 / 3 + 1 / 2) / (1 / 3 + 1 / 2 + 1))


def test_complexity_by_hand() -> None:
    """For three nested countries the matrix has eigenvalues 1, 1/4 and 1/9; the second vector is known."""
    found = indices.economic_complexity(NESTED)
    m = NESTED.to_numpy(dtype=float)
    of_countries = (m / m.sum(axis=0)) @ m.T / m.sum(axis=1)[:, None]
    np.testing.assert_allclose(of_countries @ [2, -1, -4], np.array([2, -1, -4]) / 4, atol=1e-15)
    assert np.trace(of_countries) == pytest.approx(1 + 1 / 4 + 1 / 9)
    root = np.sqrt(3 / 2)
    assert found.countries["eci"].tolist() == pytest.approx([root, 0, -root], abs=1e-12)
    assert found.countries["diversity"].tolist() == [3, 2, 1]
    assert found.products["pci"].tolist() == pytest.approx([-root, 0, root], abs=1e-12)
    assert found.products["ubiquity"].tolist() == [3, 2, 1]
    assert repr(found) == (
        "Economic complexity: 3 countries, 3 products; highest deu 1.22, pol 0.00, mli -1.22."
    )


def test_reflections_by_hand() -> None:
    """The means of means of three nested countries, worked out by hand."""
    found = indices.method_of_reflections(NESTED, order=2)
    by_hand = [[3, 2, 2.5], [2, 2.5, 2.25], [1, 3, 2]]
    assert found.countries.to_numpy().tolist() == by_hand
    assert found.products.to_numpy().tolist() == by_hand
    assert found.countries.index.equals(NESTED.index)
    assert repr(found) == "2 reflections of 3 countries and 3 products."


def test_reflections_tend_to_complexity() -> None:
    rng = np.random.default_rng(1)
    nested = np.add.outer(np.arange(20) / 20, np.arange(40) / 40) + 0.1 * rng.normal(size=(20, 40))
    presence = pd.DataFrame((nested < 1).astype(int)).add_prefix("p")
    limit = indices.economic_complexity(presence)
    found = indices.method_of_reflections(presence, order=25)

    def z(values: pd.DataFrame) -> pd.DataFrame:
        return (values - values.mean()) / values.std(ddof=0)

    # What is not the second singular vector shrinks by .57 (third to second singular value) each time.
    for order, sign in ((24, 1), (25, -1)):
        np.testing.assert_allclose(z(found.countries)[order], sign * limit.countries["eci"], atol=1e-5)
        np.testing.assert_allclose(z(found.products)[order], -sign * limit.products["pci"], atol=1e-5)
    assert abs(z(found.countries)[2] - limit.countries["eci"]).max() > 1e-2


def test_reflections_of_each_period_alone() -> None:
    turned = NESTED.loc[COUNTRIES[::-1]].set_axis(COUNTRIES)
    found = indices.method_of_reflections(two_years(NESTED, turned), order=1)
    assert found.countries.loc[("mli", 2004)].tolist() == [3, 2]
    assert found.products.index.names == [None, "year"]
    assert found.products.loc[("7810", 1995)].tolist() == [1, 3]
    empty = NESTED.assign(none=0)
    with pytest.warns(SpatialfinWarning, match="No complexity for 'none'"):
        assert indices.method_of_reflections(empty).products.loc["none"].isna().all()


def test_complexity_of_each_period_alone() -> None:
    presence = two_years(NESTED, NESTED.loc[COUNTRIES[::-1]].set_axis(COUNTRIES))
    found = indices.economic_complexity(presence)
    assert found.countries.index.equals(presence.index)
    assert found.countries.loc[("mli", 2004), "eci"] == pytest.approx(np.sqrt(3 / 2))
    assert found.products.index.names == [None, "year"]
    assert found.products.loc[("7810", 1995), "pci"] == pytest.approx(np.sqrt(3 / 2))


@pytest.mark.parametrize("kind", ["object", "category"])
def test_codes_stay_text_however_they_are_stored(kind) -> None:
    found = indices.revealed_comparative_advantage(long().astype({"country": kind, "product": kind}), **NAMES)
    expected = indices.revealed_comparative_advantage(TRADE)
    np.testing.assert_array_equal(found.loc[COUNTRIES, PRODUCTS], expected)
    assert not isinstance(found.index, pd.CategoricalIndex)
    assert all(isinstance(code, str) for code in [*found.index, *found.columns])


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: advantage([1.0]), DataError, "trade: a DataFrame is needed, not list"),
        (lambda: advantage(TRADE.iloc[:0]), DataError, "no rows or no columns"),
        (lambda: advantage(-TRADE), DataError, r"negative amounts at .*deu.*0011"),
        (lambda: advantage(TRADE * 0), DataError, "every amount is 0 in 'all'"),
        (lambda: advantage(two_years(TRADE, TRADE * 0)), DataError, "every amount is 0 in '2004'"),
        (lambda: advantage(TRADE.mask(TRADE == 70)), DataError, r"missing or infinite at .*deu.*7810"),
        (lambda: advantage(TRADE.astype(str) + "x"), DataError, "text where numbers"),
        (lambda: advantage(pd.concat([TRADE, TRADE])), DataError, "row 'deu', 'pol', 'mli' more than once"),
        (lambda: advantage(TRADE.rename({"deu": np.nan})), DataError, "a row has no label"),
        (lambda: advantage(long(), country="country"), DataError, "a long table needs product=, value= too"),
        (lambda: advantage(long(), **NAMES | {"value": "vale"}), DataError, "Did you mean 'value'"),
        (
            lambda: advantage(pd.concat([long(), long().iloc[:1]]), **NAMES),
            DataError,
            "more than one row for .*deu.*0011.*time=",
        ),
        (
            lambda: advantage(long().replace({"product": {"0011": None}}), **NAMES),
            DataError,
            "missing codes in 'product'",
        ),
        (lambda: indices.product_presence(TRADE, threshold=0), OptionError, "threshold=0: a positive"),
        (lambda: indices.product_presence([1]), DataError, "advantage: a DataFrame is needed"),
        (lambda: indices.product_proximity(TRADE), DataError, "only 0 and 1 are known"),
        (lambda: indices.product_proximity(NESTED.astype(str)), DataError, "only 0 and 1 are known"),
        (lambda: indices.country_proximity(TRADE), DataError, "Give what product_presence returns"),
        (
            lambda: indices.product_space_density(NESTED, phi().iloc[:2, :2]),
            AlignmentError,
            "same products; only in one of them: '7810'",
        ),
        (
            lambda: indices.product_space_density(NESTED, phi().iloc[:2]),
            DataError,
            "only on one side: '7810'",
        ),
        (lambda: indices.product_space_density(NESTED, phi() * 2), DataError, r"values outside \[0, 1\]"),
        (
            lambda: indices.product_space_density(NESTED, phi().replace({"0011": {1 / 3: 0.2}})),
            DataError,
            "not symmetric",
        ),
        (
            lambda: indices.economic_complexity(NESTED * 0 + np.array([[1, 0, 0], [0, 1, 1], [0, 1, 0]])),
            DataError,
            "'deu' have no product in common with the others; leave them out",
        ),
        (lambda: indices.economic_complexity(NESTED * 0), DataError, "no country has any product"),
        (
            lambda: indices.economic_complexity(PARTLY),
            DataError,
            "unknown cells beside known ones, .*'pol, 0011'",
        ),
        (lambda: indices.method_of_reflections(PARTLY), DataError, "unknown cells beside known ones"),
        (lambda: indices.method_of_reflections(NESTED * 0), DataError, "no country has any product"),
        (lambda: indices.method_of_reflections(NESTED, order=0), OptionError, "order=0"),
        (lambda: indices.method_of_reflections(NESTED * 2), DataError, "only 0 and 1 are known"),
        (lambda: indices.economic_complexity(NESTED * 0 + 1), DataError, "or its sign is not determined"),
    ],
)
def test_bad_inputs_name_the_offenders(call, error, message) -> None:
    with pytest.raises(error, match=f"(?s){message}"):
        call()


def advantage(trade, **names) -> pd.DataFrame:
    return indices.revealed_comparative_advantage(trade, **names)


def phi() -> pd.DataFrame:
    return indices.product_proximity(NESTED)
