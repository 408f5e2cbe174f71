"""Tokens of a key: who holds one may do what the key may, or less, for some minutes; what is made up is none."""

from __future__ import annotations

import asyncio
import base64
import hmac
import json
import time
from collections.abc import Callable
from contextlib import suppress
from hashlib import sha256, sha512
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.project import COMPILED_ALONE
from tests.unit.app.listening import listening
from tests.unit.app.standing_api import BOTH, Client, asked, instant
from tradewright.app.api.keys import TOKEN_BYTES_MAX, KeyRing
from tradewright.app.api.tokens import FILE, LEEWAY_SECONDS, SECONDS_MAX, Token, Tokens
from tradewright.app.config import read_config
from tradewright.app.service import Service
from tradewright.app.service_log import ServiceLog
from tradewright.model.errors import InputError

pytestmark = COMPILED_ALONE
SECOND_NS = 10**9
NOW = 1_800_000_000 * SECOND_NS


@pytest.fixture(autouse=True)
def _locks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


async def token_of(client: Client, key: str, **wanted: Any) -> str:
    """The text of a token."""
    answer = await client.ask("POST", "/api/v1/token", wanted, key)
    assert answer.status == 200, answer
    return str(answer.row["accessToken"])


# ── what it may ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_key_is_exchanged_for_a_token_with_its_scopes_or_fewer(tmp_path: Path) -> None:
    async def act(client: Client) -> None:
        key = client.make("read", "kill", accounts=["two"], name="bob")
        answer = (await client.ask("POST", "/api/v1/token", {"scope": "kill read", "expiresIn": 60}, key)).row
        assert answer.keys() == {"accessToken", "tokenType", "expiresIn", "expiresAt", "scope", "user", "accounts"}
        said = [answer[name] for name in ("tokenType", "scope", "user", "accounts")]
        assert said == ["Bearer", "kill read", "bob", ["two"]]
        assert answer["expiresIn"] in (59, 60), "whole seconds"
        assert abs(instant(answer["expiresAt"]) - time.time_ns() - 60 * SECOND_NS) < 30 * SECOND_NS
        whole = (await client.ask("POST", "/api/v1/token", None, key)).row
        assert whole["scope"] == "read kill" and whole["expiresIn"] in (SECONDS_MAX - 1, SECONDS_MAX)
        for wider in ("trade", "read trade", "admin"):
            refused = await client.ask("POST", "/api/v1/token", {"scope": wider}, key)
            assert (refused.code, refused.status) == ("FORBIDDEN", 403), wider
        wrong: list[Any] = [
            {"scope": "all"}, {"scope": "read  kill"}, {"scope": ["read"]}, {"expiresIn": 0}, {"user": "eve"},
            {"expiresIn": SECONDS_MAX + 1}, {"expiresIn": 1.5}, [],
        ]  # fmt: skip
        for body in wrong:
            assert (await client.ask("POST", "/api/v1/token", body, key)).code == "INVALID_REQUEST", body
        admin = client.make("admin")
        assert (await client.ask("POST", "/api/v1/token", {"scope": "trade"}, admin)).row["scope"] == "trade"
        soon = client.make("read", expires=time.time_ns() + 20 * SECOND_NS)
        assert (await client.ask("POST", "/api/v1/token", None, soon)).row["expiresIn"] <= 20

    asked(tmp_path, act)


def test_a_token_goes_wherever_its_key_goes_and_no_further(tmp_path: Path) -> None:
    async def act(client: Client) -> None:
        key = client.make("read", "kill", accounts=["two"], name="bob")
        whole, blind = await token_of(client, key), await token_of(client, key, scope="kill")
        assert [one["accountId"] for one in (await client.get("/api/v1/accounts", whole))["accounts"]] == ["two"]
        assert (await client.ask("GET", "/api/v1/account?account=one", key=whole)).code == "NOT_FOUND"
        assert (await client.ask("GET", "/api/v1/accounts", key=blind)).code == "FORBIDDEN"
        assert (await client.ask("DELETE", "/api/v1/positions", key=whole)).code == "FORBIDDEN"
        assert (await client.ask("POST", "/api/v1/kill", {"reason": "x"}, whole)).code == "FORBIDDEN", "all accounts"
        killed = await client.ask("POST", "/api/v1/kill", {"scope": "account:two", "reason": "x"}, blind)
        assert (killed.status, killed.row["who"]) == (200, "bob"), "records name the key"
        for token in (whole, blind):
            refused = await client.ask("POST", "/api/v1/token", None, token)
            assert (refused.code, "makes no token" in refused.row["detail"]) == ("FORBIDDEN", True)
        async with listening(client, "/trading/bob", whole) as ear:
            await ear.until(lambda: ear.answers[:1] and ear.answers[0]["accounts"] == ["two"])
        async with listening(client, "/ws", "", ("tradewright", f"bearer.{whole}")) as ear:
            await ear.until(lambda: ear.answers[:1] and ear.answers[0]["user"] == "bob")
        async with listening(client, "/ws", "") as ear:
            await ear.say({"op": "authenticate", "key": whole})
            await ear.until(lambda: ear.answers[:1] and ear.answers[0]["op"] == "welcome")
        async with listening(client, "/ws", blind) as ear:
            assert await ear.ended() == 4403
        async with listening(client, "/trading/ann", "") as ear:
            await ear.say({"op": "authenticate", "key": whole})
            assert await ear.ended() == 4404

    asked(tmp_path, act)


