"""Writes the golden numbers of SciPy that the tests of the statistics are held to.

    pip install scipy
    python tools/reference/statistics_golden.py > crates/whisperlite/tests/it/golden/statistics.json

Clusters have equal sizes, so that the mean over queries is the mean of cluster means, which is what SciPy resamples.
"""

import json

import numpy as np
from scipy import stats

N_CLUSTERS, CLUSTER_SIZE = 14, 3

rng = np.random.default_rng(20)
level = rng.normal(0.4, 0.15, N_CLUSTERS)[:, None]
a = np.round(level + rng.normal(0.06, 0.12, (N_CLUSTERS, CLUSTER_SIZE)), 3)
b = np.round(level + rng.normal(0.00, 0.12, (N_CLUSTERS, CLUSTER_SIZE)), 3)


def interval(cluster_means):
    result = stats.bootstrap((cluster_means,), np.mean, n_resamples=200_000, method="percentile", rng=1)
    return [float(result.confidence_interval.low), float(result.confidence_interval.high)]


paired = stats.permutation_test(
    (a.mean(axis=1), b.mean(axis=1)),
    lambda x, y, axis: np.mean(x - y, axis=axis),
    vectorized=True,
    permutation_type="samples",
    n_resamples=np.inf,
)

print(
    json.dumps(
        {
            "clusters": np.repeat(np.arange(N_CLUSTERS), CLUSTER_SIZE).tolist(),
            "a": a.ravel().tolist(),
            "b": b.ravel().tolist(),
            "mean_a": float(a.mean()),
            "interval_a": interval(a.mean(axis=1)),
            "difference": float((a - b).mean()),
            "interval_difference": interval((a - b).mean(axis=1)),
            "p_exact": float(paired.pvalue),
        },
        indent=1,
    )
)
