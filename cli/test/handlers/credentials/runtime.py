# A program of its own that speaks the Runtime API and asks botocore for credentials: one session, found at the start.
import json
import os
import urllib.request

import botocore.session

API = "http://%s/2018-06-01/runtime/invocation/" % os.environ["AWS_LAMBDA_RUNTIME_API"]
credentials = botocore.session.get_session().get_credentials()

while True:
    with urllib.request.urlopen(API + "next") as event:
        request_id = event.headers["Lambda-Runtime-Aws-Request-Id"]
    found = credentials.get_frozen_credentials()
    answer = {"key": found.access_key, "secret": found.secret_key, "token": found.token, "pid": os.getpid()}
    answer["method"] = credentials.method
    answer["names"] = sorted(name for name in os.environ if name.startswith("AWS_"))
    urllib.request.urlopen(API + request_id + "/response", json.dumps(answer).encode()).close()
