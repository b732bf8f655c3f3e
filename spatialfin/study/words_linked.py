"""Phrases of a linked page and of its step in English and Chinese; the page fills their gaps."""

WORDS: dict[str, tuple[str, str]] = {
    "linked_title": ("Linked maps", "联动地图"),
    "linked_value": ("Value", "取值"),
    "linked_z": ("Standardised value (z)", "标准化值（z）"),
    "linked_lag": ("Spatial lag of z", "z 的空间滞后"),
    "linked_moran": ("Moran's I", "Moran's I"),
    "linked_scatter": ("Moran's I = {I}, p = {p}", "Moran's I = {I}，p = {p}"),
    "linked_undefined": ("Moran's I is not defined here", "此处 Moran's I 无定义"),
    "linked_trend": ("Moran's I by period (filled: p ≤ {alpha})", "各期 Moran's I（实心：p ≤ {alpha}）"),
    "linked_clusters": ("Local clusters (p ≤ {alpha}, {adjust})", "局部聚类（p ≤ {alpha}，{adjust}）"),
    "linked_hatched": ("No data (hatched)", "无数据（斜线）"),
    "linked_not_defined": ("Not defined", "无定义"),
    "linked_hint": (
        "Drag over a map or the scatter plot to select units; drag the frame to move it. Double-click or Esc "
        "clears it. Point at a unit to see it everywhere.",
        "在地图或散点图上拖动即可选择单元，拖动方框可移动选区，双击或按 Esc 清除；指向某单元，各图同时标出。",
    ),
    "linked_all": ("All {all} units, mean {mean}.", "全部 {all} 个单元，均值 {mean}。"),
    "linked_selected": (
        "{n} of {all} units selected, mean {mean} (all: {overall}).",
        "已选 {n} / {all} 个单元，均值 {mean}（全部：{overall}）。",
    ),
    "linked_slopes": (
        "Slope of the scatter plot: {inside} for the selected (orange line), {outside} for the others, "
        "{overall} for all.",
        "散点图斜率：已选 {inside}（橙色线），其余 {outside}，全部 {overall}。",
    ),
    "linked_table": ("Units, those selected when there is a selection", "单元表（有选择时仅列所选）"),
    "linked_clear": ("Clear selection", "清除选择"),
    "linked_more": ("The first {shown} of {n} rows.", "前 {shown} 行，共 {n} 行。"),
    "linked_none": ("No unit is selected.", "未选中任何单元。"),
    "linked_empty": (
        "{variable} has no value in any unit: there is nothing to map, and no statistic.",
        "{variable} 在所有单元均无数据：无可绘制，亦无统计量。",
    ),
    "linked_few": (
        "{variable} has values in {n} units only: Moran's I and clusters need at least 4.",
        "{variable} 仅有 {n} 个单元有数据：Moran's I 与局部聚类至少需要 4 个。",
    ),
    "linked_constant": (
        "{variable} is the same in every unit: Moran's I and clusters are not defined.",
        "{variable} 在各单元取值相同：Moran's I 与局部聚类无定义。",
    ),
    "linked_no_links": (
        "No unit with a value has a neighbour under {weights}: Moran's I and clusters are not defined.",
        "在 {weights} 下有数据的单元均无邻居：Moran's I 与局部聚类无定义。",
    ),
    "linked_partial": (
        "{n} of {all} units have a value: the statistics are theirs, with the links among them.",
        "{all} 个单元中有 {n} 个有数据：统计量仅据这些单元及其之间的邻接。",
    ),
    "linked_quiet": (
        "No cluster is left after adjusting for many tests ({adjust}); units with p ≤ {alpha} before it: "
        "{n}.",
        "多重检验校正（{adjust}）后无显著聚类；校正前有 {n} 个单元 p ≤ {alpha}。",
    ),
    "linked_adjust_none": ("not adjusted", "未校正"),
    "linked_adjust_fdr": ("FDR", "FDR"),
    "linked_adjust_bonferroni": ("Bonferroni", "Bonferroni"),
    "linked_about": (
        "Two-sided permutation p-values ({permutations} draws, seed {seed}); adjustment of the clusters for "
        "many tests: {adjust}; classes of the map are those of all periods together.",
        "双侧置换检验 p 值（{permutations} 次，种子 {seed}）；聚类的多重检验校正：{adjust}；"
        "地图分级由各期数据合并得出。",
    ),
    "linked_no_script": (
        "This page draws its charts with the script it carries. Allow scripts for it to see them.",
        "本页以自带脚本绘图，请允许脚本运行。",
    ),
    "linked_link": (
        "Open the linked maps of {label}: map, clusters, Moran scatter plot and table, brushed together.",
        "打开 {label} 的联动地图：地图、局部聚类、Moran 散点图与表格同步选择。",
    ),
    "linked_size": (
        "One file of {size} MB with everything in it; it needs no network.",
        "单个文件（{size} MB），内容齐全，无需联网。",
    ),
}
