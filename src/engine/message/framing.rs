//! Where the body of a message ends: after a length, with the last chunk, or with the connection (RFC 9112 §6, §7.1).

use bytes::{Buf, Bytes, BytesMut};

use super::Malformed;

/// The longest line of a chunk's size, extensions included, in bytes.
const SIZE_LINE: usize = 4 * 1024;

/// The most bytes of trailers, which are dropped.
const TRAILERS: usize = 16 * 1024;

/// Takes a body out of what was read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Decoder {
    /// Nothing more comes.
    #[default]
    Ended,
    /// So many bytes more.
    Length(u64),
    Chunked(Chunk),
    /// Whatever comes until the connection is closed.
    Close,
}

/// What comes next of a chunked body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Chunk {
    Size,
    /// So many bytes more of this chunk.
    Data(u64),
    /// The line's end after a chunk's data.
    DataEnd,
    /// Trailers, of which so many bytes have been.
    Trailers(usize),
}

/// What the bytes that were read hold.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Decoded {
    Data(Bytes),
    /// More has to be read.
    More,
    Ended,
}

impl Decoder {
    /// A body of a declared length.
    pub(crate) fn of_length(length: u64) -> Self {
        if length == 0 {
            Self::Ended
        } else {
            Self::Length(length)
        }
    }

    /// Takes the next bytes of the body.
    pub(crate) fn decode(&mut self, buffer: &mut BytesMut) -> Result<Decoded, Malformed> {
        self.settle(buffer)?;
        let left = match self {
            Self::Ended => return Ok(Decoded::Ended),
            Self::Close => None,
            Self::Length(left) | Self::Chunked(Chunk::Data(left)) => Some(left),
            Self::Chunked(_) => return Ok(Decoded::More),
        };
        if buffer.is_empty() {
            return Ok(Decoded::More);
        }
        let Some(left) = left else {
            return Ok(Decoded::Data(buffer.split().freeze()));
        };
        let there = usize::try_from(*left).map_or(buffer.len(), |left| left.min(buffer.len()));
        *left -= there as u64;
        if *left == 0 {
            *self = match self {
                Self::Chunked(_) => Self::Chunked(Chunk::DataEnd),
                _ => Self::Ended,
            };
        }
        Ok(Decoded::Data(buffer.split_to(there).freeze()))
    }

    /// Passes over what stands between data, as far as it was read.
    pub(crate) fn settle(&mut self, buffer: &mut BytesMut) -> Result<(), Malformed> {
        while let Self::Chunked(chunk) = self {
            let next = match *chunk {
                Chunk::Data(_) => return Ok(()),
                Chunk::Size => match line(buffer, SIZE_LINE)? {
                    None => return Ok(()),
                    Some(line) => match size(line)? {
                        0 => (line.len(), Chunk::Trailers(0)),
                        size => (line.len(), Chunk::Data(size)),
                    },
                },
                Chunk::DataEnd => match line(buffer, 2)? {
                    None => return Ok(()),
                    Some([]) => (0, Chunk::Size),
                    Some(_) => return Err(Malformed("a chunk is longer than its size")),
                },
                Chunk::Trailers(before) => match line(buffer, TRAILERS - before)? {
                    None => return Ok(()),
                    Some([]) => {
                        buffer.advance(2);
                        *self = Self::Ended;
                        return Ok(());
                    }
                    // At most what was allowed, and the line's end.
                    Some(line) => (
                        line.len(),
                        Chunk::Trailers((before + line.len()).min(TRAILERS)),
                    ),
                },
            };
            buffer.advance(next.0 + 2);
            *chunk = next.1;
        }
        Ok(())
    }

    /// How many bytes more come, where that is known.
    pub(crate) const fn left(&self) -> Option<u64> {
        match self {
            Self::Ended => Some(0),
            Self::Length(left) => Some(*left),
            Self::Chunked(_) | Self::Close => None,
        }
    }
}

/// The line that the buffer begins with, without its end; nothing if it isn't there yet.
fn line(buffer: &[u8], most: usize) -> Result<Option<&[u8]>, Malformed> {
    let Some(end) = memchr::memchr(b'\n', buffer) else {
        if buffer.len() > most {
            return Err(Malformed("a line of a chunked body is too long"));
        }
        return Ok(None);
    };
    match buffer.get(..end).and_then(|line| line.strip_suffix(b"\r")) {
        Some(line) if line.len() <= most => Ok(Some(line)),
        Some(_) => Err(Malformed("a line of a chunked body is too long")),
        None => Err(Malformed("a line of a chunked body ends without CR")),
    }
}

