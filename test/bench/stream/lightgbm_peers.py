"""LightGBM (31 leaves, 100 rounds, one thread) trained anew 100 times on every label known by then, with and without label memory as features."""

import time

import lightgbm
import numpy as np

RETRAINS = 100
ROWS_AT_LEAST = 100
PARAMS = {"objective": "binary", "num_threads": 1, "verbosity": -1, "seed": 1}


def features_of(table, delay, has_lags):
    columns = []
    for column, name in enumerate(table.names):
        words = table.categories.get(name)
        codes = {word: code for code, word in enumerate(words)} if words else None
        columns.append([codes[row[column]] if codes else row[column] for row in table.rows])
    if has_lags:
        columns += lags_of(np.asarray(table.labels, dtype=float), delay)
    return np.column_stack(columns).astype(float)


def lags_of(labels, delay):
    """The last three labels known at each row, and two exponentially weighted rates of them."""
    row_count = len(labels)
    late = lambda values, by: np.concatenate([np.full(min(by, row_count), np.nan), values[: max(0, row_count - by)]])
    columns = [late(labels, 1 + delay + lag) for lag in range(3)]
    for weight in (0.05, 0.005):
        rates = np.empty(row_count)
        rate = 0.5
        for row, label in enumerate(labels):
            rate += weight * (label - rate)
            rates[row] = rate
        columns.append(late(rates, 1 + delay))
    return columns


def peer(has_lags):
    def run(table, delay):
        begun = time.process_time()
        labels = np.asarray(table.labels, dtype=float)
        row_count = len(labels)
        features = features_of(table, delay, has_lags)
        categorical = [column for column, name in enumerate(table.names) if name in table.categories]
        yes = np.concatenate([[0], np.cumsum(labels)])
        known = np.maximum(0, np.arange(row_count) - delay)
        scores = (yes[known] + 1) / (known + 2)
        edges = np.linspace(0, row_count, RETRAINS + 1).astype(int)
        for start, end in zip(edges, edges[1:]):
            rows = max(0, start - delay)
            if rows < ROWS_AT_LEAST or len(set(labels[:rows])) < 2:
                continue
            data = lightgbm.Dataset(features[:rows], labels[:rows], categorical_feature=categorical)
            scores[start:end] = lightgbm.train(PARAMS, data, num_boost_round=100).predict(features[start:end])
        return scores, time.process_time() - begun

    return run


PEERS = {"LightGBM": peer(False), "LightGBM, lags": peer(True)}
