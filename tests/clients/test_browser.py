"""A real browser judges CORS: preflights and fetches pass and fail as they would on AWS, and the generated SDK works in a page."""

import http.server
import io
import json
import os
import shutil
import subprocess
import tempfile
import threading
import unittest
import zipfile

import boto3
from botocore.config import Config

from support import CREDENTIALS, Gateway

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
OPTIONS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--no-proxy-server",
]
# Asks for what the test wants to know and sends it back to where the page came from.
PAGE = """<!doctype html><meta charset="utf-8">{scripts}<script>
(async () => {{
    const told = await (async () => {{ {body} }})().catch((error) => ({{ failed: String(error) }}));
    await fetch("/told", {{ method: "POST", body: JSON.stringify(told) }});
}})();
</script>"""
FETCHES = """
    const told = {};
    for (const [name, url, options] of CALLS) {
        try {
            const answer = await fetch(url, options);
            told[name] = { status: answer.status, text: await answer.text(), seen: answer.headers.get("x-seen") };
        } catch (error) {
            told[name] = "refused";
        }
    }
    return told;
"""
HEADERS = {"Origin": "'*'", "Headers": "'Content-Type,X-Api-Key,Authorization,X-Amz-Date,X-Amz-Security-Token'", "Methods": "'GET,PUT,OPTIONS'"}


