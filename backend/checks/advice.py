"""What to do about what a check finds: each sentence of the checks in Chinese, for whoever reads the console."""

ADVICE = {
    "Never edit the ledger: find what wrote it, and answer a wrong posting with another one.":
        "不要改动账本：先查清是谁写入的，记错的用一笔新的分录冲回。",
    "Run `python3 -m backend migrate` on a restored copy and compare; find out who dropped the trigger.":
        "在恢复出来的副本上运行 `python3 -m backend migrate` 比对，查清是谁删除了触发器。",
    "Find what wrote the number (the table has a CHECK or a type against it), and correct it by hand with a note.":
        "查清这个数字是谁写入的（表上有约束或类型本应拦住），人工更正并留下说明。",
    "Read the order's history and its payments, and correct the order by the use case that failed, not by hand.":
        "查看订单的历史和支付记录，用当时失败的那个操作来纠正，不要直接改数据。",
    "Stop the parcel; find how it was shipped unpaid.":
        "拦下包裹，查清未付款的订单是怎样发出的。",
    "Stop the parcel and count what is in it; find what wrote the wrong number.":
        "拦下包裹清点件数，查清错误的数字是谁写入的。",
    "Count the SKU on the shelf, then find what shipped it without a journal.":
        "盘点该规格的现货，再查清是谁没记流水就发了货。",
    "Do not ship or refund this order before its lines and sums were compared with what the shopper was shown.":
        "先把订单的明细和金额与顾客看到的核对清楚，在此之前不要发货或退款。",
    "Look the number up at WeChat: apply what is missing here by a query, or settle it and tick it off.":
        "到微信商户平台查这个单号：这里缺的通过查询补上，或处理完后标记为已处理。",
    "See that the surplus goes back: the worker's `send_refund` does it as soon as a refund exists.":
        "确认多付的钱会退回：退款记录一建立，后台任务就会自动发出。",
    "Ask WeChat for each of these numbers, and refund by hand what was counted twice.":
        "逐个向微信查询这些单号，重复计入的部分人工退款。",
    "Close the older attempt at WeChat; two open ones can both be paid.":
        "到微信关闭较早的那笔支付单：两笔都开着就可能都被支付。",
    "Close the attempt at WeChat now: its stock is back on sale, and money for it would have to be refunded.":
        "立即到微信关闭这笔支付单：库存已放回销售，再收到钱就得退款。",
    "Stop refunding this order; compare its refunds with WeChat's, then correct the count that is wrong.":
        "暂停该订单的退款，与微信的退款记录逐笔核对，再更正错误的计数。",
    "Find out who refunded without leaving a trace.":
        "查清是谁退了款却没有留下记录。",
    "The answer was given and its effect is gone: look for a restored backup or a deleted row.":
        "请求已答复成功，结果却不见了：查一查是否恢复过备份或删除过数据。",
    "Read the case's history and its refund, and correct it by the use case that failed, not by hand.":
        "查看售后单的历史和退款，用当时失败的那个操作来纠正，不要直接改数据。",
    "Do not refund this order before the case, its refund and the order's lines were compared.":
        "先把售后单、退款和订单明细核对清楚，在此之前不要给该订单退款。",
    "See that Redis, worker and cron run (`python3 -m backend doctor`); then read the errors of open deliveries.":
        "确认 Redis、worker 和 cron 都在运行（`python3 -m backend doctor`），再到「系统 › 后台任务」查看未完成任务的错误。",
    "Find out who decided without leaving a trace.":
        "查清是谁处理了售后却没有留下记录。",
    "Find out who answered without leaving a trace.":
        "查清是谁处理了工单却没有留下记录。",
    "Count the SKU on the shelf, then adjust it with that reason; find what wrote the wrong number.":
        "盘点该规格的现货，按实数调整库存并写明原因，再查清错误的数字是谁写入的。",
    "Have WeChat told once more (`retry_shipping_upload`).":
        "在「订单与履约 › 发货信息异常」重新上传发货信息。",
    "Find out who did it past the console.":
        "查清是谁绕过后台做的。",
    "Find what wrote one without the other; until then hand the order over by hand and note it.":
        "查清为什么只写了一边；在此之前人工交付该订单并做好备注。",
    "Have the shopper take a new code (the order's page offers it); when that does not help, hand over from the list.":
        "请顾客在订单页换一个新的取货码；仍不行就在自提点名单里核销。",
    "Ask the point who took the goods, then compare stock and history before you correct anything.":
        "先向自提点问清货是谁取走的，核对库存和历史之后再更正。",
    "Read the error, remove its cause, then give the delivery its tries again (the retry button).":
        "看清错误并排除原因，再到「系统 › 后台任务」点“重新执行”。",
    "Its relay will fail on it again and again: find what wrote the delivery, and remove it.":
        "派发会一直失败：查清这条任务是谁写入的，并删除它。",
    "Find what wrote the delivery: only `backend/infra/outbox.py` may.":
        "查清这条任务是谁写入的：只有 `backend/infra/outbox.py` 可以写。",
    "Read its refunds: what was given up there is refunded anew, or its goods are settled with the shopper.":
        "查看它的退款：被放弃的重新退款，或与顾客商定商品如何处理。",
    "The shopper can correct it: a cart costs nothing and binds nobody.":
        "顾客自己可以改正：购物车不占库存，也不产生费用。",
    "Save the product once more (or change any of its prices): its sums are written anew.":
        "把商品重新保存一次（或改任意一个价格），汇总就会重写。",
    "Run the count of deals again: it writes what is right.":
        "到「系统 › 后台任务」重新执行“统计成交价与销量”，会写入正确的数字。",
    "Move the category to the first or second level.":
        "把该分类移到第一级或第二级。",
    "Encrypt the field by saving it through its use case; find what wrote it in clear.":
        "通过正常操作重新保存该字段即可加密，再查清明文是谁写入的。",
    "Let the member choose the default address anew.":
        "请会员重新选择默认地址。",
    "Hide it now; then find what showed it: only `steps/settle_check.py` and `usecases/show_review.py` may.":
        "先立即隐藏，再查清是谁让它显示的：只有 `steps/settle_check.py` 和 `usecases/show_review.py` 可以。",
    "Hide it with the reason that nobody bought this, and find what wrote it.":
        "以“未购买”为由隐藏，再查清是谁写入的。",
    "Keep the first; find what wrote the second in spite of the key.":
        "保留第一条，查清第二条为何能越过唯一键写入。",
    "Compare with the audit log; write the missing step by hand, with the reason.":
        "与操作日志核对，补写缺失的一步并注明原因。",
    "Show it again, and hide it properly if there is a reason.":
        "先恢复显示；确有理由再按流程隐藏。",
    "Let the author hand the review in again; unbound pictures are swept after a day.":
        "请作者重新提交评价；没有归属的图片一天后会被清理。",
    "Set the review by the newest of its reuse_words; do not use it elsewhere before.":
        "按最新一条授权记录修正该评价；在此之前不要在别处使用它。",
    "Count anew: emit ReviewsChanged for the product, or let the worker finish.":
        "重新统计该商品的评分，或等后台任务完成。",
    "Decide it by hand on the reviews' desk, and find what removed its timer.":
        "到「评价」人工决定，并查清计时任务为何不见了。",
    "Set the balance to the sum of the journal; too much only costs a refused message.":
        "把余额改为流水之和；偏多只会让一条消息被微信拒绝。",
    "Stop sending to this member, and find what spent a consent that was not there.":
        "停止向该会员发送，并查清是谁用掉了不存在的授权。",
    "Correct the journal by hand, then the balance; find what sent round `usecases/send_message.py`.":
        "先人工更正流水，再更正余额；查清是谁绕过 `usecases/send_message.py` 发送的。",
    "Emit MessageAsked for it if the news is fresh; one that was `sending` becomes unknown.":
        "消息仍有意义就重新安排发送；停在“发送中”的记为结果未知。",
    "Move the file to where it belongs and correct the row; find what stored it.":
        "把文件移到应在的位置并更正记录，查清是谁存放的。",
    "Find what wrote the case without its pictures; the shopper can send them again in a complaint.":
        "查清售后单为何写入时丢了图片；顾客可以在投诉里重新提交。",
    "Cancel it and have it asked for again; then look for what removed its delivery.":
        "取消后请人重新提交，再查清它的任务为何不见了。",
    "Ask for the export anew; find what removed or wrote its pieces twice.":
        "重新导出，并查清是谁删除或重复写入了分片。",
    "Compare its lines with the goods they name, and import what is missing anew; a line that is there changes nothing.":
        "把文件各行与商品核对，缺的重新导入；已有的行不会再有变化。",
    "Run the count of sales again from that day (`count_sales`); find what changed the past.":
        "到「系统 › 后台任务」重新执行“统计每日销售”，并查清是什么改变了过去的数据。",
    "Find out who closed it: only the money desk may, and it asks for a note.":
        "查清是谁关闭的：只有财务可以，而且必须写说明。",
    "Find out who changed the rule past the console.":
        "查清是谁绕过后台修改了规则。",
}
