"""CapyMOA's learners with their defaults but for the count of members, and MOA's TemporallyAugmentedClassifier (TA), which adds the last ten labels."""

import numpy as np
from capymoa.base import MOAClassifier
from capymoa.classifier import (
    AdaptiveRandomForestClassifier,
    HoeffdingTree,
    LeveragingBagging,
    StreamingGradientBoostedTrees,
    StreamingRandomPatches,
)
from capymoa.core import LabeledInstance
from capymoa.stream import Schema
from moa.classifiers.meta import TemporallyAugmentedClassifier

from prequential import run_learner


class MoaLearner:
    def __init__(self, model, instances):
        self.model = model
        self.instances = instances

    def learn(self, row):
        self.model.train(self.instances[row])
        self.instances[row] = None

    def score(self, row):
        shares = self.model.predict_proba(self.instances[row])
        return None if shares is None else float(shares[1])


def schema_of(table):
    return Schema.from_custom([*table.names, "label"], "label", categories={**table.categories, "label": ["0", "1"]})


def instances_of(table, schema):
    codes = {name: {word: code for code, word in enumerate(words)} for name, words in table.categories.items()}
    columns = [codes.get(name) for name in table.names]
    instances = []
    for row, label in zip(table.rows, table.labels):
        cells = [cell if column is None else column[cell] for column, cell in zip(columns, row)]
        instance = LabeledInstance.from_array(schema, np.array(cells, dtype=float), label)
        instance.java_instance  # made here, so that the clock counts learning alone
        instances.append(instance)
    return instances


def peer(make):
    def run(table, delay):
        schema = schema_of(table)
        return run_learner(MoaLearner(make(schema, delay), instances_of(table, schema)), table.labels, delay)

    return run


def augmented(learner):
    def make(schema, delay):
        late = " -d" if delay > 0 else ""
        return MOAClassifier(moa_learner=TemporallyAugmentedClassifier, schema=schema, CLI=f"-l ({learner}) -n 10{late}")

    return peer(make)


PEERS = {
    "MOA tree": peer(lambda schema, _: HoeffdingTree(schema)),
    "MOA ARF-10": peer(lambda schema, _: AdaptiveRandomForestClassifier(schema, ensemble_size=10)),
    "MOA LevBag-10": peer(lambda schema, _: LeveragingBagging(schema, ensemble_size=10)),
    "MOA SRP-10": peer(lambda schema, _: StreamingRandomPatches(schema, ensemble_size=10)),
    "MOA SGBT": peer(lambda schema, _: StreamingGradientBoostedTrees(schema)),
    "TA(ARF-10)": augmented("meta.AdaptiveRandomForest -s 10"),
    "TA(LevBag-10)": augmented("meta.LeveragingBag -s 10"),
}
