"""System calls that fail, or that are a process's last: strace's fault injection on living processes."""

import contextlib
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

from backend.commands import _process
from tests.campaigns.fault_scripts.ground import Missing, Wrong

SYNCING, WRITING = "fsync,fdatasync", "write,pwrite64,writev,pwritev"


@contextlib.contextmanager
def injecting(pids: Sequence[int], calls: str, what: str) -> Iterator[None]:
    """Until the block ends, `what` (`error=EIO:when=3`, `signal=SIGKILL:when=5`) befalls these calls of the processes.

    Each thread counts its own calls. Raises Missing where strace is not installed or may not look at other processes.
    """
    program = shutil.which("strace")
    if program is None:
        raise Missing("strace is not on this machine: apt install strace")
    command = [program, "-f", "-q", "-o", "/dev/null", "-e", f"trace={calls}", "-e", f"inject={calls}:{what}"]
    tracer = subprocess.Popen([*command, *(f"-p{pid}" for pid in pids)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                              start_new_session=True)
    try:
        attached = _process.wait_until(lambda: tracer.poll() is not None or all(map(_is_traced, pids)), 10)
        if tracer.poll() is not None and tracer.stderr is not None:
            said = tracer.stderr.read().decode()
            if "ot permitted" in said:
                raise Missing("strace may not look at other processes here: ptrace is forbidden")
            if said:  # one that says nothing has done its work: they all died of it before anybody looked
                raise Wrong(f"strace ended at once: {said[-200:]}")
        assert attached, "strace did not get hold of the processes"
        yield
    finally:
        _process.end(tracer, 1)  # one whose process has died beneath it may wait for ever


def _is_traced(pid: int) -> bool:
    with contextlib.suppress(OSError):
        return "TracerPid:\t0\n" not in Path(f"/proc/{pid}/status").read_text()
    return True
