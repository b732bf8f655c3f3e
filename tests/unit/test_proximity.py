"""Proximity of industries and regions, and its change."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import spatialfin as sf
from spatialfin._errors import AlignmentError, DataError, OptionError, SpatialfinWarning

indices = sf.indices
PRODUCTS = ["0011", "0411", "6511", "7810"]
PHI = pd.DataFrame(
    [[1, 0.5, 0.25, 0.125], [0.5, 1, 0.75, 0.25], [0.25, 0.75, 1, 0.5], [0.125, 0.25, 0.5, 1]],
    index=PRODUCTS, columns=PRODUCTS,
)  # fmt: skip
PAIRS = pd.DataFrame(
    [("03", "0011"), ("13", "0011"), ("13", "0411"), ("17", "6511"), ("17", "7810"), ("99", "9999")],
    columns=["gb", "sitc"],
)
CONCORDANCE = indices.read_concordance(PAIRS[:5], source="gb", target="sitc")
WIDER = indices.read_concordance(PAIRS, source="gb", target="sitc")
INDUSTRIES = indices.industry_proximity(PHI, CONCORDANCE)
SIZES = pd.DataFrame(
    [[1.0, 2, 3], [0, 4, 0], [5, 0, 5]], index=["hz", "nb", "wz"], columns=["03", "13", "17"]
)
NAMES = {"region": "county", "industry": "gb", "size": "output"}


def long(sizes: pd.DataFrame = SIZES) -> pd.DataFrame:
    rows = sizes.rename_axis("county").reset_index().melt("county", var_name="gb", value_name="output")
    return rows[rows["output"] != 0].reset_index(drop=True)


def by_hand(sizes: dict[str, float], phi: pd.DataFrame) -> float:
    """The definition in plain loops."""
    there = [code for code, size in sizes.items() if size > 0]
    total = sum(sizes[code] for code in there)
    value = 0.0
    for one in there:
        others = [code for code in there if code != one]
        near = sum(sizes[other] * phi.loc[one, other] for other in others)
        value += sizes[one] / total * near / sum(sizes[other] for other in others)
    return value


def test_industries_by_hand() -> None:
    assert INDUSTRIES.loc["03", "13"] == (1 + 0.5) / 2
    assert INDUSTRIES.loc["13", "17"] == (0.25 + 0.125 + 0.75 + 0.25) / 4
    assert np.isnan(np.diagonal(INDUSTRIES)).all()
    np.testing.assert_array_equal(INDUSTRIES, INDUSTRIES.T)
    chosen = indices.industry_proximity(PHI.iloc[::-1], CONCORDANCE, industries=["17", "03"])
    pd.testing.assert_frame_equal(chosen, INDUSTRIES.loc[["17", "03"], ["17", "03"]])


def test_missing_products_are_dropped_only_when_asked() -> None:
    with pytest.raises(AlignmentError, match="Products of the concordance that phi does not hold: '9999'"):
        indices.industry_proximity(PHI, WIDER)
    found = indices.industry_proximity(PHI, WIDER, missing="drop")
    assert found.attrs == {"dropped_products": ["9999"], "dropped_industries": ["99"]}
    pd.testing.assert_frame_equal(found, INDUSTRIES, check_exact=True)
    less = indices.industry_proximity(PHI.drop(index="7810", columns="7810"), CONCORDANCE, missing="drop")
    assert less.loc["13", "17"] == (0.25 + 0.75) / 2


def test_regions_by_hand() -> None:
    found = indices.regional_proximity(SIZES, INDUSTRIES)
    assert found["hz"] == pytest.approx(by_hand(SIZES.loc["hz"].to_dict(), INDUSTRIES), rel=1e-14)
    assert found["wz"] == pytest.approx(INDUSTRIES.loc["03", "17"], rel=1e-14)
    assert np.isnan(found["nb"])
    assert found.name == "regional_proximity"


def test_the_weights_are_the_sizes_of_the_other_industries() -> None:
    """With the own size in the denominator the value of two industries would not be their proximity."""
    uneven = pd.DataFrame({"03": [1e9], "17": [1.0]}, index=["wz"])
    assert indices.regional_proximity(uneven, INDUSTRIES)["wz"] == pytest.approx(INDUSTRIES.loc["03", "17"])


def test_long_years_and_wide_are_the_same() -> None:
    expected = indices.regional_proximity(SIZES, INDUSTRIES)
    table = pd.concat([long().assign(year=1995), long(SIZES * [3, 1, 1]).assign(year=2004)])
    found = indices.regional_proximity(
        table.sample(frac=1, random_state=2), INDUSTRIES.iloc[::-1], **NAMES, time="year"
    )
    assert found.index.names == ["county", "year"]
    first = found.xs(1995, level="year")[expected.index]
    pd.testing.assert_series_equal(first, expected, check_names=False)
    late = by_hand((SIZES.loc["hz"] * [3, 1, 1]).to_dict(), INDUSTRIES)
    assert found["hz", 2004] == pytest.approx(late)


def test_industries_missing_from_phi_are_named() -> None:
    sizes = SIZES.assign(**{"88": [0.0, 1, 0], "77": 0.0})
    with pytest.raises(AlignmentError, match="Industries that phi does not hold: '88'"):
        indices.regional_proximity(sizes, INDUSTRIES)
    found = indices.regional_proximity(sizes, INDUSTRIES, missing="drop")
    assert found.attrs == {"dropped_industries": ["88"], "dropped_share": pytest.approx(1 / 21)}
    pd.testing.assert_series_equal(found, indices.regional_proximity(SIZES, INDUSTRIES))


def test_a_region_without_any_industry_is_told() -> None:
    with pytest.warns(SpatialfinWarning, match="No size in 'nb': the proximity there is not defined"):
        found = indices.regional_proximity(SIZES.mul([1, 0, 1], axis=0), INDUSTRIES)
    assert np.isnan(found["nb"])


def test_change_and_its_error_by_hand() -> None:
    before = pd.Series([0.2, 0.3, 0.1, 0.5], index=list("abcd"), name=1995)
    after = pd.Series([0.3, 0.2, 0.4, np.nan], index=list("abcd"), name=2004)
    output = pd.Series([1.0, 2, 1, 5], index=list("abcd"))
    found = indices.proximity_change(before, after[::-1], weights=output)
    d = 0.25 * 0.1 + 0.5 * -0.1 + 0.25 * 0.3
    assert found.change == pytest.approx(d)
    spread = 0.25**2 * (0.1 - d) ** 2 + 0.5**2 * (-0.1 - d) ** 2 + 0.25**2 * (0.3 - d) ** 2
    assert found.std_error == pytest.approx(np.sqrt(spread))
    assert found.z == pytest.approx(d / np.sqrt(spread))
    assert list(found.left_out) == ["d"]
    assert list(found.regions.index) == ["a", "b", "c"]
    assert repr(found).startswith("Change of proximity from 1995 to 2004: 0.0500 (0.0")
    assert repr(found).endswith("3 regions; left out: 'd'.")


def test_the_test_is_two_sided() -> None:
    rng = np.random.default_rng(1)
    before = pd.Series(rng.uniform(0.2, 0.4, 9))
    after = before + rng.normal(0.02, 0.05, 9)
    one = indices.proximity_change(before, after, weights=before * 0 + 1)
    two = indices.proximity_change(after, before, weights=before * 0 + 1)
    assert one.p_value == pytest.approx(two.p_value)
    assert one.change == pytest.approx(-two.change)
    from scipy.stats import norm

    assert one.p_value == pytest.approx(2 * norm.sf(abs(one.z)))


SERIES = pd.Series([0.2, 0.3], index=["a", "b"])
ONE = pd.Series([1.0, 1], index=["a", "b"])
STRANGE = PHI.add_prefix("x", axis=0).add_prefix("x", axis=1)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: indices.industry_proximity(PHI, PAIRS), DataError, "a Concordance is needed, not DataFrame"),
        (lambda: indices.industry_proximity(PAIRS, CONCORDANCE), DataError, "phi: rows and columns"),
        (
            lambda: indices.industry_proximity(PHI, CONCORDANCE, industries=["03", "14"]),
            AlignmentError,
            "Not in the concordance from 'gb' to 'sitc': '14'. Did you mean",
        ),
        (
            lambda: indices.industry_proximity(PHI, CONCORDANCE, industries=["03", "03"]),
            DataError,
            "industries: duplicate labels '03'",
        ),
        (lambda: indices.industry_proximity(PHI, CONCORDANCE, missing="keep"), OptionError, "missing='keep'"),
        (
            lambda: indices.industry_proximity(STRANGE, CONCORDANCE, missing="drop"),
            AlignmentError,
            "No industry has a product",
        ),
        (
            lambda: indices.industry_proximity(PHI.mask(PHI == 0.75), CONCORDANCE),
            DataError,
            "no value for products '0411', '6511'",
        ),
        (lambda: regional(-SIZES), DataError, "negative amounts at .*hz.*03"),
        (lambda: regional(SIZES * 0), DataError, "sizes: every amount is 0 in 'all'"),
        (lambda: regional([1.0]), DataError, "sizes: a DataFrame is needed"),
        (lambda: regional(SIZES, missing="keep"), OptionError, "missing='keep'"),
        (lambda: regional(pd.concat([long(), long()]), **NAMES), DataError, "more than one row for"),
        (lambda: regional(long(), region="county"), DataError, "needs industry=, size= too"),
        (
            lambda: regional(SIZES.rename(columns=lambda code: "x" + code), missing="drop"),
            AlignmentError,
            "No industry is on both sides",
        ),
        (
            lambda: indices.regional_proximity(SIZES, INDUSTRIES.mask(INDUSTRIES == 0.75)),
            DataError,
            "no value between industries '03', '13'",
        ),
        (lambda: change(SERIES.tolist()), DataError, "before: a Series indexed by region"),
        (lambda: change(weights=ONE[:1]), AlignmentError, "before and weights .* only in one of them: 'b'"),
        (lambda: change(after=SERIES.rename({"b": "c"})), AlignmentError, "before and after .*'b', 'c'"),
        (lambda: change(weights=-ONE), DataError, "negative weights at 'a', 'b'"),
        (lambda: change(weights=ONE * 0), DataError, "the weights sum to 0"),
        (lambda: change(weights=ONE * np.nan), DataError, "weights: missing or infinite"),
        (lambda: change(after=SERIES.mask(SERIES > 0.2)), DataError, "fewer than two regions"),
        (lambda: change(after=pd.concat([SERIES, SERIES])), DataError, "after: duplicate labels"),
    ],
)  # fmt: skip
def test_bad_inputs_name_the_offenders(call, error, message) -> None:
    with pytest.raises(error, match=f"(?s){message}"):
        call()


def regional(sizes, **options) -> pd.Series:
    return indices.regional_proximity(sizes, INDUSTRIES, **options)


def change(before=SERIES, after=SERIES, weights=ONE) -> sf.indices.ProximityChange:
    return indices.proximity_change(before, after, weights=weights)
