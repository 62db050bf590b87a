//! Copying through the terminal (OSC 52): it reaches the clipboard of the machine in front of the user, over SSH too.

use base64::Engine as _;

/// Terminals refuse or cut longer payloads; xterm's limit is the usual one.
const MAX_BYTES: usize = 74_000;

/// Why a text wasn't copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} bytes are too many for the terminal's clipboard (74,000): save to a file instead")]
pub struct TooLong(usize);

/// The bytes that put `text` on the clipboard; inside tmux wrapped so that tmux hands them on (it needs `allow-passthrough` or
/// `set-clipboard` there, so both forms are sent).
pub fn osc52(text: &str, in_tmux: bool) -> Result<Vec<u8>, TooLong> {
    if text.len() > MAX_BYTES {
        return Err(TooLong(text.len()));
    }
    let payload = base64::engine::general_purpose::STANDARD.encode(text);
    let plain = format!("\x1b]52;c;{payload}\x07");
    let mut bytes = plain.clone().into_bytes();
    if in_tmux {
        let doubled = plain.replace('\x1b', "\x1b\x1b");
        bytes.extend_from_slice(format!("\x1bPtmux;{doubled}\x1b\\").as_bytes());
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_goes_out_as_base64() {
        assert_eq!(osc52("hé", false).unwrap(), b"\x1b]52;c;aMOp\x07");
        assert_eq!(
            osc52("a", true).unwrap(),
            b"\x1b]52;c;YQ==\x07\x1bPtmux;\x1b\x1b]52;c;YQ==\x07\x1b\\"
        );
    }

    #[test]
    fn what_is_too_long_is_refused() {
        assert!(osc52(&"x".repeat(MAX_BYTES + 1), false).is_err());
    }
}
