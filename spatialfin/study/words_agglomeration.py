"""Phrases of the steps on indices, firms, proximity and agglomerations, in English and Chinese."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
    "index_title": ("{index}: {what}", "{index}：{what}"),
    "index_within": ("{title}, within each region", "{title}（各区域内部）"),
    "index_spatial_gini": ("Spatial Gini coefficient", "空间基尼系数"),
    "index_locational_gini": ("Locational Gini coefficient", "区位基尼系数"),
    "index_hoover": ("Hoover index", "胡佛指数"),
    "index_ellison_glaeser": ("Ellison-Glaeser index", "Ellison-Glaeser 指数"),
    "index_coagglomeration": ("Co-agglomeration (Ellison-Glaeser)", "协同集聚（Ellison-Glaeser）"),
    "index_krugman_concentration": ("Krugman concentration", "克鲁格曼集中指数"),
    "index_concentration_ratio": ("Concentration ratio", "集中率"),
    "index_herfindahl": ("Herfindahl-Hirschman index", "赫芬达尔-赫希曼指数"),
    "index_gini": ("Gini coefficient", "基尼系数"),
    "index_theil": ("Theil's T", "泰尔指数"),
    "index_theil_decomposition": ("Theil's T within and between regions", "泰尔指数及其区域分解"),
    "index_dagum_gini": ("Gini coefficient by Dagum's decomposition", "Dagum 基尼系数分解"),
    "part_theil": ("Theil", "泰尔指数"),
    "part_gini": ("Gini", "基尼系数"),
    "part_within": ("Within", "区域内"),
    "part_between": ("Between", "区域间"),
    "part_transvariation": ("Transvariation", "超变密度"),
    "part_theil_within": ("Theil, within", "泰尔指数：区域内"),
    "part_theil_between": ("Theil, between", "泰尔指数：区域间"),
    "part_gini_within": ("Gini, within", "基尼系数：区域内"),
    "part_gini_between": ("Gini, between", "基尼系数：区域间"),
    "part_gini_transvariation": ("Gini, transvariation", "基尼系数：超变密度"),
    "part_spatial_gini": ("Spatial Gini", "空间基尼系数"),
    "part_locational_gini": ("Locational Gini", "区位基尼系数"),
    "part_hoover": ("Hoover", "胡佛指数"),
    "part_ellison_glaeser": ("Ellison-Glaeser", "Ellison-Glaeser 指数"),
    "part_coagglomeration": ("Co-agglomeration", "协同集聚"),
    "part_herfindahl": ("HHI", "HHI"),
    "entropy": ("Entropy", "信息熵"),
    "redundancy": ("Redundancy", "冗余度"),
    "entropy_weight": ("Weight", "权重"),
    "entropy_title": ("Entropy weights of the indicators", "各指标的熵权"),
    "entropy_note": (
        "Pooled over all units and periods, so that years compare; indicators are rescaled to 0 (worst cell) "
        "... 1 (best cell). The weights say which indicator tells the cells apart, not which one matters.",
        "合并全部单元与时期计算，年份之间可比；指标标准化为 0（最差）至 1（最优）。"
        "熵权反映指标的区分能力，并不反映其重要性。",
    ),
    "values_file": ("{label} by unit and period", "{label}：分单元、分时期取值"),
    "maps_caption": (
        "{what}: maps with the same classes in all periods.",
        "{what}：各时期采用统一分级。",
    ),
    "simulated_mark": (" (simulated)", "（模拟）"),
    "simulated_table": (
        "SIMULATED: this step uses the simulated table {table}; its results describe no real place.",
        "模拟数据：本步骤使用模拟表 {table}，结果不代表任何真实地区。",
    ),
    "simulated_firms": (
        "SIMULATED: {share} of the firms of a simulated census (seed {seed}). The numbers of firms follow "
        "printed totals, everything else was drawn by a computer; no result describes a real place.",
        "模拟数据：模拟普查企业的 {share}（种子 {seed}）。企业数依据已发表的总数，其余均由计算机生成，"
        "结果不代表任何真实地区。",
    ),
    "simulated_census": (
        "SIMULATED: firms and the proximity of their industries come from a simulated census.",
        "模拟数据：企业及其产业邻近度来自模拟普查。",
    ),
    "simulated_space": (
        "SIMULATED: the proximity of industries was drawn by a computer (a simulated product space whose "
        "products stand for the industries, in the order of their codes).",
        "模拟数据：产业邻近度由计算机生成（模拟产品空间，产品按代码顺序对应产业）。",
    ),
    "firms": ("Firms", "企业数"),
    "cells": ("Cells", "单元格"),
    "regions": ("Regions", "地区数"),
    "industries": ("Industries", "产业数"),
    "firms_size": (
        "{firms} firms in {cells} cells: {regions} regions, {industries} industries.",
        "{firms} 家企业，{cells} 个单元格：{regions} 个地区，{industries} 个产业。",
    ),
    "firms_title": ("Firms and their totals", "企业及其总量"),
    "firms_left": ("Firms in no cell", "未归入任何单元格的企业"),
    "firms_missing": (
        "Values that are missing and not summed: {pairs}.",
        "缺失而未计入的数值：{pairs}。",
    ),
    "cells_file": ("Every cell: region, industry, year", "全部单元格：地区、产业、年份"),
    "regions_file": ("Every region and year", "全部地区与年份"),
    "proximity": ("Proximity", "邻近度"),
    "proximity_title": ("Proximity of the industries of each region", "各地区的产业邻近度"),
    "proximity_caption": (
        "Proximity of the industries of each region in {after} against {before}; above the line it rose.",
        "各地区产业邻近度：{after} 对 {before}，线上方表示上升。",
    ),
    "proximity_change": (
        "From {before} to {after} the weighted mean changes by {change} (standard error {std_error}, "
        "z = {z}, {p}, {n} regions).",
        "从 {before} 到 {after}，加权平均变化 {change}（标准误 {std_error}，z = {z}，{p}，{n} 个地区）。",
    ),
    "proximity_left": (
        " Left out, without a value in one of the years: {count} ({names}).",
        "缺少某一年取值而未计入：{count} 个（{names}）。",
    ),
    "industries_dropped": (
        "Industries without a known proximity, left out: {names}; {share} of all size.",
        "缺少邻近度而剔除的产业：{names}，占总规模 {share}。",
    ),
    "change": ("Change", "变化"),
    "mean_change": ("Mean change", "平均变化"),
    "no_change": ("No change", "无变化"),
    "agglomerations_title": ("{label}: sizes, shares and growth", "{label}：规模、份额与增长"),
    "shares_file": ("{label}: shares in every period", "{label}：各期份额"),
    "simulated_title": ("Simulated data", "模拟数据"),
    "sum": ("Sum", "合计"),
    "share_in": ("Share {period}", "{period} 年份额"),
    "multiple": ("Growth multiple", "增长倍数"),
    "risk_title": ("Concentration of {label}", "{label} 的集中度"),
    "risk_caption": ("{measure} of {label} over time.", "{label} 的 {measure} 变化。"),
    "risk_high": (
        "Concentration is high: {measure} is above its threshold in {periods}.",
        "集中度偏高：{measure} 在 {periods} 高于阈值。",
    ),
    "level": ("Level of {measure}", "{measure} 等级"),
    "level_low": ("low", "低"),
    "level_moderate": ("moderate", "中"),
    "level_high": ("high", "高"),
    "thresholds_note": (
        "Thresholds, moderate and high: {pairs}. For the Herfindahl index 0.1 and 0.18 are those of the "
        "merger guidelines of 2023: a convention for markets, no measure of risk to the financial system.",
        "阈值（中、高）：{pairs}。赫芬达尔指数的 0.1 与 0.18 取自 2023 年并购指南，属市场集中度的惯例，"
        "并不度量金融体系风险。",
    ),
    "imbalance_title": ("Imbalance of {label} within and between regions", "{label} 的区域差异分解"),
}
