# One measurement of LightGBM, in a process of its own: a TrainerRequest in, a TrainerResult out (trainer-request.ts).
import json
import resource
import sys
import time

import lightgbm as lgb
import numpy as np

request = json.loads(sys.argv[1])
table = request["table"]
columns = table["columns"]
categories = [i for i, name in enumerate(columns) if name in table["categories"]]


def read_rows(first, count):
    width = len(columns)
    values = np.fromfile(table["file"], np.float32, count * width, offset=4 * first * width).reshape(count, width)
    return values, np.fromfile(request["targetsFile"], np.float32, count, offset=4 * first)


train_rows = request["trainRowCount"]
values, targets = read_rows(0, train_rows)
params = {
    "objective": "binary",
    "num_leaves": 63,
    "learning_rate": 0.1,
    "num_threads": request["threadCount"],
    "verbose": -1,
    "seed": 1,
}
start = lgb.Booster(model_file=request["startFrom"]) if "startFrom" in request else None  # parsed before the clock starts, as ours is
begun = time.perf_counter()
cpu_begun = time.process_time()
data = lgb.Dataset(values, targets, categorical_feature=categories or "auto", params=params)
booster = lgb.train(params, data, request["roundCount"], init_model=start)
train_sec = time.perf_counter() - begun
cpu_sec = time.process_time() - cpu_begun
peak_rss_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
if "saveTo" in request:
    booster.save_model(request["saveTo"])

values, targets = read_rows(train_rows, request["testRowCount"])
scores = booster.predict(values)
log_loss = -np.mean(np.log(np.where(targets == 1, scores, 1 - scores)))
order = np.sort(scores)
ranks = (np.searchsorted(order, scores, "left") + np.searchsorted(order, scores, "right") + 1) / 2
positives = targets.sum(dtype=np.float64)
auc = (ranks[targets == 1].sum() - positives * (positives + 1) / 2) / (positives * (len(targets) - positives))
print(json.dumps({"trainSec": train_sec, "cpuSec": cpu_sec, "logLoss": log_loss, "auc": auc, "peakRssMb": peak_rss_mb}))
