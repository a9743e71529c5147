"""Given shoppers: members who logged in as everybody does, with a token and, if wanted, an address."""

from dataclasses import dataclass

from flask import Flask

from backend.app import runtime
from backend.context import Context
from backend.kernel.actors import ANONYMOUS, shopper
from backend.usecases.add_address import add_address
from backend.usecases.log_in import log_in
from tests.fakes import FakeWorld

HANGZHOU_XIHU = "330106"


@dataclass(frozen=True)
class Shopper:
    """A logged-in member. `ctx` is a Context of now, new each time; `headers` are those of their requests."""

    app: Flask
    id: str
    token: str
    openid: str
    address_id: str

    @property
    def ctx(self) -> Context:
        """A Context of this moment acting as this shopper."""
        return runtime(self.app).context(shopper(self.id))

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


def given_shopper(app: Flask, world: FakeWorld, name: str = "xiaoman", *, address: bool = True) -> Shopper:
    """Log `name` in (openid `openid-<name>`) with an address in 杭州市西湖区; the same name is the same member."""
    openid = f"openid-{name}"
    world.mini.codes[f"code-{name}"] = openid
    session = log_in(runtime(app).context(ANONYMOUS), code=f"code-{name}")
    known = Shopper(app, session.member_id, session.token, openid, "")
    if not address:
        return known
    address_id = add_address(
        known.ctx, name="王小满", phone="13800138000", region_code=HANGZHOU_XIHU, detail="文三路 100 号 2 幢 301"
    )
    return Shopper(app, session.member_id, session.token, openid, address_id)
