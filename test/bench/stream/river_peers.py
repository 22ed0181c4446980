"""River's learners, with its defaults."""

import numbers

from river import compose, forest, linear_model, preprocessing, tree

from prequential import run_learner


class RiverLearner:
    def __init__(self, model, table):
        self.model = model
        self.rows = [dict(zip(table.names, row)) for row in table.rows]
        self.labels = [label == 1 for label in table.labels]

    def learn(self, row):
        self.model.learn_one(self.rows[row], self.labels[row])

    def score(self, row):
        shares = self.model.predict_proba_one(self.rows[row])
        return shares.get(True, 0.0) if shares else None


def scaled(table):
    if not table.categories:
        return preprocessing.StandardScaler()
    numbers_scaled = compose.SelectType(numbers.Number) | preprocessing.StandardScaler()
    return numbers_scaled + (compose.SelectType(str) | preprocessing.OneHotEncoder())


def peer(make):
    return lambda table, delay: run_learner(RiverLearner(make(table), table), table.labels, delay)


PEERS = {
    "River ALMA": peer(lambda table: scaled(table) | linear_model.ALMAClassifier()),
    "River logistic": peer(lambda table: scaled(table) | linear_model.LogisticRegression()),
    "River HAT": peer(lambda _: tree.HoeffdingAdaptiveTreeClassifier(seed=1)),
    "River ARF-10": peer(lambda _: forest.ARFClassifier(n_models=10, seed=1)),
}
