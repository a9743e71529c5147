"""How a sub-command finds the shop that `up` runs on a data folder, and takes over its settings."""

import argparse
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from backend.commands import _secrets
from backend.commands._folder import Folder, Refused, write_private
from backend.infra.settings import Settings, load_settings


@dataclass(frozen=True, slots=True)
class Running:
    """A running shop, as DIR/run.json and DIR/secrets.json describe it."""

    data: Path
    port: int
    database_url: str
    redis_url: str
    wxsim_url: str
    control_token: str
    clock_file: Path
    pid: int

    @property
    def url(self) -> str:
        """Base address of the web process; the API stands under /api/v1."""
        return f"http://127.0.0.1:{self.port}"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The two options every sub-command has."""
    parser.add_argument("--data", metavar="DIR", default="var", help="data folder of the shop (default: var)")
    parser.add_argument("--port", type=int, metavar="N", help="port of its web process (default: as `up` was told)")


def connect(arguments: argparse.Namespace, required: bool = True) -> Running | None:
    """The shop that runs on `arguments.data`; fills os.environ with its settings where the caller has not set them.

    Call it before Settings are loaded. When none runs: ends the command with a sentence, or with `required=False`
    fills in what the folder itself knows (secrets, clock) and returns None. In production it changes nothing: None.
    """
    if os.environ.get("TUANMA_ENV") == "production":
        if required:
            raise Refused("This command works on a shop that `up` runs; TUANMA_ENV=production is set here.")
        return None
    folder = Folder(arguments.data)
    fill({"TUANMA_DATA_DIR": str(folder.root)})
    if folder.secrets.exists():
        drawn = json.loads(folder.secrets.read_text("utf-8"))
        fill(_secrets.environment(folder, drawn))
    if not (folder.is_running() and folder.run.exists()):
        if required:
            raise Refused(
                f"No shop is running on {folder.root}: start one with `python3 -m backend up --data {arguments.data}` "
                "in another terminal."
            )
        return None
    noted = json.loads(folder.run.read_text("utf-8"))
    running = Running(
        data=folder.root,
        port=arguments.port or noted["port"],
        database_url=noted["database_url"],
        redis_url=noted["redis_url"],
        wxsim_url=noted["wxsim_url"],
        control_token=noted["control_token"],
        clock_file=Path(noted["clock_file"]),
        pid=noted["pid"],
    )
    fill(shop_environment(running))
    return running


def note(folder: Folder, running: Running) -> None:
    """Writes DIR/run.json (0600), from which `connect` reads."""
    noted = {name: value for name, value in asdict(running).items() if name != "data"}
    write_private(folder.run, json.dumps(noted, indent=1, default=str))


def shop_environment(running: Running) -> dict[str, str]:
    """The settings that are known only once the shop's processes have their ports."""
    return {
        "DATABASE_URL": running.database_url,
        "REDIS_URL": running.redis_url,
        "TUANMA_WECHAT_URL": running.wxsim_url,
        "TUANMA_PAY_URL": running.wxsim_url,
        "TUANMA_PUBLIC_URL": running.url,
    }


def fill(values: dict[str, str]) -> None:
    """Sets what the environment does not say itself."""
    for name, value in values.items():
        os.environ.setdefault(name, value)


def settings() -> Settings:
    """The settings, or the end of the command with every fault named; production refuses weak ones here."""
    try:
        return load_settings()
    except ValidationError as problem:
        faults = "; ".join(fault(one) for one in problem.errors())
        raise Refused(f"The settings cannot be used: {faults}.") from None


def fault(error: Mapping[str, Any]) -> str:
    """One fault of pydantic's in words: the name of the setting where there is one, and what is wrong with it."""
    name = "_".join(str(part) for part in error["loc"])
    says = error["msg"].removeprefix("Value error, ")
    return f"{'' if 'url' in name else 'TUANMA_'}{name.upper()}: {says}" if name else says
