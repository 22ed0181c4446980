"""Rows of features to a matrix, and a trained model's manifest: what every bring-your-own script needs."""

import json

import numpy as np


def read_rows(features_file, rows_file):
    """The definition's features with the dictionaries of their categories, the rows as they travel, the matrix, and the targets."""
    rows = [json.loads(line) for line in open(rows_file)]
    values = [row["features"] for row in rows]
    features = json.load(open(features_file))  # name and kind of each, in the definition's order
    for column, feature in enumerate(features):
        known = {value[column] for value in values if value[column] is not None}
        feature["categories"] = sorted(known) if feature["kind"] == "category" else []
    codes = [{category: code for code, category in enumerate(feature["categories"])} for feature in features]

    def encode(value, column):
        if features[column]["kind"] == "category":
            value = codes[column].get(value)
        return np.nan if value is None else value  # missing is NaN; so is a category that is not in the dictionary

    matrix = np.array([[encode(value, column) for column, value in enumerate(row)] for row in values], dtype=np.float32)
    return features, values, matrix, np.array([row["target"] for row in rows])


def write_manifest(file, trainer, features, rows, scores):
    """The golden rows are 200 rows of the training set, spread over all of it."""
    golden = np.linspace(0, len(rows) - 1, 200).astype(int)
    golden = {"rows": [rows[row] for row in golden], "scores": [float(scores[row]) for row in golden]}
    json.dump({"trainer": trainer, "features": features, "golden": golden}, open(file, "w"))
