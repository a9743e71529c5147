"""Every expected no of the members."""

from backend.kernel.errors import Kind, Refusal

ADDRESS_NOT_FOUND = Refusal(
    Kind.NOT_FOUND,
    "address_not_found",
    zh="没有找到这个收货地址，可能已被删除。",
    en="This address was not found; it may have been removed.",
)
"""Absent, removed and foreign addresses alike."""

TOO_MANY_ADDRESSES = Refusal(
    Kind.CONFLICT,
    "too_many_addresses",
    zh="最多保存 {limit} 个地址，请先删除不用的。",
    en="At most {limit} addresses can be kept; please remove one first.",
)
NICKNAME = Refusal(
    Kind.INVALID, "nickname", zh="昵称须为 1–{limit} 个字。", en="A nickname has 1 to {limit} characters."
)
BIRTHDAY = Refusal(
    Kind.INVALID, "birthday", zh="生日须在 1900 年之后、今天之前。", en="A birthday lies after 1900 and before today."
)
GENDER = Refusal(Kind.INVALID, "gender", zh="性别只能为 female、male 或空。", en="Gender is female, male or empty.")
RECEIVER_NAME = Refusal(
    Kind.INVALID,
    "receiver_name",
    zh="收货人姓名须为 1–{limit} 个字。",
    en="The receiver's name has 1 to {limit} characters.",
)
PHONE = Refusal(
    Kind.INVALID,
    "phone",
    zh="请填写正确的手机号，或带区号的座机号。",
    en="Please give a Chinese mobile number, or a landline with its area code.",
)
REGION = Refusal(Kind.INVALID, "region", zh="请选择到区县。", en="Please choose the region down to the district.")
ADDRESS_DETAIL = Refusal(
    Kind.INVALID,
    "address_detail",
    zh="详细地址须为 1–{limit} 个字。",
    en="The street address has 1 to {limit} characters.",
)
CONSENT_KIND = Refusal(Kind.INVALID, "consent_kind", zh="没有这种授权。", en="There is no such consent.")
CONSENT_VERSION = Refusal(
    Kind.INVALID,
    "consent_version",
    zh="版本号须为 1–{limit} 个字母、数字、点或横线。",
    en="A version has 1 to {limit} letters, digits, dots or hyphens.",
)
MEMBER_CLOSED = Refusal(Kind.FORBIDDEN, "member_closed", zh="该账号已注销。", en="This account has been closed.")
