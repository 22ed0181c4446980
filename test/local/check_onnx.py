"""What the official ONNX checker says of each file named on the command line, as a JSON list in the same order."""

import json
import sys

import onnx
from google.protobuf.message import DecodeError


def to_matrix(value):
    """A graph input or output by its declared type; an open dimension by its name."""
    tensor = value.type.tensor_type
    return {
        "name": value.name,
        "type": onnx.TensorProto.DataType.Name(tensor.elem_type),
        "shape": [dim.dim_param or dim.dim_value for dim in tensor.shape.dim],
    }


def check(path):
    try:
        model = onnx.load(path)
        onnx.checker.check_model(model, full_check=True)  # shapes are inferred and compared, too
    except (DecodeError, onnx.checker.ValidationError, onnx.shape_inference.InferenceError) as refusal:
        return {"isAccepted": False, "reason": f"{type(refusal).__name__}: {refusal}"}
    return {
        "isAccepted": True,
        "opsets": {opset.domain: opset.version for opset in model.opset_import},
        "inputs": [to_matrix(value) for value in model.graph.input],
        "outputs": [to_matrix(value) for value in model.graph.output],
        "metadata": {entry.key: entry.value for entry in model.metadata_props},
    }


json.dump([check(path) for path in sys.argv[1:]], sys.stdout)
