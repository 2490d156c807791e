"""LanceDB as a peer of the server: full text and exact vectors, fused by reciprocal rank, over the same items and requests.

It is handed the vectors of items and requests, so it embeds nothing, and it knows nobody's history. Prints one JSON object.

Usage: lancedb_search.py FOLDER SECONDS THREADS
FOLDER holds items.jsonl ({"id", "text"}), items.f32 ([n, d]), requests.jsonl (texts) and requests.f32 ([m, d]).
"""

import json
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path

import lancedb
import numpy as np
import pyarrow as pa

LIMIT = 10
ROWS_AT_ONCE = 100_000


def lines(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def main():
    folder, seconds, n_threads = Path(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])
    items, requests = lines(folder / "items.jsonl"), lines(folder / "requests.jsonl")
    vectors = np.fromfile(folder / "items.f32", dtype="<f4").reshape(len(items), -1)
    asked = np.fromfile(folder / "requests.f32", dtype="<f4").reshape(len(requests), -1)
    schema = pa.schema(
        [("id", pa.string()), ("text", pa.string()), ("vector", pa.list_(pa.float32(), vectors.shape[1]))]
    )

    def batches():
        for first in range(0, len(items), ROWS_AT_ONCE):
            some = items[first : first + ROWS_AT_ONCE]
            flat = pa.array(vectors[first : first + ROWS_AT_ONCE].ravel())
            columns = [
                pa.array([item["id"] for item in some]),
                pa.array([item["text"] for item in some]),
                pa.FixedSizeListArray.from_arrays(flat, vectors.shape[1]),
            ]
            yield pa.RecordBatch.from_arrays(columns, schema=schema)

    begin = time.perf_counter()
    with tempfile.TemporaryDirectory(dir=folder) as place:
        table = lancedb.connect(place).create_table("items", pa.RecordBatchReader.from_batches(schema, batches()))
        table.create_fts_index("text")
        made = time.perf_counter() - begin

        def ask(number):
            at = number % len(requests)
            search = table.search(query_type="hybrid").vector(asked[at]).text(requests[at])
            return search.distance_type("dot").limit(LIMIT).select(["id"]).to_list()

        if len(ask(0)) != LIMIT:
            raise SystemExit("the peer does not answer with as many items as it is asked for")
        millis, lock, counter = [], threading.Lock(), iter(range(1, 1 << 40))
        end = time.perf_counter() + seconds

        def work():
            while time.perf_counter() < end:
                with lock:
                    number = next(counter)
                asked_at = time.perf_counter()
                ask(number)
                with lock:
                    millis.append(1e3 * (time.perf_counter() - asked_at))

        begin = time.perf_counter()
        threads = [threading.Thread(target=work) for _ in range(n_threads)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        took = time.perf_counter() - begin
    result = {
        "version": lancedb.__version__,
        "made_in_secs": made,
        "per_second": len(millis) / took,
        "p50_ms": statistics.median(millis),
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
