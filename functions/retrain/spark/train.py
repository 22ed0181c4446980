"""Trains boosted trees on all rows of the window and leaves an ONNX model, for the function of retrain to prove and to judge.

Its one argument is the address of the input that functions/retrain/engine/input.ts writes. Trains as models/trainer/train.ts does: on rows whose
label was known when the holdout began, stopped early on the latest of them; and again on all rows, where the definition says so. Writes
result.json last: without it the run has left nothing.
"""

import hashlib
import json
import math
import sys
import time

import xgboost
from pyspark.sql import SparkSession
from pyspark.sql import functions as F
from xgboost.spark import SparkXGBClassifier

from files import read_archive, read_file, write_file
from onnx_trees import to_onnx
from vectors import encode, golden_rows, with_categories

KNOWN_MS = "atMs + labelDelayMs"  # when a row's label was known


def main(input_uri):
    spark = (
        SparkSession.builder.appName("millrace-retrain")
        .config("spark.sql.ansi.enabled", "true")
        .config("spark.sql.ansi.doubleQuotedIdentifiers", "true")
        .getOrCreate()
    )
    job = json.loads(read_file(spark, input_uri))
    read_archive(spark, job["objects"]).createOrReplaceTempView(job["view"])
    rows = spark.sql(job["query"]).persist()
    started = time.time()

    earlier = rows.where(F.col("atMs") < job["splitMs"])
    learnt = known_before(earlier, job["splitMs"]).persist()
    about = span_of(learnt)
    if not 0 < about["positiveRatio"] < 1:
        raise ValueError(f"training needs rows of both classes, got {about}; wait for more labels or widen retrain.windowMs")
    features = with_categories(job, learnt, about["positiveRatio"])
    measured, learnt_from = train_stopped(job, features, learnt, about)
    model, served = measured, about
    if job["refit"]:
        served = span_of(rows)
        rounds = measured.num_boosted_rounds()
        if job["settings"]["earlyStoppingRounds"]:  # more rows bear more rounds, though not in proportion
            rounds = max(1, round(rounds * math.sqrt(served["rowCount"] / learnt_from)))
        model = fit(job, features, rows, served, rounds)
    train_ms = round((time.time() - started) * 1000)

    files = {"model": to_onnx(model, len(features)), "measured": to_onnx(measured, len(features))}
    hashes = {name: hashlib.sha256(body).hexdigest() for name, body in files.items()}
    for name, body in files.items():
        write_file(spark, f"{job['output']}{name}.onnx", body)
    manifest = {
        "trainer": "xgboost",
        "sha256": hashes["model"],
        "features": features,
        "golden": golden_rows(features, rows, model),
        "settings": {**params(job["settings"], about), "rounds": model.num_boosted_rounds(), "xgboost": xgboost.__version__},
    }
    result = {
        "manifest": manifest,
        "files": hashes,
        "learnt": about,
        "gapRowCount": earlier.count() - about["rowCount"],
        "served": {key: served[key] for key in ("rowCount", "fromMs", "toMs")},
        "trainMs": train_ms,
        "gains": gains(measured, len(features)),
    }
    write_file(spark, f"{job['output']}result.json", json.dumps(result, allow_nan=False).encode())
    print(f"trained {model.num_boosted_rounds()} trees on {served['rowCount']} rows in {train_ms} ms", flush=True)
    spark.stop()


def known_before(rows, ms):
    """Rows whose label was known at a time; where that leaves less than half, the half that was known first (models/trainer/known-rows.ts)."""
    known_ms = F.expr(KNOWN_MS)
    known = F.count(F.when(known_ms <= ms, 1))
    row_count, known_count, half_ms = rows.agg(F.count("*"), known, F.percentile_approx(known_ms, 0.5)).first()
    return rows.where(known_ms <= (ms if known_count >= math.ceil(row_count / 2) else half_ms))


