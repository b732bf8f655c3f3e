"""What the tables of the study say, in Chinese; the keys are the English phrases."""

from __future__ import annotations

from .._phrases import Phrases

_CHINESE = {
    # Variables
    "asset": "资产",
    "employment": "就业",
    "output": "产出",
    "Firm age": "企业年龄",
    "Log(sales)": "ln(销售收入)",
    "Log(labor)": "ln(从业人数)",
    "Log(asset)": "ln(资产)",
    "Log(employment)": "ln(就业)",
    "Log(value added)": "ln(增加值)",
    "Log(value added2)": "ln(增加值 2)",
    "Debt/asset": "负债/资产",
    "Fixed asset/total asset": "固定资产/总资产",
    "Fixed asset/asset": "固定资产/资产",
    "Private share%": "民营份额（%）",
    "HMT share%": "港澳台份额（%）",
    "Other foreign share%": "其他外资份额（%）",
    "Private%": "民营（%）",
    "HMT%": "港澳台（%）",
    "Other foreign%": "其他外资（%）",
    "Export/sales": "出口/销售",
    "Exporter": "出口企业",
    "Accounts receivable/revenue": "应收账款/收入",
    "Accounts payable/total debt": "应付账款/总负债",
    "Constant": "常数项",
    "minimum asset": "最低资产",
    "5 percentile level of asset": "资产第 5 百分位数",
    "10 percentile asset": "资产第 10 百分位数",
    "Log(average number of firms), all firms": "ln(平均企业数)，全部企业",
    "Log(average number of firms), small firms": "ln(平均企业数)，小企业",
    "Log(average number of firms)": "ln(平均企业数)",
    "accounts payable/total debt": "应付账款/总负债",
    "accounts receivable/revenue": "应收账款/收入",
    "export/sales": "出口/销售",
    "exporter": "出口企业",
    "log(value added1)": "ln(增加值 1)",
    "log(value added2)": "ln(增加值 2)",
    # Rows and headings
    "Minimum asset in {year}": "{year} 年最低资产",
    "5 percentile asset in {year}": "{year} 年资产第 5 百分位数",
    "10 percentile asset in {year}": "{year} 年资产第 10 百分位数",
    "Proximity in {year} (w={size})": "{year} 年邻近度（权重：{size}）",
    "Proximity {year} (w={size})": "{year} 年邻近度（权重：{size}）",
    "Proximity_{size}": "邻近度（{size}）",
    "Log(average firm number) in {year}": "{year} 年 ln(平均企业数)",
    "Dependent variable={name}": "被解释变量：{name}",
    "Dependent variable={name} in {year}": "被解释变量：{year} 年{name}",
    "Minimum asset {year} (in millions)": "{year} 年最低资产（百万元）",
    "Year{year:02d}": "年份 {year:02d}",
    "{name}*year{year:02d}": "{name} × 年份 {year:02d}",
    "All firms": "全部企业",
    "Small firms": "小企业",
    "Observations": "观测数",
    "R-squared": "R²",
    "Gross Industrial Output (trillions of RMB, at current prices)": "工业总产值（万亿元，当年价）",
    "Sample (1)": "样本 (1)",
    "Statistical Yearbook (2)": "统计年鉴 (2)",
    "Panel A: county-level variables": "A：县级变量",
    "Panel B: firm-level variables": "B：企业变量",
    "Mean": "均值",
    "SD": "标准差",
    "Min": "最小",
    "Max": "最大",
    "Outcome": "结果变量",
    "Proximity": "邻近度",
    "Estimate": "估计值",
    "SD of proximity": "邻近度标准差",
    "Effect of one SD": "一个标准差的影响",
    "Mean of outcome": "结果变量均值",
    "% of mean": "占均值（%）",
    "95% low": "95% 下限",
    "95% high": "95% 上限",
    "Lowest to highest": "最低至最高",
    "Gain in R²": "R² 增量",
    # Titles
    "Comparing sample with aggregate data": "样本与总量数据的比较",
    "Summary statistics of variables used in regressions": "回归变量的描述性统计",
    "Minimum level of assets and proximity at county level": "县级最低资产与邻近度",
    "Trade credit and proximity at firm level": "企业商业信用与邻近度",
    "Effects of proximity on firm number": "邻近度对企业数的影响",
    "Proximity and export": "邻近度与出口",
    "Proximity and total factor productivity": "邻近度与全要素生产率",
    "Size of the effects of proximity": "邻近度影响的大小",
    # Notes
    "Simulated firms: no real firm or county.": "模拟企业：不代表任何真实企业或县。",
    "HMT stands for firms owned by Hong Kong, Macao and Taiwan.": "港澳台指港、澳、台商投资企业。",
    "Sample includes only firms that are surveyed in both years.": "样本仅含两年均被调查的企业。",
    "Firms that are surveyed in both years.": "两年均被调查的企业。",
    "Year{short:02d} is a dummy variable for {year}.": "年份 {short:02d} 为 {year} 年的虚拟变量。",
    "Minimum asset is the lowest amount, the lowest 5 percentile, and the lowest 10 percentile of assets "
    "among firms at the county level in {year} (in millions of RMB), respectively, in the three panels.": (
        "三个部分的最低资产依次为 {year} 年县内企业资产的最小值、第 5 百分位数与第 10 百分位数（百万元）。"
    ),
    "R-squared gained by proximity, minimum asset, on the same counties: {gained}.": (
        "最低资产回归中邻近度带来的 R² 增量（相同的县）：{gained}。"
    ),
    "The number of firms is that of the county; small firms have an output below {limit:g} million yuan.": (
        "企业数为县内企业数；小企业指产出低于 {limit:g} 百万元的企业。"
    ),
    "Rows left out because a variable is missing: {incomplete}; firms that are then in one year only "
    "(singletons): {singletons}.": "因变量缺失而剔除的行：{incomplete}；此后仅见于一年的企业：{singletons}。",
    "{least:,} to {most:,}": "{least:,} 至 {most:,}",
    "The symbols *, **, and *** stand for significance level at 10%, 5%, and 1%, respectively. Standard "
    "errors {kind} are in parentheses.": "*、**、*** 分别表示 10%、5%、1% 的显著性水平。括号内为{kind}。",
    "robust to heteroskedasticity": "异方差稳健标准误",
    "clustered by county": "按县聚类的标准误",
    "Fixed effects of the province.": "含省份固定效应。",
    "One standard deviation of proximity over the rows of the regression, in percent of the mean outcome; "
    "for outcomes in logs, the percentage by which the outcome itself changes. The interval is that of the "
    "estimate.": (
        "邻近度在回归样本中的一个标准差所对应的变化，以结果变量均值的百分比计；结果变量取对数时为其自身变化的百分比。"
        "区间为估计值的区间。"
    ),
    "Gain in R²: against the regression without proximity on the same counties.": (
        "R² 增量：与相同县、不含邻近度的回归相比。"
    ),
    "Left out: {number:,} {reason}.": "未计入：{reason} {number:,} 个。",
    "Left out: {number:,} {reason} ({examples}).": "未计入：{reason} {number:,} 个（{examples}）。",
    "counties with firms in one year only": "仅一年有企业的县",
    "counties without proximity in {year}": "{year} 年缺少邻近度的县",
    "outcomes that no county has in both years": "没有任何县两年齐全的结果变量",
    "firms surveyed in one year only": "仅一年被调查的企业",
    "rows of firms in counties without proximity": "缺少邻近度的县内的企业行",
}

say = Phrases({english: (english, chinese) for english, chinese in _CHINESE.items()}).say
