"""Looks at settings, stores, clocks, WeChat and file rights, and says what to do."""

import argparse
import os

from backend.commands import _check_outside, _check_scale, _check_stores, _running
from backend.commands._findings import Finding, rights
from backend.commands._folder import Folder, Refused


def main(argv: list[str]) -> int:
    """One line a finding on stdout; 1 when any of them is a failure."""
    parser = argparse.ArgumentParser(prog="python3 -m backend doctor", description=__doc__)
    _running.add_arguments(parser)
    arguments = parser.parse_args(argv)
    running = _running.connect(arguments, required=False)
    failed = False
    for finding in examine(Folder(arguments.data), running, arguments.port):
        print(finding.line(), flush=True)
        failed = failed or finding.level == "fail"
    print("Something has to be done." if failed else "All is well.")
    return int(failed)


def examine(folder: Folder, running: _running.Running | None, port: int | None) -> list[Finding]:
    """All findings, in the order in which a person would look."""
    production = os.environ.get("TUANMA_ENV") == "production"
    try:
        settings = _running.settings()
    except Refused as problem:
        return [Finding("fail", "settings", str(problem)), *rights(folder)]
    where = f"a shop runs on {running.data}" if running else f"no shop runs on {folder.root}"
    found = [Finding("ok", "settings", f"{settings.env}; {'no folder is used' if production else where}")]
    if not production:
        found += rights(folder)
    found += _check_stores.database(settings)
    found += _check_scale.months(settings)
    found += _check_scale.replica(settings)
    found += _check_stores.queue(settings)
    found += _check_outside.clock(settings)
    found += _check_outside.wechat(settings, required=production or running is not None)
    web_port = port or (running.port if running else None)
    if web_port:
        found += _check_outside.web(web_port)
    return found
