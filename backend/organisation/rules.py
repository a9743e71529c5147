"""Who may what: the permissions of the house, and the roles that bundle them. Pure.

A permission is `noun.verb`. Use cases and queries ask for one by name (`ctx.actor.must("orders.ship")`); a test holds every
name that is asked for against this table.
"""

from collections.abc import Iterable

PERMISSIONS: dict[str, tuple[str, str]] = {
    "goods.view": ("查看商品与库存", "See goods and stock"),
    "goods.edit": ("编辑商品与分类", "Edit goods and categories"),
    "prices.edit": ("修改价格", "Change prices"),
    "costs.view": ("查看成本价", "See costs"),
    "stock.edit": ("调整库存", "Adjust stock"),
    "content.edit": ("编辑首页与横幅", "Arrange banners and home page"),
    "orders.view": ("查看订单", "See orders"),
    "orders.edit": ("改价、改地址、备注", "Change price, address and notes of orders"),
    "orders.ship": ("发货", "Ship orders"),
    "orders.hand_over": ("自提核销", "Hand over at pick-up"),
    "orders.refund": ("退款", "Refund orders"),
    "orders.export": ("导出订单", "Export orders"),
    "points.edit": ("管理自提点", "Manage pick-up points"),
    "aftersales.view": ("查看售后", "See after-sales requests"),
    "aftersales.decide": ("处理售后", "Decide after-sales requests"),
    "tickets.view": ("查看投诉工单", "See complaint tickets"),
    "tickets.answer": ("处理投诉工单", "Answer complaint tickets"),
    "reviews.view": ("查看评价", "See reviews"),
    "reviews.manage": ("回复与隐藏评价", "Answer and hide reviews"),
    "members.view": ("查看会员", "See members"),
    "members.reveal": ("查看完整手机号", "See whole phone numbers"),
    "members.export": ("导出会员", "Export members"),
    "money.view": ("查看支付、退款与账单", "See payments, refunds and bills"),
    "money.check": ("对账与处理异常", "Compare bills and settle exceptions"),
    "staff.manage": ("管理员工与权限", "Manage staff and their rights"),
    "audit.view": ("查看操作日志", "See the audit log"),
    "jobs.view": ("查看任务", "See jobs"),
    "jobs.run": ("执行与重试任务", "Run and retry jobs"),
    "settings.edit": ("修改设置", "Change settings"),
}
"""Every permission with its name in Chinese and English."""

_VIEWS = frozenset(name for name in PERMISSIONS if name.endswith(".view")) - {"costs.view", "audit.view"}

ROLES: dict[str, tuple[str, str, frozenset[str]]] = {
    "owner": ("店主", "Owner", frozenset(PERMISSIONS)),
    "goods": ("商品运营", "Goods", frozenset({
        "goods.view", "goods.edit", "prices.edit", "costs.view", "stock.edit", "content.edit", "reviews.view"})),
    "orders": ("订单与仓库", "Orders", frozenset({
        "goods.view", "orders.view", "orders.edit", "orders.ship", "orders.hand_over", "orders.export", "points.edit",
        "aftersales.view", "members.view"})),
    "finance": ("财务", "Finance", frozenset({
        "orders.view", "orders.refund", "orders.export", "money.view", "money.check", "costs.view", "aftersales.view",
        "aftersales.decide", "audit.view"})),
    "service": ("客服", "Service", frozenset({
        "goods.view", "orders.view", "orders.edit", "aftersales.view", "aftersales.decide", "tickets.view", "tickets.answer",
        "reviews.view", "reviews.manage", "members.view", "members.reveal"})),
    "community": ("社群经理", "Community manager", frozenset({
        "goods.view", "orders.view", "orders.hand_over", "tickets.view", "tickets.answer", "reviews.view", "reviews.manage",
        "members.view", "content.edit"})),
    "read_only": ("只读", "Read only", _VIEWS),
}
"""Role → its name in Chinese and English, and its permissions. Rights of several roles add up."""


def permissions_of(roles: Iterable[str]) -> frozenset[str]:
    """All permissions of these roles together; unknown roles (of an older version) give nothing."""
    return frozenset().union(*(ROLES[role][2] for role in roles if role in ROLES))
