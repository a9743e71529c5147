"""Jobs: what waits, what fails, what was given up, who works, and the timetable."""

from datetime import datetime
from typing import Any

from flask import redirect, request
from werkzeug.wrappers import Response

from admin.base import Button, Page, allowed, attempt, client_key, expose, needs
from admin.gate import context
from admin.menu import SYSTEM
from admin.words import Said, say
from backend.kernel.rhythm import Every
from backend.queries.job_desk import SHOWN, job_desk
from backend.queries.job_runs import job_runs
from backend.queries.readiness import LATE_SECONDS, outbox_backlog
from backend.reactions import TIMETABLE
from backend.usecases.revive_delivery import revive_delivery
from backend.usecases.run_entry_now import run_entry_now

NAMES = {
    "query_open_money": say("向微信查询未结的付款和退款", "Ask WeChat about open payments and refunds"),
    "check_books": say("账目检查", "Check the books"), "open_books_run": say("开始账目检查", "Begin checking the books"),
    "check_books_slice": say("检查账目", "Check the books, some more"),
    "query_open_checks": say("向微信查询未结的内容审核", "Ask WeChat about open content checks"),
    "count_deals": say("统计成交价与销量", "Count deals"), "count_sales": say("统计每日销售", "Count sales by day"),
    "compare_bill": say("核对昨日微信账单", "Compare yesterday's bill"), "housekeeping": say("清理过期数据", "Forget what is old"),
    "send_refund": say("发出退款", "Send a refund"), "close_order": say("关闭超时订单", "Close an order not paid"),
    "close_payment": say("关闭多余的支付单", "Close a superseded attempt"),
    "check_payment": say("查询付款结果", "Ask how a payment ended"),
    "check_refund": say("查询退款结果", "Ask how a refund ended"), "forget_old": say("清理过期数据", "Forget what is old"),
    "keep_months": say("整理按月分区的数据表", "Keep the months of large tables"),
    "complete_order": say("自动确认收货", "Receipt by itself"), "upload_shipping": say("上传发货信息", "Tell WeChat of a shipment"),
    "remind_pickup": say("提醒取货", "Remind of pick-up"),
    "clear_import": say("清理过期导入", "Remove an old import"),
    "escalate_ticket": say("标记超时投诉", "Mark a late complaint"),
    "close_silent_ticket": say("投诉无回复自动办结", "Close a silent complaint"),
    "check_import": say("检查导入文件", "Check an import"),
    "run_import": say("执行导入", "Run an import"),
    "read_import": say("读取导入文件", "Read an import"),
    "apply_picture_verdict": say("应用图片审核结果", "Apply a picture verdict"),
    "screen_content": say("送审评价内容", "Have content checked"),
    "give_up_screening": say("内容审核转人工", "Give a check to a person"),
    "count_reviews": say("统计商品评分", "Count reviews"),
    "send_message": say("发送订阅消息", "Send a message"),
    "tell_ready": say("通知到货可取", "Tell that goods are ready"),
    "tell_refunded": say("通知退款", "Tell of a refund"),
    "tell_shipped": say("通知发货", "Tell of a shipment"),
    "sweep_shipping_uploads": say("补传发货信息", "Look for shipments not told to WeChat"),
    "approve_aftersale": say("售后超时自动同意", "Grant an after-sale in time"),
    "clear_export": say("清理过期导出", "Remove an old export"),
    "lapse_aftersale": say("售后超时关闭", "Close an after-sale without parcel"),
    "plan_shipping_upload": say("准备上传发货信息", "Plan telling WeChat of a shipment"),
    "receive_return": say("退货超时自动签收", "Receive a return in time"),
    "run_export": say("生成导出文件", "Write an export"),
    "settle_aftersale": say("售后随退款结案", "Settle an after-sale"),
    "index_phones": say("补建手机号索引", "Index phones of old rows"),
    "sweep_imports": say("清理导入遗留文件", "Remove what imports left behind"),
    "sweep_uploads": say("清理未用的图片", "Remove pictures nobody used"),
}
"""What people call the work (a test holds every reaction and every line of the timetable against it)."""


