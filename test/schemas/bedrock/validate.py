"""Judges requests by AWS's own model of Bedrock's runtime.

Reads one JSON object a line, {"operation": ..., "input": ...}; writes a line of JSON for each: the faults, [] where there are none.
Structure (required and unknown members, types, unions, least lengths and numbers) is judged by botocore's validator; enumerations,
patterns, greatest lengths and numbers, which it leaves to the service, by the walk below, from the same model.
"""

import base64
import binascii
import json
import re
import sys

import botocore.session
from botocore.validate import ParamValidator

model = botocore.session.get_session().get_service_model("bedrock-runtime")


def walk(shape, value, path, faults):
    """The value as the SDK has it (blobs as bytes); appends what the model forbids."""
    kind = shape.type_name
    if getattr(shape, "is_document_type", False):
        return value
    if kind == "structure" and isinstance(value, dict):
        return {
            name: walk(shape.members[name], one, f"{path}.{name}", faults) if name in shape.members else one
            for name, one in value.items()
        }
    if kind == "list" and isinstance(value, list):
        bound(shape, len(value), path, faults)
        return [walk(shape.member, one, f"{path}[{at}]", faults) for at, one in enumerate(value)]
    if kind == "map" and isinstance(value, dict):
        bound(shape, len(value), path, faults)
        return {walk(shape.key, key, path, faults): walk(shape.value, one, f"{path}.{key}", faults) for key, one in value.items()}
    if kind == "blob" and isinstance(value, str):
        try:
            return base64.b64decode(value, validate=True)
        except binascii.Error:
            faults.append(f"{path} is not base64")
            return b""
    if kind == "string" and isinstance(value, str):
        bound(shape, len(value), path, faults)
        if shape.enum and value not in shape.enum:
            faults.append(f"{path} is {value!r}, not one of {shape.enum}")
        pattern = shape.metadata.get("pattern")
        if pattern and not re.fullmatch(pattern, value):
            faults.append(f"{path} is {value!r}, which does not match {pattern}")
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        bound(shape, value, path, faults)
    return value


def bound(shape, size, path, faults):
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if (least is not None and size < least) or (most is not None and size > most):
        faults.append(f"{path} has {size}, not {least} to {most}")


for line in sys.stdin:
    asked = json.loads(line)
    shape = model.operation_model(asked["operation"]).input_shape
    faults = []
    report = ParamValidator().validate(walk(shape, asked["input"], "input", faults), shape)
    if report.has_errors():
        faults.append(report.generate_report())
    print(json.dumps(faults))
