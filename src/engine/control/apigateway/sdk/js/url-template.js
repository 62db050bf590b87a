// Paths with {parameters}; a greedy one, {proxy+}, keeps its slashes.
(function (root) {
    "use strict";
    root.uritemplate = function (template) {
        return {
            expand: function (values) {
                const encode = root.apiGateway.core.utils.encode;
                return template.replace(/\{([^{}+]+)(\+?)\}/g, function (_, name, greedy) {
                    const value = String(values[name] === undefined ? "" : values[name]);
                    return greedy ? value.split("/").map(encode).join("/") : encode(value);
                });
            },
        };
    };
})(globalThis);
