// SHA-256 (FIPS 180-4).
(function (root) {
    "use strict";
    const CryptoJS = root.CryptoJS = root.CryptoJS || {};
    CryptoJS.enc = CryptoJS.enc || {};
    const K = [], START = [];
    for (let candidate = 2; K.length < 64; candidate++) {
        let prime = true;
        for (let divisor = 2; divisor * divisor <= candidate; divisor++) {
            prime = prime && candidate % divisor !== 0;
        }
        if (prime) {
            const fraction = function (number) { return ((number - Math.floor(number)) * 0x100000000) | 0; };
            if (START.length < 8) {
                START.push(fraction(Math.sqrt(candidate)));
            }
            K.push(fraction(Math.cbrt(candidate)));
        }
    }
    /** Bytes of a text, or of an earlier result. */
    CryptoJS.bytesOf = function (message) {
        if (message instanceof Uint8Array) {
            return message;
        }
        return message && message.bytes ? message.bytes : new TextEncoder().encode(String(message));
    };
    CryptoJS.enc.Hex = {
        stringify: function (result) {
            return Array.from(result.bytes, function (byte) { return byte.toString(16).padStart(2, "0"); }).join("");
        },
    };
    function result(bytes) {
        return {
            bytes: bytes,
            toString: function (encoding) { return (encoding || CryptoJS.enc.Hex).stringify(this); },
        };
    }
    function rotated(word, by) {
        return (word >>> by) | (word << (32 - by));
    }
    CryptoJS.SHA256 = function (message) {
        const bytes = CryptoJS.bytesOf(message);
        const padded = new Uint8Array(((bytes.length + 8 >> 6) + 1) * 64);
        padded.set(bytes);
        padded[bytes.length] = 0x80;
        const view = new DataView(padded.buffer);
        view.setUint32(padded.length - 8, Math.floor(bytes.length / 0x20000000));
        view.setUint32(padded.length - 4, bytes.length << 3);
        const state = START.slice();
        const w = new Array(64);
        for (let at = 0; at < padded.length; at += 64) {
            for (let i = 0; i < 64; i++) {
                if (i < 16) {
                    w[i] = view.getInt32(at + i * 4);
                } else {
                    const a = w[i - 15], b = w[i - 2];
                    const s0 = rotated(a, 7) ^ rotated(a, 18) ^ (a >>> 3);
                    const s1 = rotated(b, 17) ^ rotated(b, 19) ^ (b >>> 10);
                    w[i] = (w[i - 16] + s0 + w[i - 7] + s1) | 0;
                }
            }
            let [a, b, c, d, e, f, g, h] = state;
            for (let i = 0; i < 64; i++) {
                const s1 = rotated(e, 6) ^ rotated(e, 11) ^ rotated(e, 25);
                const t1 = (h + s1 + ((e & f) ^ (~e & g)) + K[i] + w[i]) | 0;
                const s0 = rotated(a, 2) ^ rotated(a, 13) ^ rotated(a, 22);
                const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
                h = g; g = f; f = e; e = (d + t1) | 0;
                d = c; c = b; b = a; a = (t1 + t2) | 0;
            }
            [a, b, c, d, e, f, g, h].forEach(function (word, i) { state[i] = (state[i] + word) | 0; });
        }
        const digest = new Uint8Array(32);
        state.forEach(function (word, i) { new DataView(digest.buffer).setInt32(i * 4, word); });
        return result(digest);
    };
})(globalThis);
