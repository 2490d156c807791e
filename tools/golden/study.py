"""Writes the golden numbers that the statistics of studies are held to: of SciPy, statsmodels and krippendorff.

    pip install scipy statsmodels krippendorff
    python tools/golden/study.py > crates/whisperlite-study/tests/it/golden/statistics.json
"""

import json
import warnings

import krippendorff
import numpy as np
from scipy import stats
from statsmodels.stats.inter_rater import aggregate_raters, fleiss_kappa
from statsmodels.stats.power import TTestPower

rng = np.random.default_rng(6)


def sign_tests():
    counts = [(0, 1), (1, 0), (5, 5), (0, 12), (60, 37), (126, 84), (3, 20), (1003, 907), (40_000, 40_500)]
    for wins, losses in counts:
        test = stats.binomtest(wins, wins + losses)
        interval = test.proportion_ci(0.95, method="exact")
        yield {"n_wins": wins, "n_losses": losses, "p": test.pvalue, "interval": [interval.low, interval.high]}


def sign_powers():
    for n, rate in [(97, 0.65), (96, 0.65), (210, 0.6), (54, 0.7), (20, 0.9), (3000, 0.53)]:
        critical = max(k for k in range(n // 2) if 2 * stats.binom.cdf(k, n, 0.5) <= 0.05)
        power = stats.binom.cdf(critical, n, rate) + stats.binom.sf(n - critical - 1, n, rate)
        yield {"n": n, "win_rate": rate, "power": power}


def t_powers():
    for n, effect in [(2, 0.5), (2, 5.0), (3, 1.0), (10, 0.3), (34, 0.5), (90, 0.3), (90, -0.3), (787, 0.1), (5000, 0.05)]:
        yield {"n": n, "effect": effect, "power": TTestPower().power(effect, n, 0.05)}


def t_needed():
    for effect, power in [(0.1, 0.8), (0.2, 0.9), (0.3, 0.8), (0.5, 0.8), (0.8, 0.95), (2.0, 0.8)]:
        n = TTestPower().solve_power(effect, alpha=0.05, power=power)
        yield {"effect": effect, "power": power, "n": int(np.ceil(n))}


def t_tests():
    for n in [2, 3, 12, 200]:
        values = np.round(rng.normal(0.1, 0.4, n), 3)
        test = stats.ttest_1samp(values, 0.0)
        interval = test.confidence_interval(0.95)
        yield {"values": values.tolist(), "p": test.pvalue, "interval": [interval.low, interval.high]}


def agreements():
    """Grades of 0 to 3 by some raters for some units, with missing ones; and without, for kappa."""
    for n_units, n_raters, noise, missing in [(12, 3, 0.5, 0.0), (40, 4, 0.8, 0.3), (60, 9, 2.5, 0.6), (200, 3, 0.3, 0.1)]:
        truth = rng.normal(1.5, 1.2, n_units)
        grades = np.clip(np.round(truth[None, :] + rng.normal(0, noise, (n_raters, n_units))), 0, 3)
        table, _ = aggregate_raters(grades.T.astype(int), n_cat=4)
        kappa = fleiss_kappa(table[:, table.sum(axis=0) > 0], method="fleiss")
        full = grades.T.astype(int).tolist()
        grades[rng.random(grades.shape) < missing] = np.nan
        yield {
            "full": full,
            "fleiss_kappa": kappa,
            "ratings": [[None if np.isnan(grade) else int(grade) for grade in unit] for unit in grades.T],
            "alpha_ordinal": krippendorff.alpha(grades, level_of_measurement="ordinal"),
            "alpha_nominal": krippendorff.alpha(grades, level_of_measurement="nominal"),
        }


def correlations():
    for n, digits in [(2, 3), (15, 3), (40, 1), (100, 0)]:
        a = rng.normal(0, 1, n)
        b = np.round(0.6 * a + rng.normal(0, 0.7, n), digits)
        a = np.round(a, digits)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            rho, tau = stats.spearmanr(a, b).statistic, stats.kendalltau(a, b).statistic
        yield {"a": a.tolist(), "b": b.tolist(), "spearman": rho, "kendall": tau}


golden = {
    "sign_tests": list(sign_tests()),
    "sign_powers": list(sign_powers()),
    "t_powers": list(t_powers()),
    "t_needed": list(t_needed()),
    "t_tests": list(t_tests()),
    "agreements": list(agreements()),
    "correlations": list(correlations()),
}
print(json.dumps(golden, default=float))
