"""From the archive's rows to what models read: categories are codes, missing is NaN."""

import numpy as np
from pyspark.ml.feature import StringIndexerModel
from pyspark.sql import functions as F

CATEGORIES_AT_MOST = 1000  # of a feature: the most frequent; a row of any other has it missing, as an unknown one
GOLDEN_ROWS = 100


def column_of(feature):
    """The archive's column, as models/archive-columns.ts names it."""
    return f"{'category' if feature['kind'] == 'category' else 'feature'}_{feature['name']}"


def with_categories(job, learnt, ratio):
    """The features with their dictionaries, each in the order of its share of yes: so one threshold of a tree is the best split into two sets (Fisher 1958)."""
    smoothing = job["settings"]["categorySmoothing"]
    features = []
    for feature in job["features"]:
        categories = []
        if feature["kind"] == "category":
            column = F.col(column_of(feature))
            shares = learnt.where(column.isNotNull()).groupBy(column.alias("name")).agg(F.count("*").alias("rows"), F.sum("target").alias("yes"))
            top = shares.orderBy(F.desc("rows"), "name").limit(CATEGORIES_AT_MOST).collect()
            top.sort(key=lambda row: ((row["yes"] + smoothing * ratio) / (row["rows"] + smoothing), row["name"]))
            categories = [row["name"] for row in top] or [""]  # a dictionary must not be empty
        features.append({**feature, "categories": categories})
    return features


def encode(features, rows):
    """Features as models read them: a category is its code, NaN is missing or unknown."""
    named = [f for f in features if f["kind"] == "category"]
    if named:
        columns = [column_of(f) for f in named]
        codes = [f"code_{f['name']}" for f in named]
        rows = StringIndexerModel.from_arrays_of_labels([f["categories"] for f in named], columns, codes, handleInvalid="keep").transform(rows)
    nan = F.lit(float("nan"))
    coded = [
        F.when(F.col(f"code_{f['name']}") < len(f["categories"]), F.col(f"code_{f['name']}")).otherwise(nan)
        if f["kind"] == "category"
        else F.coalesce(F.col(column_of(f)).cast("double"), nan)
        for f in features
    ]
    kept = [name for name in ("atMs", "target", "isValidation") if name in rows.columns]
    return rows.select(*kept, *[value.cast("float").alias(f"x{at}") for at, value in enumerate(coded)])


def golden_rows(features, rows, model):
    """The latest rows as they travel, the last of them once more with each feature missing and with the first categories of each; and their scores."""
    latest = rows.orderBy(F.desc("atMs")).limit(GOLDEN_ROWS).select(*[column_of(f) for f in features]).collect()
    golden = [[None if value is None or value != value else value for value in row] for row in latest]
    for at, feature in enumerate(features):
        for value in [None, *feature["categories"][:2]]:
            golden.append([*golden[0][:at], value, *golden[0][at + 1 :]])
    codes = [{category: code for code, category in enumerate(f["categories"])} for f in features]

    def encoded(value, at):
        value = codes[at].get(value) if features[at]["kind"] == "category" else value
        return float("nan") if value is None else value

    matrix = np.array([[encoded(value, at) for at, value in enumerate(row)] for row in golden], dtype=np.float32)
    scores = model.inplace_predict(matrix)
    return {"rows": golden, "scores": [float(score) for score in scores]}
