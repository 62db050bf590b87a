//! The canonical request and the string to sign.

use super::{ALGORITHM, Received, hash};

/// What `X-Amz-Signature` signs and so can't be part of.
const SIGNATURE: &[u8] = b"X-Amz-Signature";

/// The canonical request. `signed` are names in lower case, `payload` is the body's hash or what stands for it.
pub(super) fn request(request: &Received<'_>, signed: &[&str], payload: &str) -> String {
    let mut text = String::with_capacity(512);
    text.push_str(request.method);
    text.push('\n');
    push_path(&mut text, request.path);
    text.push('\n');
    push_query(&mut text, request);
    text.push('\n');
    for name in signed {
        text.push_str(name);
        text.push(':');
        push_values(&mut text, request, name);
        text.push('\n');
    }
    text.push('\n');
    text.push_str(&signed.join(";"));
    text.push('\n');
    text.push_str(payload);
    text
}

/// The string to sign. `time` is in the basic ISO form, `scope` without the access key.
pub(super) fn string_to_sign(time: &str, scope: &str, request: &str) -> String {
    format!("{ALGORITHM}\n{time}\n{scope}\n{}", hash(request.as_bytes()))
}

/// The path on the wire, normalised and encoded once more.
fn push_path(text: &mut String, path: &str) {
    let mut segments: Vec<&str> = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => {
                segments.pop();
            }
            segment => segments.push(segment),
        }
    }
    for segment in &segments {
        text.push('/');
        push_encoded(text, segment.as_bytes());
    }
    if segments.is_empty() || path.ends_with('/') || path.ends_with("/.") || path.ends_with("/..") {
        text.push('/');
    }
}

fn push_query(text: &mut String, request: &Received<'_>) {
    let encoded = |bytes: &[u8]| {
        let mut text = String::with_capacity(bytes.len());
        push_encoded(&mut text, bytes);
        text
    };
    let mut pairs: Vec<(String, String)> = request
        .parameters()
        .filter(|(name, _)| name != SIGNATURE)
        .map(|(name, value)| (encoded(&name), encoded(&value)))
        .collect();
    pairs.sort();
    for (at, (name, value)) in pairs.iter().enumerate() {
        if at > 0 {
            text.push('&');
        }
        text.push_str(name);
        text.push('=');
        text.push_str(value);
    }
}

/// All values of a header: trimmed, runs of blanks made one, joined by commas.
fn push_values(text: &mut String, request: &Received<'_>, name: &str) {
    let mut first = true;
    for (_, value) in request.headers.iter().filter(|(n, _)| n == &name) {
        if !first {
            text.push(',');
        }
        first = false;
        let value = String::from_utf8_lossy(value);
        for (at, word) in value.split_ascii_whitespace().enumerate() {
            if at > 0 {
                text.push(' ');
            }
            text.push_str(word);
        }
    }
}

/// Percent-encoding with upper-case digits of everything but letters, digits, `-`, `.`, `_`, `~`.
pub(super) fn push_encoded(text: &mut String, bytes: &[u8]) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    for &byte in bytes {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            text.push(char::from(byte));
        } else {
            text.push('%');
            text.push(char::from(DIGITS[usize::from(byte >> 4)]));
            text.push(char::from(DIGITS[usize::from(byte & 15)]));
        }
    }
}

/// A part of a query, decoded. A plus is a blank: botocore signs a blank as `%20` and sends a plus.
pub(super) fn decoded(text: &str) -> Vec<u8> {
    let blank = |byte| if byte == b'+' { b' ' } else { byte };
    let bytes: Vec<u8> = text.bytes().map(blank).collect();
    percent_encoding::percent_decode(&bytes).collect()
}
