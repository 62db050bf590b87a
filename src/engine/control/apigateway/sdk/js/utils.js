// What the SDK's parts share.
(function (root) {
    "use strict";
    root.apiGateway = root.apiGateway || {};
    root.apiGateway.core = root.apiGateway.core || {};
    root.apiGateway.core.utils = {
        /** Throws unless each of `names` is given. */
        assertParametersDefined: function (params, names) {
            names.forEach(function (name) {
                if (params === undefined || params === null || params[name] === undefined || params[name] === null) {
                    throw new Error("Missing required parameter '" + name + "'");
                }
            });
        },
        /** Those of `names` that are given. */
        parseParametersToObject: function (params, names) {
            const found = {};
            names.forEach(function (name) {
                if (params && params[name] !== undefined && params[name] !== null) {
                    found[name] = params[name];
                }
            });
            return found;
        },
        /** The members of both; the second's win. */
        mergeInto: function (base, more) {
            return Object.assign({}, base, more);
        },
        /** Percent-encoded as Signature V4 asks: everything but letters, digits and -._~. */
        encode: function (text) {
            return encodeURIComponent(String(text)).replace(/[!'()*]/g, function (sign) {
                return "%" + sign.charCodeAt(0).toString(16).toUpperCase();
            });
        },
        /** The query string, in the order that is signed. */
        queryString: function (params) {
            const encode = root.apiGateway.core.utils.encode;
            const pairs = [];
            Object.keys(params || {}).forEach(function (name) {
                [].concat(params[name]).forEach(function (value) {
                    pairs.push([encode(name), encode(value)]);
                });
            });
            pairs.sort(function (a, b) {
                return a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : a[1] < b[1] ? -1 : a[1] > b[1] ? 1 : 0;
            });
            return pairs.map(function (pair) { return pair.join("="); }).join("&");
        },
        /** The body as text; nothing for nothing. */
        bodyText: function (body) {
            if (body === undefined || body === null || body === "") {
                return undefined;
            }
            return typeof body === "string" ? body : JSON.stringify(body);
        },
    };
})(globalThis);
