"""What tables say by themselves, in English and Chinese."""

from __future__ import annotations

LANGUAGES = ("en", "zh")

_WORDS: dict[str, tuple[str, str]] = {
    "se": ("Standard errors", "标准误"),
    "t": ("t statistics", "t 统计量"),
    "z": ("z statistics", "z 统计量"),
    "p": ("p-values", "p 值"),
    "in_parentheses": ("{what} in parentheses.", "括号内为{what}。"),
    "stars": ("* p < 0.1, ** p < 0.05, *** p < 0.01.", "* p < 0.1，** p < 0.05，*** p < 0.01。"),
    "weights": ("W: {name}.", "W：{name}。"),
    "weights_made": ("W: {name} ({made}).", "W：{name}（{made}）。"),
    "vcov": ("Standard errors: {words}.", "标准误：{words}。"),
    "vcov_classical": ("classical", "经典公式"),
    "vcov_expected": ("from the expected information", "由期望信息矩阵得出"),
    "vcov_observed": ("from the observed information", "由观测信息矩阵得出"),
    "vcov_robust": ("robust to heteroskedasticity", "异方差稳健"),
    "vcov_hac": (
        "robust to heteroskedasticity and spatial correlation",
        "异方差与空间相关稳健",
    ),
    "vcov_cluster": ("clustered by unit", "按单元聚类"),
    "vcov_driscoll-kraay": ("of Driscoll and Kraay", "Driscoll-Kraay 标准误"),
    "vcov_bootstrap": ("from the wild bootstrap by unit", "按单元的 wild 自助法"),
    "impacts_drawn": (
        "Impacts: standard errors from {drawn} draws (seed {seed}), {rejected} rejected.",
        "影响：标准误由 {drawn} 次抽样得出（种子 {seed}），剔除 {rejected} 次。",
    ),
    "impacts_at": ("Impacts evaluated: {where}.", "影响的取值点：{where}。"),
    "tests_note": (
        "Tests use the {residuals} residuals; p-values in parentheses.",
        "检验采用 {residuals} 残差，括号内为 p 值。",
    ),
    "tests_block": ("Tests for spatial dependence", "空间依赖检验"),
    "ll": ("Log-likelihood", "对数似然"),
    "pseudo_r2": ("Pseudo R²", "伪 R²"),
    "direct": ("Direct impacts", "直接影响"),
    "indirect": ("Indirect impacts", "间接影响"),
    "total": ("Total impacts", "总影响"),
    "short_direct": ("Short-run direct impacts", "短期直接影响"),
    "short_indirect": ("Short-run indirect impacts", "短期间接影响"),
    "short_total": ("Short-run total impacts", "短期总影响"),
    "long_direct": ("Long-run direct impacts", "长期直接影响"),
    "long_indirect": ("Long-run indirect impacts", "长期间接影响"),
    "long_total": ("Long-run total impacts", "长期总影响"),
    "periods": ("{impacts} after {count} periods", "{impacts}（{count} 期后）"),
}


def say(lang: str, key: str, **values: object) -> str:
    """A phrase in a language, with its gaps filled.

    Examples
    --------
    >>> say("en", "in_parentheses", what=say("en", "se"))
    'Standard errors in parentheses.'
    """
    return _WORDS[key][LANGUAGES.index(lang)].format(**values)


def known(key: str) -> bool:
    """Whether there is a phrase of this name."""
    return key in _WORDS
