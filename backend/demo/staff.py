"""The staff of the demo shop: one for each role, all with one password that is printed; production never has them."""

PASSWORD = "tuanma-2026-demo"

STAFF = (
    ("owner", "陈店主", "owner"),
    ("goods", "林商品", "goods"),
    ("orders", "周仓库", "orders"),
    ("finance", "吴财务", "finance"),
    ("service", "郑客服", "service"),
    ("community", "孙社群", "community"),
    ("readonly", "钱访客", "read_only"),
)
"""(log-in name, name, role)"""