def test_a_token_has_the_pace_of_its_key_and_no_other(tmp_path: Path) -> None:
    async def act(client: Client) -> None:
        key = client.make("read")
        tokens = [await token_of(client, key) for _ in range(4)]
        answers = [(await client.ask("GET", "/api/v1/states", key=tokens[at % 4])).status for at in range(40)]
        assert 429 in answers and 200 in answers
        assert (await client.ask("GET", "/api/v1/states")).status == 200, "another key's pace is its own"

    asked(tmp_path, act, BOTH.replace("requestsPerSecond: 1000", "requestsPerSecond: 3"))


# ── its end ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_token_ends_by_itself_and_so_does_its_socket(tmp_path: Path) -> None:
    async def act(client: Client) -> None:
        key = client.make("read")
        token = await token_of(client, key, expiresIn=3)
        async with listening(client, key=token) as ear, listening(client, key=key) as stays:
            await ear.until(lambda: ear.answers)
            assert (await client.ask("GET", "/api/v1/states", key=token)).status == 200
            await ear.until(lambda: ear.code is not None, 8)
            assert ear.code == 4401
            assert (await client.ask("GET", "/api/v1/states", key=token)).code == "UNAUTHORIZED"
            assert stays.code is None

    asked(tmp_path, act)


def test_a_key_that_ends_takes_its_tokens_along(tmp_path: Path) -> None:
    async def act(client: Client) -> None:
        key, other = client.make("read"), client.make("read")
        token, good = await token_of(client, key), await token_of(client, other)
        async with listening(client, key=token) as ear:
            await ear.until(lambda: ear.answers)
            client.desk.ring.revoke(key.split("_")[1], time.time_ns())
            assert (await client.ask("GET", "/api/v1/states", key=token)).code == "UNAUTHORIZED"
            await ear.until(lambda: ear.code == 4401, 3)
        assert (await client.ask("GET", "/api/v1/states", key=good)).status == 200
        client.desk.ring.file.write_bytes(b"[{")
        assert (await client.ask("GET", "/api/v1/states", key=good)).code == "KEYS_UNREADABLE"

    asked(tmp_path, act)


def test_a_token_holds_over_a_restart_and_not_in_another_home(tmp_path: Path) -> None:
    tokens = []

    async def first(client: Client) -> None:
        tokens.append(await token_of(client, client.make("read")))

    async def again(client: Client) -> None:
        assert (await client.ask("GET", "/api/v1/states", key=tokens[0])).status == 200

    asked(tmp_path, first)
    asked(tmp_path, again)
    one, two = tmp_path / "home", tmp_path / "other"
    two.mkdir()
    (two / "keys.json").write_bytes((one / "keys.json").read_bytes())
    assert Tokens(KeyRing(one)).whose(tokens[0], time.time_ns()) is not None
    assert Tokens(KeyRing(two)).whose(tokens[0], time.time_ns()) is None, "the same keys, another secret"


# ── what is none ───────────────────────────────────────────────────────────────────────────────────────────────────


def part(said: object) -> str:
    content = said if isinstance(said, bytes) else json.dumps(said).encode()
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


