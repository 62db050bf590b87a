// Sends requests with a Signature V4 for the service execute-api.
(function (root) {
    "use strict";
    root.apiGateway = root.apiGateway || {};
    root.apiGateway.core = root.apiGateway.core || {};
    root.apiGateway.core.sigV4ClientFactory = {
        newClient: function (config) {
            const utils = root.apiGateway.core.utils, CryptoJS = root.CryptoJS;
            function hmac(key, text) {
                return CryptoJS.HmacSHA256(text, key);
            }
            return {
                makeRequest: function (request) {
                    const query = utils.queryString(request.queryParams);
                    const body = utils.bodyText(request.body);
                    const url = new URL(config.endpoint + request.path + (query ? "?" + query : ""));
                    const date = new Date().toISOString().replace(/[:-]|\.\d{3}/g, "");
                    const headers = utils.mergeInto(request.headers, { "x-amz-date": date });
                    if (config.sessionToken) {
                        headers["x-amz-security-token"] = config.sessionToken;
                    }
                    const signed = { host: url.host };
                    Object.keys(headers).forEach(function (name) {
                        signed[name.toLowerCase()] = String(headers[name]).trim().replace(/ +/g, " ");
                    });
                    const names = Object.keys(signed).sort();
                    // The path is encoded once more than it is sent.
                    const path = url.pathname.split("/").map(utils.encode).join("/");
                    const canonical = [request.verb, path, query]
                        .concat(names.map(function (name) { return name + ":" + signed[name]; }))
                        .concat(["", names.join(";"), CryptoJS.SHA256(body || "").toString()])
                        .join("\n");
                    const scope = [date.slice(0, 8), config.region, config.serviceName, "aws4_request"];
                    const text = ["AWS4-HMAC-SHA256", date, scope.join("/"), CryptoJS.SHA256(canonical).toString()].join("\n");
                    const key = scope.reduce(hmac, "AWS4" + config.secretKey);
                    headers.Authorization = "AWS4-HMAC-SHA256 Credential=" + config.accessKey + "/" + scope.join("/") +
                        ", SignedHeaders=" + names.join(";") + ", Signature=" + hmac(key, text).toString();
                    return root.axios({ method: request.verb, url: url.href, headers: headers, data: body });
                },
            };
        },
    };
})(globalThis);
