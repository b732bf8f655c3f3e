"""Product space and proximity against numbers that others computed or printed."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import spatialfin as sf

indices = sf.indices


@pytest.fixture(scope="module")
def presence(reference) -> pd.DataFrame:
    trade = pd.read_csv(
        reference("proximity/world_trade_sitc_avg_1998_2000.csv.gz"),
        dtype={"country": "str", "product": "str"},
    ).sample(frac=1, random_state=1)
    advantage = indices.revealed_comparative_advantage(
        trade, country="country", product="product", value="value"
    )
    return indices.product_presence(advantage)


@pytest.fixture(scope="module")
def chain(reference) -> sf.indices.Concordance:
    """Four-digit industries of China, by way of two revisions of ISIC, to the products of SITC."""
    level = {"gb_level": "S", "isic_level": "S"}
    names = ("GB/T 4754-2002", "ISIC rev. 3", "ISIC rev. 2", "SITC rev. 2")
    steps = [
        ("gb_2002_isic3", "gb_code", "isic_code", {"where": level, "vintage": "gb_year"}),
        ("isic3_isic2", "ISIC3_4d", "ISIC2_4d", {}),
        ("sitc2_isic2", "ISIC2_4d", "SITC2_4d", {}),
    ]
    first, second, third = (
        indices.read_concordance(
            reference(f"proximity/concordance/{file}.csv"),
            source=source,
            target=target,
            names=names[step : step + 2],
            **options,
        )
        for step, (file, source, target, options) in enumerate(steps)
    )
    return first.compose(second).compose(third)


def test_presence_and_proximity_of_785_products(presence, reference) -> None:
    """Against R's economiccomplexity: presence exactly; its proximity is printed with ten digits."""
    binary = pd.read_csv(reference("proximity/expected_balassa_binary_226x785.csv.gz"), index_col=0)
    assert presence.shape == binary.shape == (226, 785)
    assert int((presence.loc[binary.index, binary.columns] != binary).sum().sum()) == 0
    printed = pd.read_csv(reference("proximity/expected_proximity_product_785x785.csv.gz"), index_col=0)
    printed.index = printed.columns
    phi = indices.product_proximity(presence).loc[printed.index, printed.columns]
    np.testing.assert_allclose(phi.to_numpy(), printed.to_numpy(), rtol=0, atol=1e-9)


def test_complexity_is_the_second_eigenvector(presence) -> None:
    """The definition written out on dense, non-symmetric matrices; eigenvectors to 1e-8."""
    m = presence.to_numpy()
    diversity, ubiquity = m.sum(axis=1), m.sum(axis=0)
    found = indices.economic_complexity(presence)
    of_countries = m @ np.diag(1 / ubiquity) @ m.T / diversity[:, None]
    of_products = m.T @ np.diag(1 / diversity) @ m / ubiquity[:, None]
    values, vectors = np.linalg.eig(of_countries)
    second = np.argsort(-np.real(values))[1]
    expected = np.real(vectors[:, second])
    expected *= np.sign(np.corrcoef(expected, diversity)[0, 1])
    expected = (expected - expected.mean()) / expected.std()
    np.testing.assert_allclose(found.countries["eci"], expected, rtol=0, atol=1e-8)
    # Rows of the matrix sum to 1, so a standardised eigenvector solves A v = lambda v up to a constant.
    pci = found.products["pci"].to_numpy()
    rest = of_products @ pci - np.real(values[second]) * pci
    np.testing.assert_allclose(rest, rest.mean(), rtol=0, atol=1e-8)
    assert (pci.mean(), pci.std()) == pytest.approx((0, 1), abs=1e-12)
    mean_of_exporters = (m / ubiquity).T @ expected
    assert np.corrcoef(pci, mean_of_exporters)[0, 1] == pytest.approx(1, abs=1e-8)
    rich = found.countries.loc[["jpn", "deu", "che", "swe"], "eci"]
    poor = found.countries.loc[["tcd", "mli", "khm", "sdn"], "eci"]
    assert rich.min() > poor.max()


def test_the_published_chain_of_concordances(chain, presence) -> None:
    """Industries by products, built a second time from pairs in plain loops."""
    weights = chain.matrix()
    np.testing.assert_allclose(weights.sum(axis=1), 1.0, rtol=0, atol=1e-12)
    assert all(len(code) == 4 for code in [*chain.sources, *chain.targets])
    assert {"0111", "1810"} <= set(chain.sources)
    lost = chain.unmatched.groupby("classification")["code"].nunique()
    every = {"GB/T 4754-2002": 913, "SITC rev. 2": 764}
    for name, held in (("GB/T 4754-2002", chain.sources), ("SITC rev. 2", chain.targets)):
        assert lost[name] + len(held) == every[name], name
    phi = indices.product_proximity(presence)
    found = indices.industry_proximity(phi, chain, missing="drop")
    assert found.attrs == {"dropped_products": ["3340"], "dropped_industries": []}
    products = {code: set(rows["target"]) - {"3340"} for code, rows in chain.pairs.groupby("source")}
    for one, two in [("1711", "1721"), ("1810", "3721"), ("0111", "2511"), ("1711", "0111")]:
        pairs = [phi.loc[a, b] for a in products[one] for b in products[two]]
        assert found.loc[one, two] == pytest.approx(np.mean(pairs), rel=1e-12)
    assert np.isnan(np.diagonal(found)).all()
    np.testing.assert_allclose(found, found.T, rtol=0, atol=1e-15)


@pytest.mark.parametrize(("level", "digits", "codes"), [("L", 2, 95), ("M", 3, 396), ("S", 4, 913)])
def test_every_level_of_the_industries(reference, level, digits, codes) -> None:
    """The standard of 2002 counts 95 divisions, 396 groups and 913 classes."""
    found = indices.read_concordance(
        reference("proximity/concordance/gb_2002_isic3.csv"),
        source="gb_code", target="isic_code", where={"gb_level": level, "isic_level": level},
    )  # fmt: skip
    assert len(found.sources) == codes
    assert {len(code) for code in found.sources} == {digits}
    assert found.pairs.groupby("source")["weight"].sum().to_numpy() == pytest.approx(1.0)


def test_change_of_proximity_of_chinas_provinces() -> None:
    """Long and Zhang (2011) print .005 (.001); from their rounded entries .0049 (.0011)."""
    table = sf.load_dataset("china_industry_census_provinces").set_index(["code", "year"])
    proximity = table["industry_proximity_output"].unstack()
    output = (table["firms"] * table["mean_gross_output_kyuan"]).unstack()
    found = indices.proximity_change(proximity[1995], proximity[2004][::-1], weights=output[2004])
    assert round(found.change, 4) == 0.0049
    assert round(found.std_error, 4) == 0.0011
    assert found.p_value < 0.01
    assert len(found.regions) == 31
    # The printed means are weighted by output of their own year: .206 and .211 from unrounded entries.
    assert (found.regions["weight"] * found.regions["after"]).sum() == pytest.approx(0.2110, abs=5e-5)
