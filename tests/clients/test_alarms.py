"""Metric math and alarms against the gateway: what boto3, in its JSON and its Query protocol, and the AWS CLI see of them."""

import json
import os
import subprocess
import time
import unittest

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from support import CREDENTIALS, Gateway


class Alarms(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.gateway = Gateway()
        config = Config(retries={"total_max_attempts": 1}, proxies={})
        cls.cloudwatch = boto3.client("cloudwatch", endpoint_url=cls.gateway.url, config=config, **CREDENTIALS)

    @classmethod
    def tearDownClass(cls):
        cls.gateway.stop()

    def put(self, name, value, **dimensions):
        self.cloudwatch.put_metric_data(Namespace="Shop", MetricData=[{
            "MetricName": name, "Value": value, "StorageResolution": 1,
            "Dimensions": [{"Name": key, "Value": text} for key, text in dimensions.items()]}])

    def test_expressions_are_evaluated(self):
        for shop, sold, failed in (("a", 8, 2), ("b", 4, 4)):
            self.put("Sold", sold, Shop=shop)
            self.put("Failed", failed, Shop=shop)
        search = lambda name: f"SUM(SEARCH('{{Shop,Shop}} MetricName=\"{name}\"', 'Sum', 60))"
        now = time.time()
        results = self.cloudwatch.get_metric_data(
            StartTime=now - 300, EndTime=now + 60, MetricDataQueries=[
                {"Id": "sold", "Expression": search("Sold"), "ReturnData": False},
                {"Id": "failed", "Expression": search("Failed"), "ReturnData": False},
                {"Id": "rate", "Expression": "100 * failed / sold", "Label": "failed, %"}])["MetricDataResults"]
        self.assertEqual([(r["Id"], r["Label"], r["Values"]) for r in results], [("rate", "failed, %", [50.0])])
        with self.assertRaisesRegex(ClientError, "there is no query m9"):
            self.cloudwatch.get_metric_data(
                StartTime=now - 300, EndTime=now, MetricDataQueries=[{"Id": "e", "Expression": "m9"}])

    def test_an_alarm_is_raised(self):
        action = "arn:aws:sns:us-east-1:000000000000:page"
        self.put("Queue", 7)
        self.cloudwatch.put_metric_alarm(
            AlarmName="long", MetricName="Queue", Namespace="Shop", Statistic="Maximum", Period=10, EvaluationPeriods=1,
            Threshold=5, ComparisonOperator="GreaterThanThreshold", AlarmActions=[action], Tags=[{"Key": "a", "Value": "b"}])
        alarm, = self.cloudwatch.describe_alarms(AlarmNames=["long"])["MetricAlarms"]
        self.assertEqual((alarm["StateValue"], alarm["StateReason"]), ("INSUFFICIENT_DATA", "Unchecked: Initial alarm creation"))
        end = time.monotonic() + 30
        while alarm["StateValue"] != "ALARM" and time.monotonic() < end:
            time.sleep(0.1)
            alarm, = self.cloudwatch.describe_alarms(AlarmNames=["long"])["MetricAlarms"]
        self.assertRegex(alarm["StateReason"], r"^Threshold Crossed: 1 out of the last 1 datapoints \[7\.0 \(")
        self.assertEqual(json.loads(alarm["StateReasonData"])["recentDatapoints"], [7.0])
        history = self.cloudwatch.describe_alarm_history(AlarmName="long", ScanBy="TimestampAscending")["AlarmHistoryItems"]
        self.assertEqual([item["HistoryItemType"] for item in history], ["ConfigurationUpdate", "StateUpdate", "Action"])
        self.assertEqual(history[2]["HistorySummary"], f"Failed to execute action {action}")
        found = self.cloudwatch.describe_alarms_for_metric(MetricName="Queue", Namespace="Shop")["MetricAlarms"]
        self.assertEqual([found["AlarmName"] for found in found], ["long"])
        self.cloudwatch.disable_alarm_actions(AlarmNames=["long"])
        self.cloudwatch.set_alarm_state(AlarmName="long", StateValue="OK", StateReason="trying")
        self.assertEqual(self.cloudwatch.list_tags_for_resource(ResourceARN=alarm["AlarmArn"])["Tags"], [{"Key": "a", "Value": "b"}])
        self.cloudwatch.delete_alarms(AlarmNames=["long"])
        with self.assertRaises(self.cloudwatch.exceptions.ResourceNotFound):
            self.cloudwatch.set_alarm_state(AlarmName="long", StateValue="OK", StateReason="gone")

    @unittest.skipUnless("AWS" in os.environ, "AWS names the CLI")
    def test_the_cli_makes_alarms(self):
        environment = {**os.environ, "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
                       "AWS_DEFAULT_REGION": "us-east-1", "NO_PROXY": "*"}
        run = lambda *words: subprocess.run(
            [os.environ["AWS"], "--endpoint-url", self.gateway.url, "cloudwatch", *words, "--output", "json"],
            capture_output=True, text=True, env=environment, check=True).stdout
        run("put-metric-alarm", "--alarm-name", "cli", "--namespace", "AWS/ApiGateway", "--metric-name", "5XXError",
            "--dimensions", "Name=ApiName,Value=pets", "--statistic", "Sum", "--period", "60", "--evaluation-periods", "3",
            "--datapoints-to-alarm", "2", "--threshold", "0", "--comparison-operator", "GreaterThanThreshold",
            "--treat-missing-data", "notBreaching")
        alarm, = json.loads(run("describe-alarms", "--alarm-names", "cli"))["MetricAlarms"]
        self.assertEqual((alarm["DatapointsToAlarm"], alarm["TreatMissingData"]), (2, "notBreaching"))
        self.assertTrue(alarm["AlarmArn"].endswith(":alarm:cli"))
        run("delete-alarms", "--alarm-names", "cli")


if __name__ == "__main__":
    unittest.main()
