//! The binary framing of event streams: prelude, headers, payload, each guarded by a CRC-32.
//!
//! Facts: `spec/cloudwatch-logs.md` §2. All numbers are big-endian.

use bytes::{Buf, Bytes, BytesMut};
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

/// The longest message that is read, in bytes: the format's own limits.
const LONGEST: usize = 24 * 1024 * 1024;

/// A message that was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Message {
    /// `:message-type`: `event`, `exception`, `error`.
    pub kind: String,
    /// `:event-type`, `:exception-type` or `:error-code`.
    pub name: String,
    /// What it carries.
    pub payload: Bytes,
}

/// What isn't an event stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the event stream is damaged: {0}")]
pub struct Damaged(&'static str);

/// Takes the first message off what was read; nothing while it isn't complete.
///
/// # Errors
/// When a checksum or a length is wrong. Nothing more can be read then.
pub fn take(read: &mut BytesMut) -> Result<Option<Message>, Damaged> {
    let Some(prelude) = read.first_chunk::<PRELUDE>() else {
        return Ok(None);
    };
    let number = |bytes: &[u8]| bytes.iter().fold(0, |n, b| n << 8 | usize::from(*b));
    if prelude[8..] != checksum(&prelude[..8]) {
        return Err(Damaged("its prelude's checksum is wrong"));
    }
    let (total, head) = (number(&prelude[..4]), number(&prelude[4..8]));
    if total > LONGEST || total < PRELUDE + CHECKSUM + head {
        return Err(Damaged("a message's length is wrong"));
    }
    if read.len() < total {
        return Ok(None);
    }
    let mut message = read.split_to(total).freeze();
    let sum = message.split_off(total - CHECKSUM);
    if sum[..] != checksum(&message) {
        return Err(Damaged("a message's checksum is wrong"));
    }
    message.advance(PRELUDE);
    let mut head = message.split_to(head);
    let mut taken = Message {
        payload: message,
        ..Message::default()
    };
    while head.has_remaining() {
        let (name, value) = header(&mut head).ok_or(Damaged("a header is cut off"))?;
        match name.as_str() {
            ":message-type" => taken.kind = value,
            ":event-type" | ":exception-type" | ":error-code" => taken.name = value,
            _ => {}
        }
    }
    Ok(Some(taken))
}

/// Takes a header off; values that are no text are passed over.
fn header(head: &mut Bytes) -> Option<(String, String)> {
    let part = |head: &mut Bytes, length: usize| {
        (head.len() >= length).then(|| String::from_utf8_lossy(&head.split_to(length)).into_owned())
    };
    let length = usize::from(head.try_get_u8().ok()?);
    let name = part(head, length)?;
    let length = match head.try_get_u8().ok()? {
        0 | 1 => 0,
        2 => 1,
        3 => 2,
        4 => 4,
        5 | 8 => 8,
        6 | TEXT => usize::from(head.try_get_u16().ok()?),
        9 => 16,
        _ => return None,
    };
    Some((name, part(head, length)?))
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
        let mut one = BytesMut::from(&message(&[], b"")[..]);
        assert_eq!(take(&mut one), Ok(Some(Message::default())));
        let message = message(&[("a", "bc")], b"{}");
        assert_eq!(message.len(), 12 + 7 + 2 + 4);
        assert_eq!(message[..8], [0, 0, 0, 25, 0, 0, 0, 7]);
        assert_eq!(&message[12..21], b"\x01a\x07\x00\x02bc{}");
        assert_eq!(message[21..], checksum(&message[..21]));
    }

    #[test]
    fn messages_are_read_as_they_come() {
        let first = json_event("one", &serde_json::json!({"a": 1}));
        let second = message(
            &[(":message-type", "exception"), (":exception-type", "two")],
            b"",
        );
        let (mut read, mut taken) = (BytesMut::new(), Vec::new());
        for byte in first.iter().chain(&second) {
            read.extend_from_slice(&[*byte]);
            taken.extend(take(&mut read).unwrap());
        }
        let told = |m: &Message| format!("{} {} {:?}", m.kind, m.name, m.payload);
        let told: Vec<String> = taken.iter().map(told).collect();
        assert_eq!(told, [r#"event one b"{\"a\":1}""#, r#"exception two b"""#]);
        // A header of each type, all passed over.
        let mut head = Bytes::from_static(
            b"\x01a\x00\x01b\x02\x01\x01c\x03\x00\x01\x01d\x04\0\0\0\x01\x01e\x06\0\x01x",
        );
        let mut names = String::new();
        while head.has_remaining() {
            names.push_str(&header(&mut head).unwrap().0);
        }
        assert_eq!(names, "abcde");
    }

    #[test]
    fn a_damaged_stream_is_refused() {
        let whole = json_event("one", &serde_json::json!({}));
        for at in 0..whole.len() {
            let mut damaged = BytesMut::from(&whole[..]);
            damaged[at] ^= 0x10;
            assert!(take(&mut damaged).is_err(), "byte {at}");
        }
    }
}
