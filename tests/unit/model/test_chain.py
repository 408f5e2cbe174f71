"""The chain's hash, against numbers from another program (coreutils' b2sum -l 256), and the framing it relies on."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tradewright.model.chain import GENESIS, Head, extend, framed, frames, link

FIRST = "2e225ec965f2e624eb6c565f018db1e03aaa9b986cb0f18324464920eb83b37b"
SECOND = "9983cdec6ab4d528029ddc5ecbabe9a8b9562fd636a90a977b59f0b1ff71e8e1"
records = st.lists(st.binary(max_size=300), max_size=20)


def test_the_chain_is_what_another_program_computes() -> None:
    assert GENESIS.hex() == "0534fb332c5c4c5486cbb552df5b2a1144fce1552b676d8ed69a75f8357a5946"
    first = link(GENESIS, framed(b""))
    assert first.hex() == FIRST
    assert link(first, framed(b'{"n":1}')).hex() == SECOND
    assert extend(GENESIS, [framed(b""), framed(b'{"n":1}')]).hex() == SECOND


@given(records)
def test_records_that_were_framed_and_joined_come_apart_again(rows: list[bytes]) -> None:
    assert frames(b"".join(framed(row) for row in rows)) == [framed(row) for row in rows]


@given(records, st.integers(1, 10))
def test_a_payload_that_was_cut_is_no_row_of_records(rows: list[bytes], lost: int) -> None:
    payload = b"".join(framed(row) for row in [*rows, b"the last one"])
    assert frames(payload[:-lost]) is None


@given(records, records)
def test_no_two_lists_of_records_share_a_chain(one: list[bytes], two: list[bytes]) -> None:
    assert (extend(GENESIS, map(framed, one)) == extend(GENESIS, map(framed, two))) == (one == two)


@given(records, st.integers(0, 20))
def test_the_hash_does_not_depend_on_where_the_chain_was_interrupted(rows: list[bytes], at: int) -> None:
    whole = extend(GENESIS, map(framed, rows))
    head = Head(at, extend(GENESIS, map(framed, rows[:at])))
    assert extend(head.hash, map(framed, rows[at:])) == whole
