// The API's client, generated.
(function (root) {
    "use strict";
    const inNode = typeof module === "object" && module.exports && typeof require === "function";
    if (inNode) {
        require("./lib/axios/dist/axios.standalone.js");
        require("./lib/CryptoJS/rollups/hmac-sha256.js");
        require("./lib/CryptoJS/rollups/sha256.js");
        require("./lib/CryptoJS/components/hmac.js");
        require("./lib/CryptoJS/components/enc-base64.js");
        require("./lib/url-template/url-template.js");
        require("./lib/apiGatewayCore/sigV4Client.js");
        require("./lib/apiGatewayCore/apiGatewayClient.js");
        require("./lib/apiGatewayCore/simpleHttpClient.js");
        require("./lib/apiGatewayCore/utils.js");
    }
    const apigClientFactory = {};

    apigClientFactory.newClient = function (given) {
        const config = Object.assign({
            accessKey: "",
            secretKey: "",
            sessionToken: "",
            region: "{{REGION}}",
            apiKey: undefined,
            invokeUrl: "{{INVOKE_URL}}",
            defaultContentType: "application/json",
            defaultAcceptType: "application/json",
        }, given);
        const core = root.apiGateway.core, utils = core.utils;
        const endpoint = /^https?:\/\/[^\/]+/.exec(config.invokeUrl)[0];
        const base = config.invokeUrl.slice(endpoint.length).replace(/\/$/, "");
        const simple = {
            endpoint: endpoint,
            defaultContentType: config.defaultContentType,
            defaultAcceptType: config.defaultAcceptType,
        };
        const signed = Object.assign({ serviceName: "execute-api" }, simple, {
            accessKey: config.accessKey,
            secretKey: config.secretKey,
            sessionToken: config.sessionToken,
            region: config.region,
        });
        const authType = config.accessKey && config.secretKey ? "AWS_IAM" : "NONE";
        const client = core.apiGatewayClientFactory.newClient(simple, signed);
        const apigClient = {};

        function define(name, verb, path, takes) {
            apigClient[name] = function (params, body, additionalParams) {
                utils.assertParametersDefined(params, takes.required);
                return client.makeRequest({
                    verb: verb,
                    path: base + root.uritemplate(path).expand(utils.parseParametersToObject(params, takes.path)),
                    headers: utils.parseParametersToObject(params, takes.headers),
                    queryParams: utils.parseParametersToObject(params, takes.query),
                    body: body,
                }, authType, additionalParams, config.apiKey);
            };
        }

    // {{METHODS}}
        return apigClient;
    };

    root.apigClientFactory = apigClientFactory;
    if (inNode) {
        module.exports = apigClientFactory;
    }
})(globalThis);
