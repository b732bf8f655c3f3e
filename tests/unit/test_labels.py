"""How terms become labels."""

from __future__ import annotations

import pytest

from spatialfin._labels import has_cjk, label_of

LABELS = {"lq": "Location quotient", "depth": "金融深度", "log(gdp)": "GDP in logs"}


@pytest.mark.parametrize(
    ("term", "expected"),
    [
        ("lq", "Location quotient"),
        ("W(lq)", "W(Location quotient)"),
        ("lq:depth", "Location quotient × 金融深度"),
        ("W(lq:depth)", "W(Location quotient × 金融深度)"),
        ("log(gdp)", "GDP in logs"),
        ("W(log(gdp))", "W(GDP in logs)"),
        ("log(lq)", "log(Location quotient)"),
        ("C(region)[T.East]", "region = East"),
        ("C(region)[T.a:b]", "region = a:b"),
        ("Intercept", "Constant"),
        ("lam", "lambda"),
        ("unknown", "unknown"),
        (":", ":"),
        (2011, "2011"),
    ],
)
def test_a_term_is_composed_from_the_labels_of_its_parts(term: object, expected: str) -> None:
    assert label_of(term, LABELS) == expected


def test_a_label_of_the_whole_term_wins() -> None:
    assert label_of("W(lq)", {"lq": "LQ", "W(lq)": "Spillover"}) == "Spillover"
    assert label_of("Intercept", {"Intercept": "常数项"}) == "常数项"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("区位熵", True),
        ("LQ（高）", True),
        ("LQ (high)", False),
        ("é ö ρ × ²", False),
        ("", False),
        ("𠀀", True),
    ],
)
def test_chinese_is_recognised(text: str, expected: bool) -> None:
    assert has_cjk(text) is expected
