"""The generated JavaScript SDK in Node: parameters, bodies, refusals, API keys, and signatures that AWS's own signer agrees with."""

import io
import json
import os
import re
import shutil
import subprocess
import tempfile
import unittest
import zipfile

import boto3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials

from support import CREDENTIALS, Gateway

ECHO = """#set($h = $input.params().header)
{"id": "$input.params('id')", "q": "$input.params('q')",
 "authorization": "$input.params('Authorization')", "date": "$input.params('x-amz-date')", "token": "$input.params('x-amz-security-token')"}"""

PROGRAM = """
const factory = require(process.argv[2]);
const config = JSON.parse(process.argv[3]);
const client = factory.newClient(config);
const calls = JSON.parse(process.argv[4]);
(async () => {
    const answers = [];
    for (const [name, ...given] of calls) {
        try {
            const { status, data, headers } = await client[name](...given);
            answers.push({ status, data, type: headers["content-type"] });
        } catch (error) {
            answers.push({ status: error.status, data: error.data, message: error.message });
        }
    }
    console.log(JSON.stringify(answers));
})();
"""


@unittest.skipUnless(shutil.which("node"), "needs Node")
class JavaScript(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.gateway = Gateway()
        client = boto3.client(
            "apigateway", endpoint_url=cls.gateway.url, config=Config(retries={"total_max_attempts": 1}, proxies={}), **CREDENTIALS)
        made = client.create_rest_api(name="sdk")
        cls.api = api = made["id"]
        pets = client.create_resource(restApiId=api, parentId=made["rootResourceId"], pathPart="pets")["id"]
        pet = client.create_resource(restApiId=api, parentId=pets, pathPart="{id}")["id"]
        for resource, verb, key in [(pet, "POST", False), (pets, "GET", True)]:
            at = {"restApiId": api, "resourceId": resource, "httpMethod": verb}
            parameters = {"method.request.path.id": True, "method.request.querystring.q": False} if verb == "POST" else {}
            client.put_method(**at, authorizationType="NONE", apiKeyRequired=key, requestParameters=parameters)
            client.put_method_response(**at, statusCode="200")
            client.put_integration(**at, type="MOCK", requestTemplates={"application/json": '{"statusCode": 200}'})
            client.put_integration_response(**at, statusCode="200", responseTemplates={"application/json": ECHO})
        client.create_deployment(restApiId=api, stageName="dev")
        cls.key = client.create_api_key(enabled=True)
        plan = client.create_usage_plan(name="p", apiStages=[{"apiId": api, "stage": "dev"}])["id"]
        client.create_usage_plan_key(usagePlanId=plan, keyId=cls.key["id"], keyType="API_KEY")
        answer = client.get_sdk(restApiId=api, stageName="dev", sdkType="javascript")
        assert re.fullmatch(r'attachment; filename="javascript_.*\.zip"', answer["contentDisposition"])
        cls.folder = tempfile.TemporaryDirectory()
        archive = zipfile.ZipFile(io.BytesIO(answer["body"].read()))
        assert archive.testzip() is None
        archive.extractall(cls.folder.name)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()
        cls.gateway.stop()

    def run_node(self, config, calls):
        client = os.path.join(self.folder.name, "apiGateway-js-sdk", "apigClient.js")
        program = os.path.join(self.folder.name, "program.js")
        with open(program, "w") as file:
            file.write(PROGRAM)
        done = subprocess.run(
            ["node", program, client, json.dumps(config), json.dumps(calls)], capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def test_methods_are_called(self):
        found, missing, forbidden = self.run_node({}, [
            ["petsIdPost", {"id": "a b/c", "q": "1&2"}, {"name": "x"}],
            ["petsIdPost", {}],
            ["petsGet"],
        ])
        self.assertEqual((found["status"], found["type"]), (200, "application/json"))
        # API Gateway hands path parameters on as they were sent.
        self.assertEqual((found["data"]["id"], found["data"]["q"]), ("a%20b%2Fc", "1&2"))
        self.assertIn("id", missing["message"])
        self.assertEqual((forbidden["status"], forbidden["data"]), (403, {"message": "Forbidden"}))

    def test_an_api_key_is_sent(self):
        self.assertEqual(self.run_node({"apiKey": self.key["value"]}, [["petsGet"]])[0]["status"], 200)

    def test_requests_are_signed_as_awss_signer_does(self):
        config = {"accessKey": "AKID", "secretKey": "secret", "sessionToken": "token", "region": "eu-west-1"}
        found = self.run_node(config, [["petsIdPost", {"id": "a b/c", "q": "1 2"}, {"name": "x"}]])[0]["data"]
        given = re.fullmatch(
            r"AWS4-HMAC-SHA256 Credential=AKID/(\d+/eu-west-1/execute-api/aws4_request), SignedHeaders=([a-z0-9;-]+), Signature=([0-9a-f]{64})",
            found["authorization"])
        self.assertTrue(given, found)
        self.assertEqual(found["token"], "token")
        headers = {
            "host": self.gateway.url.removeprefix("http://"), "x-amz-date": found["date"], "x-amz-security-token": "token",
            "accept": "application/json", "content-type": "application/json"}
        self.assertEqual(given[2].split(";"), sorted(headers))
        request = AWSRequest(
            method="POST", headers=headers, data='{"name":"x"}',
            url=f"{self.gateway.url}/_aws/execute-api/{self.api}/dev/pets/a%20b%2Fc", params={"q": "1 2"})
        request.context["timestamp"] = found["date"]
        signer = SigV4Auth(Credentials("AKID", "secret", "token"), "execute-api", "eu-west-1")
        canonical = signer.canonical_request(request)
        self.assertEqual(signer.signature(signer.string_to_sign(request, canonical), request), given[3], canonical)


if __name__ == "__main__":
    unittest.main()
