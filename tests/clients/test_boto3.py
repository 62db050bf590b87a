"""boto3 against the gateway: what a script does on AWS it does here."""

import datetime
import time
import unittest

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from support import CREDENTIALS, Gateway

MOCK = {"application/json": '{"statusCode": 200}'}


class Boto3(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.gateway = Gateway()
        config = Config(retries={"total_max_attempts": 1}, proxies={})
        cls.make = lambda _, service: boto3.client(
            service, endpoint_url=cls.gateway.url, config=config, **CREDENTIALS)
        cls.client = cls.make(cls, "apigateway")

    @classmethod
    def tearDownClass(cls):
        cls.gateway.stop()

    def mock(self, name, template='{"hello": "world"}', key=False):
        """An API with a MOCK method GET /hello; gives its id and the resource's."""
        api = self.client.create_rest_api(name=name)["id"]
        root = self.client.get_resources(restApiId=api)["items"][0]["id"]
        hello = self.client.create_resource(restApiId=api, parentId=root, pathPart="hello")["id"]
        at = {"restApiId": api, "resourceId": hello, "httpMethod": "GET"}
        self.client.put_method(**at, authorizationType="NONE", apiKeyRequired=key)
        self.client.put_method_response(**at, statusCode="200")
        self.client.put_integration(**at, type="MOCK", requestTemplates=MOCK)
        self.client.put_integration_response(
            **at, statusCode="200", responseTemplates={"application/json": template})
        return api, hello

    def refused(self, code, status, call, **arguments):
        with self.assertRaises(ClientError) as caught:
            call(**arguments)
        answer = caught.exception.response
        self.assertEqual((answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]), (code, status))
        self.assertTrue(answer["ResponseMetadata"]["RequestId"])
        return answer["Error"]["Message"]

    def test_who_am_i(self):
        identity = self.make("sts").get_caller_identity()
        self.assertEqual(identity["Account"], "000000000000")

    def test_a_new_api_has_awss_defaults(self):
        api = self.client.create_rest_api(name="defaults")
        self.assertEqual(api["ResponseMetadata"]["HTTPStatusCode"], 201)
        self.assertEqual(api["apiKeySource"], "HEADER")
        self.assertEqual(api["endpointConfiguration"], {"types": ["EDGE"], "ipAddressType": "ipv4"}
                         if "ipAddressType" in api["endpointConfiguration"] else {"types": ["EDGE"]})
        self.assertFalse(api["disableExecuteApiEndpoint"])
        self.assertNotIn("tags", api)
        self.assertIsInstance(api["createdDate"], datetime.datetime)
        self.assertEqual(self.client.get_rest_api(restApiId=api["id"])["tags"], {})

    def test_errors_are_awss(self):
        message = self.refused("NotFoundException", 404, self.client.get_rest_api, restApiId="nothere")
        self.assertEqual(message, "Invalid API identifier specified 000000000000:nothere")
        api = self.client.create_rest_api(name="errors")["id"]
        message = self.refused("BadRequestException", 400, self.client.create_deployment, restApiId=api)
        self.assertEqual(message, "The REST API doesn't contain any methods")
        message = self.refused(
            "ValidationException", 400, self.client.update_gateway_response, restApiId=api,
            responseType="THROTTLED", patchOperations=[{"op": "wrong", "path": "/x"}])
        self.assertTrue(message.startswith("1 validation error detected: Value 'wrong' at"), message)

    def test_a_deployment_is_frozen(self):
        api, hello = self.mock("frozen")
        self.client.create_deployment(restApiId=api, stageName="dev")
        status, headers, body = self.gateway.call(api, "/dev/hello")
        self.assertEqual((status, body), (200, '{"hello": "world"}'))
        self.assertEqual(headers["Content-Type"], "application/json")
        self.assertTrue(headers["x-amzn-RequestId"])
        self.client.update_integration_response(
            restApiId=api, resourceId=hello, httpMethod="GET", statusCode="200", patchOperations=[
                {"op": "replace", "path": "/responseTemplates/application~1json", "value": "changed"}])
        self.assertEqual(self.gateway.call(api, "/dev/hello")[2], '{"hello": "world"}')
        self.client.create_deployment(restApiId=api, stageName="dev")
        self.assertEqual(self.gateway.call(api, "/dev/hello")[2], "changed")
        status, headers, body = self.gateway.call(api, "/dev/nothing")
        self.assertEqual((status, body), (403, '{"message":"Missing Authentication Token"}'))
        self.assertEqual(headers["x-amzn-ErrorType"], "MissingAuthenticationTokenException")
        self.assertEqual(self.gateway.call(api, "/nostage/hello")[0], 403)

    def test_pages(self):
        api = self.client.create_rest_api(name="pages")["id"]
        root = self.client.get_resources(restApiId=api)["items"][0]["id"]
        for n in range(30):
            self.client.create_resource(restApiId=api, parentId=root, pathPart=f"r{n:02}")
        pages = list(self.client.get_paginator("get_resources").paginate(restApiId=api, PaginationConfig={"PageSize": 10}))
        self.assertEqual([len(page["items"]) for page in pages], [10, 10, 10, 1])
        self.assertEqual(pages[0]["items"][0]["path"], "/")

    def test_keys_plans_and_usage(self):
        api, _ = self.mock("keys", key=True)
        self.client.create_deployment(restApiId=api, stageName="prod")
        key = self.client.create_api_key(name="acme", enabled=True)
        plan = self.client.create_usage_plan(
            name="gold", apiStages=[{"apiId": api, "stage": "prod"}],
            throttle={"rateLimit": 100, "burstLimit": 100}, quota={"limit": 2, "period": "DAY"})
        self.client.create_usage_plan_key(usagePlanId=plan["id"], keyId=key["id"], keyType="API_KEY")
        self.assertEqual(self.gateway.call(api, "/prod/hello")[0], 403)
        send = lambda: self.gateway.call(api, "/prod/hello", headers={"x-api-key": key["value"]})
        self.assertEqual([send()[0] for _ in range(2)], [200, 200])
        status, headers, body = send()
        self.assertEqual((status, body), (429, '{"message":"Limit Exceeded"}'))
        self.assertEqual(headers["x-amzn-ErrorType"], "LimitExceededException")
        today = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d")
        usage = self.client.get_usage(usagePlanId=plan["id"], startDate=today, endDate=today)
        self.assertEqual(usage["items"], {key["id"]: [[2, 0]]})

    def test_a_canary_takes_its_share(self):
        api, hello = self.mock("canary")
        self.client.create_deployment(restApiId=api, stageName="prod")
        self.client.update_integration_response(
            restApiId=api, resourceId=hello, httpMethod="GET", statusCode="200", patchOperations=[
                {"op": "replace", "path": "/responseTemplates/application~1json", "value": "canary"}])
        self.client.create_deployment(
            restApiId=api, stageName="prod", canarySettings={"percentTraffic": 100.0})
        self.assertEqual(self.gateway.call(api, "/prod/hello")[2], "canary")
        self.client.update_stage(restApiId=api, stageName="prod", patchOperations=[
            {"op": "replace", "path": "/canarySettings/percentTraffic", "value": "0.0"}])
        self.assertEqual(self.gateway.call(api, "/prod/hello")[2], '{"hello": "world"}')
        self.client.update_stage(restApiId=api, stageName="prod", patchOperations=[
            {"op": "replace", "path": "/canarySettings/percentTraffic", "value": "0.0"},
            {"op": "copy", "from": "/canarySettings/stageVariableOverrides", "path": "/variables"},
            {"op": "copy", "from": "/canarySettings/deploymentId", "path": "/deploymentId"}])
        self.assertEqual(self.gateway.call(api, "/prod/hello")[2], "canary")

    def test_metrics(self):
        api, _ = self.mock("measured")
        self.client.create_deployment(restApiId=api, stageName="prod")
        for path in ["/prod/hello", "/prod/hello", "/prod/nothing"]:
            self.gateway.call(api, path)
        cloudwatch = self.make("cloudwatch")
        end = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(minutes=2)
        dimensions = [{"Name": "ApiName", "Value": "measured"}, {"Name": "Stage", "Value": "prod"}]
        metric = lambda name: {"Namespace": "AWS/ApiGateway", "MetricName": name, "Dimensions": dimensions}
        query = lambda id, name, stat: {
            "Id": id, "MetricStat": {"Metric": metric(name), "Period": 60, "Stat": stat}}
        deadline = time.monotonic() + 10
        while True:
            results = cloudwatch.get_metric_data(
                StartTime=end - datetime.timedelta(minutes=10), EndTime=end,
                MetricDataQueries=[query("n", "Count", "Sum"), query("e", "4XXError", "Sum"), query("l", "Latency", "p50")],
            )["MetricDataResults"]
            sums = [sum(r["Values"]) for r in results]
            # Metrics appear within a second or so of the request.
            if sums[0] == 3 or time.monotonic() > deadline:
                break
            time.sleep(0.1)
        self.assertEqual([r["Id"] for r in results], ["n", "e", "l"])
        self.assertEqual(sums[:2], [3, 1])
        self.assertGreater(sums[2], 0)
        statistics = cloudwatch.get_metric_statistics(
            Namespace="AWS/ApiGateway", MetricName="Count", Dimensions=dimensions, Period=300,
            StartTime=end - datetime.timedelta(minutes=20), EndTime=end, Statistics=["Sum", "Maximum"])
        self.assertEqual(sum(p["Sum"] for p in statistics["Datapoints"]), 3)
        names = {m["MetricName"] for m in cloudwatch.list_metrics(Namespace="AWS/ApiGateway")["Metrics"]}
        self.assertLessEqual({"Count", "4XXError", "5XXError", "Latency"}, names)
        self.refused("InvalidParameterValue", 400, cloudwatch.get_metric_data,
                     StartTime=end, EndTime=end, MetricDataQueries=[query("BAD", "Count", "Sum")])

    def test_what_is_not_built_says_so(self):
        api = self.client.create_rest_api(name="limits")["id"]
        message = self.refused(
            "NotImplementedException", 501, self.make("cloudwatch").list_dashboards)
        self.assertIn("ListDashboards", message)
        root = self.client.get_resources(restApiId=api)["items"][0]["id"]
        at = {"restApiId": api, "resourceId": root, "httpMethod": "GET"}
        self.client.put_method(**at, authorizationType="NONE")
        self.client.put_integration(
            **at, type="AWS", integrationHttpMethod="POST",
            credentials="arn:aws:iam::000000000000:role/queue",
            uri="arn:aws:apigateway:us-east-1:sqs:path/000000000000/orders")
        message = self.refused("BadRequestException", 400, self.client.create_deployment, restApiId=api)
        self.assertRegex(message, r"^Sluice can't serve .+ yet: GET /$")


if __name__ == "__main__":
    unittest.main()
