"""Trees of xgboost as an ONNX file: one float32 matrix goes in, NaN is missing; the probability of yes comes out."""

import json
import math

from onnx import TensorProto, checker, helper


def to_onnx(booster, feature_count):
    """TreeEnsembleRegressor sums the leaves to log-odds; a value below the threshold goes left, in float32 on both sides, so the scores are xgboost's own."""
    learner = json.loads(booster.save_raw("json"))["learner"]
    base = float(learner["learner_model_param"]["base_score"].strip("[]"))
    nodes = {key: [] for key in ("treeids", "nodeids", "featureids", "values", "modes", "truenodeids", "falsenodeids", "missing_value_tracks_true")}
    target = {key: [] for key in ("treeids", "nodeids", "ids", "weights")}
    for tree_id, tree in enumerate(learner["gradient_booster"]["model"]["trees"]):
        for node, left in enumerate(tree["left_children"]):
            is_leaf = left == -1
            row = (tree_id, node) + (
                (0, 0.0, "LEAF", 0, 0, 0)
                if is_leaf
                else (tree["split_indices"][node], tree["split_conditions"][node], "BRANCH_LT", left, tree["right_children"][node], tree["default_left"][node])
            )
            for values, value in zip(nodes.values(), row):
                values.append(value)
            if is_leaf:  # xgboost keeps a leaf's value where a split has its threshold
                for values, value in zip(target.values(), (tree_id, node, 0, tree["split_conditions"][node])):
                    values.append(value)
    trees = helper.make_node(
        "TreeEnsembleRegressor",
        ["features"],
        ["logit"],
        domain="ai.onnx.ml",
        n_targets=1,
        base_values=[math.log(base / (1 - base))],
        **{f"nodes_{key}": values for key, values in nodes.items()},
        **{f"target_{key}": values for key, values in target.items()},
    )
    graph = helper.make_graph(
        [trees, helper.make_node("Sigmoid", ["logit"], ["score"])],
        "trees",
        [helper.make_tensor_value_info("features", TensorProto.FLOAT, ["rows", feature_count])],
        [helper.make_tensor_value_info("score", TensorProto.FLOAT, ["rows", 1])],
    )
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("ai.onnx.ml", 3)]
    model = helper.make_model(graph, producer_name="millrace", opset_imports=opsets, ir_version=8)
    checker.check_model(model)
    return model.SerializeToString()