def span_of(rows):
    row_count, from_ms, to_ms, ratio = rows.agg(F.count("*"), F.min("atMs"), F.max("atMs"), F.avg("target")).first()
    if row_count == 0:
        raise ValueError("no row has a label that was known before the holdout; widen retrain.windowMs")
    return {"rowCount": row_count, "fromMs": from_ms, "toMs": to_ms, "positiveRatio": ratio}


def train_stopped(job, features, learnt, about):
    """The model that is measured, and how many rows its rounds were found on."""
    settings = job["settings"]
    if settings["earlyStoppingRounds"] == 0:
        return fit(job, features, learnt, about, settings["roundCount"]), about["rowCount"]
    share = max(0.1, min(0.25, 200 / about["rowCount"]))
    stop_ms = learnt.agg(F.percentile_approx("atMs", 1 - share)).first()[0]
    before = known_before(learnt.where(F.col("atMs") < stop_ms), stop_ms)
    both = before.withColumn("isValidation", F.lit(False)).unionByName(
        learnt.where(F.col("atMs") >= stop_ms).withColumn("isValidation", F.lit(True))
    )
    booster = fit(job, features, both, about, settings["roundCount"], stops=True)
    return booster[: booster.best_iteration + 1], before.count()


def fit(job, features, rows, about, rounds, stops=False):
    data = encode(features, rows)
    weights = {}
    if job["halfLifeMs"]:
        data = data.withColumn("weight", F.pow(2.0, (F.col("atMs") - about["toMs"]) / job["halfLifeMs"]))
        weights = {"weight_col": "weight"}
    conf = rows.sparkSession.sparkContext.getConf()
    workers = int(conf.get("spark.executor.instances", "0")) * int(conf.get("spark.executor.cores", "1"))
    stopping = {"validation_indicator_col": "isValidation", "early_stopping_rounds": job["settings"]["earlyStoppingRounds"]} if stops else {}
    trainer = SparkXGBClassifier(
        features_col=[f"x{at}" for at in range(len(features))],
        label_col="target",
        num_workers=workers or rows.sparkSession.sparkContext.defaultParallelism,
        n_estimators=rounds,
        force_repartition=True,  # rows come in the order of time: unshuffled, a worker could have no row to stop by, which fails
        repartition_random_shuffle=True,
        missing=float("nan"),
        eval_metric="logloss",
        **params(job["settings"], about),
        **weights,
        **stopping,
    )
    return trainer.fit(data).get_booster()


def params(settings, about):
    """The definition's settings of trees in xgboost's words."""
    ratio = about["positiveRatio"]
    return {
        "tree_method": "hist",
        "grow_policy": "lossguide",
        "grow_policy": "lossguide",
        "max_depth": 0,
        "max_leaves": settings["leafCount"],
        "learning_rate": settings["learningRate"],
        "reg_alpha": settings["l1"],
        "reg_lambda": settings["l2"],
        "gamma": settings["minGain"],
        "min_child_weight": max(settings["minLeafHessian"], settings["minLeafRows"] * ratio * (1 - ratio)),  # rows by their share of the hessian
        "max_delta_step": settings["maxLeafLogit"],
        "subsample": settings["rowRatio"],
        "colsample_bytree": settings["columnRatio"],
        "max_bin": settings["binCount"],
        "random_state": settings["seed"] % 2**31,
    }


def gains(booster, feature_count):
    """The share of all gain that each feature brought."""
    names = booster.feature_names or [f"f{at}" for at in range(feature_count)]
    found = booster.get_score(importance_type="total_gain")
    total = sum(found.values()) or 1.0
    return [found.get(name, 0.0) / total for name in names]


if __name__ == "__main__":
    try:
        main(sys.argv[1])
    except Exception as error:  # one line that says why; EMR Serverless shows the end of it
        print(f"train.py: {type(error).__name__}: {str(error).strip()[:1000]}", file=sys.stderr, flush=True)
        raise SystemExit(1)
