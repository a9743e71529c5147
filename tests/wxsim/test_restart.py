"""SIGKILL loses no trade, no notification and no fault; SIGTERM is quick; a taken port is one sentence."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.wxsim.merchant import Merchant
from tests.wxsim.shop import Shop
from tests.wxsim_server import ROOT, ControlRefused, Wxsim

TABLES = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))


def test_killed_between_payment_and_notification(own: Wxsim, shop: Shop) -> None:
    merchant = Merchant(own, shop.url)
    paid = merchant.paid("restart-paid")
    params = merchant.order("restart-open")
    shop.answer = lambda taken: 500
    merchant.refund("restart-paid", "restart-refund", 40, notify_url=shop.url)
    shop.wait_for(2)
    own.fault("callback-delayed", seconds=3600)
    merchant.paid("restart-late")
    own.fault("frequency", times=3, call="query")
    code = own.login_code("甲")
    own.kill()
    own.start()
    assert own.status()["to_deliver"] == 2
    assert [merchant.query("restart-paid")[0] for _ in range(4)] == [429, 429, 429, 200]
    answer = merchant.query("restart-paid")[1]
    assert answer["transaction_id"] == paid["transaction_id"] and answer["trade_state"] == "REFUND"
    assert own.refunds("restart-paid")[0]["status"] == "SUCCESS"
    with pytest.raises(ControlRefused):
        own.control("POST", "/pay", {"user": "乙", "params": params})
    shop.answer = lambda taken: 200
    assert own.pay("甲", params)["trade_state"] == "SUCCESS"
    merchant.move(3601)
    own.settled()
    told = sorted(merchant_numbers(merchant, shop))
    assert told == ["restart-late", "restart-open", "restart-paid", "restart-refund", "restart-refund"]
    assert len(code) == 32


def merchant_numbers(merchant: Merchant, shop: Shop) -> list[str]:
    found = []
    for taken in shop.taken:
        told = merchant.unseal_body(taken.body)
        found.append(told.get("out_refund_no", told["out_trade_no"]))
    return found


def test_killed_while_sending(own: Wxsim, shop: Shop) -> None:
    merchant = Merchant(own, shop.url)
    shop.answer = lambda taken: time.sleep(1) or 200
    own.pay("甲", merchant.order("restart-sending"), wait=False)
    shop.wait_for(1)
    own.kill()
    shop.answer = lambda taken: 200
    own.start()
    shop.wait_for(2)
    own.settled()
    assert own.trade("restart-sending")["notifications"][0]["state"] == "delivered"


def test_sigterm_ends_it_quickly_with_clients_connected(own: Wxsim) -> None:
    own.status()
    started = time.monotonic()
    own.stop()
    assert time.monotonic() - started < 1.5
    own.start()


def test_a_taken_port_and_a_bad_config_are_one_sentence(own: Wxsim) -> None:
    port = own.url.rpartition(":")[2]
    config = str(own.folder / "wxsim.json")
    for arguments, words in (
        (["--config", config, "--port", port], "in use"),
        (["--config", config + ".none"], "cannot read"),
    ):
        run = subprocess.run([sys.executable, "-m", "wxsim", *arguments], cwd=ROOT, capture_output=True, text=True)
        assert run.returncode == 2 and words in run.stderr and len(run.stderr.splitlines()) == 1
    bad = own.folder / "bad.json"
    bad.write_text('{"appid": "wx1"}')
    run = subprocess.run(
        [sys.executable, "-m", "wxsim", "--config", str(bad)], cwd=ROOT, capture_output=True, text=True
    )
    assert run.returncode == 2 and "merchant_public_key" in run.stderr and "Traceback" not in run.stderr


@pytest.mark.skipif(not TABLES[0].exists(), reason="only Linux lists its sockets in a file")
def test_it_listens_on_loopback_alone(own: Wxsim) -> None:
    port = int(own.url.rpartition(":")[2])
    lines = [line.split() for table in TABLES for line in table.read_text().splitlines()]
    listening = [line[1] for line in lines if line[1].endswith(f":{port:04X}") and line[3] == "0A"]
    assert listening == [f"0100007F:{port:04X}"]
