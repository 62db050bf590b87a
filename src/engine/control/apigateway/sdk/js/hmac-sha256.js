// HMAC-SHA-256; the hash and the construction are in sha256.js and components/hmac.js.
(function (root) {
    "use strict";
    const CryptoJS = root.CryptoJS = root.CryptoJS || {};
    CryptoJS.HmacSHA256 = function (message, key) {
        return CryptoJS.hmac(CryptoJS.SHA256, message, key);
    };
})(globalThis);
