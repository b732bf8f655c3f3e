"""Published production functions: Cobb & Douglas (1928) and Munnell's states (Baltagi & Pinnoi 1995)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from spatialfin.models import fit_production

# Indices of American manufacturing, 1899 = 100, as printed in Cobb & Douglas (1928).
CAPITAL = [100, 107, 114, 122, 131, 138, 149, 163, 176, 185, 198, 208]
CAPITAL += [216, 226, 236, 244, 266, 298, 335, 366, 387, 407, 417, 431]
LABOUR = [100, 105, 110, 118, 123, 116, 125, 133, 138, 121, 140, 144]
LABOUR += [145, 152, 154, 149, 154, 182, 196, 200, 193, 193, 147, 161]
PRODUCT = [100, 101, 112, 122, 124, 122, 143, 152, 151, 126, 155, 159]
PRODUCT += [153, 177, 184, 169, 189, 225, 227, 223, 218, 231, 179, 240]


def test_cobb_and_douglas() -> None:
    """The unrestricted least-squares fit of their data, known from the literature to three digits."""
    data = pd.DataFrame({"product": PRODUCT, "labour": LABOUR, "capital": CAPITAL}, index=range(1899, 1923))
    found = fit_production(data, output="product", factors=["labour", "capital"])
    table = found.elasticities().set_index("factor")
    assert table["estimate"].tolist() == pytest.approx([0.807, 0.233], abs=5e-4)
    assert table["std_error"].tolist() == pytest.approx([0.145, 0.064], abs=5e-4)
    assert found.fit.params["Intercept"] == pytest.approx(-0.177, abs=5e-4)
    returns = found.returns_to_scale().loc["total"]
    assert returns["estimate"] == pytest.approx(1.040, abs=1e-3)  # the sum of two rounded numbers
    assert returns["conclusion"] == "constant not rejected"


@pytest.mark.parametrize(
    ("effects", "estimates", "errors"),
    [
        ("pooled", [0.155, 0.309, 0.594], [0.017, 0.010, 0.014]),
        ("unit", [-0.026, 0.292, 0.768], [0.029, 0.025, 0.030]),
    ],
)
def test_american_states(
    reference: Callable[[str], Path], effects: str, estimates: list[float], errors: list[float]
) -> None:
    """Public capital, private capital and employment as printed: three digits."""
    data = pd.read_csv(reference("validation/produc/Produc.csv")).sample(frac=1, random_state=1)
    found = fit_production(
        data,
        output="gsp",
        factors=["pcap", "pc", "emp"],
        controls=["unemp"],
        unit="state",
        time="year",
        effects=effects,
    )
    table = found.elasticities()
    assert table["estimate"].tolist() == pytest.approx(estimates, abs=5.5e-4)
    assert table["std_error"].tolist() == pytest.approx(errors, abs=5.5e-4)
    total = found.returns_to_scale().loc["total", "estimate"]
    assert total == pytest.approx(sum(estimates), abs=1.5e-3)  # the sum of three rounded numbers
