// Sends requests without a signature.
(function (root) {
    "use strict";
    root.apiGateway = root.apiGateway || {};
    root.apiGateway.core = root.apiGateway.core || {};
    root.apiGateway.core.simpleHttpClientFactory = {
        newClient: function (config) {
            const utils = root.apiGateway.core.utils;
            return {
                makeRequest: function (request) {
                    const query = utils.queryString(request.queryParams);
                    return root.axios({
                        method: request.verb,
                        url: config.endpoint + request.path + (query ? "?" + query : ""),
                        headers: request.headers,
                        data: utils.bodyText(request.body),
                    });
                },
            };
        },
    };
})(globalThis);
