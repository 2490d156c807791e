"""A client that nobody wrote: generated from the committed contract, it asks, tells and reads like one made by hand."""

import importlib
import os
import subprocess
import sys
from http import HTTPStatus
from pathlib import Path

import pytest

from conftest import CONTRACT


@pytest.fixture(scope="session")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with the client's package."""
    folder = tmp_path_factory.mktemp("client")
    tools = Path(sys.executable).parent
    config = folder / "config.yml"
    # Bodies of lines go as they are; the generator knows JSON.
    config.write_text("content_type_overrides:\n  application/x-ndjson: application/octet-stream\n")
    output = folder / "whisperlite_client"
    command = [tools / "openapi-python-client", "generate", "--path", CONTRACT, "--meta", "none", "--config", config]
    # The generator calls a formatter by its name.
    environment = {**os.environ, "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}"}
    made = subprocess.run([*command, "--fail-on-warning", "--output-path", output], env=environment, capture_output=True, text=True)
    assert made.returncode == 0, made.stdout + made.stderr
    return folder


@pytest.fixture
def client(generated: Path, server: str, monkeypatch: pytest.MonkeyPatch):
    """The generated client of the running server, with the modules of its operations."""
    monkeypatch.syspath_prepend(str(generated))
    package = importlib.import_module("whisperlite_client")
    return package.Client(base_url=server)


def operation(name: str):
    """The module of an operation, such as `answers.search`."""
    return importlib.import_module(f"whisperlite_client.api.{name}")


def models():
    return importlib.import_module("whisperlite_client.models")


def test_search_items_and_similar_items(client):
    request = models().SearchRequest(q="red dress", limit=5, explain=True, facets=["category", "price"], personalization=0.5)
    answer = operation("answers.search").sync(client=client, body=request)
    assert len(answer.hits) == 5
    best = answer.hits[0]
    parts = best.explanation.popularity + best.explanation.words + best.explanation.taste
    assert parts == pytest.approx(best.score, abs=1e-3)
    assert answer.facets["category"].values[0].count > 0
    assert answer.facets["price"].range_.min_ < answer.facets["price"].range_.max_
    item = operation("items.get").sync(best.item_id, client=client)
    assert (item.title, item.price) == (best.title, best.price)
    similar = operation("items.similar").sync(best.item_id, client=client, limit=3)
    assert len(similar.hits) == 3 and best.item_id not in [hit.item_id for hit in similar.hits]


def test_an_event_is_told_once_and_changes_the_next_answer(client):
    search, add = operation("answers.search"), operation("events.add")
    request = models().SearchRequest(q="coat", session_id="generated", limit=10)
    before = search.sync(client=client, body=request)
    first = before.hits[0].item_id
    event = models().EventRequest(
        type_=models().EventName.CLICK, item_id=first, session_id="generated", event_id="e-1", query_id=before.query_id, position=1
    )
    said = [add.sync(client=client, body=event).status for _ in range(2)]
    assert [str(status) for status in said] == ["recorded", "duplicate"]
    after = search.sync(client=client, body=request)
    assert first not in [hit.item_id for hit in after.hits]


def test_a_mistake_comes_back_as_a_problem(client):
    request = models().SearchRequest(q="coat", filter_="price <")
    reply = operation("answers.search").sync_detailed(client=client, body=request)
    assert reply.status_code == HTTPStatus.BAD_REQUEST
    assert (str(reply.parsed.code), reply.parsed.field) == ("invalid_filter", "filter")
