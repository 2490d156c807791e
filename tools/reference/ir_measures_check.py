"""Measures TREC files again with `ir_measures`: the reference that our metrics are held to.

    pip install ir-measures
    python tools/reference/ir_measures_check.py OUT

Reads OUT/qrels and every OUT/*.run, prints {run file: {"ndcg@10": {query: value}}} as JSON.
"""

import json
import pathlib
import sys

import ir_measures
from ir_measures import AP, RR, R, Success, nDCG

CUTOFFS = (1, 5, 10, 20, 100)
MEASURES = {"ndcg": nDCG, "recall": R, "hit": Success, "map": AP}


def measure(qrels, run):
    names = {measure @ k: f"{name}@{k}" for name, measure in MEASURES.items() for k in CUTOFFS}
    values = {name: {} for name in names.values()} | {f"mrr@{k}": {} for k in CUTOFFS}
    # trec_eval has no reciprocal rank with a cutoff; the other providers of RR@k break ties in their own ways. The
    # cutoff is therefore applied to its value without one.
    for metric in ir_measures.iter_calc([*names, RR], qrels, run):
        if metric.measure == RR:
            for k in CUTOFFS:
                values[f"mrr@{k}"][metric.query_id] = metric.value if metric.value > 1 / (k + 0.5) else 0.0
        else:
            values[names[metric.measure]][metric.query_id] = metric.value
    return values


def main():
    folder = pathlib.Path(sys.argv[1])
    qrels = list(ir_measures.read_trec_qrels(str(folder / "qrels")))
    runs = sorted(folder.glob("*.run"))
    json.dump({run.name: measure(qrels, list(ir_measures.read_trec_run(str(run)))) for run in runs}, sys.stdout)


if __name__ == "__main__":
    main()
