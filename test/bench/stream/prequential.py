"""Predict each row, learn its label once it is released: `delay` further rows later, with 0 before the next row."""

import time

import numpy as np
from scipy.stats import rankdata

SCORE_FLOOR = 1e-6


def run_learner(learner, labels, delay):
    """Scores of all rows and the seconds of CPU. Where a learner has nothing to say, the rate of the labels so far stands in, as in our backtest."""
    scores = np.empty(len(labels))
    known = yes = 0
    begun = time.process_time()
    for row in range(len(labels)):
        due = row - 1 - delay
        if due >= 0:
            learner.learn(due)
            known += 1
            yes += labels[due]
        score = learner.score(row)
        scores[row] = (yes + 1) / (known + 2) if score is None or score != score else score
    return scores, time.process_time() - begun


def measure(scores, labels):
    labels = np.asarray(labels)
    clipped = np.clip(scores, SCORE_FLOOR, 1 - SCORE_FLOOR)
    positives = int(labels.sum())
    negatives = len(labels) - positives
    rank_sum = rankdata(scores)[labels == 1].sum()
    return {
        "accuracy": float(np.mean((scores >= 0.5) == (labels == 1))),
        "auc": float((rank_sum - positives * (positives + 1) / 2) / (positives * negatives)),
        "logLoss": float(-np.mean(np.log(np.where(labels == 1, clipped, 1 - clipped)))),
    }
