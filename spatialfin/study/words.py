"""Fixed phrases of the page in English and Chinese."""

from __future__ import annotations

from .._phrases import LANGUAGES, Phrases
from . import words_agglomeration, words_features, words_spacetime
from .words_linked import WORDS as _LINKED

__all__ = ["LANGUAGES", "all_words", "has_word", "say"]

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
    "ledger": ("Choices on the way", "处理记录（程序原文）"),
    "quoted": ("{text}", "程序说明（原文）：{text}"),
    "seed": ("Seed of everything random", "随机种子"),
    "step_seed": ("Seed of this step: {seed}.", "本步骤的随机种子：{seed}。"),
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
    "centred": ("{what}, minus its mean", "{what}，减去均值"),
    "log_points": ("log points", "对数点"),
    "log_points_per_year": ("log points per year", "对数点/年"),
    "ratio": ("ratio", "比值"),
    "quotient": (
        "({sector} / {total}) / (sum of {sector} / sum of {total})",
        "({sector} / {total}) / ({sector} 合计 / {total} 合计)",
    ),
    "in_each": ("{what} in each {time}", "{what}，各 {time} 分别计算"),
    "simulated_driver": ("simulated: standard normal draws", "模拟：标准正态随机数"),
    "simulated_outcome": (
        "simulated: (I - {rho} W)^-1 ({beta} driver + standard normal noise)",
        "模拟：(I - {rho} W)^-1 ({beta} driver + 标准正态噪声)",
    ),
    "definition": ("Definition", "定义"),
    "descriptives": ("Descriptive statistics", "描述性统计"),
    "by_period": ("Descriptive statistics by period", "分时期描述性统计"),
    "correlations": ("Correlations", "相关系数"),
    "vif": ("Variance inflation factors", "方差膨胀因子"),
    "vif_note": (
        "Of the regressors of model (1) as they enter it. Above 10, single coefficients say little.",
        "模型 (1) 的解释变量。大于 10 时单个系数的含义有限。",
    ),
    "area_km": ("km", "千米"),
    "area_groups": ("Region", "区域"),
    "area_outside": ("Not in the study", "不在研究区"),
    "area_caption": ("The study area.", "研究区。"),
    "map_both": ("{first} and {second}", "{first}与{second}"),
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
    "panel_size": (
        "{n} observations: {units} units over {count} periods, {span}.",
        "{n} 个观测：{units} 个单元，{count} 个时期，{span}。",
    ),
    "small_panel": (
        "{units} units over {count} periods are few: standard errors are asymptotic and optimistic, and "
        "the unit effects leave only the change within each unit to learn from. A model that fits is no "
        "cause.",
        "{units} 个单元、{count} 个时期属小样本：标准误为渐近近似，偏于乐观；个体效应之后只剩单元内部的变化。"
        "模型拟合并不等于因果。",
    ),
    "scale_lee-yu": (
        "Fixed effects by the transformation of Lee and Yu (2010).",
        "固定效应按 Lee 和 Yu (2010) 的变换处理。",
    ),
    "scale_none": (
        "Likelihood of the demeaned data, without the correction of Lee and Yu (2010).",
        "采用去均值数据的似然，未作 Lee 和 Yu (2010) 的校正。",
    ),
    "panel_models": ("{label}: panel models", "{label}：面板模型"),
    "stable": (
        "{model}: spectral radius {radius}, below 1: the process is stable and has a long run.",
        "{model}：谱半径 {radius}，小于 1，过程稳定，存在长期效应。",
    ),
    "unstable": (
        "{model}: spectral radius {radius}, not below 1: the process is not stable and has no long run.",
        "{model}：谱半径 {radius}，不小于 1，过程不稳定，不存在长期效应。",
    ),
    "tests": ("Specification tests", "模型设定检验"),
    "implied": (
        "At the level of {alpha:.0%} the tests imply: {model}{effects}.",
        "在 {alpha:.0%} 水平上，检验指向：{model}{effects}。",
    ),
    "with_pooled": (" without effects", "，无固定效应"),
    "with_unit": (" with unit effects", "，个体效应"),
    "with_time": (" with period effects", "，时间效应"),
    "with_twoway": (" with unit and period effects", "，双向固定效应"),
    "effects_pooled": ("Pooled", "混合"),
    "effects_unit": ("Unit effects", "个体效应"),
    "effects_time": ("Period effects", "时间效应"),
    "effects_twoway": ("Two-way effects", "双向效应"),
    "statistic": ("Statistic", "统计量"),
    "df": ("df", "自由度"),
    "tests_note": (
        "Weights: {weights}. Null hypotheses: {pairs}.",
        "权重：{weights}。原假设：{pairs}。",
    ),
    "impacts_caption": (
        "Direct, indirect and total impacts of the {model} with 95% intervals{horizon}.",
        "{model} 的直接、间接与总影响及 95% 区间{horizon}。",
    ),
    "short_run": ("short run", "短期"),
    "long_run": ("long run", "长期"),
    "after_periods": ("after {count} periods", "经过 {count} 期"),
    "impact": ("Impact", "影响"),
    "direct": ("Direct", "直接"),
    "indirect": ("Indirect", "间接"),
    "total": ("Total", "总"),
    "horizon": ("Horizon", "期限"),
    "estimate": ("Estimate", "估计值"),
    "std_error": ("Std. error", "标准误"),
    "conf_low": ("95% low", "95% 下限"),
    "conf_high": ("95% high", "95% 上限"),
    "term": ("Term", "项"),
    "indirect_impact": ("Indirect impact", "间接影响"),
    "one_sided_p": ("p (one-sided)", "p（单侧）"),
    "interval_axis": ("Impact with 95% interval", "影响及 95% 区间"),
    "interval_band": ("95% interval", "95% 区间"),
    "turning_point": ("Turning point", "转折点"),
    "impact_of": ("{{impact}} of {{variable}}", "{{variable}}的{{impact}}"),
    "impact_kind": ("{{impact}} impact", "{{impact}}影响"),
    "siphon_less": ("negative", "负"),
    "siphon_greater": ("positive", "正"),
    "siphon_title": ("Is the indirect impact {side}?", "间接影响是否为{side}？"),
    "siphon_note": (
        "One-sided p-values of the normal; the null is no indirect impact, the alternative a {side} one.",
        "正态单侧 p 值；原假设为无间接影响，备择为{side}的间接影响。",
    ),
    "siphon_less_yes": (
        "{variable}: indirect impact {estimate} ({p}): more of it goes with less in the neighbours, as a "
        "siphon effect would have it.",
        "{variable}：间接影响 {estimate}（{p}）：与邻居的下降相伴，符合虹吸效应。",
    ),
    "siphon_less_no": (
        "{variable}: indirect impact {estimate} ({p}): no sign of a siphon effect. That is no proof of none.",
        "{variable}：间接影响 {estimate}（{p}）：未见虹吸效应，但这并不证明其不存在。",
    ),
    "siphon_greater_yes": (
        "{variable}: indirect impact {estimate} ({p}): more of it goes with more in the neighbours.",
        "{variable}：间接影响 {estimate}（{p}）：与邻居的上升相伴。",
    ),
    "siphon_greater_no": (
        "{variable}: indirect impact {estimate} ({p}): no sign of a positive spillover. That is no "
        "proof of none.",
        "{variable}：间接影响 {estimate}（{p}）：未见正向溢出，但这并不证明其不存在。",
    ),
    "marginal_caption": (
        "{kind} impact of {variable} along {moderator}.",
        "{variable} 的{kind}影响随 {moderator} 的变化。",
    ),
    "marginal_title": (
        "{kind} impact of {variable} at values of {moderator}",
        "{variable} 在 {moderator} 各取值处的{kind}影响",
    ),
    "turning": (
        "The impact changes sign at {value}. Of the draws {share} change sign in this range, 95% of these "
        "between {low} and {high}.",
        "影响在 {value} 处变号。{share} 的抽样在此范围内变号，其中 95% 位于 {low} 与 {high} 之间。",
    ),
    "no_turning": (
        "The impact does not change sign in this range; {share} of the draws do.",
        "影响在此范围内不变号；{share} 的抽样变号。",
    ),
    "production_title": ("Production function of {what}", "{what} 的生产函数"),
    "production_note": (
        "Cobb-Douglas in logarithms by {model}, N = {n}. Standard errors by the delta method.",
        "对数形式的柯布—道格拉斯函数，{model}，N = {n}。弹性的标准误由 Delta 方法得到。",
    ),
    "production_factor": ("Factor", "要素"),
    "production_distribution": ("Distribution", "分布"),
    "production_conclusion": ("Conclusion", "结论"),
    "returns_title": ("Returns to scale: do the elasticities sum to one?", "规模报酬：弹性之和是否为 1？"),
    "returns_increasing": ("increasing", "递增"),
    "returns_decreasing": ("decreasing", "递减"),
    "returns_constant": ("constant not rejected", "不拒绝不变"),
    "surface_caption": (
        "{what} over {first} and {second}, other factors at their geometric means.",
        "{what} 随 {first} 与 {second} 的变化，其他要素取几何平均值。",
    ),
    "flows_caption": (
        "The largest impacts of {variable} between units: arrows run from the unit that sends to the one "
        "that receives.",
        "{variable} 在单元之间的最大影响：箭头由发出单元指向接受单元。",
    ),
    "flows_title": ("Impacts of {variable} by unit", "{variable} 的分单元影响"),
    "flows_note": (
        "Own: response of the unit to a change of its own. Sent: sum of the responses of all other units to "
        "it. Received: response of the unit to a change in all others. Net: sent less received.",
        "自身：单元对自身变化的响应。发出：其他单元对该单元变化的响应之和。接受：该单元对其他单元变化的响应之和。"
        "净值：发出减接受。",
    ),
    "flows_own": ("Own", "自身"),
    "flows_received": ("Received", "接受"),
    "flows_sent": ("Sent", "发出"),
    "flows_net": ("Net", "净值"),
    "flows_positive": ("Positive", "正"),
    "flows_negative": ("Negative", "负"),
    "robustness_title": ("{model} over several weights", "不同权重矩阵下的 {model}"),
    "robustness_note": (
        "A higher log-likelihood is no test of one W against another: weights are no parameter.",
        "对数似然较高并非权重矩阵之间的检验：权重不是参数。",
    ),
    "held_spatial": (
        "{term} lies between {low} and {high}; p < 0.05 with {sure} of {n} weights.",
        "{term} 介于 {low} 与 {high} 之间；{n} 个权重中 {sure} 个 p < 0.05。",
    ),
    "held_indirect": (
        "Indirect impact of {term}: between {low} and {high}, positive with {positive} of {n} weights, "
        "p < 0.05 "
        "with {sure}.",
        "{term} 的间接影响：介于 {low} 与 {high} 之间，{n} 个权重中 {positive} 个为正，{sure} 个 p < 0.05。",
    ),
    "weights_correlations": ("Correlations between the weights", "权重矩阵之间的相关系数"),
    "weights_correlations_note": (
        "Over all ordered pairs of units. Agreement between weights that are nearly the same says little.",
        "基于全部有序单元对。几乎相同的权重得出一致结果，说明不了什么。",
    ),
    "heterogeneity_title": ("The specification by {by}", "分{by}估计"),
    "region_head": ("{region} ({n})", "{region}（{n}）"),
    "method_split": (
        "Each region alone, with the links inside it; the number of its units in brackets.",
        "各区域单独估计，仅保留区域内的邻接；括号内为单元数。",
    ),
    "method_interacted": (
        "One model with all links; all coefficients but rho and lambda differ by region. The number of "
        "units in "
        "brackets. Impacts are those of a network in which all units have the coefficients of the region.",
        "同一模型，保留全部邻接；除 rho 与 lambda 外各系数随区域而异。括号内为单元数。"
        "影响为所有单元均取该区域系数时的网络影响。",
    ),
    "equality_coefficients": (
        "Equality of coefficients over the regions (Wald)",
        "各区域系数相等的 Wald 检验",
    ),
    "equality_impacts": ("Equality of impacts over the regions (Wald)", "各区域影响相等的 Wald 检验"),
    "all_coefficients": ("All coefficients", "全部系数"),
    "regions_differ": (
        "That all coefficients are equal over the regions is rejected: Wald {statistic} with {df} degrees "
        "of freedom, {p}.",
        "拒绝各区域系数全部相等：Wald {statistic}，自由度 {df}，{p}。",
    ),
    "regions_alike": (
        "That all coefficients are equal over the regions is not rejected: Wald {statistic} with {df} "
        "degrees "
        "of freedom, {p}.",
        "不拒绝各区域系数全部相等：Wald {statistic}，自由度 {df}，{p}。",
    ),
    "region_East": ("East", "东部"),
    "region_Central": ("Central", "中部"),
    "region_West": ("West", "西部"),
    "region_Northeast": ("Northeast", "东北"),
    **words_agglomeration.WORDS,
    **words_spacetime.WORDS,
    **_LINKED,
    **words_features.WORDS,
}

_PHRASES = Phrases(_WORDS)
say, has_word, all_words = _PHRASES.say, _PHRASES.known, _PHRASES.all
