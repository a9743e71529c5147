"""内容安全 (msg_sec_check, media_check_async): what may be shown to others; pictures are answered later by a push."""

import re
import unicodedata
import uuid
from typing import Any

from flask import Blueprint, request

from wxsim import people, pushes
from wxsim.open_api import OpenApiError, open_call
from wxsim.tokens import check_token, read_json
from wxsim.world import World

blueprint = Blueprint("content_check", __name__)
ACTIVE_SECONDS = 7200
LONGEST_TEXT = 2500
_ADDRESS = re.compile(r"https?://[!-~]{3,1000}")

NORMAL, ADVERT, PORN, CRIME, FRAUD, OTHER = 100, 10001, 20002, 20006, 20008, 21000
WORDS: dict[str, tuple[str, int]] = {
    **dict.fromkeys(("赌博", "博彩", "六合彩", "枪支", "弹药", "冰毒", "代孕"), ("risky", CRIME)),
    **dict.fromkeys(("裸聊", "约炮", "色情"), ("risky", PORN)),
    **dict.fromkeys(("代开发票", "刷单", "套现", "办假证"), ("risky", FRAUD)),
    **dict.fromkeys(("加微信", "加我微信", "加群", "代理加盟", "日赚", "点击链接"), ("review", ADVERT)),
}
"""Words that the stand-in knows, with its verdict; letters that cannot be seen do not hide them."""
_RANK = ("pass", "review", "risky")


@open_call(blueprint, "POST", "/wxa/msg_sec_check", "text-check")
def msg_sec_check(world: World) -> dict[str, Any]:
    """The verdict on a text and the names that come with it. errcode 0 does not mean that the text is fit."""
    check_token(world, "text-check")
    given = read_json(request.get_data())
    openid = _who(world, given, "text-check")
    texts = [given.get(name, "") for name in ("content", "nickname", "title", "signature")]
    if not all(isinstance(text, str) for text in texts) or not texts[0]:
        raise OpenApiError(44004, "empty content")
    if any(len(text) > LONGEST_TEXT for text in texts):
        raise OpenApiError(45002, "content size out of limit")
    suggest, label, word = judge(" ".join(texts))
    if (chosen := world.faults.strike("check-verdict", {"call": "text-check", "openid": openid})) is not None:
        suggest, label, word = chosen.get("suggest", "review"), int(chosen.get("label", OTHER)), ""
    detail = [_detail("content_model", suggest, label)]
    if word:
        detail.append({**_detail("keyword", suggest, label), "level": 90, "keyword": word})
    result = {"suggest": suggest, "label": label}
    return {"errcode": 0, "errmsg": "ok", "result": result, "detail": detail, "trace_id": new_trace()}


@open_call(blueprint, "POST", "/wxa/media_check_async", "media-check")
def media_check_async(world: World) -> dict[str, Any]:
    """A trace_id at once; the file is fetched later and the verdict pushed as `wxa_media_check`."""
    check_token(world, "media-check")
    given = read_json(request.get_data())
    openid = _who(world, given, "media-check")
    if given.get("media_type") not in (1, 2):
        raise OpenApiError(40097, "args err, media_type")
    url = given.get("media_url")
    if not isinstance(url, str) or not _ADDRESS.fullmatch(url):
        raise OpenApiError(40097, "args err, media_url")
    chosen = world.faults.strike("check-verdict", {"call": "media-check", "openid": openid})
    suggest, label = "pass", NORMAL
    if chosen is not None:
        suggest, label = chosen.get("suggest", "review"), int(chosen.get("label", OTHER))
    trace_id = new_trace()
    pushes.of_media_check(world, openid, url, trace_id, {"suggest": suggest, "label": label})
    return {"errcode": 0, "errmsg": "ok", "trace_id": trace_id}


def judge(text: str) -> tuple[str, int, str]:
    """(suggest, label, word that was hit) by the word lists; the worst word counts."""
    seen = "".join(one for one in unicodedata.normalize("NFKC", text) if unicodedata.category(one)[0] not in "CZP")
    hits = [(_RANK.index(suggest), label, word) for word, (suggest, label) in WORDS.items() if word in seen]
    rank, label, word = max(hits, default=(0, NORMAL, ""))
    return _RANK[rank], label, word


def new_trace() -> str:
    """Three groups of hexadecimal digits, as the platform writes them."""
    text = uuid.uuid4().hex
    return f"{text[:8]}-{text[8:16]}-{text[16:24]}"


def _who(world: World, given: dict[str, Any], call: str) -> str:
    if given.get("version") != 2:
        raise OpenApiError(40097, "args err, version")
    if given.get("scene") not in (1, 2, 3, 4) or isinstance(given.get("scene"), bool):
        raise OpenApiError(40129, "invalid scene")
    person = people.find_openid(world, given.get("openid"))
    if person is None:
        raise OpenApiError(40003, "invalid openid")
    at = people.active_at(world, person["openid"])
    gone = world.faults.strike("check-inactive", {"call": call, "openid": person["openid"]}) is not None
    if gone or at is None or world.clock.now() - at > ACTIVE_SECONDS:
        raise OpenApiError(61010, "code is expired: the user did not use the mini-program within two hours")
    return person["openid"]


def _detail(strategy: str, suggest: str, label: int) -> dict[str, Any]:
    return {"strategy": strategy, "errcode": 0, "suggest": suggest, "label": label, "prob": 90}