class Site(http.server.ThreadingHTTPServer):
    """A site of another origin than the gateway: pages, scripts, and what the pages tell."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Visit)
        self.files, self.told, self.arrived = {}, None, threading.Event()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def ask(self, body, scripts=()):
        """Has a browser run the body of a function; gives what that returns."""
        tags = "".join(f'<script src="/{script}"></script>' for script in scripts)
        self.files["/page.html"] = PAGE.format(scripts=tags, body=body).encode()
        self.arrived.clear()
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            command = [CHROMIUM, *OPTIONS, f"--user-data-dir={folder}", f"http://127.0.0.1:{self.server_port}/page.html"]
            with open(os.path.join(folder, "log"), "w+") as log:
                browser = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=log)
                try:
                    if not self.arrived.wait(timeout=60):
                        log.seek(0)
                        raise AssertionError(f"the page told nothing: {log.read()[-2000:]}")
                finally:
                    browser.terminate()
                    browser.wait(timeout=20)
        return self.told


class Visit(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_GET(self):
        found = self.server.files.get(self.path)
        kind = "text/javascript" if self.path.endswith(".js") else "text/html"
        self.send_response(200 if found else 404)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(found or b"")))
        self.end_headers()
        self.wfile.write(found or b"")

    def do_POST(self):
        self.server.told = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(204)
        self.end_headers()
        self.server.arrived.set()


@unittest.skipUnless(CHROMIUM, "needs Chromium")
class Browser(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        # Signatures are verified.
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            json.dump({"credentials": [{
                "accessKeyId": "test", "secretAccessKey": "test", "arn": "arn:aws:iam::000000000000:root"}]}, file)
            file.flush()
            cls.gateway = Gateway("--ephemeral", "--credentials", file.name)
        cls.site = Site()
        cls.client = boto3.client(
            "apigateway", endpoint_url=cls.gateway.url, config=Config(retries={"total_max_attempts": 1}, proxies={}), **CREDENTIALS)

    @classmethod
    def tearDownClass(cls):
        cls.site.shutdown()
        cls.site.server_close()
        cls.gateway.stop()

    def api(self, name):
        made = self.client.create_rest_api(name=name)
        return made["id"], made["rootResourceId"]

    def method(self, api, resource, verb, headers, text="served", **more):
        """A mock that answers these headers."""
        at = {"restApiId": api, "resourceId": resource, "httpMethod": verb}
        self.client.put_method(**at, **{"authorizationType": "NONE", **more})
        names = [f"method.response.header.{name}" for name in headers]
        self.client.put_method_response(**at, statusCode="200", responseParameters=dict.fromkeys(names, False))
        self.client.put_integration(**at, type="MOCK", requestTemplates={"application/json": '{"statusCode": 200}'})
        self.client.put_integration_response(
            **at, statusCode="200", responseTemplates={"application/json": text},
            responseParameters=dict(zip(names, headers.values())))

    def cors(self, **changed):
        return {f"Access-Control-Allow-{name}": value for name, value in {**HEADERS, **changed}.items() if value}

    def resource(self, api, root, name, options=None, verbs=("GET", "PUT"), **more):
        made = self.client.create_resource(restApiId=api, parentId=root, pathPart=name)["id"]
        for verb in verbs:
            self.method(api, made, verb, {"Access-Control-Allow-Origin": "'*'", "X-Seen": "'1'"}, **more)
        if options is not None:
            self.method(api, made, "OPTIONS", options)
        return made

    def test_preflights_and_fetches_pass_and_fail_as_on_aws(self):
        api, root = self.api("cors")
        self.resource(api, root, "open", self.cors())
        self.resource(api, root, "silent")
        self.resource(api, root, "narrow", self.cors(Methods="'GET'", Headers="'Content-Type'"))
        self.resource(api, root, "other", self.cors(Origin="'https://www.example.com'"))
        self.resource(api, root, "keyed", self.cors(), apiKeyRequired=True)
        exposing = self.client.create_resource(restApiId=api, parentId=root, pathPart="exposing")["id"]
        self.method(api, exposing, "GET", {
            "Access-Control-Allow-Origin": "'*'", "Access-Control-Expose-Headers": "'X-Seen'", "X-Seen": "'1'"})
        closed = self.client.create_resource(restApiId=api, parentId=root, pathPart="closed")["id"]
        self.method(api, closed, "GET", {})
        self.client.create_deployment(restApiId=api, stageName="dev")
        for name in ("DEFAULT_4XX", "DEFAULT_5XX"):
            self.client.put_gateway_response(
                restApiId=api, responseType=name, responseParameters={"gatewayresponse.header.Access-Control-Allow-Origin": "'*'"})
        self.client.create_deployment(restApiId=api, stageName="told")

        def at(path, stage="dev"):
            return f"{self.gateway.url}/_aws/execute-api/{api}/{stage}/{path}"
        json_body = {"method": "PUT", "body": "{}", "headers": {"Content-Type": "application/json"}}
        calls = [
            ["simple", at("open"), {}],
            ["preflighted", at("open"), json_body],
            ["with a header", at("open"), {"headers": {"X-Api-Key": "k"}}],
            ["with a header that isn't allowed", at("open"), {"headers": {"X-Other": "k"}}],
            ["without OPTIONS", at("silent"), json_body],
            ["simple without OPTIONS", at("silent"), {}],
            ["a verb that isn't allowed", at("narrow"), {"method": "PUT"}],
            ["a header that isn't listed", at("narrow"), {"headers": {"X-Api-Key": "k"}}],
            ["what is allowed", at("narrow"), {"headers": {"Content-Type": "application/json"}}],
            ["another origin's", at("other"), json_body],
            ["without the header", at("closed"), {}],
            ["unread without the header", at("closed"), {"mode": "no-cors"}],
            ["an exposed header", at("exposing"), {}],
            ["refused without headers", at("keyed"), {}],
            ["refused with headers", at("keyed", "told"), {}],
            ["a path that isn't there", at("nothing"), {}],
            ["the same with headers", at("nothing", "told"), {}],
            ["with cookies", at("open"), {"credentials": "include"}],
            ["the control plane", f"{self.gateway.url}/restapis", {}],
        ]
        told = self.site.ask(f"const CALLS = {json.dumps(calls)};{FETCHES}")
        served = {"status": 200, "text": "served", "seen": None}
        expected = {
            "simple": served, "preflighted": served, "with a header": served,
            "with a header that isn't allowed": "refused", "without OPTIONS": "refused", "simple without OPTIONS": served,
            "a verb that isn't allowed": "refused", "a header that isn't listed": "refused", "what is allowed": served,
            "another origin's": "refused", "without the header": "refused",
            "unread without the header": {"status": 0, "text": "", "seen": None},
            "an exposed header": {**served, "seen": "1"},
            "refused without headers": "refused",
            "refused with headers": {"status": 403, "text": '{"message":"Forbidden"}', "seen": None},
            "a path that isn't there": "refused",
            "the same with headers": {"status": 403, "text": '{"message":"Missing Authentication Token"}', "seen": None},
            # A wildcard is for requests without credentials.
            "with cookies": "refused",
            "the control plane": "refused",
        }
        self.assertEqual(told, expected)

    def test_the_generated_sdk_works_in_a_page(self):
        api, root = self.api("sdk")
        self.resource(api, root, "pets", self.cors(), verbs=("GET",), apiKeyRequired=True)
        self.resource(api, root, "signed", self.cors(), verbs=("PUT",), authorizationType="AWS_IAM")
        self.client.create_deployment(restApiId=api, stageName="dev")
        key = self.client.create_api_key(enabled=True)
        plan = self.client.create_usage_plan(name="p", apiStages=[{"apiId": api, "stage": "dev"}])["id"]
        self.client.create_usage_plan_key(usagePlanId=plan, keyId=key["id"], keyType="API_KEY")
        answer = self.client.get_sdk(restApiId=api, stageName="dev", sdkType="javascript")
        archive = zipfile.ZipFile(io.BytesIO(answer["body"].read()))
        for name in archive.namelist():
            self.site.files[f"/{name}"] = archive.read(name)
        readme = archive.read("apiGateway-js-sdk/README.md").decode()
        # The scripts that its own instructions name, in their order.
        scripts = [line.split('src="')[1].split('"')[0] for line in readme.splitlines() if 'src="' in line]
        self.assertTrue(scripts, readme)
        config = {"apiKey": key["value"], "accessKey": "test", "secretKey": "test", "region": "us-east-1"}
        told = self.site.ask(f"""
            const make = apigClientFactory.newClient;
            const client = make({json.dumps(config)});
            const wrong = make({json.dumps({**config, "secretKey": "other", "apiKey": "other"})});
            const outcome = (call) => call.then((answer) => answer.status, () => "refused");
            return {{
                pets: await outcome(client.petsGet()), signed: await outcome(client.signedPut({{}}, {{"name": "x"}})),
                otherKey: await outcome(wrong.petsGet()), otherSecret: await outcome(wrong.signedPut({{}}, {{"name": "x"}})),
            }};
        """, [f"apiGateway-js-sdk/{script}" for script in scripts])
        self.assertEqual(told, {"pets": 200, "signed": 200, "otherKey": "refused", "otherSecret": "refused"})


if __name__ == "__main__":
    unittest.main()
