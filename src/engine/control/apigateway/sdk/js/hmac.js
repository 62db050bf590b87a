// HMAC (RFC 2104) over a hash with blocks of 64 bytes.
(function (root) {
    "use strict";
    const CryptoJS = root.CryptoJS = root.CryptoJS || {};
    CryptoJS.hmac = function (hash, message, key) {
        let bytes = CryptoJS.bytesOf(key);
        if (bytes.length > 64) {
            bytes = hash(bytes).bytes;
        }
        const text = CryptoJS.bytesOf(message);
        const inner = new Uint8Array(64 + text.length).fill(0x36, 0, 64);
        const outer = new Uint8Array(64 + 32).fill(0x5c, 0, 64);
        bytes.forEach(function (byte, i) {
            inner[i] ^= byte;
            outer[i] ^= byte;
        });
        inner.set(text, 64);
        outer.set(hash(inner).bytes, 64);
        return hash(outer);
    };
})(globalThis);
