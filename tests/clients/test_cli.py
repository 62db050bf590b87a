"""The AWS CLI against the gateway: an API from nothing to its answer, typed as an operator would."""

import json
import os
import subprocess
import unittest

from support import Gateway


class Cli(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.gateway = Gateway()

    @classmethod
    def tearDownClass(cls):
        cls.gateway.stop()

    def aws(self, *words, fails=False):
        environment = {
            "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "eu-west-1",
            "AWS_EC2_METADATA_DISABLED": "true", "AWS_MAX_ATTEMPTS": "1", "NO_PROXY": "127.0.0.1",
            "PATH": os.environ["PATH"], "HOME": "/nonexistent"}
        done = subprocess.run(
            [os.environ["AWS"], "--endpoint-url", self.gateway.url, "--output", "json", *words],
            capture_output=True, text=True, env=environment, check=False)
        self.assertEqual(done.returncode != 0, fails, done.stderr)
        return done.stderr if fails else json.loads(done.stdout or "null")

    def test_an_api_from_nothing(self):
        gw = lambda *words, **options: self.aws("apigateway", *words, **options)
        api = gw("create-rest-api", "--name", "cli", "--description", "by hand")["id"]
        root = gw("get-resources", "--rest-api-id", api)["items"][0]["id"]
        pet = gw("create-resource", "--rest-api-id", api, "--parent-id", root, "--path-part", "{petId}")["id"]
        at = ["--rest-api-id", api, "--resource-id", pet, "--http-method", "GET"]
        gw("put-method", *at, "--authorization-type", "NONE", "--request-parameters", "method.request.path.petId=true")
        gw("put-method-response", *at, "--status-code", "200")
        gw("put-integration", *at, "--type", "MOCK", "--request-templates", '{"application/json": "{\\"statusCode\\": 200}"}')
        gw("put-integration-response", *at, "--status-code", "200", "--response-templates",
           json.dumps({"application/json": '{"pet": "$input.params(\'petId\')", "stage": "$stageVariables.name"}'}))
        gw("create-deployment", "--rest-api-id", api, "--stage-name", "dev", "--variables", "name=dev")
        self.assertEqual(self.gateway.call(api, "/dev/rex")[2], '{"pet": "rex", "stage": "dev"}')
        gw("update-stage", "--rest-api-id", api, "--stage-name", "dev", "--patch-operations",
           "op=replace,path=/variables/name,value=changed")
        self.assertEqual(self.gateway.call(api, "/dev/rex")[2], '{"pet": "rex", "stage": "changed"}')
        answer = gw("test-invoke-method", *at, "--path-with-query-string", "/tom", "--stage-variables", "name=test")
        self.assertEqual((answer["status"], answer["body"]), (200, '{"pet": "tom", "stage": "test"}'))
        self.assertIn("Execution log for request", answer["log"])
        tree = gw("get-resources", "--rest-api-id", api, "--embed", "methods")["items"]
        self.assertEqual([r["path"] for r in tree], ["/", "/{petId}"])
        self.assertIn("methodIntegration", tree[1]["resourceMethods"]["GET"])
        error = gw("delete-deployment", "--rest-api-id", api, "--deployment-id",
                   gw("get-deployments", "--rest-api-id", api)["items"][0]["id"], fails=True)
        self.assertIn("Active stages pointing to this deployment must be moved or deleted", error)
        gw("delete-rest-api", "--rest-api-id", api)
        self.assertEqual(self.gateway.call(api, "/dev/rex")[0], 403)

    def test_regions_are_apart(self):
        self.aws("apigateway", "create-rest-api", "--name", "here")
        there = self.aws("--region", "us-west-2", "apigateway", "get-rest-apis")
        self.assertEqual(there["items"], [])

    def test_identity_and_metrics(self):
        self.assertEqual(self.aws("sts", "get-caller-identity")["Account"], "000000000000")
        self.assertEqual(self.aws("--region", "ap-south-1", "cloudwatch", "list-metrics")["Metrics"], [])


if __name__ == "__main__":
    unittest.main()
