"""Set one's phone number by WeChat's word: the shopper taps to allow it, WeChat tells it."""

from backend.context import Context
from backend.infra.uow import reading, transaction
from backend.kernel.actors import LOGIN_NEEDED
from backend.members import store as members


def set_phone(ctx: Context, *, code: str) -> str:
    """Exchange the code of getPhoneNumber and keep the number, encrypted; returns it in clear.

    A code works once: `phone_code_refused` the second time. Several members may have the same number.
    """
    member_id = ctx.actor.member_id
    with reading(ctx) as rd:
        openid = members.find_openid(rd, member_id, ctx.settings.wechat_appid)
    if openid is None:
        raise LOGIN_NEEDED()

    phone = ctx.gateways.mini.phone(code, openid)

    with transaction(ctx) as tx:
        members.change_profile(tx, member_id, {"phone": phone, "phone_index": ctx.cipher.blind_index(phone, "phone")})
    return phone
