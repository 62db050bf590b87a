// Sends requests, signed or not as each asks.
(function (root) {
    "use strict";
    root.apiGateway = root.apiGateway || {};
    root.apiGateway.core = root.apiGateway.core || {};
    root.apiGateway.core.apiGatewayClientFactory = {
        newClient: function (simpleConfig, sigV4Config) {
            const core = root.apiGateway.core, utils = core.utils;
            const simple = core.simpleHttpClientFactory.newClient(simpleConfig);
            const sigV4 = core.sigV4ClientFactory.newClient(sigV4Config);
            return {
                makeRequest: function (request, authType, additional, apiKey) {
                    const more = additional || {};
                    const has = function (headers, name) {
                        return Object.keys(headers).some(function (key) { return key.toLowerCase() === name; });
                    };
                    const headers = utils.mergeInto(request.headers, more.headers);
                    if (apiKey && !has(headers, "x-api-key")) {
                        headers["x-api-key"] = apiKey;
                    }
                    if (!has(headers, "accept")) {
                        headers.Accept = simpleConfig.defaultAcceptType;
                    }
                    if (utils.bodyText(request.body) !== undefined && !has(headers, "content-type")) {
                        headers["Content-Type"] = simpleConfig.defaultContentType;
                    }
                    const whole = utils.mergeInto(request, {
                        headers: headers,
                        queryParams: utils.mergeInto(request.queryParams, more.queryParams),
                    });
                    return authType === "AWS_IAM" ? sigV4.makeRequest(whole) : simple.makeRequest(whole);
                },
            };
        },
    };
})(globalThis);
