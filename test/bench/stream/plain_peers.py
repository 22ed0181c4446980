"""What needs no model: the last known label, and the rate of the labels so far."""

from prequential import run_learner


class AsLast:
    def __init__(self, labels):
        self.labels = labels
        self.last = 0

    def learn(self, row):
        self.last = self.labels[row]

    def score(self, _row):
        return float(self.last)


class RateSoFar:
    def learn(self, _row):
        pass

    def score(self, _row):
        return None


PEERS = {
    "as last": lambda table, delay: run_learner(AsLast(table.labels), table.labels, delay),
    "rate so far": lambda table, delay: run_learner(RateSoFar(), table.labels, delay),
}
