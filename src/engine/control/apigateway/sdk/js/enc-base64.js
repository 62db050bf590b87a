// Base64 of a hash.
(function (root) {
    "use strict";
    const CryptoJS = root.CryptoJS = root.CryptoJS || {};
    CryptoJS.enc = CryptoJS.enc || {};
    CryptoJS.enc.Base64 = {
        stringify: function (result) {
            return btoa(String.fromCharCode.apply(null, result.bytes));
        },
    };
})(globalThis);