/// The size of a chunk: hexadecimal digits, then perhaps extensions, which mean nothing here.
fn size(line: &[u8]) -> Result<u64, Malformed> {
    let digits = line.iter().take_while(|b| b.is_ascii_hexdigit()).count();
    let (digits, rest) = line.split_at(digits);
    let extensions = rest.trim_ascii_start();
    if !(extensions.is_empty() || extensions.starts_with(b";"))
        || extensions
            .iter()
            .any(|b| b.is_ascii_control() && *b != b'\t')
    {
        return Err(Malformed("a chunk's size isn't a number"));
    }
    let text = std::str::from_utf8(digits).unwrap_or_default();
    u64::from_str_radix(text, 16).map_err(|_| Malformed("a chunk's size isn't a number"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All data of a body that comes in pieces of `piece` bytes, what stays behind it, and whether it ended.
    fn decode(
        mut decoder: Decoder,
        text: &str,
        piece: usize,
    ) -> Result<(String, String, bool), Malformed> {
        let (mut data, mut buffer) = (Vec::new(), BytesMut::new());
        for piece in text.as_bytes().chunks(piece) {
            buffer.extend_from_slice(piece);
            while let Decoded::Data(more) = decoder.decode(&mut buffer)? {
                data.extend_from_slice(&more);
            }
        }
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        Ok((text(&data), text(&buffer), decoder == Decoder::Ended))
    }

    #[test]
    fn bodies_end_where_they_say_however_they_are_cut() {
        let chunked = || Decoder::Chunked(Chunk::Size);
        for piece in 1..40 {
            for (decoder, text, data, rest, ended) in [
                (Decoder::of_length(5), "helloHTTP", "hello", "HTTP", true),
                (Decoder::of_length(0), "x", "", "x", true),
                (Decoder::of_length(9), "hello", "hello", "", false),
                (Decoder::Close, "hello", "hello", "", false),
                (
                    chunked(),
                    "5\r\nhello\r\n0\r\n\r\nHTTP",
                    "hello",
                    "HTTP",
                    true,
                ),
                (chunked(), "0\r\n\r\n", "", "", true),
                (
                    chunked(),
                    "002\r\nhe\r\n3;a=\"b\" ;c\r\nllo\r\n000\r\nA: b\r\nC: d\r\n\r\n",
                    "hello",
                    "",
                    true,
                ),
                (
                    chunked(),
                    "A \t;x\r\n0123456789\r\n00;last\r\n\r\n",
                    "0123456789",
                    "",
                    true,
                ),
                (
                    chunked(),
                    "1\r\n\n\r\n1\r\n\r\r\n0\r\n\r\n",
                    "\n\r",
                    "",
                    true,
                ),
                (chunked(), "5\r\nhel", "hel", "", false),
            ] {
                let expected = (data.to_owned(), rest.to_owned(), ended);
                assert_eq!(
                    decode(decoder, text, piece).unwrap(),
                    expected,
                    "{text:?} by {piece}"
                );
            }
        }
    }

    #[test]
    fn chunks_that_could_be_misread_are_refused() {
        let long = "a".repeat(SIZE_LINE + 1);
        for text in [
            "\r\n\r\n",
            "-1\r\nx\r\n",
            "+1\r\nx\r\n",
            " 1\r\nx\r\n",
            "0x1\r\nx\r\n",
            "g\r\n",
            "1 1\r\nx\r\n",
            "1\nx\r\n0\r\n\r\n",
            "1\r\nx\n0\r\n\r\n",
            "1\r\nxy\r\n0\r\n\r\n",
            "1\r\nx0\r\n\r\n",
            "1;a\rb\r\nx\r\n",
            "1;a\nb\r\nx\r\n",
            "10000000000000000\r\nx",
            "0\r\nA: b\n\r\n",
            &format!("1;{long}"),
            &format!("1;{long}\r\nx\r\n"),
            &format!("0\r\n{}", "A: b\r\n".repeat(TRAILERS)),
        ] {
            for piece in [1, 2, 3, 7, 100_000] {
                let outcome = decode(Decoder::Chunked(Chunk::Size), text, piece);
                assert!(outcome.is_err(), "{text:.60?} by {piece}: {outcome:?}");
            }
        }
    }
}
