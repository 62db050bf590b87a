//! The binary framing of event streams: prelude, headers, payload, each guarded by a CRC-32.
//!
//! Facts: `spec/cloudwatch-logs.md` §2. All numbers are big-endian.

use bytes::Bytes;
use flate2::Crc;

/// The media type of an answer that is a stream of messages.
pub const EVENT_STREAM: &str = "application/vnd.amazon.eventstream";
/// The type of a header that is text.
const TEXT: u8 = 7;
/// Two lengths and their checksum.
const PRELUDE: usize = 12;
const CHECKSUM: usize = 4;

/// One message with these headers, all of them text. Names of more than 255 and values of more than 65,535 bytes can't be written;
/// they are left out.
#[must_use]
pub fn message(headers: &[(&str, &str)], payload: &[u8]) -> Bytes {
    let mut head = Vec::new();
    for (name, value) in headers {
        if let (Ok(name_length), Ok(value_length)) =
            (u8::try_from(name.len()), u16::try_from(value.len()))
        {
            head.push(name_length);
            head.extend_from_slice(name.as_bytes());
            head.push(TEXT);
            head.extend_from_slice(&value_length.to_be_bytes());
            head.extend_from_slice(value.as_bytes());
        }
    }
    let length = |n: usize| u32::try_from(n).unwrap_or(u32::MAX).to_be_bytes();
    let total = PRELUDE + head.len() + payload.len() + CHECKSUM;
    let mut out = Vec::with_capacity(total);
    out.extend_from_slice(&length(total));
    out.extend_from_slice(&length(head.len()));
    out.extend_from_slice(&checksum(&out));
    out.extend_from_slice(&head);
    out.extend_from_slice(payload);
    out.extend_from_slice(&checksum(&out));
    Bytes::from(out)
}

/// An event of the kind `name` whose payload is JSON.
#[must_use]
pub fn json_event(name: &str, payload: &serde_json::Value) -> Bytes {
    message(
        &[
            (":message-type", "event"),
            (":event-type", name),
            (":content-type", "application/json"),
        ],
        payload.to_string().as_bytes(),
    )
}

fn checksum(bytes: &[u8]) -> [u8; 4] {
    let mut crc = Crc::new();
    crc.update(bytes);
    crc.sum().to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_framed_as_the_format_says() {
        // A message without headers and payload, as AWS's test vectors have it.
        assert_eq!(
            &message(&[], b"")[..],
            [
                0x00, 0x00, 0x00, 0x10, 0x00, 0x00, 0x00, 0x00, 0x05, 0xc2, 0x48, 0xeb, 0x7d, 0x98,
                0xc8, 0xff
            ]
        );
        let message = message(&[("a", "bc")], b"{}");
        assert_eq!(message.len(), 12 + 7 + 2 + 4);
        assert_eq!(message[..8], [0, 0, 0, 25, 0, 0, 0, 7]);
        assert_eq!(&message[12..21], b"\x01a\x07\x00\x02bc{}");
        assert_eq!(message[21..], checksum(&message[..21]));
    }
}
