"""What the actions and fields of the audit log are called; a test holds every action that is recorded against this table."""

from admin.words import Said, say

ACTIONS: dict[str, Said] = {
    # staff and organisation
    "log_in_staff": say("登录后台", "Logged in"), "lock_log_in": say("登录被锁定", "Log-in locked"),
    "create_staff": say("添加员工", "Added staff"), "edit_staff": say("修改员工", "Changed staff"),
    "reset_staff_password": say("重设员工密码", "Reset a password"), "set_password": say("设置密码", "Set a password"),
    "change_own_password": say("修改自己的密码", "Changed own password"), "unlock_staff": say("解除锁定", "Unlocked"),
    "confirm_totp": say("开启两步验证", "Two-step on"), "remove_totp": say("关闭两步验证", "Two-step off"),
    "save_region": say("保存区域", "Saved a region"), "save_dealer": say("保存经销商", "Saved a dealer"),
    "save_store": say("保存门店", "Saved a store"),
    # goods, stock, content
    "create_product": say("新建商品", "Created a product"), "edit_product": say("修改商品", "Changed a product"),
    "save_category": say("保存分类", "Saved a category"), "adjust_stock": say("调整库存", "Adjusted stock"),
    "arrange_home": say("编排首页", "Arranged the home page"), "change_price": say("改价", "Changed a price"),
    "set_on_shelf": say("上下架", "Put on or off the shelf"), "set_low_stock": say("改预警线", "Changed a low-stock line"),
    "arrange_categories": say("分类排序", "Ordered categories"),
    # orders
    "ship_order": say("发货", "Shipped an order"), "correct_parcel": say("更正单号", "Corrected a number"),
    "note_tracking": say("记录物流", "Noted tracking"), "retry_shipping_upload": say("重传微信发货", "Told WeChat again"),
    "hand_over": say("自提核销", "Handed over"), "mark_ready": say("自提备货完成", "Ready for pick-up"),
    "save_pickup_point": say("保存自提点", "Saved a pick-up point"),
    "set_point_staff": say("设置自提点员工", "Set a point's staff"),
    "refund_order": say("退款", "Refunded an order"), "retry_refund": say("重试退款", "Sent a refund again"),
    "add_order_note": say("添加备注", "Added a note"), "change_order_address": say("改地址", "Changed an address"),
    "change_order_price": say("改价", "Changed a price"),
    # after-sales, complaints
    "approve_aftersale": say("同意售后", "Agreed to after-sales"), "refuse_aftersale": say("拒绝售后", "Refused after-sales"),
    "receive_return": say("收到退货", "Received a return"), "retry_aftersale_refund": say("重试售后退款", "Tried its refund again"),
    "enter_ticket": say("登记投诉", "Entered a complaint"), "assign_ticket": say("分派投诉", "Assigned a complaint"),
    "answer_ticket": say("回复投诉", "Answered a complaint"), "close_ticket": say("关闭投诉", "Closed a complaint"),
    # members, exports, imports
    "reveal_contact": say("查看完整联系方式", "Looked at a contact"),
    "end_member_sessions": say("强制会员下线", "Logged a member out"),
    "ask_export": say("申请导出", "Asked for an export"), "cancel_export": say("取消导出", "Cancelled an export"),
    "download_export": say("下载导出文件", "Downloaded an export"),
    "take_import": say("上传导入文件", "Took an import in"), "confirm_import": say("确认导入", "Confirmed an import"),
    "cancel_import": say("取消导入", "Cancelled an import"),
    # money, jobs, settings
    "close_bill_difference": say("关闭对账差异", "Closed a bill difference"),
    "recompare_bill": say("重新对账", "Compared a bill"),
    "settle_exception": say("处理资金异常", "Settled an exception"), "revive_delivery": say("重新执行任务", "Retried a job"),
    "run_entry_now": say("立即执行任务", "Ran a job now"), "change_shop_rules": say("修改设置", "Changed a setting"),
    # reviews
    "answer_review": say("回复评价", "Answered a review"), "show_review": say("展示评价", "Showed a review"),
    "hide_review": say("隐藏评价", "Hid a review"), "reject_review": say("退回评价", "Sent a review back"),
}

