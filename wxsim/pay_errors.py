"""Every refusal that WeChat Pay's stand-in can give: HTTP status, code, sentence and Request-ID number.

Numbers at the end of Request-ID stand in the vendor's list where it has one; the others are 268435456 here.
"""

from dataclasses import dataclass


class PayError(Exception):
    """A call to WeChat Pay that is refused."""

    def __init__(self, status: int, code: str, message: str, number: int, detail: dict | None = None) -> None:
        super().__init__(f"{status} {code} {message}")
        self.status = status
        self.code = code
        self.message = message
        self.number = number
        self.detail = detail


@dataclass(frozen=True)
class Kind:
    """A kind of refusal; calling it makes the exception."""

    status: int
    code: str
    sentence: str
    number: int = 268435456

    def __call__(self, sentence: str | None = None, *, detail: dict | None = None) -> PayError:
        return PayError(self.status, self.code, sentence or self.sentence, self.number, detail)


SIGN_ERROR = Kind(401, "SIGN_ERROR", "错误的签名，验签失败", 268443699)
PARAM_ERROR = Kind(400, "PARAM_ERROR", "参数错误")
INVALID_REQUEST = Kind(400, "INVALID_REQUEST", "无效请求")
CHANGED_PARAMETERS = Kind(400, "INVALID_REQUEST", "请求重入时，参数与首次请求时不一致，请核实后重试", 268498688)
APPID_MCHID_NOT_MATCH = Kind(400, "APPID_MCHID_NOT_MATCH", "appid和mch_id不匹配，请检查后再试", 268445527)
NO_OPENID = Kind(400, "PARAM_ERROR", "JSAPI支付必须传openid", 268501013)
WRONG_OPENID = Kind(400, "PARAM_ERROR", "下单账号与支付账号不一致：无效的openid")
ORDER_PAID = Kind(400, "ORDERPAID", "该订单已支付", 268449538)
ORDER_CLOSED = Kind(400, "ORDER_CLOSED", "该订单已关闭，请重新下单", 268447914)
ORDER_NOT_EXIST = Kind(404, "ORDER_NOT_EXIST", "订单不存在", 268512771)
NOT_FOUND = Kind(404, "RESOURCE_NOT_EXISTS", "查询的资源不存在")
FREQUENCY_LIMITED = Kind(429, "FREQUENCY_LIMITED", "频率超限，请降低请求接口的频率", 268447840)
NOT_ENOUGH = Kind(403, "NOT_ENOUGH", "基本账户余额不足，请充值后重新发起")
NO_STATEMENT_EXIST = Kind(400, "NO_STATEMENT_EXIST", "账单文件不存在")
STATEMENT_CREATING = Kind(400, "STATEMENT_CREATING", "账单生成中，请稍后再试")
SYSTEM_ERROR = Kind(500, "SYSTEM_ERROR", "系统异常，请稍后重试")
