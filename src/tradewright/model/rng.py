# cython: overflowcheck=False
# Unsigned 64-bit wrap-around is this generator's arithmetic; `& _MASK` says so in Python and costs nothing in C.
"""Our own seeded random numbers: the same stream in every run, process and build.

The generator is SFC64 (C. Doty-Humphrey, PractRand; also in numpy, whose numbers the tests compare with): 256 bits of
state, of which 64 are a counter, so no stream is shorter than 2^64 draws. A stream's key is a hash of its seed and of
the labels it was split by; the key, not the position, decides what `split` gives, so a part that draws more or less
never disturbs another part.

Integers and `uniform` are exact everywhere. `normal`, `exponential` and `student_t` use the C library's log and pow:
equal in both builds on one machine, and equal between machines as far as their C libraries round alike.
"""

from __future__ import annotations

import math
from hashlib import blake2b

from tradewright.model.errors import ContractError, InputError

_MASK = 0xFFFFFFFFFFFFFFFF
_KEY_BYTES = 24
_POISSON_MEAN_MAX = 64.0


class Rng:
    """A stream of random numbers, decided by `seed` (any int) alone."""

    __slots__ = ("_key", "_a", "_b", "_c", "_counter", "_spare", "_has_spare")

    def __init__(self, seed: int) -> None:
        self._start(blake2b(str(seed).encode(), digest_size=_KEY_BYTES, person=b"tradewright.rng").digest())

    def split(self, label: str) -> Rng:
        """An independent stream, decided by this stream's key and `label`; nothing is drawn from this one."""
        child = Rng(0)
        child._start(blake2b(label.encode(), digest_size=_KEY_BYTES, key=self._key).digest())
        return child

    def _start(self, key: bytes) -> None:
        self._key = key
        self._a = int.from_bytes(key[0:8], "little")
        self._b = int.from_bytes(key[8:16], "little")
        self._c = int.from_bytes(key[16:24], "little")
        self._counter = 1
        self._spare = 0.0
        self._has_spare = False

    def next_u64(self) -> int:
        """64 random bits."""
        b = self._b
        c = self._c
        bits = (self._a + b + self._counter) & _MASK
        self._counter = (self._counter + 1) & _MASK
        self._a = b ^ (b >> 11)
        self._b = (c + (c << 3)) & _MASK
        self._c = (((c << 24) & _MASK | c >> 40) + bits) & _MASK
        return bits

    def uniform(self) -> float:
        """A double in [0, 1): a multiple of 2^-53, each equally likely."""
        return (self.next_u64() >> 11) * 1.1102230246251565e-16

    def below(self, n: int) -> int:
        """An integer in [0, n), each equally likely; 1 ≤ n < 2^64. Raises ContractError."""
        if not 1 <= n <= _MASK:
            raise ContractError(f"below({n}): the bound must lie between 1 and 2^64 - 1")
        bound = n
        # The first 2^64 mod n values would make small results likelier: they are drawn again.
        unfair = (_MASK - bound + 1) % bound
        bits = self.next_u64()
        while bits < unfair:
            bits = self.next_u64()
        return bits % bound

    def normal(self) -> float:
        """Mean 0, standard deviation 1 (polar method, Marsaglia and Bray 1964); two per acceptance, the second kept."""
        if self._has_spare:
            self._has_spare = False
            return self._spare
        while True:
            u = 2.0 * self.uniform() - 1.0
            v = 2.0 * self.uniform() - 1.0
            w = u * u + v * v
            if 0.0 < w < 1.0:
                break
        factor = math.sqrt(-2.0 * math.log(w) / w)
        self._spare = v * factor
        self._has_spare = True
        return u * factor

    def exponential(self) -> float:
        """Mean 1; scale it by the mean you want."""
        return -math.log(1.0 - self.uniform())

    def student_t(self, df: float) -> float:
        """Student's t with `df` > 0 degrees of freedom (polar method, Bailey 1994); its variance is df / (df - 2)."""
        if not df > 0.0:
            raise ContractError(f"student_t({df}): degrees of freedom must be positive")
        while True:
            u = 2.0 * self.uniform() - 1.0
            v = 2.0 * self.uniform() - 1.0
            w = u * u + v * v
            if 0.0 < w < 1.0:
                return u * math.sqrt(df * (math.pow(w, -2.0 / df) - 1.0) / w)

    def poisson(self, mean: float) -> int:
        """A count with the given mean, 0 ≤ mean ≤ 64: one draw per count and one more (Knuth). Raises ContractError."""
        if not 0.0 <= mean <= _POISSON_MEAN_MAX:
            raise ContractError(f"poisson({mean}): the mean must lie between 0 and {_POISSON_MEAN_MAX:g}")
        limit = math.exp(-mean)
        product = self.uniform()
        count = 0
        while product > limit:
            product *= self.uniform()
            count += 1
        return count

    def state(self) -> str:
        """All there is to know about the stream, as one line of text for `restore`."""
        words = "".join(f"{word:016x}" for word in (self._a, self._b, self._c, self._counter))
        return f"{self._key.hex()}:{words}:{self._spare.hex() if self._has_spare else ''}"

    def restore(self, state: str) -> None:
        """Continue exactly where `state` was taken. Raises InputError if it is no such text, and changes nothing."""
        try:
            key, words, spare = state.split(":")
            key_bytes, word_bytes = bytes.fromhex(key), bytes.fromhex(words)
            if len(key_bytes) != _KEY_BYTES or len(word_bytes) != 32:
                raise ValueError("a part has the wrong length")
            spare_value = float.fromhex(spare) if spare else 0.0
        except ValueError as error:
            raise InputError(f"{state!r} is not the state of a random stream: {error}") from error
        self._key = key_bytes
        self._a = int.from_bytes(word_bytes[0:8], "big")
        self._b = int.from_bytes(word_bytes[8:16], "big")
        self._c = int.from_bytes(word_bytes[16:24], "big")
        self._counter = int.from_bytes(word_bytes[24:32], "big")
        self._spare = spare_value
        self._has_spare = bool(spare)
