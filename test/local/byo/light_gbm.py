from bring import read_rows, write_manifest
from lightgbm import LGBMClassifier
from onnxmltools import convert_lightgbm
from onnxmltools.convert.common.data_types import FloatTensorType

features, rows, matrix, targets = read_rows("features.json", "rows.ndjson")
categories = [column for column, feature in enumerate(features) if feature["kind"] == "category"]
model = LGBMClassifier(n_estimators=30, num_leaves=15, n_jobs=1, verbose=-1)
model.fit(matrix, targets, categorical_feature=categories)
onnx = convert_lightgbm(model, initial_types=[("features", FloatTensorType([None, len(features)]))], zipmap=False)
open("lightgbm.onnx", "wb").write(onnx.SerializeToString())
write_manifest("lightgbm.json", "lightgbm", features, rows, model.predict_proba(matrix)[:, 1])
