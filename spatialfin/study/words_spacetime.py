"""Phrases of the steps on autocorrelation and on space and time, in English and Chinese."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
    "ac_title": ("Spatial autocorrelation", "空间自相关"),
    "ac_note": (
        "Weights: {weights}. {permutations} permutations, seed {seed}; p-values of the whole table adjusted: "
        "{adjust}.",
        "权重：{weights}。置换 {permutations} 次，种子 {seed}；全表 p 值校正：{adjust}。",
    ),
    "ac_statistic": ("Statistic", "统计量"),
    "ac_value": ("Value", "值"),
    "ac_p_adjusted": ("p (adjusted)", "p（校正）"),
    "ac_moran": ("Moran's I", "Moran's I"),
    "ac_moran_differential": ("Differential Moran's I", "差分 Moran's I"),
    "ac_moran_bivariate": ("Bivariate Moran's I", "双变量 Moran's I"),
    "ac_moran_rate": ("Moran's I of rates", "比率的 Moran's I"),
    "ac_per": ("{events} per {population}", "{events}/{population}"),
    "moran_band": ("Without autocorrelation", "无自相关"),
    "ac_geary": ("Geary's C", "Geary's C"),
    "ac_getis_ord": ("Getis-Ord G", "Getis-Ord G"),
    "ac_join_bb": ("Joins 1-1", "1-1 连接"),
    "ac_join_bw": ("Joins 1-0", "1-0 连接"),
    "ac_join_ww": ("Joins 0-0", "0-0 连接"),
    "decay_distance": ("Distance from the centre, km", "距中心距离（千米）"),
    "decay_profile": ("Profile", "剖面"),
    "decay_band": ("band", "区间"),
    "decay_units": ("Units", "单元"),
    "decay_estimate": ("Profile", "剖面"),
    "decay_conf_low": ("{level} low", "{level} 下限"),
    "decay_conf_high": ("{level} high", "{level} 上限"),
    "decay_place": ("longitude {longitude}, latitude {latitude}", "经度 {longitude}、纬度 {latitude}处"),
    "decay_caption": (
        "{what} over the distance from {centre}, with a pointwise {level} band from {draws} bootstrap "
        "samples of units (seed {seed}).",
        "{what}随距{centre}距离的变化；{level} 逐点区间来自对单元的 {draws} 次自助抽样（种子 {seed}）。",
    ),
    "decay_bandwidth": (
        "Local-linear, Gaussian kernel, bandwidth {width} km.",
        "局部线性估计，高斯核，带宽 {width} 千米。",
    ),
    "decay_title": ("{what} by distance from {centre}", "{what}：按距{centre}的距离"),
    "decay_note": (
        "Great-circle distances between centroids. Units: in the bin, or within one bandwidth. The band "
        "takes units as independent ({draws} bootstrap samples, seed {seed}).",
        "距离为几何中心间的大圆距离；单元数为组内或一个带宽之内的单元。区间假定单元相互独立"
        "（自助抽样 {draws} 次，种子 {seed}）。",
    ),
    "decay_file": ("The whole profile", "完整剖面"),
    "decay_curve": ("Curve of decay", "距离衰减曲线"),
    "decay_parameter": ("Parameter", "参数"),
    "decay_exponential": (
        "ln y = a - b d, d in km; R² {r2}, {n} units; robust standard errors.",
        "ln y = a - b d，d 以千米计；R² {r2}，{n} 个单元；稳健标准误。",
    ),
    "decay_power": (
        "ln y = a - b ln d, d in km; R² {r2}, {n} units; robust standard errors.",
        "ln y = a - b ln d，d 以千米计；R² {r2}，{n} 个单元；稳健标准误。",
    ),
    "decay_half": (
        "y halves in {km} km (standard error {error}).",
        "y 每 {km} 千米减半（标准误 {error}）。",
    ),
    "decay_dropped": ("Units left out because they lie at distance 0: {n}.", "剔除距离为 0 的单元：{n} 个。"),
    "local_title": ("{name}: clusters of {what}", "{name}：{what} 的集聚"),
    "local_caption": (
        "{name}: clusters of {what} (p < {alpha}, {adjust}, {permutations} permutations, seed {seed}).",
        "{name}：{what} 的集聚图（p < {alpha}，{adjust}，{permutations} 次置换，种子 {seed}）。",
    ),
    "lisa_moran": ("Local Moran", "局部莫兰"),
    "lisa_moran_bivariate": ("Bivariate local Moran", "双变量局部莫兰"),
    "lisa_geary": ("Local Geary", "局部 Geary"),
    "lisa_g": ("Local G", "局部 G"),
    "lisa_g_star": ("Local G*", "局部 G*"),
    "lisa_geary_value": ("Local c", "局部 c"),
    "lisa_g_value": ("Local G", "局部 G"),
    "lisa_g_star_value": ("G*", "G*"),
    "lisa_pair": ("{column}, and {lagged} of the neighbours", "{column}与邻域{lagged}"),
    "lisa_moran_bivariate_note": (
        "The first word of a cluster is about the unit, the second about its neighbours. Correlation of both "
        "columns in the same unit makes such clusters too.",
        "类型的前一字指本单元，后一字指其邻域。两变量在同一单元内的相关也会造成此类集聚。",
    ),
    "lisa_geary_note": (
        "Other positive: like the neighbours, across the mean. Negative: unlike them.",
        "“其他正相关”：与邻域相近但跨越均值；“负相关”：与邻域相异。",
    ),
    "Hot spot": ("Hot spot", "热点"),
    "Cold spot": ("Cold spot", "冷点"),
    "Other positive": ("Other positive", "其他正相关"),
    "Negative": ("Negative", "负相关"),
    "st_markov": ("Markov chains of classes", "马尔可夫链"),
    "st_convergence": ("Sigma convergence", "σ 收敛"),
    "st_ellipse": ("Gravity centre and standard deviational ellipse", "重心与标准差椭圆"),
    "st_density": ("Evolution of the distribution", "核密度演进"),
    "st_all": ("All", "全部"),
    "st_neighbours": ("Neighbours in class {number}", "邻域类别 {number}"),
    "st_before": ("Class before", "转移前类别"),
    "st_after": ("Class after", "转移后类别"),
    "st_markov_caption": (
        "Transition probabilities of {what}: all units, then given the class of their neighbours "
        "(weights: {weights}).",
        "{what}的转移概率矩阵：全部单元及按邻域类别（权重：{weights}）。",
    ),
    "st_tests": (
        "Do neighbours matter? Null: the same chain given any neighbours",
        "邻域影响检验（原假设：无邻域影响）",
    ),
    "st_statistic": ("Statistic", "统计量"),
    "st_value": ("Value", "值"),
    "st_df": ("df", "自由度"),
    "st_p": ("p", "p 值"),
    "st_steady": (
        "Long-run share of each class, by class of the neighbours",
        "各类别的长期份额（按邻域类别）",
    ),
    "st_class": ("Class {number}", "类别 {number}"),
    "st_group": ("Neighbours", "邻域"),
    "st_steady_note": (
        "A blank row: the chain has no unique steady state.",
        "空行：该链没有唯一的稳态分布。",
    ),
    "st_sd_log": ("Standard deviation of logarithms", "对数标准差"),
    "st_cv": ("Coefficient of variation", "变异系数"),
    "st_mean": ("Mean", "均值"),
    "st_sigma_caption": ("Dispersion of {what} among units.", "{what}的离散程度。"),
    "st_sigma_change": (
        "The standard deviation of logarithms is {first:.4f} in {start} and {last:.4f} in {end} ({p}). "
        "Its trend is {slope:.5f} a year ({trend_p}).",
        "对数标准差：{start} 年为 {first:.4f}，{end} 年为 {last:.4f}（{p}）；"
        "年均变化 {slope:.5f}（{trend_p}）。",
    ),
    "st_path": ("Path of the centre", "重心轨迹"),
    "st_ellipse_caption": (
        "Standard deviational ellipses of {what} in the first and the last period, and the path of the "
        "centre.",
        "{what}的标准差椭圆（首末期）与重心轨迹。",
    ),
    "st_longitude": ("Longitude", "经度"),
    "st_latitude": ("Latitude", "纬度"),
    "st_major_km": ("Semi-major axis, km", "长半轴（千米）"),
    "st_minor_km": ("Semi-minor axis, km", "短半轴（千米）"),
    "st_rotation": ("Rotation, degrees", "方位角（度）"),
    "st_km": ("Move, km", "移动（千米）"),
    "st_direction": ("Direction", "方向"),
    "st_ellipse_note": (
        "Weighted by {what}. Semi-axes of {axes} standard deviations; rotation clockwise from north.",
        "以{what}为权重；半轴为 {axes} 倍标准差；方位角自正北顺时针。",
    ),
    "st_density_axis": ("Density", "密度"),
    "st_ridge_caption": ("Kernel densities of {what} by period.", "{what}的核密度（分时期）。"),
    "st_surface_caption": ("The same densities as a surface.", "核密度三维曲面。"),
    "st_sd": ("Standard deviation", "标准差"),
    "st_bandwidth": ("Bandwidth", "带宽"),
    "st_modes": ("Modes", "峰数"),
    "st_beta": ("Beta convergence", "β 收敛"),
    "st_beta_title": ("Growth of {what} on its initial level", "{what}的增长对初始水平的回归"),
    "st_beta_cross-section": (
        "Growth in log points a year from the first to the last period.",
        "增长为首末期间年均对数增长率。",
    ),
    "st_beta_panel": (
        "Growth in log points a year over every step; unit effects make the speed of a short panel too high.",
        "增长为逐期年均对数增长率；短面板中个体效应会高估速度。",
    ),
    "st_beta_note": (
        "Speed: share of the gap closed a year. A blank half-life: no convergence.",
        "速度为每年缩小差距的百分比；半衰期空白表示不收敛。",
    ),
    "st_beta_models": ("Growth regressions of {what}", "{what}的增长回归"),
    "st_growth": ("Growth of {what}", "{what}的增长"),
    "st_initial": ("Log initial {what}", "初始{what}的对数"),
    "st_model": ("Model", "模型"),
    "st_std_error": ("Standard error", "标准误"),
    "st_speed": ("Speed, % a year", "收敛速度（%/年）"),
    "st_half_life": ("Half-life, years", "半衰期（年）"),
    "st_clubs": ("Convergence clubs", "收敛俱乐部"),
    "st_clubs_title": ("Convergence clubs of {what}", "{what}的收敛俱乐部"),
    "st_clubs_note": (
        "log-t test: a group converges unless t < -1.65; α is the speed b / 2.",
        "log t 检验：t < -1.65 时拒绝收敛；α 为收敛速度 b / 2。",
    ),
    "st_logt": (
        "All units together: b = {b:.3f}, t = {t:.2f}; convergence is rejected where t < -1.65.",
        "全部单元：b = {b:.3f}，t = {t:.2f}；t < -1.65 时拒绝收敛。",
    ),
    "st_alpha": ("Speed α", "速度 α"),
    "st_club": ("Club", "俱乐部"),
    "st_members": ("Members", "成员"),
    "st_divergent": ("Divergent", "发散"),
    "st_rose": ("Directions of change", "方向 LISA"),
    "st_rose_caption": (
        "Directions in which units and their neighbours moved in {what} relative to the mean, {start} to "
        "{end}; smallest p of a sector before adjustment: {p} ({permutations} permutations, seed {seed}).",
        "{start}–{end} 年单元及其邻域的{what}（相对均值）变动方向；扇区最小 p 值（未校正）：{p}"
        "（置换 {permutations} 次，种子 {seed}）。",
    ),
    "st_sectors": ("Moves by direction", "分方向的变动"),
    "st_sector": ("Direction, degrees", "方向（度）"),
    "st_units": ("Units", "单元数"),
    "st_sector_note": (
        "Counter-clockwise from a gain of the unit alone; at 90 degrees the neighbours alone gain. p-values "
        "before adjustment.",
        "自“仅本单元上升”起逆时针计；90 度为仅邻域上升。p 值未校正。",
    ),
    "st_gains": ("Unit gains", "本地上升"),
    "st_neighbours_gain": ("Neighbours gain", "邻域上升"),
    "st_loses": ("Unit loses", "本地下降"),
    "st_neighbours_lose": ("Neighbours lose", "邻域下降"),
    "st_expected": ("Expected", "期望"),
    "st_significant": ("Significant", "显著"),
}
