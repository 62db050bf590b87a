"""X-Ray against the gateway: what boto3 and the AWS CLI read of requests that were traced, and of segments that a backend sends."""

import http.server
import json
import os
import re
import socket
import subprocess
import tempfile
import threading
import time
import unittest

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from support import CREDENTIALS, Gateway


class Backend(http.server.BaseHTTPRequestHandler):
    """Answers 200 and remembers the trace headers that it was told."""

    told = []

    def do_GET(self):
        self.told.append(self.headers["X-Amzn-Trace-Id"])
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_):
        pass


class XRay(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.daemon = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        cls.daemon.bind(("127.0.0.1", 0))
        cls.daemon.settimeout(20)
        cls.gateway = Gateway("--ephemeral", "--xray-daemon", "127.0.0.1:%d" % cls.daemon.getsockname()[1])
        config = Config(retries={"total_max_attempts": 1}, proxies={})
        make = lambda service: boto3.client(service, endpoint_url=cls.gateway.url, config=config, **CREDENTIALS)
        cls.api, cls.xray = make("apigateway"), make("xray")
        cls.backend = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Backend)
        threading.Thread(target=cls.backend.serve_forever, daemon=True).start()

    @classmethod
    def tearDownClass(cls):
        cls.gateway.stop()
        cls.backend.shutdown()
        cls.backend.server_close()
        cls.daemon.close()

    def deploy(self, name):
        """An API whose GET /shop on the traced stage dev is passed on to the backend."""
        api = self.api.create_rest_api(name=name)["id"]
        root = self.api.get_resources(restApiId=api)["items"][0]["id"]
        shop = self.api.create_resource(restApiId=api, parentId=root, pathPart="shop")["id"]
        at = {"restApiId": api, "resourceId": shop, "httpMethod": "GET"}
        self.api.put_method(**at, authorizationType="NONE")
        self.api.put_integration(**at, type="HTTP_PROXY", integrationHttpMethod="GET",
                                 uri="http://127.0.0.1:%d/in" % self.backend.server_address[1])
        self.api.create_deployment(restApiId=api, stageName="dev", tracingEnabled=True)
        return api

    def summaries(self, expression):
        """The traces that pass a filter, once there are any."""
        end = time.monotonic() + 20
        while time.monotonic() < end:
            now = time.time()
            pages = self.xray.get_paginator("get_trace_summaries").paginate(
                StartTime=now - 600, EndTime=now + 60, FilterExpression=expression)
            found = [summary for page in pages for summary in page["TraceSummaries"]]
            if found:
                return found
            time.sleep(0.05)
        self.fail(f"no trace passes {expression}")

    def test_a_request_is_traced_through_its_backend(self):
        api = self.deploy("traced")
        rule = {"RuleName": "all", "ResourceARN": "*", "Priority": 1, "FixedRate": 1, "ReservoirSize": 0,
                "ServiceName": "traced/*", "ServiceType": "*", "Host": "*", "HTTPMethod": "*", "URLPath": "*", "Version": 1}
        self.xray.create_sampling_rule(SamplingRule=rule)
        status, headers, _ = self.gateway.call(api, "/dev/shop")
        self.assertEqual(status, 200)
        told = Backend.told.pop()
        self.assertEqual(told, headers["X-Amzn-Trace-Id"])
        root, parent = re.fullmatch(r"Root=(1-[0-9a-f]{8}-[0-9a-f]{24});Parent=([0-9a-f]{16});Sampled=1", told).groups()

        head, document = self.daemon.recv(65536).decode().split("\n", 1)
        self.assertEqual(json.loads(head), {"format": "json", "version": 1})
        document = json.loads(document)
        self.assertEqual((document["trace_id"], document["name"]), (root, "traced/dev"))
        self.assertEqual(document["subsegments"][0]["id"], parent)
        self.assertEqual(document["aws"]["xray"], {"sampling_rule_name": "all"})

        segment = {"id": "00000000000000ab", "name": "shop", "trace_id": root, "parent_id": parent, "user": "ann",
                   "start_time": document["start_time"], "end_time": document["end_time"] + 1}
        answer = self.xray.put_trace_segments(TraceSegmentDocuments=[json.dumps(segment), "{}"])
        self.assertEqual(len(answer["UnprocessedTraceSegments"]), 1)
        summary, = self.summaries(f'annotation[aws:api_id] = "{api}" AND user = "ann"')
        self.assertEqual(summary["Id"], root)
        self.assertEqual(summary["Http"]["HttpStatus"], 200)
        self.assertEqual(summary["EntryPoint"]["Name"], "traced/dev")
        self.assertGreaterEqual(summary["Duration"], 1)
        trace, = self.xray.batch_get_traces(TraceIds=[root])["Traces"]
        names = sorted(json.loads(segment["Document"])["name"] for segment in trace["Segments"])
        self.assertEqual(names, ["shop", "traced/dev"])
        services = self.xray.get_trace_graph(TraceIds=[root])["Services"]
        self.assertEqual(sorted((s["Name"], s.get("Type")) for s in services if s.get("Type") != "client"),
                         [("shop", None), ("traced/dev", "AWS::ApiGateway::Stage")])
        self.xray.delete_sampling_rule(RuleName="all")

    def test_rules_are_kept(self):
        records = self.xray.get_sampling_rules()["SamplingRuleRecords"]
        default, = [r["SamplingRule"] for r in records if r["SamplingRule"]["RuleName"] == "Default"]
        self.assertEqual((default["FixedRate"], default["ReservoirSize"], default["Priority"]), (0.05, 1, 10000))
        with self.assertRaises(self.xray.exceptions.InvalidRequestException):
            self.xray.delete_sampling_rule(RuleName="Default")
        with self.assertRaisesRegex(ClientError, "Sluice can't answer GetGroups yet"):
            self.xray.get_groups()

    def test_traces_rules_and_alarms_survive_a_restart(self):
        config = Config(retries={"total_max_attempts": 1}, proxies={})
        root = "1-%08x-0123456789abcdef01234567" % int(time.time())
        with tempfile.TemporaryDirectory() as folder:
            for again in (False, True):
                gateway = Gateway("--data-dir", folder)
                make = lambda service: boto3.client(service, endpoint_url=gateway.url, config=config, **CREDENTIALS)
                xray, cloudwatch = make("xray"), make("cloudwatch")
                if again:
                    rules = [r["SamplingRule"]["RuleName"] for r in xray.get_sampling_rules()["SamplingRuleRecords"]]
                    self.assertEqual(rules, ["Default", "kept"])
                    self.assertEqual(xray.batch_get_traces(TraceIds=[root])["Traces"][0]["Id"], root)
                    self.assertEqual(cloudwatch.describe_alarms()["MetricAlarms"][0]["AlarmName"], "kept")
                    history = cloudwatch.describe_alarm_history(AlarmName="kept")["AlarmHistoryItems"]
                    self.assertEqual(history[-1]["HistorySummary"], 'Alarm "kept" created')
                else:
                    xray.create_sampling_rule(SamplingRule={
                        "RuleName": "kept", "ResourceARN": "*", "Priority": 1, "FixedRate": 1, "ReservoirSize": 0, "ServiceName": "*",
                        "ServiceType": "*", "Host": "*", "HTTPMethod": "*", "URLPath": "*", "Version": 1})
                    xray.put_trace_segments(TraceSegmentDocuments=[json.dumps({
                        "id": "00000000000000ab", "name": "shop", "trace_id": root, "start_time": time.time(), "end_time": time.time()})])
                    cloudwatch.put_metric_alarm(
                        AlarmName="kept", MetricName="Queue", Namespace="Shop", Statistic="Sum", Period=60, EvaluationPeriods=1,
                        Threshold=5, ComparisonOperator="GreaterThanThreshold")
                gateway.stop()

    @unittest.skipUnless("AWS" in os.environ, "AWS names the CLI")
    def test_the_cli_reads_rules(self):
        environment = {**os.environ, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
                       "AWS_DEFAULT_REGION": "us-east-1", "NO_PROXY": "*"}
        told = subprocess.run(
            [os.environ["AWS"], "--endpoint-url", self.gateway.url, "xray", "get-sampling-rules", "--output", "json"],
            capture_output=True, text=True, env=environment, check=True)
        names = [r["SamplingRule"]["RuleName"] for r in json.loads(told.stdout)["SamplingRuleRecords"]]
        self.assertIn("Default", names)


if __name__ == "__main__":
    unittest.main()