OUTCOMES = {
    "done": (say("完成", "Done"), "good"), "open": (say("进行中", "Under way"), "info"), "dead": (say("已放弃", "Given up"), "bad"),
    "forgotten": (say("已归档", "Filed away"), "plain")}
"""How a run ended; of what is old only its moment is kept."""


def called(name: str) -> Said | str:
    """A reaction or a line of the timetable in words."""
    return NAMES.get(name, name)


def rhythm(each: Any) -> Said:
    """How often a line of the timetable is due."""
    if isinstance(each, Every):
        if each.seconds % 60 == 0:
            return say(f"每 {each.seconds // 60} 分钟", f"every {each.seconds // 60} min")
        return say(f"每 {each.seconds} 秒", f"every {each.seconds} s")
    return say(f"每天 {each.at:%H:%M}", f"daily at {each.at:%H:%M}")


def lasting(seconds: int) -> Said:
    """A stretch of time as people say it."""
    if seconds < 120:
        return say(f"{seconds} 秒", f"{seconds} s")
    if seconds < 7200:
        return say(f"{seconds // 60} 分钟", f"{seconds // 60} min")
    return say(f"{seconds // 3600} 小时", f"{seconds // 3600} h")


class Jobs(Page):
    """How the work behind the scenes stands."""

    title, permission, category, icon, endpoint = say("后台任务", "Jobs"), "jobs.view", SYSTEM, "clock", "jobs"

    @expose("/")
    def index(self) -> Any:
        """Everything on one page."""
        desk, backlog = job_desk(context(), timetable=TIMETABLE), outbox_backlog(context())
        return self.render("jobs/index.html", desk=desk, backlog=backlog, late=LATE_SECONDS, called=called, rhythm=rhythm,
                           shown_at_most=SHOWN, lasting=lasting, revive=self.revive_button, run_now=self.run_button)

    @expose("/runs/<id:line>/")
    def runs(self, line: str) -> Any:
        """When a line of the timetable ran, and what came of it."""
        try:
            before = datetime.fromisoformat(request.args.get("before", ""))
        except ValueError:
            before = None
        page = job_runs(context(), name=line, timetable=TIMETABLE, before=before if before and before.tzinfo else None)
        return self.render("jobs/runs.html", page=page, name=line, called=called, rhythm=rhythm, outcomes=OUTCOMES, lasting=lasting,
                           run_now=self.run_button)

    def revive_button(self, row: Any) -> list[Button]:
        """The button that gives a dead delivery its tries again."""
        return allowed([Button(say("重新执行", "Retry"), self.get_url(".revive"), "jobs.run", post=True,
                               fields={"event_id": row.event_id, "reaction": row.reaction})])

    def run_button(self, name: str) -> list[Button]:
        """The button that runs a line of the timetable now."""
        return allowed([Button(say("立即执行", "Run now"), self.get_url(".run"), "jobs.run", post=True, key=True,
                               fields={"name": name}, confirm=say(f"立即执行“{called(name)}”？", f"Run “{called(name)}” now?"))])

    @expose("/revive/", methods=("POST",))
    @needs("jobs.run")
    def revive(self) -> Response:
        """Give a dead delivery its tries again."""
        attempt(revive_delivery, event_id=request.form.get("event_id", "")[:32], reaction=request.form.get("reaction", "")[:64],
                done=say("已重新安排，几秒内执行。", "It will be tried again in a moment."))
        return redirect(self.get_url(".index"), 303)

    @expose("/run/", methods=("POST",))
    @needs("jobs.run")
    def run(self) -> Response:
        """Run a line of the timetable now."""
        attempt(run_entry_now, name=request.form.get("name", "")[:64], timetable=TIMETABLE, key=client_key(),
                done=say("已安排，几秒内执行。", "It will run in a moment."))
        return redirect(self.get_url(".index"), 303)
