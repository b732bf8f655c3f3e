"""Moran's I that others published or computed."""

from __future__ import annotations

import json

import pandas as pd
import pytest

import spatialfin as sf


@pytest.fixture
def columbus(reference) -> tuple[pd.DataFrame, sf.SpatialWeights]:
    data = pd.read_csv(reference("validation/columbus/oldcol_COL_OLD.csv"))
    weights = sf.SpatialWeights.read(reference("validation/columbus/oldcol_COL_nb_binary_49x49.csv"))
    return data.set_index(weights.ids), weights.standardize("row")


def test_columbus_crime_as_in_spdep(columbus) -> None:
    """``moran.test(COL.OLD$CRIME, nb2listw(COL.nb), randomisation=)``, as printed in spdep's manual."""
    data, weights = columbus
    crime = data["CRIME"].sample(frac=1, random_state=1)
    normal = sf.moran(crime, weights)
    assert pytest.approx(0.510951264, abs=5e-10) == normal.I
    assert normal.expected == pytest.approx(-0.020833333, abs=5e-10)
    assert normal.variance == pytest.approx(0.008779831, abs=5e-10)
    assert normal.z == pytest.approx(5.6754, abs=5e-5)
    assert sf.moran(crime, weights, assumption="randomization").z == pytest.approx(5.6341, abs=5e-5)


def test_columbus_residuals_as_in_spdep(columbus, reference) -> None:
    """The statistic of OLS residuals; its moments differ and belong to the model's diagnostics."""
    expected = json.loads(reference("validation/columbus/expected.json").read_text())["columbus"]
    data, weights = columbus
    b0, income, housing = expected["ols"]["b"]
    residuals = data["CRIME"] - b0 - income * data["INC"] - housing * data["HOVAL"]
    found = sf.moran(residuals, weights, permutations=0)
    # coefficients are printed with ten decimals
    assert pytest.approx(expected["moran_resid"]["I"], abs=1e-9) == found.I


def test_finance_of_chinese_provinces() -> None:
    """Published with three decimals, for queen contiguity with Hainan linked to Guangdong."""
    provinces = sf.load_layer("china_provinces", units="mainland")
    weights = sf.contiguity_weights(provinces, islands={"460000": ["440000"]}).standardize("row")
    panel = sf.load_dataset("china_finance_2002_2011").sample(frac=1, random_state=1)
    panel["lq"] = sf.location_quotient(panel["finance"], panel["gdp"], by=panel["year"])
    table = sf.moran_table(panel, ["lq"], weights, unit="code", time="year", permutations=99)
    found = table.set_index("time")["I"]
    assert found[2002] == pytest.approx(-0.005, abs=0.0005)
    assert found[2008] == pytest.approx(0.142, abs=0.0005)
    assert found[2011] == pytest.approx(0.211, abs=0.0005)
