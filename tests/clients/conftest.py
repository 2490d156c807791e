"""A small drawn store behind the real server, for clients that were not written for it."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
PROGRAM = Path(os.environ.get("WHISPERLITE_BIN", TARGET / "release" / "whisperlite"))
CONTRACT = ROOT / "crates" / "whisperlite-server" / "openapi.json"
N_ITEMS = 200
STOP_SECS = 30


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with a trained model."""
    store = tmp_path_factory.mktemp("store") / "shop"
    subprocess.run([PROGRAM, "demo", store, "--items", str(N_ITEMS), "--no-serve"], check=True, capture_output=True)
    return store


@pytest.fixture
def server(store: Path, tmp_path: Path):
    """The address of a server of a copy of the store; ends with the test, and must end well."""
    copy = tmp_path / "shop"
    shutil.copytree(store, copy)
    command = [PROGRAM, "--json", "serve", copy, "--port", "0", "--log-level", "error"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        said = ""
        while not said.endswith("}\n"):
            line = process.stdout.readline()
            assert line, f"the server ended: {said}"
            said += line
        yield json.loads(said)["url"]
        process.terminate()
        assert process.wait(STOP_SECS) == 0, "the server ended by itself"
    finally:
        process.kill()
        process.wait()