FIELDS: dict[str, Said] = {
    "asked_fen": say("申请金额", "Asked"), "given_fen": say("同意金额", "Granted"), "freight_fen": say("运费", "Freight"),
    "restocked": say("重新上架", "Back on sale"), "order_id": say("订单", "Order"), "refund": say("退款状态", "Refund state"),
    "owner": say("负责人", "Owner"), "overdue": say("逾期", "Overdue"), "outcome": say("结果", "Outcome"),
    "category": say("类型", "Category"), "member_id": say("会员", "Member"),
    "name": say("名称", "Name"), "login": say("用户名", "User name"), "roles": say("角色", "Roles"), "scope": say("范围", "Scope"),
    "scope_id": say("范围对象", "Scope of"), "state": say("状态", "State"), "second_step": say("两步验证", "Two-step"),
    "region_id": say("区域", "Region"), "dealer_id": say("经销商", "Dealer"), "store_id": say("门店", "Store"),
    "reason": say("原因", "Reason"), "amount_fen": say("金额", "Amount"), "price_fen": say("价格", "Price"),
    "cost_fen": say("成本", "Cost"), "on_hand": say("库存", "On hand"), "change": say("变动", "Change"),
    "refund_id": say("退款单", "Refund"), "note": say("备注", "Note"), "value": say("值", "Value"), "title": say("标题", "Title"),
    "number": say("单号", "Number"), "what": say("内容", "What"), "address_id": say("地址", "Address"),
    "reaction": say("任务", "Job"), "ended": say("下线数", "Log-ins ended"),
    "text": say("内容", "Text"), "quantity": say("数量", "Quantity"), "kind": say("类型", "Kind"),
    "staff": say("员工", "Staff"), "market_price_fen": say("划线价", "Crossed out"), "low_at": say("预警线", "Low at"),
    "category_id": say("分类", "Category"), "publish_at": say("上架时间", "Published"), "position": say("排序", "Order"),
    "selling_point": say("卖点", "Selling point"), "detail": say("详情", "Detail"), "pictures": say("图片", "Pictures"),
    "picture": say("图片", "Picture"), "skus": say("规格", "SKUs"), "prices_fen": say("价格（分）", "Prices (fen)"),
    "parent_id": say("上级分类", "Below"), "banners": say("横幅", "Banners"), "blocks": say("栏目", "Blocks"),
    "on_shelf": say("上架", "On shelf"), "location_id": say("仓库", "Location"), "point_id": say("自提点", "Pick-up point"),
    "ours_fen": say("我方金额", "Ours"), "theirs_fen": say("对方金额", "Theirs"), "problem": say("问题", "Problem"),
    "courier": say("快递公司", "Courier"), "tracking_number": say("快递单号", "Tracking number"),
    "parcel_id": say("包裹", "Parcel"), "units": say("件数", "Pieces"), "with_code": say("凭取货码", "By its code"),
    "restock": say("商品已收回", "Goods are back"), "total_fen": say("应付", "Total"), "discount_fen": say("优惠", "Discount"),
    "region_code": say("区县", "District"), "send_at": say("执行时间", "To be sent"), "note_id": say("备注", "Note"),
    "length": say("字数", "Characters"), "seen": say("已处理", "Done"), "file": say("文件", "File"), "bytes": say("字节", "Bytes"),
    "format": say("格式", "Format"), "filters": say("条件", "Filters"), "rows": say("行数", "Rows"), "lines": say("行数", "Lines"),
    "left_out": say("跳过", "Left out"), "store_ids": say("门店范围", "Stores"), "changed": say("已修改", "Changed"),
    "batch": say("批次", "Batch"), "address": say("地址", "Address"), "phone": say("电话", "Phone"),
    "hours": say("营业时间", "Hours"),
    "longitude_e6": say("经度", "Longitude"), "latitude_e6": say("纬度", "Latitude"), "guide": say("取货指引", "How to find it"),
    "active": say("接受新订单", "Takes orders"), "closed_on": say("休息日", "Closed days"), "options": say("规格值", "Options"),
    "code": say("编码", "Code"), "deliveries": say("配送方式", "Delivery"),
}
