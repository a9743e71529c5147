"""A bare Flask application, started by name on the same server as the shop: what anything in Flask costs at least."""

from typing import Any

from flask import Flask

application = Flask(__name__, static_folder=None)
TWENTY = [{"id": f"prd_{number:026d}", "title": f"有机红富士苹果 5 斤装 {number} 号", "price_fen": 1990 + number,
           "market_price_fen": 2990 + number, "picture": f"{number:032x}.png", "sku_id": f"sku_{number:026d}",
           "sku_code": f"BARE{number:04d}", "in_stock": True} for number in range(20)]


@application.get("/hello")
def hello() -> str:
    """Nothing else."""
    return "hello"


@application.get("/twenty")
def twenty() -> list[dict[str, Any]]:
    """Twenty dicts as JSON, of the names and sizes that the shop's list has."""
    return TWENTY