class Forge:
    """Makes tokens by hand, with the secret of a home: what is wrong with one is what a test says."""

    def __init__(self, folder: Path) -> None:
        self.ring = KeyRing(folder)
        self.key, self.text = self.ring.make("ann", ["read", "trade"], NOW, expires=NOW + 10_000 * SECOND_NS)
        self.tokens = Tokens(self.ring)
        self.secret = bytes.fromhex((folder / FILE).read_text())
        self.head: dict[str, Any] = {"typ": "at+jwt", "alg": "HS256"}
        now = NOW // SECOND_NS
        self.claims: dict[str, Any] = {
            "iss": "tradewright", "aud": "tradewright-api", "sub": "ann", "client_id": self.key.id, "scope": "read",
            "iat": now, "nbf": now, "exp": now + 60, "jti": "1",
        }  # fmt: skip

    def made(self, secret: bytes | None = None, digest: Any = sha256, head: Any = None, **claims: Any) -> str:
        said = {name: value for name, value in (self.claims | claims).items() if value is not None}
        text = f"{part(self.head | (head or {}))}.{part(said)}"
        return f"{text}.{part(hmac.new(secret or self.secret, text.encode(), digest).digest())}"

    def taken(self, text: str, now: int = NOW) -> Token | None:
        found = self.tokens.whose(text, now)
        assert found is None or isinstance(found, Token)
        return found


