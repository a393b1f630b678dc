"""Signs requests with botocore, AWS's own signer: one JSON request a line on stdin, one Authorization a line on stdout."""

import datetime
import json
import sys
from unittest import mock

import botocore.auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

for line in sys.stdin:
    case = json.loads(line)
    now = datetime.datetime.fromtimestamp(case["now"] / 1000, datetime.timezone.utc)
    # botocore asks for the time in different ways in its versions; both are answered.
    clock = mock.Mock(wraps=datetime.datetime)
    clock.utcnow.return_value = now.replace(tzinfo=None)
    clock.now.return_value = now
    request = AWSRequest(
        method=case["method"], url=case["url"], headers=case["headers"], data=case["body"].encode()
    )
    credentials = Credentials(case["accessKeyId"], case["secretAccessKey"], case.get("sessionToken"))
    signer = botocore.auth.SigV4Auth(credentials, case["service"], case["region"])
    with mock.patch("botocore.auth.datetime") as module, mock.patch(
        "botocore.auth.get_current_datetime", return_value=now.replace(tzinfo=None), create=True
    ):
        module.datetime = clock
        signer.add_auth(request)
    print(request.headers["Authorization"], flush=True)
