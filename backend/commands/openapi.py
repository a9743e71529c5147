"""Prints the API's OpenAPI document (JSON), as the running web answers it."""

import argparse
import subprocess
import sys
import tempfile

from backend.commands import _programs, _running
from backend.commands._folder import Refused

ASK = """
import sys
from importlib import import_module
answer = import_module("wsgi").application.test_client().get("/api/v1/openapi.json")
sys.stdout.write(answer.get_data(as_text=True))
sys.exit(0 if answer.status_code == 200 else 1)
"""


def main(argv: list[str]) -> int:
    """Needs no running shop: a child process starts the web application by its name and asks it once."""
    parser = argparse.ArgumentParser(prog="python3 -m backend openapi", description=__doc__)
    _running.add_arguments(parser)
    _running.connect(parser.parse_args(argv), required=False)
    with tempfile.TemporaryFile("w+") as errors:
        done = subprocess.run(
            [sys.executable, "-c", ASK],
            cwd=_programs.ROOT,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            errors.seek(0)
            raise Refused(f"The web application did not answer:\n{done.stdout[-1000:]}{errors.read()[-3000:]}")
    print(done.stdout)
    return 0
