"""Classes of regions from features, judged on places the classifier has not seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.utils.multiclass import type_of_target

from .._errors import AlignmentError, DataError, OptionError, listed, warn_caller
from .._validate import check_number, check_option
from ._inputs import check_complete, check_numbers
from .blocks import SpatialBlockCV


def feature_classifier(network: Any = None, *, classifier: str = "softmax", penalty: float = 1.0) -> Pipeline:
    """A pipeline from rows of indicators to the probabilities of classes.

    Parameters
    ----------
    network : SubspaceNetwork or StackedSubspaceNetwork, optional
        What makes the features; the indicators themselves without it.
    classifier : {"softmax", "svm"}, default "softmax"
        Multinomial logistic regression; or a support vector machine with the RBF kernel, whose decisions
        become probabilities on three folds of the training rows.
    penalty : float, default 1.0
        Strength of the penalty on large coefficients (1 / C of scikit-learn).

    Returns
    -------
    sklearn.pipeline.Pipeline
        Not fitted, with the steps ``features`` (if any), ``scale`` and ``classify``.

    Raises
    ------
    DataError
        `network` makes no features.
    OptionError
        `classifier` or `penalty` is not valid.

    Notes
    -----
    The network is learned anew in every training set of a cross-validation, from its rows alone.

    Examples
    --------
    >>> import spatialfin as sf
    >>> list(sf.features.feature_classifier(sf.features.SubspaceNetwork()).named_steps)
    ['features', 'scale', 'classify']
    """
    check_option("classifier", classifier, ("softmax", "svm"))
    check_number("penalty", penalty, between=(0.0, np.inf))
    if classifier == "softmax":
        last: Any = LogisticRegression(C=1 / penalty, max_iter=1000)
    else:
        last = CalibratedClassifierCV(SVC(C=1 / penalty), cv=3, ensemble=False)
    if network is not None and (isinstance(network, type) or not hasattr(network, "transform")):
        raise DataError(
            f"network: a SubspaceNetwork or StackedSubspaceNetwork is needed, not {network!r}. Give one, as "
            "in SubspaceNetwork(), or None for the indicators themselves."
        )
    first = [] if network is None else [("features", network)]
    return Pipeline([*first, ("scale", StandardScaler()), ("classify", last)])


@dataclass(frozen=True, slots=True, eq=False)
class SpatialValidation:
    """How a classifier does on blocks of places it was not trained on.

    Attributes
    ----------
    probabilities : DataFrame
        One row per row of X, one column per class; rows sum to 1. A class that training lacked has 0.
    predicted : Series
        The most probable class.
    accuracy : float
        Share of rows whose class is the predicted one.
    baseline : float
        Share of the most frequent class: what guessing it gives.
    by_region : DataFrame
        ``rows`` and ``accuracy`` of each macro-region.
    confusion : DataFrame
        Rows: macro-region and class; columns: predicted class; counts.
    """

    probabilities: pd.DataFrame
    predicted: pd.Series
    accuracy: float
    baseline: float
    by_region: pd.DataFrame
    confusion: pd.DataFrame


def validate_classifier(
    model: Any, X: pd.DataFrame, y: pd.Series, *, cv: SpatialBlockCV, regions: pd.Series | None = None
) -> SpatialValidation:
    """Predict every row from training rows that are no neighbours of it.

    Parameters
    ----------
    model : estimator with ``predict_proba``
        Such as `feature_classifier` makes; it is not changed.
    X : DataFrame
        Rows indexed by unit, or by unit and period.
    y : Series
        Class of each row, by the same labels.
    cv : SpatialBlockCV
        The blocks.
    regions : Series, optional
        Macro-region of each unit; one table for all without it.

    Returns
    -------
    SpatialValidation

    Raises
    ------
    AlignmentError
        Rows of X and y differ, `regions` lack a unit, or units are not those of the weights.
    DataError
        X has missing values or text, `model` gives no probabilities, classes are missing or measurements,
        there are fewer than two, or a training set has fewer than two.

    Warns
    -----
    SpatialfinWarning
        A class is in no training row of some block: there it can not be predicted.

    Examples
    --------
    >>> import numpy as np, pandas as pd, spatialfin as sf
    >>> ids = [f"u{i:02d}" for i in range(40)]
    >>> w = sf.SpatialWeights.from_matrix(np.eye(40, k=1) + np.eye(40, k=-1), ids=ids)
    >>> y = pd.Series(["low", "high"] * 20, index=ids)
    >>> X = pd.DataFrame({"x": [0.0, 1.0] * 20, "z": range(40)}, index=ids)
    >>> cv = sf.features.SpatialBlockCV(w)
    >>> sf.features.validate_classifier(sf.features.feature_classifier(), X, y, cv=cv).accuracy
    1.0
    """
    if not isinstance(cv, SpatialBlockCV):
        raise OptionError(f"cv: a SpatialBlockCV is needed, not {type(cv).__name__}.")
    if not hasattr(model, "predict_proba"):
        raise DataError(f"model: a classifier with predict_proba is needed, not {type(model).__name__}.")
    y = _matched(X, y)
    check_numbers(X)
    check_complete(X)
    if type_of_target(y.to_numpy()) not in ("binary", "multiclass"):
        raise DataError("y: classes are needed, all text or all whole numbers, not measurements.")
    classes = pd.Index(sorted(set(y.tolist())), name="class")
    if len(classes) < 2:
        raise DataError(f"y: one class only ({listed(classes)}). At least two are needed.")
    region = _regions(X, regions)
    chances = np.zeros((len(X), len(classes)))
    lacking: set[Any] = set()
    for train, test in cv.split(X):
        have = set(y.iloc[train].tolist())
        if len(have) < 2:
            raise DataError(
                f"A training set has only the class {listed(have)}. Take more splits, to leave out less."
            )
        lacking |= set(classes) - have
        fitted = clone(model).fit(X.iloc[train], y.iloc[train].to_numpy())
        found = classes.get_indexer(pd.Index(fitted.classes_))
        chances[np.ix_(test, found)] = fitted.predict_proba(X.iloc[test])
    if lacking:
        warn_caller(
            f"Class {listed(sorted(lacking, key=str))} is in no training row of some block and gets "
            "probability 0 there: it lies in one place."
        )
    probabilities = pd.DataFrame(chances, index=X.index, columns=classes)
    predicted = pd.Series(classes.take(chances.argmax(axis=1)), index=X.index, name="predicted")
    right = pd.Series(predicted.to_numpy() == y.to_numpy(), index=X.index, dtype=float)
    groups = right.groupby(region.to_numpy())
    by_region = pd.DataFrame({"rows": groups.size(), "accuracy": groups.mean()}).rename_axis("region")
    return SpatialValidation(
        probabilities,
        predicted,
        float(right.mean()),
        float(y.value_counts(normalize=True).max()),
        by_region,
        _confusion(region, y, predicted, classes),
    )


def _matched(X: pd.DataFrame, y: pd.Series) -> pd.Series:
    """The classes in the order of the rows."""
    if not isinstance(X, pd.DataFrame) or not isinstance(y, pd.Series):
        raise AlignmentError("X must be a DataFrame and y a Series: rows are matched by label.")
    if not (X.index.is_unique and y.index.is_unique) or set(X.index) != set(y.index):
        raise AlignmentError("X and y must hold the same rows, each of them once.")
    y = y.reindex(X.index)
    if y.isna().any():
        raise DataError(f"y: no class for {listed(y.index[y.isna().to_numpy()])}. Drop these rows.")
    return y


def _regions(X: pd.DataFrame, regions: pd.Series | None) -> pd.Series:
    """Macro-region of every row of X."""
    if regions is None:
        return pd.Series("All", index=X.index)
    if not isinstance(regions, pd.Series) or not regions.index.is_unique:
        raise AlignmentError(
            "regions must be a Series with the macro-region of each unit, each of them once."
        )
    units = X.index.get_level_values(0)
    without = units[~units.isin(regions.dropna().index)].unique()
    if len(without):
        raise AlignmentError(f"regions: none for the units {listed(without)}.")
    return pd.Series(regions.reindex(units).astype(str).to_numpy(), index=X.index)


def _confusion(region: pd.Series, y: pd.Series, predicted: pd.Series, classes: pd.Index) -> pd.DataFrame:
    rows = [region.to_numpy(), y.to_numpy()]
    counts = pd.crosstab(rows, predicted.to_numpy(), rownames=["region", "class"], colnames=["predicted"])
    every = pd.MultiIndex.from_product([sorted(set(region)), classes], names=["region", "class"])
    return counts.reindex(index=every, columns=classes.rename("predicted"), fill_value=0)
