"""The life of an export.

asked: waits for the worker. running: slices are being written. done: the file can be fetched for a day. expired: its day is
over and the file gone. failed: see `problem`; ask again. cancelled: the asker wanted it no more.
"""

from backend.kernel.machine import Machine

ASKED, RUNNING, DONE, EXPIRED, FAILED, CANCELLED = "asked", "running", "done", "expired", "failed", "cancelled"
OPEN_STATES = (ASKED, RUNNING)

EXPORT = Machine(ASKED, {
    ASKED: {RUNNING, DONE, FAILED, CANCELLED},
    RUNNING: {DONE, FAILED, CANCELLED},
    DONE: {EXPIRED},
    EXPIRED: set(),
    FAILED: set(),
    CANCELLED: set(),
})

WORDS = {
    ASKED: ("排队中", "Waiting"),
    RUNNING: ("正在导出", "Being written"),
    DONE: ("可下载", "Ready"),
    EXPIRED: ("已过期", "Expired"),
    FAILED: ("失败", "Failed"),
    CANCELLED: ("已取消", "Cancelled"),
}
