"""Every operation of API Gateway v1 through boto3: its success with the status that AWS gives, something that isn't there, input that
AWS refuses, and a conflict where there can be one. The table is complete or the test fails: the service's model says what can be missing or
invalid."""

import unittest

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from support import CREDENTIALS, Gateway

# Statuses other than 200, by the start of the name, the longest that fits (`spec/rest/control-plane.md` §3).
STATUSES = {
    "Create": 201, "CreateVpcLink": 202, "Generate": 201, "Put": 201, "PutRestApi": 200, "ImportApiKeys": 201, "ImportRestApi": 201,
    "UpdateMethodResponse": 201, "Flush": 202, "Reject": 202, "TagResource": 204, "UntagResource": 204, "Delete": 202, "DeleteMethod": 204,
    "DeleteIntegration": 204,
}
SPECIFICATION = b'{"openapi": "3.0.1", "info": {"title": "t", "version": "1"}, "paths": {"/x": {"get": {"responses": {}}}}}'
CERTIFICATE = "arn:aws:acm:us-east-1:000000000000:certificate/c"
BALANCER = "arn:aws:elasticloadbalancing:us-east-1:000000000000:loadbalancer/net/a/b"
LAMBDA = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:000000000000:function:f/invocations"
WRONG_PATCH = [{"op": "wrong", "path": "/x", "value": "x"}]
# What the refused input of all lists in pages is.
WRONG_PAGE = {"position": "\u00a7"}
# Operations that name nothing which could be missing, though something is named: to create a validator on no API is 400 (recorded).
NOTHING_MISSING = {"CreateRequestValidator"}
# Operations without input that AWS is known to refuse: what they take besides names is a switch, a filter, or sent on as it is.
NOTHING_INVALID = {
    "CreateDeployment", "DeleteBasePathMapping", "DeleteDomainName", "FlushStageAuthorizersCache", "FlushStageCache", "GetAccount",
    "GetBasePathMapping", "GetDeployment", "GetDomainName", "GetGatewayResponses", "GetModel", "GetResource", "GetStages",
    "TestInvokeAuthorizer", "TestInvokeMethod",
}
# Operations with something in the way that they refuse with 409.
CONFLICTS = {
    "CreateApiKey", "CreateBasePathMapping", "CreateDocumentationPart", "CreateDocumentationVersion", "CreateModel", "CreateResource",
    "CreateStage", "CreateUsagePlanKey", "DeleteAuthorizer", "DeleteModel", "DeleteRequestValidator", "PutMethod", "PutMethodResponse",
    "UpdateBasePathMapping", "UpdateResource", "UpdateUsagePlan",
}


def status_of(operation):
    fitting = [start for start in STATUSES if operation.startswith(start)]
    return STATUSES[max(fitting, key=len)] if fitting else 200


