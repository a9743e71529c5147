"""A taken port is named with its holder."""

import os
import socket
import sys

import pytest

from backend.commands import _ports, _process
from backend.commands._folder import Refused


def test_a_free_port_passes() -> None:
    _ports.check(_process.free_port())


def test_a_taken_port_is_refused_in_one_sentence_that_names_the_holder() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(Refused) as refused:
            _ports.check(port)
    says = str(refused.value)
    assert says.startswith(f"Port {port} is taken")
    assert says.endswith("stop that, or take another with --port N.")
    assert "\n" not in says
    if sys.platform == "linux":
        assert f"by process {os.getpid()} (" in says


@pytest.mark.parametrize("port", [0, -1, 65536])
def test_what_is_not_a_port_is_refused(port: int) -> None:
    with pytest.raises(Refused, match="is not a port"):
        _ports.check(port)
