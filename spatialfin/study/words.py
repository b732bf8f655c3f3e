"""Fixed phrases of the page in English and Chinese."""

from __future__ import annotations

_WORDS: dict[str, tuple[str, str]] = {
    "contents": ("Contents", "目录"),
    "data": ("Data and sample", "数据与样本"),
    "source": ("Source", "来源"),
    "caveats": ("What to know about these figures", "数据说明"),
    "column": ("Column", "列名"),
    "n": ("Units", "单元数"),
    "style": ("Style", "标准化"),
    "links": ("Links", "邻接数"),
    "density": ("Density", "密度"),
    "min_neighbours": ("Fewest neighbours", "最少邻居"),
    "mean_neighbours": ("Mean neighbours", "平均邻居"),
    "max_neighbours": ("Most neighbours", "最多邻居"),
    "islands": ("Islands", "孤立单元"),
    "components": ("Components", "连通分量"),
    "symmetric": ("Symmetric", "对称"),
    "yes": ("yes", "是"),
    "no": ("no", "否"),
    "no_data": ("No data", "无数据"),
    "variables": ("Variables", "变量"),
    "variable": ("Variable", "变量"),
    "unit_of": ("Unit", "单位"),
    "tier": ("Tier of source", "来源等级"),
    "tiers_note": (
        "Tier 1: page of a statistical bureau. Tier 2: copy of a named official document. "
        "Tier 3: secondary copy, not an official page.",
        "等级 1：统计局官方页面；等级 2：具名官方文件的副本；等级 3：二手副本，非官方页面。",
    ),
    "suspicious": ("Suspicious cells, left as the source has them", "存疑数值（按来源保留）"),
    "sample": ("Sample", "样本"),
    "kept": (
        "Sample: {kept} units kept, {dropped} dropped.",
        "样本：保留 {kept} 个单元，剔除 {dropped} 个。",
    ),
    "kept_all": ("Sample: all {kept} units of the layer.", "样本：图层的全部 {kept} 个单元。"),
    "unit": ("Unit", "单元"),
    "year": ("Year", "年份"),
    "reason": ("Reason", "原因"),
    "weights": ("Spatial weights", "空间权重矩阵"),
    "weights_title": ("Summary of the spatial weights", "空间权重矩阵概况"),
    "colophon": ("How this page was made", "本页生成方式"),
    "versions": ("Versions", "软件版本"),
    "inputs": ("Inputs (SHA-256)", "输入文件 (SHA-256)"),
    "ledger": ("Choices on the way", "处理记录"),
    "seed": ("Seed of everything random", "随机种子"),
    "layer": ("Boundary layer", "边界图层"),
    "first_rows": (
        "The first {shown} of {rows} rows; the files hold all.",
        "仅显示 {rows} 行中的前 {shown} 行，完整表格见文件。",
    ),
    "code": ("Code", "代码"),
    "files": ("Files", "文件"),
    "table": ("Table", "表"),
    "figure": ("Figure", "图"),
    "note": ("Note", "注"),
    "warning": ("Caution", "注意"),
    "periods": ("{first} to {last}", "{first} 至 {last}"),
    "rows": ("{rows} rows, {units} units, {periods}.", "{rows} 行，{units} 个单元，{periods}。"),
    "no_periods": ("one cross-section", "单一截面"),
    "gaps": ("{column} is missing (number of units): {where}.", "{column} 缺失：{where}。"),
    "simulated": (
        "SIMULATED: these figures were drawn by a computer and describe no real place.",
        "模拟数据：这些数值由计算机生成，不代表任何真实地区。",
    ),
    "definitions": ("Definitions and moments", "定义与统计量"),
    "definition": ("Definition", "定义"),
    "descriptives": ("Descriptive statistics", "描述性统计"),
    "by_period": ("Descriptive statistics by period", "分时期描述性统计"),
    "correlations": ("Correlations", "相关系数"),
    "vif": ("Variance inflation factors", "方差膨胀因子"),
    "vif_note": (
        "Of the regressors of model (1) as they enter it. Above 10, single coefficients say little.",
        "模型 (1) 的解释变量。大于 10 时单个系数的含义有限。",
    ),
    "map_caption": ("{what}.", "{what}。"),
    "moran_title": ("Moran's I of {label}", "{label} 的莫兰指数"),
    "moran_note": (
        "Weights: {weights}. p-values are two-sided; the permutation p from {permutations} permutations, "
        "seed {seed}.",
        "权重：{weights}。p 值为双侧；置换 p 值来自 {permutations} 次置换，种子 {seed}。",
    ),
    "moran_trend": ("Moran's I of {label} by period.", "{label} 的历年莫兰指数。"),
    "scatter_caption": (
        "Moran scatter plot of {what}: each unit against the mean of its neighbours.",
        "{what} 的莫兰散点图：各单元与其邻居均值。",
    ),
    "lisa_title": ("Local Moran: clusters of {what}", "局部莫兰：{what} 的集聚"),
    "lisa_caption": (
        "Local Moran clusters of {what} (p < {alpha}, {adjust}, {permutations} permutations, seed {seed}).",
        "{what} 的局部莫兰集聚图（p < {alpha}，{adjust}，{permutations} 次置换，种子 {seed}）。",
    ),
    "lisa_counts": (
        "Units with p < {alpha}: {none} without adjustment, {fdr} by the false discovery rate.",
        "p < {alpha} 的单元：未校正 {none} 个，FDR 校正 {fdr} 个。",
    ),
    "lisa_exploratory": (
        "The clusters shown are not adjusted for testing every unit: about {alpha:.0%} of units without any "
        "cluster would be marked.",
        "图中集聚未作多重检验校正：即使没有任何集聚，也约有 {alpha:.0%} 的单元会被标出。",
    ),
    "adjust_none": ("no adjustment", "未校正"),
    "adjust_fdr": ("false discovery rate", "FDR 校正"),
    "adjust_bonferroni": ("Bonferroni", "Bonferroni 校正"),
    "p_normal": ("p (normal)", "p（正态）"),
    "p_permutation": ("p (permutation)", "p（置换）"),
    "expected": ("Expected", "期望"),
    "mean": ("Mean", "均值"),
    "sd": ("SD", "标准差"),
    "min": ("Min", "最小"),
    "max": ("Max", "最大"),
    "lisa_note": (
        "p is two-sided, before adjustment, from {permutations} permutations, seed {seed}; "
        "clusters at {alpha}, {adjust}. Weights: {weights}.",
        "校正前 p 值为双侧，{permutations} 次置换，种子 {seed}；"
        "集聚水平 {alpha}，{adjust}。权重：{weights}。",
    ),
    "High-High": ("High-High", "高-高"),
    "Low-Low": ("Low-Low", "低-低"),
    "Low-High": ("Low-High", "低-高"),
    "High-Low": ("High-Low", "高-低"),
    "Not significant": ("Not significant", "不显著"),
    "No neighbours": ("No neighbours", "无邻居"),
    "Spatial lag": ("Spatial lag", "空间滞后"),
    "cluster": ("Cluster", "类型"),
    "value": ("Value", "数值"),
    "local_i": ("Local I", "局部 I"),
    "trend_caption": ("{label} over time.", "{label} 的变化。"),
    "models": ("{label}: models", "{label}：模型"),
    "diagnostics": ("Tests for spatial dependence", "空间依赖检验"),
    "impacts": ("Impacts: {model}", "影响分解：{model}"),
    "impacts_at": (
        "Terms in a product are evaluated at the sample means of the other factor.",
        "交互项在其他因子的样本均值处取值。",
    ),
    "small_sample": (
        "{n} units and {k} coefficients: standard errors are asymptotic and optimistic, single coefficients "
        "depend on few units. Read signs and sizes, not stars.",
        "{n} 个单元、{k} 个系数：标准误为渐近近似，偏于乐观，系数受少数单元影响；"
        "宜看符号与大小，慎看显著性。",
    ),
    "no_impacts": (
        "OLS and SEM have no spillovers: their coefficients are their impacts.",
        "OLS 与 SEM 没有溢出效应，其系数即影响。",
    ),
    "collinear": (
        "The variance inflation factor of {names} is above 10: these regressors move together, so their "
        "single coefficients are poorly determined.",
        "{names} 的方差膨胀因子大于 10：这些变量高度相关，单个系数难以确定。",
    ),
}

LANGUAGES = ("en", "zh")


def say(lang: str, key: str, **values: object) -> str:
    """A phrase in a language, with its gaps filled.

    Examples
    --------
    >>> say("en", "kept", kept=31, dropped=3)
    'Sample: 31 units kept, 3 dropped.'
    """
    return _WORDS[key][LANGUAGES.index(lang)].format(**values)


def has_word(key: str) -> bool:
    """Whether there is a phrase of this name."""
    return key in _WORDS


def all_words(lang: str) -> dict[str, str]:
    """Every phrase of a language, with its gaps open."""
    return {key: both[LANGUAGES.index(lang)] for key, both in _WORDS.items()}