class Operations(unittest.TestCase):
    """The rows below run from top to bottom over one gateway: what one makes, later ones use."""

    @classmethod
    def setUpClass(cls):
        cls.gateway = Gateway()
        config = Config(retries={"total_max_attempts": 1}, proxies={}, parameter_validation=False)
        cls.client = boto3.client("apigateway", endpoint_url=cls.gateway.url, config=config, **CREDENTIALS)
        cls.names = {name: method for method, name in cls.client.meta.method_to_api_mapping.items()}
        cls.done = set()
        cls.refusals = {}

    @classmethod
    def tearDownClass(cls):
        cls.gateway.stop()

    def call(self, operation, arguments):
        return getattr(self.client, self.names[operation])(**arguments)

    def refused(self, operation, arguments, status, code):
        with self.assertRaises(ClientError, msg=f"{operation} {arguments}") as caught:
            self.call(operation, arguments)
        answer = caught.exception.response
        found = (answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"])
        self.assertEqual(found, (status, code), f"{operation} {arguments}: {answer['Error']['Message']}")
        self.assertTrue(answer["Error"]["Message"], operation)
        self.refusals.setdefault(operation, set()).add(status)

    def row(self, operation, arguments=None, missing=None, invalid=None, conflict=None, conflict_code="ConflictException"):
        """One operation. `missing` and `invalid` are arguments to replace in `arguments`; `invalid` may be a pair with the code.
        `conflict` is what to add to them for a second call; an empty one repeats the call."""
        arguments = arguments or {}
        if missing is not None:
            self.refused(operation, {**arguments, **missing}, 404, "NotFoundException")
        if operation.startswith("Update"):
            invalid = ({"patchOperations": WRONG_PATCH}, "ValidationException")
        if invalid is not None:
            changed, code = invalid if isinstance(invalid, tuple) else (invalid, "BadRequestException")
            self.refused(operation, {**arguments, **changed}, 400, code)
        answer = self.call(operation, arguments)
        status = answer["ResponseMetadata"]["HTTPStatusCode"]
        self.assertEqual(status, status_of(operation), operation)
        if conflict is not None:
            status = 409 if conflict_code == "ConflictException" else 400
            self.refused(operation, {**arguments, **conflict}, status, conflict_code)
        self.done.add(operation)
        return answer

    def patch(self, path, value, op="replace"):
        return {"patchOperations": [{"op": op, "path": path, "value": value}]}

    def test_all(self):
        row, patch = self.row, self.patch
        gone = "nothere"
        row("GetAccount")
        row("UpdateAccount", patch("/cloudwatchRoleArn", "arn:aws:iam::000000000000:role/r"))

        made = row("CreateRestApi", {"name": "table"}, invalid={"description": ""}, missing={"cloneFrom": gone})
        api, root = {"restApiId": made["id"]}, made["rootResourceId"]
        no_api = {"restApiId": gone}
        row("GetRestApi", api, missing=no_api)
        row("GetRestApis", {"limit": 1}, invalid=WRONG_PAGE)
        row("UpdateRestApi", {**api, **patch("/name", "new")}, missing=no_api)
        imported = row("ImportRestApi", {"body": SPECIFICATION}, invalid={"body": b"{"})
        row("PutRestApi", {"restApiId": imported["id"], "mode": "overwrite", "body": SPECIFICATION},
            missing=no_api, invalid={"mode": "wrong"})

        child = {**api, "parentId": root, "pathPart": "pets"}
        pets = row("CreateResource", child, missing={"parentId": gone}, invalid={"pathPart": "a b"}, conflict={})["id"]
        resource = {**api, "resourceId": pets}
        no_resource = {"resourceId": gone}
        row("GetResource", {**resource, "embed": ["methods"]}, missing=no_resource)
        row("GetResources", api, missing=no_api, invalid=WRONG_PAGE)
        row("UpdateResource", {**resource, **patch("/pathPart", "dogs")}, missing=no_resource)
        row("CreateResource", {**child, "pathPart": "cats"})
        self.refused("UpdateResource", {**resource, **patch("/pathPart", "cats")}, 409, "ConflictException")

        model = {**api, "name": "Pet", "contentType": "application/json", "schema": '{"type": "object"}'}
        row("CreateModel", model, missing=no_api, invalid={"name": ""}, conflict={})
        named = {**api, "modelName": "Pet"}
        no_model = {"modelName": gone}
        row("GetModel", {**named, "flatten": True}, missing=no_model)
        row("GetModels", api, missing=no_api, invalid=WRONG_PAGE)
        row("GetModelTemplate", named, missing=no_model)
        row("UpdateModel", {**named, **patch("/description", "d")}, missing=no_model)

        made = row("CreateRequestValidator", {**api, "name": "v"}, invalid=no_api)
        validator = {**api, "requestValidatorId": made["id"]}
        no_validator = {"requestValidatorId": gone}
        row("GetRequestValidator", validator, missing=no_validator)
        row("GetRequestValidators", api, missing=no_api, invalid=WRONG_PAGE)
        row("UpdateRequestValidator", {**validator, **patch("/name", "w")}, missing=no_validator)

        made = row("CreateAuthorizer", {**api, "name": "a", "type": "TOKEN", "authorizerUri": LAMBDA,
                                        "identitySource": "method.request.header.Authorization"},
                   missing=no_api, invalid=({"type": "WRONG"}, "ValidationException"))
        authorizer = {**api, "authorizerId": made["id"]}
        no_authorizer = {"authorizerId": gone}
        row("GetAuthorizer", authorizer, missing=no_authorizer)
        row("GetAuthorizers", api, missing=no_api, invalid=WRONG_PAGE)
        row("TestInvokeAuthorizer", {**authorizer, "headers": {"Authorization": "x"}}, missing=no_authorizer)
        row("UpdateAuthorizer", {**authorizer, **patch("/name", "b")}, missing=no_authorizer)

        method = {**resource, "httpMethod": "GET"}
        no_method = {"httpMethod": "PUT"}
        row("PutMethod", {**method, "authorizationType": "NONE"}, missing=no_resource, invalid={"httpMethod": "WRONG"}, conflict={})
        row("GetMethod", method, missing=no_method)
        row("UpdateMethod", {**method, **patch("/operationName", "getPets")}, missing=no_method)
        answer = {**method, "statusCode": "200"}
        no_answer = {"statusCode": "299"}
        wrong_code = ({"statusCode": "x"}, "ValidationException")
        row("PutMethodResponse", answer, missing=no_method, invalid=wrong_code, conflict={})
        row("GetMethodResponse", answer, missing=no_answer, invalid=wrong_code)
        row("UpdateMethodResponse", {**answer, **patch("/responseModels/application~1json", "Empty", "add")}, missing=no_answer)
        row("PutIntegration", {**method, "type": "MOCK", "requestTemplates": {"application/json": '{"statusCode": 200}'}},
            missing=no_method, invalid={"type": "HTTP"})
        row("GetIntegration", method, missing=no_method)
        row("UpdateIntegration", {**method, **patch("/passthroughBehavior", "NEVER")}, missing=no_method)
        row("PutIntegrationResponse", {**answer, "responseTemplates": {"application/json": "hello"}},
            missing=no_method, invalid=wrong_code)
        row("GetIntegrationResponse", answer, missing=no_answer, invalid=wrong_code)
        row("UpdateIntegrationResponse", {**answer, **patch("/selectionPattern", "x.*")}, missing=no_answer)
        row("UpdateIntegrationResponse", {**answer, **patch("/selectionPattern", "")})
        row("TestInvokeMethod", method, missing=no_method)

        kind = {**api, "responseType": "THROTTLED"}
        wrong_kind = ({"responseType": "WRONG"}, "ValidationException")
        row("PutGatewayResponse", {**kind, "statusCode": "430"}, missing=no_api, invalid=wrong_kind)
        row("GetGatewayResponse", kind, missing=no_api, invalid=wrong_kind)
        row("GetGatewayResponses", api, missing=no_api)
        row("UpdateGatewayResponse", {**kind, **patch("/statusCode", "431")}, missing=no_api)

        part = {**api, "location": {"type": "API"}, "properties": '{"description": "d"}'}
        made = row("CreateDocumentationPart", part, missing=no_api,
                   invalid=({"location": {"type": "WRONG"}}, "ValidationException"), conflict={})
        part = {**api, "documentationPartId": made["id"]}
        no_part = {"documentationPartId": gone}
        row("GetDocumentationPart", part, missing=no_part)
        row("GetDocumentationParts", api, missing=no_api, invalid=WRONG_PAGE)
        row("UpdateDocumentationPart", {**part, **patch("/properties", '{"description": "e"}')}, missing=no_part)
        version = {**api, "documentationVersion": "1"}
        no_version = {"documentationVersion": gone}
        row("CreateDocumentationVersion", version, missing=no_api, invalid={"documentationVersion": ""}, conflict={})
        row("GetDocumentationVersion", version, missing=no_version)
        row("GetDocumentationVersions", api, missing=no_api, invalid=WRONG_PAGE)
        row("UpdateDocumentationVersion", {**version, **patch("/description", "d")}, missing=no_version)
        row("ImportDocumentationParts", {**api, "mode": "merge", "body": SPECIFICATION}, missing=no_api,
            invalid={"mode": "wrong"})

        deployment = row("CreateDeployment", {**api, "description": "one"}, missing=no_api)["id"]
        other = self.client.create_deployment(**api)["id"]
        frozen = {**api, "deploymentId": deployment}
        no_deployment = {"deploymentId": gone}
        row("GetDeployment", {**frozen, "embed": ["apisummary"]}, missing=no_deployment)
        row("GetDeployments", api, missing=no_api, invalid=WRONG_PAGE)
        row("UpdateDeployment", {**frozen, **patch("/description", "two")}, missing=no_deployment)
        stage = {**api, "stageName": "dev"}
        no_stage = {"stageName": gone}
        row("CreateStage", {**stage, "deploymentId": deployment}, missing=no_api, invalid=no_deployment, conflict={})
        row("GetStage", stage, missing=no_stage)
        row("GetStages", api, missing=no_api)
        row("UpdateStage", {**stage, **patch("/description", "d")}, missing=no_stage)
        row("FlushStageAuthorizersCache", stage, missing=no_stage)
        row("FlushStageCache", stage, missing=no_stage)
        row("GetExport", {**stage, "exportType": "oas30"}, missing=no_stage, invalid={"exportType": "wrong"})
        row("GetSdk", {**stage, "sdkType": "javascript"}, missing=no_stage, invalid={"sdkType": "wrong"})
        row("GetSdkTypes", invalid=WRONG_PAGE)
        row("GetSdkType", {"id": "javascript"}, missing={"id": gone})

        made = row("CreateApiKey", {"name": "k", "enabled": True, "value": "k" * 20}, invalid={"value": "short"}, conflict={})
        key = {"apiKey": made["id"]}
        no_key = {"apiKey": gone}
        row("GetApiKey", {**key, "includeValue": True}, missing=no_key, invalid=({"includeValue": "perhaps"}, "SerializationException"))
        row("GetApiKeys", {"includeValues": True, "nameQuery": "k"}, invalid=WRONG_PAGE)
        row("UpdateApiKey", {**key, **patch("/name", "l")}, missing=no_key)
        row("ImportApiKeys", {"format": "csv", "body": b"name,key\nm," + b"m" * 30},
            invalid={"format": "wrong"})
        wanted = {"name": "p", "apiStages": [{"apiId": api["restApiId"], "stage": "dev"}], "quota": {"limit": 5, "period": "DAY"}}
        made = row("CreateUsagePlan", wanted, missing={"apiStages": [{"apiId": gone, "stage": "dev"}]},
                   invalid=({"quota": {"limit": 5, "period": "YEAR"}}, "ValidationException"))
        plan = {"usagePlanId": made["id"]}
        no_plan = {"usagePlanId": gone}
        row("GetUsagePlan", plan, missing=no_plan)
        row("GetUsagePlans", invalid=WRONG_PAGE)
        row("UpdateUsagePlan", {**plan, **patch("/name", "q")}, missing=no_plan)
        member = {**plan, "keyId": key["apiKey"]}
        no_member = {"keyId": gone}
        row("CreateUsagePlanKey", {**member, "keyType": "API_KEY"}, missing=no_plan, invalid={"keyType": "WRONG"}, conflict={})
        row("GetUsagePlanKey", member, missing=no_member)
        row("GetUsagePlanKeys", plan, missing=no_plan, invalid=WRONG_PAGE)
        # A key opens a stage through one plan only.
        second = self.client.create_usage_plan(name="second")["id"]
        self.client.create_usage_plan_key(usagePlanId=second, keyId=key["apiKey"], keyType="API_KEY")
        self.refused("UpdateUsagePlan", {"usagePlanId": second, **patch("/apiStages", f"{api['restApiId']}:dev", "add")}, 409,
                     "ConflictException")
        today = {"startDate": "2026-01-01", "endDate": "2026-01-02"}
        row("GetUsage", {**plan, **today}, missing=no_plan, invalid={"startDate": "yesterday"})
        row("UpdateUsage", {**member, **patch("/remaining", "3")}, missing=no_member)

        domain = {"domainName": "a.example.com"}
        no_domain = {"domainName": "b.example.com"}
        row("CreateDomainName", {**domain, "certificateArn": CERTIFICATE}, invalid={"domainName": "a b"},
            conflict={}, conflict_code="BadRequestException")
        row("GetDomainName", domain, missing=no_domain)
        row("GetDomainNames", invalid=WRONG_PAGE)
        row("UpdateDomainName", {**domain, **patch("/certificateName", "c")}, missing=no_domain)
        mapping = {**domain, "basePath": "v1"}
        no_mapping = {"basePath": gone}
        row("CreateBasePathMapping", {**mapping, **api, "stage": "dev"}, missing=no_domain, invalid=no_api, conflict={})
        row("GetBasePathMapping", mapping, missing=no_mapping)
        row("GetBasePathMappings", domain, missing=no_domain, invalid=WRONG_PAGE)
        self.client.create_base_path_mapping(**domain, **api, basePath="taken")
        self.refused("UpdateBasePathMapping", {**mapping, **patch("/basePath", "taken")}, 409, "ConflictException")
        self.refused("DeleteRestApi", api, 400, "BadRequestException")
        row("UpdateBasePathMapping", {**mapping, **patch("/basePath", "v2")}, missing=no_mapping)
        row("DeleteBasePathMapping", {**domain, "basePath": "v2"}, missing=no_mapping)
        row("DeleteDomainName", domain, missing=no_domain)

        arn = self.client.create_domain_name(
            domainName="private.example.com", certificateArn=CERTIFICATE, endpointConfiguration={"types": ["PRIVATE"]})["domainNameArn"]
        wanted = {"domainNameArn": arn, "accessAssociationSource": "vpce-1", "accessAssociationSourceType": "VPCE"}
        made = row("CreateDomainNameAccessAssociation", wanted, missing={"domainNameArn": arn + "x"},
                   invalid={"accessAssociationSource": "vpc-1"}, conflict={})
        association = {"domainNameAccessAssociationArn": made["domainNameAccessAssociationArn"]}
        no_association = {"domainNameAccessAssociationArn": made["domainNameAccessAssociationArn"] + "x"}
        listed = row("GetDomainNameAccessAssociations", invalid=WRONG_PAGE)
        self.assertEqual(len(listed["items"]), 1)
        row("RejectDomainNameAccessAssociation", {**association, "domainNameArn": arn}, missing=no_association,
            invalid={"domainNameArn": "wrong"})
        self.client.create_domain_name_access_association(**wanted)
        row("DeleteDomainNameAccessAssociation", association, missing=no_association)

        link = row("CreateVpcLink", {"name": "l", "targetArns": [BALANCER]}, invalid={"targetArns": ["wrong"]})["id"]
        link, no_link = {"vpcLinkId": link}, {"vpcLinkId": gone}
        row("GetVpcLink", link, missing=no_link)
        row("GetVpcLinks", invalid=WRONG_PAGE)
        row("UpdateVpcLink", {**link, **patch("/name", "m")}, missing=no_link)
        row("DeleteVpcLink", link, missing=no_link)
        made = row("GenerateClientCertificate", {"description": "d"}, invalid={"tags": {"aws:a": "b"}})
        certificate = {"clientCertificateId": made["clientCertificateId"]}
        no_certificate = {"clientCertificateId": gone}
        row("GetClientCertificate", certificate, missing=no_certificate)
        row("GetClientCertificates", invalid=WRONG_PAGE)
        row("UpdateClientCertificate", {**certificate, **patch("/description", "e")}, missing=no_certificate)
        self.client.update_stage(**stage, **patch("/clientCertificateId", certificate["clientCertificateId"]))
        self.refused("DeleteClientCertificate", certificate, 400, "BadRequestException")
        self.client.update_stage(**stage, **patch("/clientCertificateId", ""))
        row("DeleteClientCertificate", certificate, missing=no_certificate)

        arn = {"resourceArn": f"arn:aws:apigateway:us-east-1::/restapis/{api['restApiId']}"}
        no_arn = {"resourceArn": "arn:aws:apigateway:us-east-1::/restapis/nothere"}
        wrong_arn = {"resourceArn": "wrong"}
        row("TagResource", {**arn, "tags": {"a": "b"}}, missing=no_arn, invalid={"tags": {"aws:a": "b"}})
        self.assertEqual(row("GetTags", arn, missing=no_arn, invalid=wrong_arn)["tags"], {"a": "b"})
        row("UntagResource", {**arn, "tagKeys": ["a"]}, missing=no_arn, invalid=wrong_arn)

        row("DeleteUsagePlanKey", member, missing=no_member)
        self.refused("DeleteUsagePlan", plan, 400, "BadRequestException")
        self.client.update_usage_plan(**plan, **patch("/apiStages", f"{api['restApiId']}:dev", "remove"))
        row("DeleteUsagePlan", plan, missing=no_plan)
        row("DeleteApiKey", key, missing=no_key)
        self.client.update_stage(**stage, **patch("/documentationVersion", "1"))
        self.refused("DeleteDocumentationVersion", version, 400, "BadRequestException")
        self.client.update_stage(**stage, **patch("/documentationVersion", ""))
        row("DeleteDocumentationVersion", version, missing=no_version)
        row("DeleteDocumentationPart", part, missing=no_part)
        row("DeleteGatewayResponse", kind, missing={"responseType": "WAF_FILTERED"}, invalid=wrong_kind)
        self.refused("DeleteDeployment", frozen, 400, "BadRequestException")
        row("DeleteStage", stage, missing=no_stage)
        row("DeleteDeployment", {**api, "deploymentId": other}, missing=no_deployment)
        row("DeleteIntegrationResponse", answer, missing=no_answer, invalid=wrong_code)
        row("DeleteIntegration", method, missing=no_method)
        row("DeleteMethodResponse", answer, missing=no_answer, invalid=wrong_code)
        for path, value, op in (("/requestModels/application~1json", "Pet", "add"),
                                ("/requestValidatorId", validator["requestValidatorId"], "replace"),
                                ("/authorizerId", authorizer["authorizerId"], "replace"),
                                ("/authorizationType", "CUSTOM", "replace")):
            self.client.update_method(**method, **patch(path, value, op))
        self.refused("DeleteModel", named, 409, "ConflictException")
        self.refused("DeleteRequestValidator", validator, 409, "ConflictException")
        self.refused("DeleteAuthorizer", authorizer, 409, "ConflictException")
        row("DeleteMethod", method, missing=no_method)
        row("DeleteModel", named, missing=no_model)
        row("DeleteRequestValidator", validator, missing=no_validator)
        row("DeleteAuthorizer", authorizer, missing=no_authorizer)
        row("DeleteResource", resource, missing=no_resource)
        row("DeleteRestApi", api, missing=no_api)

        operations = set(self.client.meta.service_model.operation_names)
        self.assertEqual(operations - self.done, set(), "each operation has a row")
        self.assertEqual(len(operations), 124)
        self.assertEqual(self.lacking(operations), [])

    def lacking(self, operations):
        """The refusals that the table lacks, by what the service's model says an operation takes."""
        lacking = []
        for name in sorted(operations):
            shape = self.client.meta.service_model.operation_model(name).input_shape
            places = [member.serialization.get("location") for member in shape.members.values()] if shape else []
            wanted = {409} if name in CONFLICTS else set()
            if "uri" in places and name not in NOTHING_MISSING:
                wanted.add(404)
            if set(places) - {"uri"} and name not in NOTHING_INVALID:
                wanted.add(400)
            lacking += [f"{name} {status}" for status in sorted(wanted - self.refusals.get(name, set()))]
        return lacking


if __name__ == "__main__":
    unittest.main()
