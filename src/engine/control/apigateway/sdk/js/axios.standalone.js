// Sends requests: what the SDK needs of such a library, over fetch.
(function (root) {
    "use strict";
    function parsed(text) {
        try {
            return JSON.parse(text);
        } catch (_) {
            return text;
        }
    }
    root.axios = root.axios || function (config) {
        return root.fetch(config.url, { method: config.method, headers: config.headers, body: config.data })
            .then(function (response) {
                return response.text().then(function (text) {
                    const headers = {};
                    response.headers.forEach(function (value, name) { headers[name] = value; });
                    const answer = {
                        status: response.status,
                        statusText: response.statusText,
                        headers: headers,
                        data: parsed(text),
                        config: config,
                    };
                    if (response.ok) {
                        return answer;
                    }
                    const error = new Error("Request failed with status code " + response.status);
                    error.response = answer;
                    throw Object.assign(error, answer);
                });
            });
    };
})(globalThis);
