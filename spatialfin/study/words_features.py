"""Phrases of the step on features of regions, in English and Chinese."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
    "features_type": ("Type {number}", "类型 {number}"),
    "features_heading": ("Type", "类型"),
    "features_units": ("Rows", "行数"),
    "features_spread": ("Standard deviations from the mean", "与均值之差（标准差）"),
    "features_map": ("Types of regions, {period}.", "区域类型，{period}。"),
    "features_map_one": ("Types of regions.", "区域类型。"),
    "features_profile": (
        "What the types are like: mean of each indicator in standard deviations from the mean of all.",
        "各类型特征：各指标均值与总体均值之差（以标准差计）。",
    ),
    "features_profile_title": ("Profiles of the types", "各类型特征"),
    "features_network": (
        "The subspace network: filters on the indicators, pooled to responses.",
        "子空间网络：作用于各指标的滤波器及其合并响应。",
    ),
    "features_transitions": ("Moves between types from one period to the next", "相邻两期之间的类型转移"),
    "features_before": ("Before", "前期"),
    "features_note": (
        "Kernel k-means of {rows} rows; the types hold {share:.0%} of the scatter of the features apart.",
        "对 {rows} 行作核 k 均值聚类；类型间差异占特征总离差的 {share:.0%}。",
    ),
    "features_connected": ("Every type is connected in the weights.", "各类型在权重矩阵中均连通。"),
    "features_file": ("The type of every unit", "各单元所属类型"),
}
