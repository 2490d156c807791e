"""`implicit`'s ALS, BPR and item neighbours on a leave-last-out split: the person alone, whole catalogue, items of the history left out.

    pip install implicit
    python tools/peers/implicit_person_alone.py path/to/amazon-beauty --threads 2

Each user's last event is for testing, the one before for validation, by which each model's settings are chosen (NDCG@10); then it learns
from training and validation events together, as ours does. Prints one line of JSON for each model.
"""

import argparse
import csv
import itertools
import json
import os
import time


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", help="holds events.tsv: user_id, item_id, timestamp (an order within the user)")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = str(args.threads)
    from implicit.als import AlternatingLeastSquares
    from implicit.bpr import BayesianPersonalizedRanking
    from implicit.nearest_neighbours import BM25Recommender, CosineRecommender

    sequences, n_items = read(os.path.join(args.folder, "events.tsv"))
    common = {"num_threads": args.threads, "random_state": args.seed}
    grids = {
        "ALS": [
            (AlternatingLeastSquares, {"factors": f, "regularization": r, "alpha": a, "iterations": 15, **common})
            for f, r, a in itertools.product((64, 128), (0.01, 0.1), (1.0, 10.0))
        ],
        "BPR": [
            (BayesianPersonalizedRanking, {"factors": f, "learning_rate": l, "regularization": 0.01, "iterations": n, **common})
            for f, l, n in itertools.product((64, 128), (0.01, 0.05), (50, 200))
        ],
        "item neighbours, cosine": [(CosineRecommender, {"K": k, "num_threads": args.threads}) for k in (50, 200)],
        "item neighbours, BM25": [
            (BM25Recommender, {"K": k, "K1": k1, "B": b, "num_threads": args.threads})
            for k, k1, b in itertools.product((50, 200), (0.5, 1.2), (0.2, 0.75))
        ],
    }
    valid = [(sequence[:-2], sequence[-2]) for sequence in sequences]
    test = [(sequence[:-1], sequence[-1]) for sequence in sequences]
    for name, grid in grids.items():
        begin = time.perf_counter()
        chosen = max(grid, key=lambda setting: measure(setting, valid, n_items)["ndcg@10"])
        result = measure(chosen, test, n_items)
        settings = {key: value for key, value in chosen[1].items() if key not in common}
        seconds = round(time.perf_counter() - begin, 1)
        print(json.dumps({"peer": f"implicit {name}", **result, "settings": settings, "seconds_with_tuning": seconds}), flush=True)


def read(path):
    """Each user's items in order, of users with three events or more, and the number of items."""
    items, by_user = {}, {}
    with open(path, newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            item = items.setdefault(row["item_id"], len(items))
            by_user.setdefault(row["user_id"], []).append((float(row["timestamp"]), item))
    sequences = ([item for _, item in sorted(events, key=lambda event: event[0])] for events in by_user.values())
    return [sequence for sequence in sequences if len(sequence) >= 3], len(items)


def measure(setting, cases, n_items):
    """Recall@10 and NDCG@10 of a model that learns from the histories of `cases` and is asked for what comes next."""
    import numpy as np
    from scipy.sparse import csr_matrix

    make, settings = setting
    rows = np.repeat(np.arange(len(cases)), [len(history) for history, _ in cases])
    columns = np.concatenate([history for history, _ in cases])
    seen = csr_matrix((np.ones(len(columns), dtype=np.float32), (rows, columns)), shape=(len(cases), n_items))
    seen.data[:] = 1.0
    model = make(**settings)
    model.fit(seen, show_progress=False)
    found, _ = model.recommend(np.arange(len(cases)), seen, N=10, filter_already_liked_items=True)
    target = np.array([target for _, target in cases])
    # Discovery: who comes back to an item that they had is not asked.
    new = np.array([target not in history for history, target in cases])
    hit = (found == target[:, None])[new]
    gain = (hit / np.log2(np.arange(2, 12))).sum(1)
    return {"queries": int(new.sum()), "recall@10": round(float(hit.any(1).mean()), 4), "ndcg@10": round(float(gain.mean()), 4)}


if __name__ == "__main__":
    main()
