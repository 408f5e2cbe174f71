"""Our random numbers, against numpy's SFC64 and against textbook formulas fed by it; exact in either build."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradewright.model.errors import ContractError, InputError
from tradewright.model.rng import Rng

SEEDS = (0, 1, -1, 2**64, 20240501, 10**40)
DRAWS = 20_000


def peer_of(rng: Rng) -> np.random.Generator:
    """numpy's generator at the same place of the same stream."""
    words = rng.state().split(":")[1]
    peer = np.random.SFC64()
    state = peer.state
    state["state"]["state"] = np.array([int(words[i : i + 16], 16) for i in range(0, 64, 16)], dtype=np.uint64)
    peer.state = state
    return np.random.Generator(peer)


@pytest.mark.parametrize("seed", SEEDS)
def test_bits_and_uniforms_are_those_of_numpy(seed: int) -> None:
    rng = Rng(seed)
    peer = peer_of(rng)
    assert [rng.next_u64() for _ in range(DRAWS)] == peer.bit_generator.random_raw(DRAWS).tolist()
    assert [rng.uniform() for _ in range(DRAWS)] == peer.random(DRAWS).tolist()


def test_the_counter_wraps_as_numpys_does() -> None:
    key, words, _ = Rng(1).state().split(":")
    rng = Rng(1)
    rng.restore(f"{key}:{words[:48]}{'f' * 16}:")
    peer = peer_of(rng)
    assert [rng.next_u64() for _ in range(5)] == peer.bit_generator.random_raw(5).tolist()


def polar(uniform: Callable[[], float]) -> tuple[float, float, float]:
    while True:
        u, v = 2.0 * uniform() - 1.0, 2.0 * uniform() - 1.0
        w = u * u + v * v
        if 0.0 < w < 1.0:
            return u, v, w


def test_normals_are_the_polar_method_of_the_uniforms() -> None:
    rng = Rng(3)
    uniform = peer_of(rng).random
    for _ in range(2_000):
        u, v, w = polar(uniform)
        factor = math.sqrt(-2.0 * math.log(w) / w)
        assert (rng.normal(), rng.normal()) == (u * factor, v * factor)


def test_exponentials_students_and_poissons_are_their_formulas() -> None:
    rng = Rng(4)
    uniform = peer_of(rng).random
    for draw in range(2_000):
        assert rng.exponential() == -math.log(1.0 - uniform())
        df = 2.5 + draw % 9
        u, _, w = polar(uniform)
        assert rng.student_t(df) == u * math.sqrt(df * (w ** (-2.0 / df) - 1.0) / w)
        mean, count, product = draw % 7 * 0.5, 0, uniform()
        while product > math.exp(-mean):
            count, product = count + 1, product * uniform()
        assert rng.poisson(mean) == count


def test_moments_are_those_of_the_distributions() -> None:
    rng, n = Rng(5), 100_000
    normal = np.array([rng.normal() for _ in range(n)])
    assert abs(normal.mean()) < 0.02
    assert abs(normal.var() - 1.0) < 0.03
    assert abs((normal**4).mean() - 3.0) < 0.15
    student = np.array([rng.student_t(8.0) for _ in range(n)])
    assert abs(student.var() - 8.0 / 6.0) < 0.05
    assert 3.8 < (student**4).mean() / student.var() ** 2 < 5.5
    poisson = np.array([rng.poisson(2.5) for _ in range(n)])
    assert abs(poisson.mean() - 2.5) < 0.03
    assert abs(poisson.var() - 2.5) < 0.06


@pytest.mark.parametrize("n", [1, 2, 3, 10, 2**32 + 1, 2**63, 2**63 + 2**62, 2**64 - 1])
def test_below_stays_below_and_draws_unfair_bits_again(n: int) -> None:
    rng = Rng(6)
    peer = peer_of(rng)
    raw = iter(peer.bit_generator.random_raw(1_000).tolist())
    fair = (bits % n for bits in raw if bits >= 2**64 % n)
    assert [rng.below(n) for _ in range(100)] == [next(fair) for _ in range(100)]


def test_below_is_even_over_its_range() -> None:
    rng = Rng(7)
    counts = np.bincount([rng.below(10) for _ in range(100_000)], minlength=10)
    chi_square = ((counts - 10_000.0) ** 2 / 10_000.0).sum()
    assert chi_square < 27.9  # 9 degrees of freedom, 0.1 %


def test_split_depends_on_seed_and_label_and_not_on_what_was_drawn() -> None:
    fresh, used = Rng(8), Rng(8)
    for _ in range(10):
        used.normal()
    assert fresh.split("ACME").state() == used.split("ACME").state()
    streams = [Rng(8), Rng(9).split("ACME")]
    streams += [Rng(8).split(label) for label in ("ACME", "acme", "", "ACME ", "ÅÆ")]
    streams += [Rng(8).split("a").split("b"), Rng(8).split("b").split("a"), Rng(8).split("ab")]
    assert len({stream.next_u64() for stream in streams}) == len(streams)


def test_split_streams_are_not_correlated() -> None:
    a, b = Rng(8).split("1"), Rng(8).split("2")
    pairs = np.array([(a.normal(), b.normal()) for _ in range(20_000)])
    assert abs(np.corrcoef(pairs.T)[0, 1]) < 0.03


@given(seed=st.integers(), draws=st.integers(0, 20))
def test_a_restored_stream_goes_on_exactly(seed: int, draws: int) -> None:
    rng, copy = Rng(seed), Rng(0)
    for _ in range(draws):
        rng.normal()
        rng.below(3)
    copy.restore(rng.state())
    assert copy.state() == rng.state()
    assert [copy.normal() for _ in range(5)] == [rng.normal() for _ in range(5)]
    assert copy.split("x").next_u64() == rng.split("x").next_u64()


@pytest.mark.parametrize(
    "state", ["", "::", "00:00:", f"{'0' * 48}:{'0' * 62}-1:", f"{'0' * 48}:{'0' * 64}:zero", f"{'g' * 48}:{'0' * 64}:"]
)
def test_a_damaged_state_is_refused_and_changes_nothing(state: str) -> None:
    rng = Rng(1)
    before = rng.state()
    with pytest.raises(InputError, match="random stream"):
        rng.restore(state)
    assert rng.state() == before


@pytest.mark.parametrize(
    "draw",
    [
        lambda rng: rng.below(0),
        lambda rng: rng.below(-3),
        lambda rng: rng.below(2**64),
        lambda rng: rng.student_t(0.0),
        lambda rng: rng.student_t(math.nan),
        lambda rng: rng.poisson(-0.1),
        lambda rng: rng.poisson(64.5),
        lambda rng: rng.poisson(math.nan),
    ],
)
def test_what_can_not_be_drawn_is_refused(draw: Callable[[Rng], object]) -> None:
    with pytest.raises(ContractError):
        draw(Rng(1))
