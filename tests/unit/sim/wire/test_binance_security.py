"""Who may call: signatures over the bytes as they came, the time of a call, keys and what they permit."""

from __future__ import annotations

import hmac
from base64 import b64encode
from typing import Any
from urllib.parse import quote

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.unit.sim.wire.binance_client import MS_NS, START, Client, EdClient
from tradewright.sim.wire.binance import Credential

NOW_MS = START // MS_NS
BAD = {"code": -1022, "msg": "Signature for this request is not valid."}
LATE = {"code": -1021, "msg": "Timestamp for this request is outside of the recvWindow."}
EARLY = {"code": -1021, "msg": "Timestamp for this request was 1000ms ahead of the server's time."}
ORDER = "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=90.00"


def missing(name: str) -> dict[str, object]:
    return {"code": -1102, "msg": f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed."}


def test_hmac_signs_the_query_the_body_or_both_joined_without_a_separator() -> None:
    client = Client()
    stamp = f"timestamp={NOW_MS}"
    for query, body in ((f"{ORDER}&{stamp}", ""), ("", f"{ORDER}&{stamp}"), (ORDER, stamp), (stamp, ORDER)):
        mac = client.sign(query + body)
        if body:
            placed = client.send("POST", "/order", query, f"{body}&signature={mac}".encode())
        else:
            placed = client.send("POST", "/order", f"{query}&signature={mac}")
        assert placed.get("status") == "NEW", (query, body, placed)


def test_the_signature_may_stand_first_or_in_the_other_part_and_is_hex_of_either_case() -> None:
    client = Client()
    stamp = f"timestamp={NOW_MS}"
    mac = client.sign(ORDER + stamp)
    assert client.send("POST", "/order", f"{ORDER}&signature={mac.upper()}", stamp.encode())["status"] == "NEW"
    mac = client.sign(f"{ORDER}&{stamp}")
    assert client.send("POST", "/order", f"signature={mac}&{ORDER}&{stamp}")["status"] == "NEW"


def test_the_bytes_are_signed_and_not_what_they_mean() -> None:
    client = Client()
    encoded = f"newClientOrderId=a%2Db&{ORDER}&timestamp={NOW_MS}"
    meant = encoded.replace("%2D", "-")
    assert client.send("POST", "/order", f"{encoded}&signature={client.sign(meant)}") == BAD
    assert client.send("POST", "/order", f"{encoded}&signature={client.sign(encoded)}")["clientOrderId"] == "a-b"


@pytest.mark.parametrize("change", ["price=90.01", "quantity=2"])
def test_a_changed_byte_is_refused(change: str) -> None:
    client = Client()
    query = f"{ORDER}&timestamp={NOW_MS}"
    mac = client.sign(query)
    changed = query.replace(f"{change.split('=')[0]}={'90.00' if 'price' in change else '1'}", change)
    assert changed != query
    assert client.send("POST", "/order", f"{changed}&signature={mac}") == BAD
    assert client.answer.status == 400
    assert client.call("GET", "/openOrders") == []


def test_what_is_not_ascii_must_be_encoded_before_it_is_signed() -> None:
    client = Client()
    query = f"symbol=BTCÜ&timestamp={NOW_MS}"
    assert client.send("GET", "/openOrders", f"{query}&signature={client.sign(query)}") == BAD
    query = f"symbol=BTC%C3%9C&timestamp={NOW_MS}"
    said = client.send("GET", "/openOrders", f"{query}&signature={client.sign(query)}")
    assert said == {"code": -1121, "msg": "Invalid symbol."}


def test_ed25519_signs_rest_calls_in_base64_of_its_own_case() -> None:
    client = EdClient()
    assert client.order()["status"] == "NEW"
    query = f"timestamp={NOW_MS}"
    assert client.send("GET", "/account", f"{query}&signature={quote(client.sign(query).swapcase(), safe='')}") == BAD
    assert client.send("GET", "/account", f"{query}&signature=%00") == BAD


def test_rsa_signs_rest_calls() -> None:
    key = generate_private_key(65537, 2048)
    pem = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    client = Client(credentials=(Credential("rsa", public_pem=pem),))
    client.key = "rsa"
    query = f"timestamp={NOW_MS}"
    mac = b64encode(key.sign(query.encode(), PKCS1v15(), SHA256())).decode()
    assert "balances" in client.send("GET", "/account", f"{query}&signature={quote(mac, safe='')}")
    other = b64encode(key.sign(b"timestamp=1", PKCS1v15(), SHA256())).decode()
    assert client.send("GET", "/account", f"{query}&signature={quote(other, safe='')}") == BAD


@pytest.mark.parametrize(
    ("sent", "window", "said"),
    [
        (0, None, None), (-5000, None, None), (-5001, None, LATE), (999, None, None), (1000, None, EARLY),
        (-60000, "60000", None), (-60001, "60000", LATE), (-10, "10.5", None), (-11, "10.5", LATE),
        (0, "60000.001", {"code": -1131, "msg": "recvWindow must be less than 60000."}),
        (0, "60001", {"code": -1131, "msg": "recvWindow must be less than 60000."}),
    ],
)  # fmt: skip
def test_a_call_is_good_within_its_window(sent: int, window: str | None, said: dict[str, object] | None) -> None:
    client = Client()
    values: dict[str, Any] = {"timestamp": NOW_MS + sent} | ({} if window is None else {"recvWindow": window})
    answer = client.call("GET", "/account", **values)
    assert ("balances" in answer) if said is None else answer == said


def test_a_time_in_microseconds_is_the_same_time() -> None:
    client = Client()
    assert "balances" in client.call("GET", "/account", timestamp=NOW_MS * 1000)
    assert client.call("GET", "/account", timestamp=(NOW_MS - 5001) * 1000) == LATE


def test_a_call_is_judged_again_before_the_engine() -> None:
    client = Client(engine_delay_ns=6_000 * MS_NS)
    assert client.order() == LATE
    assert client.order(recvWindow=7000)["status"] == "NEW"


def test_a_skewed_clock_refuses_honest_calls_and_tells_its_own_time() -> None:
    client = Client(skew_ns=3_600_000 * MS_NS)
    assert client.get("/time") == {"serverTime": NOW_MS + 3_600_000}
    assert client.order() == LATE
    assert client.order(timestamp=NOW_MS + 3_600_000)["transactTime"] == NOW_MS + 3_600_000


def test_keys_are_told_apart_by_form_by_knowledge_by_address_and_by_permission() -> None:
    reader = Credential("reader", secret="s", permissions=("USER_DATA",))
    client = Client(credentials=(reader, Credential("home", secret="s", peers=("10.0.0.1",))))
    client.secret = "s"
    invalid = {"code": -2015, "msg": "Invalid API-key, IP, or permissions for action."}
    for key, said, status in (
        ("", {"code": -2014, "msg": "API-key format invalid."}, 400),
        ("no key!", {"code": -2014, "msg": "API-key format invalid."}, 400),
        ("stranger", invalid, 401), ("home", invalid, 401),
    ):  # fmt: skip
        client.key = key
        assert client.call("GET", "/account") == said
        assert client.answer.status == status
    client.key = "reader"
    assert "balances" in client.call("GET", "/account")
    assert client.order() == invalid


def test_what_must_be_there_is_asked_for_by_name() -> None:
    client = Client()
    assert client.send("GET", "/account", "recvWindow=5000") == missing("signature")
    query = "recvWindow=5000"
    assert client.send("GET", "/account", f"{query}&signature={client.sign(query)}") == missing("timestamp")
    assert client.call("GET", "/order", orderId=1) == missing("symbol")


def test_a_parameter_in_query_and_body_is_the_query_s_and_twice_in_one_is_refused() -> None:
    client = Client()
    query, body = f"{ORDER}&timestamp={NOW_MS}", "price=80.00"
    mac = client.sign(query + body)
    assert client.send("POST", "/order", f"{query}&signature={mac}", body.encode())["price"] == "90.00000000"
    query = f"{ORDER}&price=80.00&timestamp={NOW_MS}"
    said = client.send("POST", "/order", f"{query}&signature={client.sign(query)}")
    assert said == {"code": -1101, "msg": "Duplicate values for a parameter detected."}


def test_a_parameter_that_nobody_reads_is_refused() -> None:
    client = Client()
    said = {"code": -1104, "msg": "Not all sent parameters were read; read '2' parameter(s) but was sent '3'."}
    assert client.call("GET", "/account", colour="red") == said


def test_the_socket_signs_sorted_parameters_as_they_are() -> None:
    client = Client()
    socket = client.open()
    good = client.signed(symbol="BTCUSDT")
    assert client.ask(socket, "openOrders.status", **good)["result"] == []
    assert client.ask(socket, "openOrders.status", **{**good, "symbol": "ETHBTC"})["error"] == BAD
    # A boolean is signed in lower case; texts are signed in UTF-8, not encoded.
    params: dict[str, Any] = {"apiKey": client.key, "returnRateLimits": False, "timestamp": NOW_MS}
    mac = client.sign(f"apiKey={client.key}&returnRateLimits=false&timestamp={NOW_MS}")
    said = client.ask(socket, "account.status", **params, signature=mac)
    assert said["status"] == 200 and "rateLimits" not in said
    params = {"apiKey": client.key, "newClientOrderId": "ü", "timestamp": NOW_MS}
    payload = f"apiKey={client.key}&newClientOrderId=ü&timestamp={NOW_MS}"
    mac = hmac.new(b"demo-secret", payload.encode(), "sha256").hexdigest()
    assert client.ask(socket, "account.status", **params, signature=mac)["error"]["code"] == -1104


def test_unsorted_parameters_are_refused_over_the_socket() -> None:
    client = Client()
    mac = client.sign(f"timestamp={NOW_MS}&apiKey={client.key}")
    params = {"apiKey": client.key, "timestamp": NOW_MS, "signature": mac}
    assert client.ask(client.open(), "account.status", **params)["error"] == BAD
