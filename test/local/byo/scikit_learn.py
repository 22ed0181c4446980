from bring import read_rows, write_manifest
from skl2onnx import to_onnx
from sklearn.ensemble import RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline

features, rows, matrix, targets = read_rows("features.json", "rows.ndjson")
model = make_pipeline(SimpleImputer(strategy="median"), RandomForestClassifier(n_estimators=30, max_depth=6, random_state=1))
model.fit(matrix, targets)
onnx = to_onnx(model, matrix[:1], options={"zipmap": False})
open("scikit-learn.onnx", "wb").write(onnx.SerializeToString())
write_manifest("scikit-learn.json", "scikit-learn", features, rows, model.predict_proba(matrix)[:, 1])
