"""The secrets of a shop under `up`: drawn once, strong and random, kept in DIR/secrets.json and DIR/keys (0600)."""

import json
import secrets
import string
from base64 import b64encode

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from backend.commands._folder import Folder, Refused, write_private

PAIRS = ("merchant", "platform")
TEMPLATES: dict[str, tuple[str, dict[str, str], tuple[str, ...]]] = {
    "shipped": ("订单发货通知", {"character_string1": "订单编号", "thing2": "商品名称", "thing3": "快递公司",
                           "character_string4": "快递单号", "time5": "发货时间"},
                ("character_string1=number", "thing2=goods", "thing3=courier", "character_string4=tracking", "time5=time")),
    "ready": ("到货自提通知", {"character_string1": "订单编号", "thing2": "商品名称", "thing3": "自提点", "thing4": "温馨提示"},
              ("character_string1=number", "thing2=goods", "thing3=point", "thing4=note")),
    "refunded": ("退款到账通知", {"character_string1": "订单编号", "amount2": "退款金额", "thing3": "商品名称",
                            "time4": "到账时间"},
                 ("character_string1=number", "amount2=amount", "thing3=goods", "time4=time")),
}  # fmt: skip
"""Our subscribe messages as they would be chosen at WeChat: title, labels of the fields, and what each field is told."""


def ensure(folder: Folder) -> dict[str, str]:
    """The secrets as environment names; made when the folder has none, the same ones ever after.

    Raises Refused when there are data but no secrets any more, for the data could not be read with new ones.
    """
    if not folder.secrets.exists():
        if folder.database.exists():
            raise Refused(
                f"{folder.database} is there but {folder.secrets.name} is gone, so its personal data cannot be read: "
                "bring it back from a backup (`restore`), or begin anew with --fresh."
            )
        make(folder)
    drawn = json.loads(folder.secrets.read_text("utf-8"))
    missing = {name: value for name, value in platform_secrets().items() if name not in drawn}
    if missing:  # of a folder that an older version made
        drawn |= missing
        write_private(folder.secrets, json.dumps(drawn, indent=1))
    return drawn


def platform_secrets() -> dict[str, str]:
    """What is agreed with the mini-program's platform beside the log-in: the message push, and ids of message templates."""
    letters = string.ascii_letters + string.digits
    drawn = {name: "".join(secrets.choice(letters) for _ in range(length)) for name, length in
             (("TUANMA_PUSH_TOKEN", 32), ("TUANMA_PUSH_AES_KEY", 43))}  # fmt: skip
    for name in TEMPLATES:
        drawn[f"TEMPLATE_ID_{name.upper()}"] = "".join(secrets.choice(letters) for _ in range(43))
    return drawn


def make(folder: Folder) -> None:
    """Draws new secrets; secrets.json is written last, so that an interrupted start draws again."""
    folder.keys.mkdir(exist_ok=True, mode=0o700)
    for name in PAIRS:
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        write_private(folder.keys / f"{name}_private.pem", private.decode())
        write_private(folder.keys / f"{name}_public.pem", public.decode())
    drawn = {
        "TUANMA_SECRET_KEY": secrets.token_urlsafe(48),
        "TUANMA_FIELD_KEYS": f"k1:{b64encode(secrets.token_bytes(32)).decode()}",
        "TUANMA_INDEX_KEY": b64encode(secrets.token_bytes(32)).decode(),
        "TUANMA_CONTROL_TOKEN": secrets.token_urlsafe(32),
        "TUANMA_WECHAT_APPID": "wx" + secrets.token_hex(8),
        "TUANMA_WECHAT_APP_SECRET": secrets.token_hex(16),
        "TUANMA_PAY_MCHID": f"1{secrets.randbelow(10**9):09d}",
        "TUANMA_PAY_SERIAL": secrets.token_hex(20).upper(),
        "TUANMA_PAY_API_V3_KEY": secrets.token_hex(16),
        "TUANMA_PLATFORM_KEY_ID": "PUB_KEY_ID_0" + "".join(str(secrets.randbelow(10)) for _ in range(27)),
        **platform_secrets(),
    }
    write_private(folder.secrets, json.dumps(drawn, indent=1))


def environment(folder: Folder, drawn: dict[str, str]) -> dict[str, str]:
    """All settings that follow from the folder and its secrets, paths included; never production."""
    return {
        **{name: value for name, value in drawn.items()
           if name != "TUANMA_PLATFORM_KEY_ID" and not name.startswith("TEMPLATE_ID_")},
        **{f"TUANMA_TEMPLATE_{name.upper()}": " ".join([drawn[f"TEMPLATE_ID_{name.upper()}"], *fields])
           for name, (_, _, fields) in TEMPLATES.items()},
        "TUANMA_ENV": "development",
        "TUANMA_DATA_DIR": str(folder.root),
        "TUANMA_READY_FILE": str(folder.ready),
        "TUANMA_CLOCK": f"file:{folder.clock}",
        "TUANMA_PAY_PRIVATE_KEY_FILE": str(folder.keys / "merchant_private.pem"),
        "TUANMA_PAY_PUBLIC_KEYS": f"{drawn['TUANMA_PLATFORM_KEY_ID']}={folder.keys / 'platform_public.pem'}",
    }


def wxsim_config(folder: Folder, drawn: dict[str, str], shop_url: str) -> str:
    """The text of the emulator's configuration: the platform's side of the same secrets; events go to `shop_url`."""
    return json.dumps(
        {
            "appid": drawn["TUANMA_WECHAT_APPID"],
            "app_secret": drawn["TUANMA_WECHAT_APP_SECRET"],
            "mchid": drawn["TUANMA_PAY_MCHID"],
            "merchant_serial": drawn["TUANMA_PAY_SERIAL"],
            "merchant_public_key": (folder.keys / "merchant_public.pem").read_text(),
            "api_v3_key": drawn["TUANMA_PAY_API_V3_KEY"],
            "platform_private_key": (folder.keys / "platform_private.pem").read_text(),
            "platform_public_key_id": drawn["TUANMA_PLATFORM_KEY_ID"],
            "clock_file": str(folder.clock),
            "control_token": drawn["TUANMA_CONTROL_TOKEN"],
            "books": str(folder.books),
            "push": {
                "url": f"{shop_url}/callbacks/wechat/messages",
                "token": drawn["TUANMA_PUSH_TOKEN"],
                "aes_key": drawn["TUANMA_PUSH_AES_KEY"],
            },
            "templates": [
                {"template_id": drawn[f"TEMPLATE_ID_{name.upper()}"], "title": title, "fields": labels}
                for name, (title, labels, _) in TEMPLATES.items()
            ],
        },
        indent=1,
    )
