"""Requests that nobody would think of: every operation of the contract, with what it allows and what it does not."""

import json
import subprocess
import sys
import urllib.request
from pathlib import Path

# So long the fuzzer goes on; what it knows to try comes first, and takes part of it.
FUZZ_SECS = 60
MAX_SECS = 300
# Fewer would mean that the server was hardly asked.
MIN_CASES = 500
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "response_headers_conformance",
    "unsupported_method",
    "negative_data_rejection",
)
HOOKS = Path(__file__).with_name("hooks.py")
CONFIG = """
hooks = {hooks}

# An id that is there, so that more than "unknown item" is heard; the item itself is asked for under any id.
[[operations]]
include-path = "/v1/items/{{id}}/similar"
parameters = {{ "path.id" = {item_id} }}

# To the contract a body of lines is a text, and no text is against it: each line has its own result.
[[operations]]
include-path-regex = ":import$"
generation = {{ mode = "positive" }}
"""


def some_item(server: str) -> str:
    """The id of an item of the store."""
    request = urllib.request.Request(
        f"{server}/v1/search", b'{"q": "dress", "limit": 1}', {"content-type": "application/json"}
    )
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)["hits"][0]["item_id"]


def test_the_server_keeps_its_contract_whatever_it_is_asked(server: str, tmp_path: Path):
    config = tmp_path / "schemathesis.toml"
    config.write_text(CONFIG.format(hooks=json.dumps(str(HOOKS)), item_id=json.dumps(some_item(server))))
    report = tmp_path / "report.json"
    command = [
        *[Path(sys.executable).with_name("schemathesis"), "--config-file", config, "run", f"{server}/openapi.json"],
        *["--url", server, "--phases", "examples,coverage,fuzzing", "--mode", "all", "--max-time", str(FUZZ_SECS)],
        *["--checks", ",".join(CHECKS), "--continue-on-failure", "--seed", "1", "--generation-database", "none"],
        *["--report", "json", "--report-json-path", report, "--no-color"],
    ]
    run = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, timeout=MAX_SECS)
    assert run.returncode == 0, run.stdout + run.stderr
    told = json.loads(report.read_text())
    assert told["operations"]["tested"] == told["operations"]["total"] > 0, told["operations"]
    assert told["test_cases"]["generated"] >= MIN_CASES, told["test_cases"]
