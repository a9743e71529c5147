"""The life of an import.

received: the file is kept and waits to be read. checking: its lines are looked at. checked: somebody must look at the faults
and say yes. running: rows are being written. done: all are. failed: see `problem`; what was written stays. cancelled: nobody
wanted it any more; what was written stays.
"""

from backend.kernel.machine import Machine

RECEIVED, CHECKING, CHECKED, RUNNING = "received", "checking", "checked", "running"
DONE, FAILED, CANCELLED = "done", "failed", "cancelled"
OPEN_STATES = (RECEIVED, CHECKING, CHECKED, RUNNING)

IMPORT = Machine(RECEIVED, {
    RECEIVED: {CHECKING, FAILED, CANCELLED},
    CHECKING: {CHECKED, FAILED, CANCELLED},
    CHECKED: {RUNNING, CANCELLED},
    RUNNING: {DONE, FAILED, CANCELLED},
    DONE: set(),
    FAILED: set(),
    CANCELLED: set(),
})

WORDS = {
    RECEIVED: ("等待读取", "Waiting"),
    CHECKING: ("正在检查", "Being checked"),
    CHECKED: ("待确认", "To be confirmed"),
    RUNNING: ("正在导入", "Being imported"),
    DONE: ("已完成", "Done"),
    FAILED: ("失败", "Failed"),
    CANCELLED: ("已取消", "Cancelled"),
}
