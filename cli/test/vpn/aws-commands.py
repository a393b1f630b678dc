"""Checks commands of the AWS CLI against botocore's service models: a JSON list of word lists on stdin, mistakes as JSON on stdout."""

import json
import sys

import botocore.session
from botocore import xform_name

# Commands of the CLI's own, without a model: `aws ec2-instance-connect ssh`.
OF_THE_CLI = {("ec2-instance-connect", "ssh")}
GLOBAL = {"region", "output", "profile", "query"}

session = botocore.session.get_session()
mistakes = []
for words in json.load(sys.stdin):
    service, operation = words[1], words[2]
    if (service, operation) in OF_THE_CLI:
        continue
    model = session.get_service_model(service)
    names = {xform_name(name, "-"): name for name in model.operation_names}
    if operation not in names:
        mistakes.append(f"{service} has no {operation}")
        continue
    shape = model.operation_model(names[operation]).input_shape
    known = {xform_name(name, "-"): name for name in shape.members}
    given = {word[2:] for word in words if word.startswith("--")}
    for name in given - GLOBAL:
        if name not in known:
            mistakes.append(f"{service} {operation} has no --{name}")
    for required in shape.required_members:
        if xform_name(required, "-") not in given and not shape.members[required].metadata.get("idempotencyToken"):
            mistakes.append(f"{service} {operation} lacks --{xform_name(required, '-')}")
print(json.dumps(mistakes))
