"""The bills as files: Chinese headings, a backtick before every value, amounts in yuan, a summary at the end."""

from collections.abc import Sequence

from wxsim.bill_entries import Entry
from wxsim.clock import china
from wxsim.config import Config

_COMMON = (
    "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类"
)
_AMOUNTS = "应结订单金额,代金券金额"
_REFUND = "微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态"
_TIMES = "退款申请时间,退款成功时间"
_END = "商品名称,商户数据包,手续费,费率,订单金额"
HEADINGS = {
    "ALL": f"{_COMMON},{_AMOUNTS},{_REFUND},{_END},申请退款金额,费率备注",
    "SUCCESS": f"{_COMMON},{_AMOUNTS},{_END},费率备注",
    "REFUND": f"{_COMMON},{_AMOUNTS},{_TIMES},{_REFUND},{_END},申请退款金额,费率备注",
}
_TRADE_SUMMARY = "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额"
_FLOW = (
    "记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,收支金额(元),账户结余(元),"
    "资金变更提交申请人,备注,业务凭证号"
)
_FLOW_SUMMARY = "资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额"
_STATUSES = {"SUCCESS": "SUCCESS", "PROCESSING": "PROCESSING", "CLOSED": "FAIL", "ABNORMAL": "CHANGE"}


def trade_bill(config: Config, bill_type: str, entries: Sequence[Entry]) -> str:
    """交易账单 of the entries, whose order it keeps."""
    names = HEADINGS[bill_type].split(",")
    rows = [[_trade_values(config, entry)[name] for name in names] for entry in entries]
    paid = [entry for entry in entries if not entry.out_refund_no]
    back = [entry for entry in entries if entry.out_refund_no]
    asked = _yuan(sum(entry.fen for entry in back))
    summary = [
        str(len(entries)),
        _yuan(sum(entry.fen for entry in paid)),
        asked,
        _yuan(0),
        _fee(sum(entry.fee for entry in paid) - sum(entry.fee for entry in back)),
        _yuan(sum(entry.fen for entry in paid)),
        asked,
    ]
    return _file(HEADINGS[bill_type], rows, _TRADE_SUMMARY, summary)


def fund_flow_bill(config: Config, entries: Sequence[Entry], balance: int) -> str:
    """资金账单 of the entries in time order, starting from `balance` fen: payment, its fee, refund less its fee."""
    rows: list[list[str]] = []
    incomes: list[int] = []
    expenses: list[int] = []
    for entry in entries:
        for business, kind, income, fen, remark in _flows(entry):
            balance += fen if income else -fen
            (incomes if income else expenses).append(fen)
            rows.append(
                [
                    f"{china(entry.at):%Y-%m-%d %H:%M:%S}",
                    entry.refund_id or entry.transaction_id,
                    entry.transaction_id if entry.refund_id else f"{config.mchid}{entry.transaction_id[-16:]}",
                    business,
                    kind,
                    "收入" if income else "支出",
                    _yuan(fen),
                    _yuan(balance),
                    f"{config.mchid}API",
                    remark,
                    entry.out_refund_no or entry.out_trade_no,
                ]
            )
    summary = [
        str(len(rows)),
        str(len(incomes)),
        _yuan(sum(incomes)),
        str(len(expenses)),
        _yuan(sum(expenses)),
    ]
    return _file(_FLOW, rows, _FLOW_SUMMARY, summary)


def _flows(entry: Entry) -> list[tuple[str, str, bool, int, str]]:
    if entry.out_refund_no:
        remark = f"退款总金额{_yuan(entry.fen)}元;含手续费{_yuan(entry.fee)}元"
        return [("退款", "退款", False, entry.fen - entry.fee, remark)]
    paid = ("交易", "交易", True, entry.fen, "")
    return [paid, ("交易", "扣除交易手续费", False, entry.fee, "")] if entry.fee else [paid]


def _trade_values(config: Config, entry: Entry) -> dict[str, str]:
    refund = bool(entry.out_refund_no)
    status = _STATUSES[entry.status] if refund else ""
    finished = f"{china(entry.finished_at):%Y-%m-%d %H:%M:%S}" if entry.finished_at and status == "SUCCESS" else ""
    return {
        "交易时间": f"{china(entry.at):%Y-%m-%d %H:%M:%S}",
        "公众账号ID": config.appid,
        "商户号": config.mchid,
        "特约商户号": "0",
        "设备号": "",
        "微信订单号": entry.transaction_id,
        "商户订单号": entry.out_trade_no,
        "用户标识": entry.openid,
        "交易类型": "JSAPI",
        "交易状态": "REFUND" if refund else "SUCCESS",
        "付款银行": "OTHERS",
        "货币种类": "CNY",
        "应结订单金额": _yuan(0 if refund else entry.fen),
        "代金券金额": _yuan(0),
        "退款申请时间": f"{china(entry.at):%Y-%m-%d %H:%M:%S}",
        "退款成功时间": finished,
        "微信退款单号": entry.refund_id or "0",
        "商户退款单号": entry.out_refund_no or "0",
        "退款金额": _yuan(entry.fen if refund else 0),
        "充值券退款金额": _yuan(0),
        "退款类型": "ORIGINAL" if refund else "",
        "退款状态": status,
        "商品名称": entry.description,
        "商户数据包": entry.attach,
        "手续费": _fee(-entry.fee if refund else entry.fee),
        "费率": f"{config.fee_basis_points / 100:.2f}%",
        "订单金额": _yuan(0 if refund else entry.fen),
        "申请退款金额": _yuan(entry.fen if refund else 0),
        "费率备注": "",
    }


def _file(heading: str, rows: Sequence[Sequence[str]], summary_heading: str, summary: Sequence[str]) -> str:
    lines = [heading, *map(_line, rows), summary_heading, _line(summary)]
    return "".join(f"{line}\r\n" for line in lines)


def _line(values: Sequence[str]) -> str:
    return ",".join("`" + value.replace(",", "\\ ") for value in values)


def _yuan(fen: int) -> str:
    sign, fen = ("-", -fen) if fen < 0 else ("", fen)
    return f"{sign}{fen // 100}.{fen % 100:02d}"


def _fee(fen: int) -> str:
    return _yuan(fen) + "000"
