"""CloudWatch Logs and `sluice explain` against the gateway: what boto3 and an operator read of requests that were served."""

import json
import socket
import subprocess
import time
import unittest
import unittest.mock

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from support import CREDENTIALS, SLUICE, Gateway

ROLE = [{"op": "replace", "path": "/cloudwatchRoleArn", "value": "arn:aws:iam::000000000000:role/logs"}]
GROUP = "arn:aws:logs:us-east-1:000000000000:log-group:"


class Logs(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.gateway = Gateway()
        config = Config(retries={"total_max_attempts": 1}, proxies={})
        make = lambda service: boto3.client(service, endpoint_url=cls.gateway.url, config=config, **CREDENTIALS)
        cls.api, cls.logs = make("apigateway"), make("logs")

    @classmethod
    def tearDownClass(cls):
        cls.gateway.stop()

    def deploy(self, name):
        """An API with a MOCK method GET /hello on stage dev."""
        api = self.api.create_rest_api(name=name)["id"]
        root = self.api.get_resources(restApiId=api)["items"][0]["id"]
        hello = self.api.create_resource(restApiId=api, parentId=root, pathPart="hello")["id"]
        at = {"restApiId": api, "resourceId": hello, "httpMethod": "GET"}
        self.api.put_method(**at, authorizationType="NONE")
        self.api.put_method_response(**at, statusCode="200")
        self.api.put_integration(**at, type="MOCK", requestTemplates={"application/json": '{"statusCode": 200}'})
        self.api.put_integration_response(**at, statusCode="200", responseTemplates={"application/json": "hi"})
        self.api.create_deployment(restApiId=api, stageName="dev")
        return api

    def patch(self, api, **changes):
        self.api.update_stage(restApiId=api, stageName="dev", patchOperations=[
            {"op": "replace", "path": path, "value": value} for path, value in changes.items()])

    def events(self, group, **more):
        """The events of a group, once there are any."""
        end = time.monotonic() + 20
        while time.monotonic() < end:
            try:
                pages = self.logs.get_paginator("filter_log_events").paginate(logGroupName=group, **more)
                found = [event for page in pages for event in page["events"]]
            except self.logs.exceptions.ResourceNotFoundException:
                found = []
            if found:
                return found
            time.sleep(0.05)
        self.fail(f"nothing was logged in {group}")

    def test_requests_are_logged_and_found(self):
        api = self.deploy("logged")
        with self.assertRaisesRegex(ClientError, "CloudWatch Logs role ARN must be set in account settings"):
            self.patch(api, **{"/*/*/logging/loglevel": "INFO"})
        self.api.update_account(patchOperations=ROLE)
        self.patch(api, **{
            "/*/*/logging/loglevel": "INFO", "/*/*/logging/dataTrace": "true",
            "/accessLogSettings/destinationArn": GROUP + "access:*",
            "/accessLogSettings/format": '{"id":"$context.requestId","status":$context.status,"path":"$context.resourcePath"}'})
        status, headers, _ = self.gateway.call(api, "/dev/hello?a=b", headers={"x-api-key": "0123456789"})
        self.assertEqual(status, 200)
        request = headers["x-amzn-RequestId"]
        group = f"API-Gateway-Execution-Logs_{api}/dev"
        lines = [event["message"] for event in self.events(group)]
        self.assertTrue(all(line.startswith(f"({request}) ") for line in lines), lines)
        for wanted in (f"Starting execution for request: {request}", "HTTP Method: GET, Resource Path: /hello",
                       "Method request query string: {a=b}", "Method response body after transformations: hi",
                       "Method completed with status: 200"):
            self.assertIn(f"({request}) {wanted}", lines)
        self.assertFalse([line for line in lines if "0123456789" in line])
        found = self.events(group, filterPattern='"completed with status"')
        self.assertEqual([event["message"] for event in found], [f"({request}) Method completed with status: 200"])
        access = self.events("access", filterPattern="{ $.status = 200 }")
        self.assertEqual(json.loads(access[0]["message"]), {"id": request, "status": 200, "path": "/hello"})
        groups = self.logs.describe_log_groups(logGroupNamePrefix="API-Gateway-Execution-Logs_")["logGroups"]
        self.assertIn(group, [g["logGroupName"] for g in groups])
        streams = self.logs.describe_log_streams(logGroupName=group)["logStreams"]
        self.assertEqual(len(streams[0]["logStreamName"]), 32)

    def test_streams_are_put_and_read(self):
        self.logs.create_log_group(logGroupName="mine", tags={"a": "b"})
        self.logs.create_log_stream(logGroupName="mine", logStreamName="s")
        self.logs.put_retention_policy(logGroupName="mine", retentionInDays=14)
        now = int(time.time() * 1000)
        put = self.logs.put_log_events(logGroupName="mine", logStreamName="s", logEvents=[
            {"timestamp": now + n, "message": f"message {n}"} for n in range(5)])
        self.assertNotIn("rejectedLogEventsInfo", put)
        page = self.logs.get_log_events(logGroupName="mine", logStreamName="s", limit=2)
        self.assertEqual([e["message"] for e in page["events"]], ["message 3", "message 4"])
        page = self.logs.get_log_events(
            logGroupName="mine", logStreamName="s", limit=2, nextToken=page["nextBackwardToken"])
        self.assertEqual([e["message"] for e in page["events"]], ["message 1", "message 2"])
        self.assertEqual(self.logs.list_tags_for_resource(resourceArn=GROUP + "mine")["tags"], {"a": "b"})
        with self.assertRaises(self.logs.exceptions.ResourceNotFoundException):
            self.logs.get_log_events(logGroupName="mine", logStreamName="gone")
        with self.assertRaises(self.logs.exceptions.InvalidParameterException):
            self.logs.describe_log_groups(limit=51)
        self.logs.delete_log_group(logGroupName="mine")

    def test_a_live_tail_shows_what_comes(self):
        # boto3 puts `stream-` before the host, which no resolver knows.
        resolve = socket.getaddrinfo
        known = lambda host, *rest, **more: resolve(host.removeprefix("stream-"), *rest, **more)
        with unittest.mock.patch("socket.getaddrinfo", known):
            self.tail()

    def tail(self):
        self.logs.create_log_group(logGroupName="tailed")
        self.logs.create_log_stream(logGroupName="tailed", logStreamName="s")
        stream = self.logs.start_live_tail(
            logGroupIdentifiers=[GROUP + "tailed"], logEventFilterPattern="ERROR")["responseStream"]
        for event in stream:
            if "sessionStart" in event:
                self.logs.put_log_events(logGroupName="tailed", logStreamName="s", logEvents=[
                    {"timestamp": int(time.time() * 1000), "message": text} for text in ("fine", "ERROR one")])
            elif event["sessionUpdate"]["sessionResults"]:
                self.assertEqual([r["message"] for r in event["sessionUpdate"]["sessionResults"]], ["ERROR one"])
                break
        stream.close()

    def test_a_request_is_explained(self):
        api = self.deploy("explained")
        status, headers, _ = self.gateway.call(api, "/dev/gone")
        self.assertEqual(status, 403)
        explain = lambda *words: subprocess.run(
            [SLUICE, "explain", "--endpoint-url", self.gateway.url, *words], capture_output=True, text=True, check=False)
        told = explain(headers["x-amzn-RequestId"])
        self.assertEqual(told.returncode, 0, told.stderr)
        self.assertIn("no method for GET /gone", told.stdout)
        self.assertIn("MISSING_AUTHENTICATION_TOKEN", told.stdout)
        last = json.loads(explain("--last", "--errors", "--api", api, "--json").stdout)
        self.assertEqual(last["requestId"], headers["x-amzn-RequestId"])
        self.assertEqual(last["failure"]["phase"], "route")
        self.assertEqual(explain("--last", "--api", "none").returncode, 1)
        self.assertEqual(explain("nonsense").returncode, 3)


if __name__ == "__main__":
    unittest.main()
