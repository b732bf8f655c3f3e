"""The same cells on a Dask cluster and on Spark, each with two workers that the test starts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd
import pytest

from spatialfin.firms import FirmCells, firm_cells
from spatialfin.simulate import firm_census

pytestmark = pytest.mark.slow

OPTIONS: dict[str, Any] = {
    "region": "county",
    "industry": "industry",
    "year": "year",
    "values": ["output", "assets", "employment"],
    "unit_level": "province",
    "statistics": ["sum", "mean", "min", "p5", "top3_share"],
    "firm": "firm",
}
FAILURE = "this partition fails on purpose"


@pytest.fixture(scope="module")
def firms() -> pd.DataFrame:
    frame = firm_census(fraction=0.01).firms.drop(columns="simulated")
    frame = frame[frame["county"].notna()].reset_index(drop=True)
    frame.attrs = {}
    return frame


@pytest.fixture(scope="module")
def expected(firms: pd.DataFrame) -> FirmCells:
    return firm_cells(firms, **OPTIONS)


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """Two Dask workers in processes of their own."""
    from distributed import Client, LocalCluster

    with (
        LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as workers,
        Client(workers) as client,
    ):
        yield client


def assert_same(found: FirmCells, expected: FirmCells) -> None:
    assert list(found.table["firms"]) == list(expected.table["firms"])
    # Partitions are added in another order: only the last digits may differ.
    pd.testing.assert_frame_equal(found.table, expected.table, rtol=1e-11)
    assert found.missing == expected.missing


def test_dask_gives_the_same(cluster: Any, firms: pd.DataFrame, expected: FirmCells) -> None:
    import dask.dataframe as dd

    assert len(cluster.scheduler_info()["workers"]) == 2
    assert_same(firm_cells(dd.from_pandas(firms, npartitions=6), **OPTIONS), expected)


def test_a_partition_that_fails_on_dask_fails_the_job(cluster: Any, firms: pd.DataFrame) -> None:
    import dask.dataframe as dd

    def broken(part: pd.DataFrame, partition_info: Any = None) -> pd.DataFrame:
        if partition_info is not None and partition_info["number"] == 3:
            raise RuntimeError(FAILURE)
        return part

    frame = dd.from_pandas(firms, npartitions=6).map_partitions(broken, meta=firms.iloc[:0])
    with pytest.raises(RuntimeError, match=FAILURE):
        firm_cells(frame, **OPTIONS)


def test_spark_gives_the_same(spark: Any, firms: pd.DataFrame, expected: FirmCells) -> None:
    assert_same(firm_cells(spark.createDataFrame(firms).repartition(6), **OPTIONS), expected)
    # The driver and two executors, which may register a little after the first task.
    assert spark.sparkContext._jsc.sc().getExecutorMemoryStatus().size() == 3


def test_a_partition_that_fails_on_spark_fails_the_job(spark: Any, firms: pd.DataFrame) -> None:
    def broken(parts: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        for part in parts:
            if (part["firm"] == "F0000007").any():
                raise RuntimeError("this partition fails on purpose")
            yield part

    frame = spark.createDataFrame(firms).repartition(4)
    with pytest.raises(Exception, match=FAILURE):
        firm_cells(frame.mapInPandas(broken, frame.schema), **OPTIONS)