FORGED: dict[str, Callable[[Forge], str]] = {
    "no algorithm": lambda forge: forge.made(head={"alg": "none"}),
    "no algorithm and no signature": lambda forge: forge.made(head={"alg": "none"}).rpartition(".")[0] + ".",
    "no algorithm in another spelling": lambda forge: forge.made(head={"alg": "nOnE"}).rpartition(".")[0] + ".",
    "another algorithm of the same secret": lambda forge: forge.made(digest=sha512, head={"alg": "HS512"}),
    "an algorithm of keys in pairs": lambda forge: forge.made(head={"alg": "RS256"}),
    "an algorithm that it does not say": lambda forge: forge.made(head={"alg": None}),
    "a key that it brings itself": lambda forge: forge.made(
        b"k" * 32, head={"jwk": {"kty": "oct", "k": part(b"k" * 32)}}
    ),
    "another secret": lambda forge: forge.made(b"k" * 32),
    "an empty secret": lambda forge: forge.made(b"\0"),
    "the key's hash as secret": lambda forge: forge.made(bytes.fromhex(forge.key.hash)),
    "what must be understood, and is not": lambda forge: forge.made(head={"crit": ["x"], "x": 1}),
    "a content that is apart": lambda forge: forge.made(head={"b64": False, "crit": ["b64"]}),
    "another kind of token": lambda forge: forge.made(head={"typ": "JWT"}),
    "no kind": lambda forge: forge.made(head={"typ": None}),
    "another issuer": lambda forge: forge.made(iss="tradewright2"),
    "another audience": lambda forge: forge.made(aud="tradewright"),
    "several audiences": lambda forge: forge.made(aud=["tradewright-api", "x"]),
    "a key that is not there": lambda forge: forge.made(client_id="00000000"),
    "no key": lambda forge: forge.made(client_id=None),
    "an end of a text": lambda forge: forge.made(exp=str(forge.claims["exp"])),
    "an end of a fraction": lambda forge: forge.made(exp=forge.claims["exp"] + 0.5),
    "no end": lambda forge: forge.made(exp=None),
    "an end too far away": lambda forge: forge.made(exp=forge.claims["iat"] + SECONDS_MAX + 1),
    "an end of no number": lambda forge: forge.made(exp=10**30),
    "an end that is over by a second": lambda forge: forge.made(exp=NOW // SECOND_NS - 1, iat=NOW // SECOND_NS - 60),
    "a begin to come": lambda forge: forge.made(nbf=NOW // SECOND_NS + LEEWAY_SECONDS + 1),
    "a make to come": lambda forge: forge.made(iat=NOW // SECOND_NS + LEEWAY_SECONDS + 1),
    "a claim more": lambda forge: forge.made(admin=True),
    "no number": lambda forge: forge.made(jti=None),
    "claims of a list": lambda forge: f"{part(forge.head)}.{part([])}.{part(b'x' * 32)}",
    "changed claims": lambda forge: ".".join(
        [forge.made().split(".")[0], part(forge.claims | {"scope": "admin"}), forge.made().split(".")[2]]
    ),
    "a changed letter of the signature": lambda forge: (
        forge.made()[:-2] + ("A" if forge.made()[-2] != "A" else "B") + "A"
    ),
    "no signature": lambda forge: forge.made().rpartition(".")[0] + ".",
    "two parts": lambda forge: forge.made().rpartition(".")[0],
    "four parts": lambda forge: forge.made() + ".x",
    "dots": lambda forge: "..",
    "a head that is deep": lambda forge: f"{part(b'[' * 700)}.{part({})}.{part(b'x')}",
    "letters of no code": lambda forge: "é.ü.ñ",
    "a lone surrogate": lambda forge: "\ud800.a.b",
    "the largest that is looked into": lambda forge: "a." * (TOKEN_BYTES_MAX // 2),
    "a megabyte": lambda forge: forge.made(jti="x" * 2**20),
}


@pytest.mark.parametrize("forged", FORGED.values(), ids=FORGED)
def test_what_somebody_has_made_up_is_no_token(forged: Callable[[Forge], str], tmp_path: Path) -> None:
    forge = Forge(tmp_path)
    assert forge.taken(forge.made()) is not None, "what is right is taken"
    assert forge.taken(forged(forge)) is None


def test_an_end_is_exact_and_a_clock_set_back_a_little_is_borne(tmp_path: Path) -> None:
    forge = Forge(tmp_path)
    _, text = forge.tokens.make(forge.key, ["read"], 60, NOW)
    ends = NOW + 60 * SECOND_NS
    assert forge.taken(text, ends - 1) is not None
    assert forge.taken(text, ends) is None
    assert forge.taken(text, NOW - LEEWAY_SECONDS * SECOND_NS) is not None
    assert forge.taken(text, NOW - LEEWAY_SECONDS * SECOND_NS - 1) is None
    late, text = forge.tokens.make(forge.key, ["read"], 900, NOW + 9_900 * SECOND_NS)
    assert late.expires == forge.key.expires == NOW + 10_000 * SECOND_NS, "no later than its key"
    assert forge.taken(text, late.expires - 1) is not None
    assert forge.taken(text, late.expires) is None
    forge.ring.revoke(forge.key.id, NOW)
    assert forge.taken(text, late.expires - 1) is None


def test_a_token_may_no_more_than_its_key_may_by_now(tmp_path: Path) -> None:
    forge = Forge(tmp_path)
    found = forge.taken(forge.made(scope="read risk admin"))
    assert found is not None and found.scopes == ["read"]
    assert (found.name, found.hash, found.may("admin")) == ("ann", "", False)


def test_forgeries_are_refused_at_the_door_and_end_nothing(tmp_path: Path) -> None:
    async def act(client: Client) -> None:
        key = client.make("read")
        good = await token_of(client, key)
        bare = good.rpartition(".")[0] + "."
        none = f"{part({'typ': 'at+jwt', 'alg': 'none'})}.{good.split('.')[1]}."
        for bad in (bare, none, good[:-3], good + ".", f"{good}.x", "a.b.c", "..", "." * 5_000):
            answer = await client.ask("GET", "/api/v1/states", key=bad)
            assert (answer.status, answer.code) == (401, "UNAUTHORIZED"), bad
            for said in (None, {"op": "authenticate", "key": bad}):
                async with listening(client, "/ws", "") as ear:
                    if said is None:
                        await ear.socket.send_bytes(bad.encode())
                    else:
                        await ear.say(said)
                    assert await ear.ended() in (4401, 1003), bad
        huge = "x." * 2**19
        # It may be shut out in its middle.
        with suppress(aiohttp.ClientError):
            assert (await client.ask("GET", "/api/v1/states", key=huge)).status in (400, 401, 431)
        async with listening(client, "/ws", "") as ear:
            await ear.say({"op": "authenticate", "key": huge})
            assert await ear.ended() == 1009
        assert (await client.ask("GET", "/api/v1/states", key=good)).status == 200

    asked(tmp_path, act)


# ── the secret ─────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_secret_is_made_once_for_its_owners_eyes(tmp_path: Path) -> None:
    file = tmp_path / "home" / FILE
    texts = []

    async def act(client: Client) -> None:
        texts.append(file.read_text())
        assert file.stat().st_mode & 0o777 == 0o600
        assert len(bytes.fromhex(texts[-1])) == 32
        await asyncio.sleep(0)

    asked(tmp_path, act)
    asked(tmp_path, act)
    assert texts[0] == texts[1]


@pytest.mark.parametrize(
    ("content", "mode"),
    [
        ("", 0o600), ("changeme", 0o600), ("ab" * 31, 0o600), ("00" * 32, 0o600), ("deadbeef" * 8, 0o600),
        ("0123456789abcdef" * 4, 0o600), ("é" * 64, 0o600), (bytes(range(32)).hex(), 0o640),
    ],
)  # fmt: skip
def test_a_service_does_not_start_with_a_secret_that_is_none(content: str, mode: int, tmp_path: Path) -> None:
    config, home = tmp_path / "service.yaml", tmp_path / "home"
    config.write_text(BOTH)
    home.mkdir()
    (home / FILE).write_text(content)
    (home / FILE).chmod(mode)
    service = Service(read_config(config, {}), home, ServiceLog(True))
    try:
        with pytest.raises(InputError, match="delete it, and a new one is made"):
            asyncio.run(service.run())
        assert service.room.journal.head.sequence == 0, "before anything is journaled"
    finally:
        service.close()
