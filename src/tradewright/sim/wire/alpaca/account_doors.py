"""The account, its activities and history, assets, clocks, calendars and market data by REST."""

from __future__ import annotations

from tradewright.sim.wire.alpaca.admission import Admission
from tradewright.sim.wire.alpaca.assets import Assets
from tradewright.sim.wire.alpaca.doors import Call, Door, calendar_days, clock_now, market_calendar, market_clocks
from tradewright.sim.wire.alpaca.market_data import MarketData
from tradewright.sim.wire.alpaca.notation import answered
from tradewright.sim.wire.alpaca.order_doors import holdings_of
from tradewright.sim.wire.message import Answer
from tradewright.sim.wire.trouble import Trouble


class AccountDoors:
    """Answers what is not an order or a position."""

    def __init__(self, assets: Assets, admission: Admission, data: MarketData, trouble: Trouble) -> None:
        self._assets = assets
        self._admission = admission
        self._data = data
        self._trouble = trouble

    def routes(self) -> list[tuple[str, str, Door]]:
        return [
            ("GET", "/v2/account", self.account),
            ("GET", "/v2/account/configurations", self.configurations),
            ("PATCH", "/v2/account/configurations", self.configure),
            ("GET", "/v2/account/portfolio/history", self.history),
            ("GET", "/v2/account/activities", self.activities),
            ("GET", "/v2/account/activities/*", self.activities),
            ("GET", "/v2/assets", self.list_assets),
            ("GET", "/v2/assets/*", self.asset),
            ("GET", "/v2/clock", clock_now),
            ("GET", "/v2/calendar", calendar_days),
            ("GET", "/v3/clock", market_clocks),
            ("GET", "/v3/calendar/*", market_calendar),
            ("GET", "/v2/stocks/*", self.stocks),
            ("GET", "/v1beta3/crypto/us/*", self.crypto),
        ]

    def account(self, call: Call) -> Answer:
        holdings = holdings_of(call.account, self._trouble, call.now)
        return answered(200, call.account.wire(holdings, self._admission.holds(call.account), call.now))

    def configurations(self, call: Call) -> Answer:
        return answered(200, dict(call.account.settings))

    def configure(self, call: Call) -> Answer:
        return answered(200, call.account.configure(call.body()))

    def history(self, call: Call) -> Answer:
        account = call.account
        return answered(200, account.history.answer(call.query, call.now, account.figures().equity))

    def activities(self, call: Call) -> Answer:
        return answered(200, call.account.activities.page(call.query, call.path))

    def list_assets(self, call: Call) -> Answer:
        return answered(200, self._assets.listed(call.query))

    def asset(self, call: Call) -> Answer:
        return answered(200, self._assets.one(call.path))

    def stocks(self, call: Call) -> Answer:
        return answered(200, self._data.stocks(call.path.split("/"), call.query, call.now))

    def crypto(self, call: Call) -> Answer:
        return answered(200, self._data.crypto(call.path.split("/"), call.query, call.now))
