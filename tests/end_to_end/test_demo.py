"""The shipped studies, run as a user runs them."""

from __future__ import annotations

import base64
import csv
import hashlib
import json
import re
import zipfile
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import spatialfin as sf
from spatialfin.study import copy_example, example_file, example_names

VOID = {"meta", "img", "br", "hr", "input", "link"}


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return sf.Study.read(example_file("provinces")).run(tmp_path_factory.mktemp("demo") / "out").folder


def table(folder: Path, name: str) -> list[list[str]]:
    with (folder / "tables" / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def estimates(folder: Path, name: str) -> dict[str, list[float]]:
    """The rows of estimates of a regression table, by label."""
    rows = {}
    for row in table(folder, name):
        numbers = [re.sub(r"[*,']", "", cell) for cell in row[3:]]
        if row[2] == "estimate" or row[0] == "statistics":
            rows[row[1]] = [float(number) if number else np.nan for number in numbers]
    return rows


class Tags(HTMLParser):
    """Every tag with its attributes; tags that are closed in the wrong order."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.wrong: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.seen.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)


def tags(page: Path) -> Tags:
    parser = Tags()
    parser.feed(page.read_text(encoding="utf-8"))
    return parser


def test_the_page_is_self_contained_and_well_formed(demo: Path):
    found = tags(demo / "index.html")
    assert found.wrong == []
    assert found.open == []
    names = [tag for tag, _ in found.seen]
    assert "script" not in names
    assert "link" not in names
    sources = [attrs["src"] for _, attrs in found.seen if "src" in attrs]
    assert len(sources) == 4
    assert all(source.startswith("data:image/png;base64,") for source in sources)
    links = [attrs["href"] for _, attrs in found.seen if "href" in attrs]
    ids = {attrs["id"] for _, attrs in found.seen if "id" in attrs}
    for link in links:
        assert link[1:] in ids if link.startswith("#") else (demo / link).is_file()
    assert "url(" not in (demo / "index.html").read_text(encoding="utf-8")


def test_every_figure_is_there_as_png_and_pdf(demo: Path):
    figures = sorted(path.name for path in (demo / "figures").iterdir())
    assert figures == [
        f"{name}.{suffix}"
        for name in ("lisa-map", "map", "moran-by-period-lq", "moran-scatter-lq-2011")
        for suffix in ("pdf", "png")
    ]
    for path in (demo / "figures").glob("*.png"):
        content = path.read_bytes()
        assert content.startswith(b"\x89PNG")
        assert base64.b64encode(content).decode() in (demo / "index.html").read_text(encoding="utf-8")
    assert all(path.read_bytes().startswith(b"%PDF") for path in (demo / "figures").glob("*.pdf"))


def test_every_table_is_there_for_word_latex_and_sheets(demo: Path):
    names = {path.stem for path in (demo / "tables").iterdir()}
    assert {
        "describe-descriptives",
        "moran",
        "lisa-clusters",
        "models",
        "models-vif",
        "models-tests",
    } <= names
    assert {"models-impacts-sar", "models-impacts-sdm", "industry-models", "weights-summary"} <= names
    assert {"industry-models-impacts-sar", "industry-models-impacts-sdm"} <= names
    for name in names:
        assert zipfile.ZipFile(demo / "tables" / f"{name}.docx").testzip() is None
        assert r"\begin{table}" in (demo / "tables" / f"{name}.tex").read_text(encoding="utf-8")
        assert table(demo, name)


def test_moran_by_year_is_the_published_one(demo: Path):
    """Queen contiguity, Hainan linked to Guangdong, row-standardised; three printed decimals."""
    head, *rows = table(demo, "moran")
    year, value = head.index("Year"), head.index("I")
    found = {int(row[year]): round(float(row[value]), 3) for row in rows}
    assert list(found) == list(range(2002, 2012))
    assert (found[2002], found[2008], found[2011]) == (-0.005, 0.142, 0.211)


def test_the_growth_models_have_the_regressors_of_the_mission(demo: Path):
    rows = estimates(demo, "models")
    products = {
        "Financial location quotient × Financial scale",
        "Financial location quotient × Finance share of services",
    }
    assert products <= set(rows)
    assert rows["N"] == [31, 31, 31, 31]
    assert [np.isnan(value) for value in rows["rho"]] == [True, False, True, False]
    assert [np.isnan(value) for value in rows["lambda"]] == [True, True, False, True]
    lagged = [name for name in rows if name.startswith("W(")]
    assert lagged == ["W(Financial location quotient)"]


def test_the_growth_regression_is_that_of_plain_least_squares(demo: Path):
    """The whole way from the shipped table to the printed coefficient, recomputed with numpy alone."""
    panel = sf.load_dataset("china_finance_2002_2011").set_index("code")
    start, end = panel[panel["year"] == 2005], panel[panel["year"] == 2010]
    growth = (np.log(end["gdp_pc"]) - np.log(start["gdp_pc"])) / 5
    quotient = (start["finance"] / start["gdp"]) / (start["finance"].sum() / start["gdp"].sum())
    centred = {
        "initial": np.log(start["gdp_pc"]),
        "lq": quotient,
        "scale": np.log(start["finance"] * 1e8 / start["population"]),
        "structure": start["finance"] / start["tertiary"],
    }
    x = pd.DataFrame({name: values - values.mean() for name, values in centred.items()})
    x["lq:scale"], x["lq:structure"] = x["lq"] * x["scale"], x["lq"] * x["structure"]
    x.insert(0, "Intercept", 1.0)
    expected = np.linalg.lstsq(x.to_numpy(), growth.loc[x.index].to_numpy(), rcond=None)[0]
    rows = estimates(demo, "models")
    labels = ["Constant", "Log initial GDP per head", "Financial location quotient", "Financial scale"]
    printed = [rows[label][0] for label in labels]
    assert printed == pytest.approx(list(expected[:4]), abs=5e-4)


def test_the_census_growth_is_firms_times_mean_output(demo: Path):
    census = sf.load_dataset("china_industry_census_provinces").set_index(["code", "year"])
    output = census["firms"] * census["mean_gross_output_kyuan"] / 1e5
    wide = output.unstack("year")
    growth = np.log(wide[2004] / wide[1995]) / 9
    head, row = table(demo, "industry")
    assert float(row[head.index("Mean")]) == pytest.approx(growth.mean(), abs=5e-4)
    assert estimates(demo, "industry-models")["N"] == [31, 31, 31, 31]


def test_the_page_tells_its_sources_and_weaknesses(demo: Path):
    page = (demo / "index.html").read_text(encoding="utf-8")
    for text in (
        "secondary copy",
        "Suspicious cells, left as the source has them",
        "repeats the figure of 2003 exactly",
        "Tier 3: secondary copy, not an official page.",
        "interpolated geometrically between the censuses",
        "linked 460000 and 440000",
        "31 units and 7 coefficients: standard errors are asymptotic",
        "The variance inflation factor of",
        "GDP per head is missing (number of units): 2011 (31).",
        "Sample: all 31 units of the layer.",
    ):
        assert text in page


def test_the_manifest_lists_every_file_with_its_hash(demo: Path):
    manifest = json.loads((demo / "manifest.json").read_text(encoding="utf-8"))
    there = {path.relative_to(demo).as_posix() for path in demo.rglob("*") if path.is_file()}
    assert set(manifest["files"]) == there - {"manifest.json"}
    for name, digest in manifest["files"].items():
        assert hashlib.sha256((demo / name).read_bytes()).hexdigest() == digest
    assert manifest["seed"] == 0
    assert set(manifest["inputs"]) == {
        "china_finance_2002_2011",
        "china_industry_census_provinces",
        "china_provinces",
        "provinces.toml",
    }
    assert manifest["versions"]["numpy"] == np.__version__
    assert [step["id"] for step in manifest["steps"]][:2] == ["lq", "describe"]


def test_a_second_run_gives_the_same_bytes_and_replaces_the_first(demo: Path):
    before = {path: path.read_bytes() for path in demo.rglob("*") if path.is_file()}
    (demo / "my notes.txt").write_text("mine")
    sf.Study.read(example_file("provinces")).run(demo)
    assert (demo / "my notes.txt").read_text() == "mine"
    (demo / "my notes.txt").unlink()
    after = {path: path.read_bytes() for path in demo.rglob("*") if path.is_file()}
    assert [path.name for path in before if before[path] != after.get(path)] == []
    assert set(after) == set(before)


def test_an_own_layer_and_sheet_are_matched_and_reported(tmp_path: Path):
    (study,) = [path for path in copy_example("own_data", tmp_path / "mine") if path.suffix == ".toml"]
    folder = sf.Study.read(study).run(tmp_path / "out").folder
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert "region: rows dropped because no unit has this name: '合计'." in manifest["ledger"]
    assert "region: 31 names matched to codes of the layer." in manifest["ledger"]
    dropped = table(folder, "data-dropped")
    assert [row[0] for row in dropped[1:]] == ["Taiwan", "Hong Kong", "Macao"]
    head, *rows = table(folder, "moran")
    lq = {row[0]: float(row[head.index("I")]) for row in rows if row[1] == "Financial location quotient"}
    assert lq["2010"] == pytest.approx(0.197, abs=5e-4)
    assert estimates(folder, "models")["N"] == [31, 31, 31]


def test_the_counties_are_labelled_as_simulated_and_the_truth_is_found(tmp_path: Path):
    folder = sf.Study.read(example_file("counties")).run(tmp_path / "out").folder
    page = (folder / "index.html").read_text(encoding="utf-8")
    assert "SIMULATED DATA. No figure on this page describes a real county." in page
    assert page.count("simulated_outcome") >= 1
    rows = estimates(folder, "models")
    assert rows["N"] == [2891] * 4
    # Four standard errors (.013 and .019 here) around the planted rho = .8 and effect = 1.
    assert rows["rho"][1] == pytest.approx(0.8, abs=0.055)
    assert rows["Simulated driver"][1] == pytest.approx(1.0, abs=0.08)


def test_every_example_is_listed_with_words_and_valid():
    assert list(example_names()) == ["agglomeration", "counties", "own_data", "panel", "provinces"]
    for name, words in example_names().items():
        assert len(words) > 20
        assert sf.Study.read(example_file(name)).contents.steps
