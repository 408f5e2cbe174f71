"""What is told of URLs."""

from __future__ import annotations

import pytest

from tradewright.adapters.net.url_text import without_queries


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (
            "binance GET https://a.b/c?timestamp=1&signature=ab 403 Forbidden {}",
            "binance GET https://a.b/c 403 Forbidden {}",
        ),
        ("403, url='wss://a.b/c?token=x%20y'", "403, url='wss://a.b/c'"),
        ('GET "/c?k=v?w=x": no', 'GET "/c": no'),
        ("is it? yes = no", "is it? yes = no"),
        ("https://a.b/c", "https://a.b/c"),
    ],
)
def test_a_text_keeps_its_words_and_loses_queries(said: str, told: str) -> None:
    assert without_queries(said) == told
