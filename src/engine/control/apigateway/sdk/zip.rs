//! ZIP archives of a few small texts, stored as they are: what a generated SDK travels in.
//!
//! Source: PKWARE's APPNOTE, sections 4.3.7 (local header), 4.3.12 (central directory) and 4.3.16 (its end). The same files give the
//! same bytes: dates are those of the format's beginning, 1980-01-01.

use flate2::Crc;

/// A file of an archive: path and content.
pub(super) type File = (String, String);

/// 1 January 1980 in the format's terms: a day and a month, in the year 0.
const DATE: u16 = (1 << 5) | 1;
/// Names are UTF-8.
const FLAGS: u16 = 1 << 11;
/// The version of the format that a reader needs, 2.0.
const NEEDS: u16 = 20;

/// The archive of these files.
pub(super) fn archive(files: &[File]) -> Vec<u8> {
    let (mut bytes, mut directory) = (Vec::new(), Vec::new());
    for (path, content) in files {
        let at = length(bytes.len());
        let mut crc = Crc::new();
        crc.update(content.as_bytes());
        let mut common = Vec::new();
        for number in [NEEDS, FLAGS, 0, 0, DATE] {
            common.extend(number.to_le_bytes());
        }
        // Stored, so its packed size is its size.
        for number in [crc.sum(), length(content.len()), length(content.len())] {
            common.extend(number.to_le_bytes());
        }
        common.extend(short(path.len()).to_le_bytes());
        // No extra field.
        common.extend([0; 2]);

        bytes.extend(b"PK\x03\x04");
        bytes.extend(&common);
        bytes.extend(path.as_bytes());
        bytes.extend(content.as_bytes());

        directory.extend(b"PK\x01\x02");
        directory.extend(NEEDS.to_le_bytes());
        directory.extend(&common);
        // No comment, the first disk, no attributes.
        directory.extend([0; 10]);
        directory.extend(at.to_le_bytes());
        directory.extend(path.as_bytes());
    }
    let at = length(bytes.len());
    bytes.extend(&directory);
    bytes.extend(b"PK\x05\x06");
    bytes.extend([0; 4]);
    for _ in 0..2 {
        bytes.extend(short(files.len()).to_le_bytes());
    }
    bytes.extend(length(directory.len()).to_le_bytes());
    bytes.extend(at.to_le_bytes());
    bytes.extend([0; 2]);
    bytes
}

/// Texts of an SDK are far from four gigabytes.
fn length(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}

fn short(count: usize) -> u16 {
    u16::try_from(count).unwrap_or(u16::MAX)
}
