"""The groups of the menu, in their order; a screen names one as its `category`."""

from admin.words import say

GOODS = say("商品", "Goods")
TRADE = say("订单与履约", "Orders")
AFTER = say("售后与口碑", "After-sales")
PEOPLE = say("会员", "Members")
MONEY = say("资金", "Money")
ORGANISATION = say("组织与权限", "Organisation")
SYSTEM = say("系统", "System")

GROUPS = (GOODS, TRADE, AFTER, PEOPLE, MONEY, ORGANISATION, SYSTEM)
