"""A gateway for one test class, and the clients that talk to it."""

import os
import subprocess
import urllib.error
import urllib.request

SLUICE = os.environ["SLUICE"]
CREDENTIALS = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}


class Gateway:
    """A gateway in memory on a free port; `url` is where it listens."""

    def __init__(self, *arguments):
        environment = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}
        self.process = subprocess.Popen(
            [SLUICE, "gateway", "--listen", "127.0.0.1:0", *(arguments or ["--ephemeral"])],
            stdout=subprocess.PIPE, text=True, env=environment)
        line = self.process.stdout.readline().split()
        if line[:1] != ["ready"]:
            raise RuntimeError(f"the gateway did not start: {line}")
        self.url = line[1]

    def stop(self):
        self.process.terminate()
        if self.process.wait(timeout=10) != 0:
            raise RuntimeError(f"the gateway ended with {self.process.returncode}")
        self.process.stdout.close()

    def call(self, api, path, method="GET", headers=None, body=None):
        """Calls a deployed API; gives status, headers and text."""
        request = urllib.request.Request(
            f"{self.url}/_aws/execute-api/{api}{path}", method=method, headers=headers or {}, data=body)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=20) as answer:
                return answer.status, answer.headers, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.headers, error.read().decode()
