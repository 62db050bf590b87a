"""AWS_IAM against a credentials file, signed by botocore: header signatures, presigned URLs, sessions."""

import json
import os
import tempfile
import unittest

import boto3
from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from support import Gateway

ACCOUNT = "000000000000"
ANYTHING = {"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": f"arn:aws:execute-api:us-east-1:{ACCOUNT}:*"}]}
FILE = {"credentials": [
    {"accessKeyId": "ROOT", "secretAccessKey": "root's secret", "arn": f"arn:aws:iam::{ACCOUNT}:root"},
    {"accessKeyId": "ALICE", "secretAccessKey": "alice's", "arn": f"arn:aws:iam::{ACCOUNT}:user/alice", "policies": [ANYTHING]},
    {"accessKeyId": "SESSION", "secretAccessKey": "session's", "sessionToken": "a+token/with=signs",
     "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/reader/s1", "policies": [ANYTHING]},
    {"accessKeyId": "BOB", "secretAccessKey": "bob's", "arn": f"arn:aws:iam::{ACCOUNT}:user/bob"},
]}
ALICE = Credentials("ALICE", "alice's")
SESSION = Credentials("SESSION", "session's", "a+token/with=signs")
BOB = Credentials("BOB", "bob's")


class Iam(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        with tempfile.NamedTemporaryFile("w", suffix=".json", delete=False) as file:
            json.dump(FILE, file)
        cls.file = file.name
        cls.gateway = Gateway("--ephemeral", "--credentials", cls.file)
        cls.client = cls.control("ROOT", "root's secret")
        api = cls.client.create_rest_api(name="signed")
        root = api["rootResourceId"]
        anything = cls.client.create_resource(restApiId=api["id"], parentId=root, pathPart="{proxy+}")["id"]
        method = {"restApiId": api["id"], "resourceId": anything, "httpMethod": "ANY"}
        cls.client.put_method(**method, authorizationType="AWS_IAM")
        cls.client.put_integration(**method, type="MOCK", requestTemplates={"application/json": '{"statusCode": 200}'})
        cls.client.put_method_response(**method, statusCode="200")
        cls.client.put_integration_response(
            **method, statusCode="200",
            responseTemplates={"application/json": "$context.identity.userArn $context.identity.accessKey"})
        cls.client.create_deployment(restApiId=api["id"], stageName="dev")
        cls.api = api["id"]

    @classmethod
    def tearDownClass(cls):
        cls.gateway.stop()
        os.unlink(cls.file)

    @classmethod
    def control(cls, key, secret):
        return boto3.client(
            "apigateway", endpoint_url=cls.gateway.url, region_name="us-east-1",
            aws_access_key_id=key, aws_secret_access_key=secret)

    def signed(self, credentials, path, method="GET", body=None, query=None, auth=SigV4Auth):
        url = f"{self.gateway.url}/_aws/execute-api/{self.api}/dev{path}"
        headers = {"content-type": "application/json"} if body else {}
        request = AWSRequest(method=method, url=url, data=body, headers=headers, params=query)
        auth(credentials, "execute-api", "us-east-1").add_auth(request)
        prepared = request.prepare()
        rest = prepared.url.split(f"/_aws/execute-api/{self.api}", 1)[1]
        return self.gateway.call(self.api, rest, method, dict(prepared.headers), prepared.body)

    def test_requests_of_all_shapes_are_verified(self):
        shapes = [
            ("/pets", "GET", None, None),
            ("/pets/", "GET", None, None),
            ("/a%20b/%C3%A9/c:d@e,f", "GET", None, None),
            ("/a%2Fb", "GET", None, None),
            ("/pets", "GET", None, {"b": "2", "a": "1 + 1/2", "é": "ü&=", "empty": ""}),
            ("/pets", "POST", b'{"name": "Rex"}', None),
            ("/pets", "PUT", '{"name": "Žofka"}'.encode(), {"x": "y"}),
        ]
        for path, method, body, query in shapes:
            for credentials, arn in [
                (ALICE, f"arn:aws:iam::{ACCOUNT}:user/alice ALICE"),
                (SESSION, f"arn:aws:sts::{ACCOUNT}:assumed-role/reader/s1 SESSION"),
            ]:
                with self.subTest(path=path, method=method, query=query, key=credentials.access_key):
                    status, _, text = self.signed(credentials, path, method, body, query)
                    self.assertEqual((status, text), (200, arn))

    def test_presigned_urls_are_taken(self):
        for credentials in (ALICE, SESSION):
            status, _, text = self.signed(credentials, "/pets", query={"q": "a b"}, auth=SigV4QueryAuth)
            self.assertEqual(status, 200, text)

    def test_others_are_refused(self):
        status, headers, text = self.gateway.call(self.api, "/dev/pets")
        self.assertEqual((status, headers["x-amzn-ErrorType"]), (403, "MissingAuthenticationTokenException"))
        self.assertEqual(text, '{"message":"Missing Authentication Token"}')
        status, headers, _ = self.signed(Credentials("ALICE", "wrong"), "/pets")
        self.assertEqual((status, headers["x-amzn-ErrorType"]), (403, "InvalidSignatureException"))
        status, headers, text = self.signed(BOB, "/pets")
        self.assertEqual((status, headers["x-amzn-ErrorType"]), (403, "AccessDeniedException"))
        self.assertEqual(
            json.loads(text)["Message"],
            f"User: arn:aws:iam::{ACCOUNT}:user/bob is not authorized to perform: execute-api:Invoke on resource: "
            f"arn:aws:execute-api:us-east-1:********0000:{self.api}/dev/GET/pets")

    def test_the_control_plane_asks_policies_too(self):
        with self.assertRaises(ClientError) as refused:
            self.control("BOB", "bob's").get_rest_apis()
        self.assertEqual(refused.exception.response["Error"]["Code"], "AccessDeniedException")
        with self.assertRaises(ClientError) as refused:
            self.control("ROOT", "wrong").get_rest_apis()
        self.assertEqual(refused.exception.response["Error"]["Code"], "InvalidSignatureException")


if __name__ == "__main__":
    unittest.main()
