"""Location quotients that others published."""

from __future__ import annotations

import pandas as pd
import pytest

import spatialfin as sf


def test_the_quotient_of_one_region_from_totals() -> None:
    """A known value, printed with seven digits."""
    sector, total = pd.Series({"Goettingen": 1714.0}), pd.Series({"Goettingen": 79006.0})
    found = sf.location_quotient(sector, total, reference=(879213.0, 15593224.0))
    assert found.item() == pytest.approx(0.3847623, abs=5e-8)


def test_german_states_and_industries(reference) -> None:
    """All quotients of German states, against R's REAT; both are double precision."""
    data = pd.read_csv(reference("lq/reat_G_regions_industries.csv"))
    expected = pd.read_csv(reference("lq/expected_LQ_G_regions_industries.csv"))
    keys = ["region_code", "ind_code"]
    total = data.groupby("region_code")["emp_all"].transform("sum")
    flat = data.assign(total=total).sample(frac=1, random_state=1)
    found = sf.location_quotient(
        flat.set_index(keys)["emp_all"], flat.set_index(keys)["total"], by="ind_code"
    )
    printed = expected.set_index(["j_region", "i_industry"])["LQ"]
    assert len(printed) == len(found) == 272
    for place, value in printed.items():
        assert found[place] == pytest.approx(value, abs=1e-9), place
    assert found["HE", "WZ08-K"] == pytest.approx(1.67106, abs=5e-6)
    assert found["HH", "WZ08-K"] == pytest.approx(1.51751, abs=5e-6)
    assert found["BY", "WZ08-K"] == pytest.approx(1.10589, abs=5e-6)


@pytest.mark.parametrize(("year", "beijing"), [(2002, 3.45), (2011, 2.74)])
def test_beijings_finance(year, beijing) -> None:
    """Published with two decimals."""
    panel = sf.load_dataset("china_finance_2002_2011")
    lq = sf.location_quotient(panel["finance"], panel["gdp"], by=panel["year"])
    found = lq[(panel["code"] == "110000") & (panel["year"] == year)].item()
    assert found == pytest.approx(beijing, abs=0.005)
