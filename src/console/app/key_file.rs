//! A file of API keys to import: read beside the loop, for it may be anywhere.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use crate::aws::Secret;

/// The largest file of keys that is read, in bytes: thousands of keys.
const MOST_BYTES: u64 = 1 << 20;

/// The text of the file, if it looks like a list of keys; else why not.
pub(super) fn read(path: &Path) -> Result<Secret, String> {
    let name = path.display();
    let failed = |error: std::io::Error| format!("{name}: {error}");
    // A pipe or a device could keep us for ever, and already opening it.
    if !std::fs::metadata(path).map_err(failed)?.is_file() {
        return Err(format!("{name} isn't a file: give a CSV file on a disk"));
    }
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(failed)?;
    file.take(MOST_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(failed)?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(format!("{name} has more than {MOST_BYTES} bytes: split it"));
    }
    let text = String::from_utf8(bytes).map_err(|_| format!("{name} isn't UTF-8 text"))?;
    let head = text.lines().next().unwrap_or_default().to_ascii_lowercase();
    let has = |column: &str| {
        head.split(',')
            .any(|c| c.trim().trim_matches('"') == column)
    };
    if !has("name") || !has("key") {
        return Err(format!(
            "{name}: its first line must name the columns Name and Key"
        ));
    }
    Ok(Secret::new(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_that_list_keys_are_read_and_nothing_is_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, bytes: &[u8]| {
            let path = folder.path().join(name);
            std::fs::write(&path, bytes).unwrap();
            path
        };
        let fifo = folder.path().join("fifo");
        rustix::fs::mknodat(
            rustix::fs::CWD,
            &fifo,
            rustix::fs::FileType::Fifo,
            rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR,
            0,
        )
        .unwrap();
        let large = vec![b'x'; 1 + usize::try_from(MOST_BYTES).unwrap()];
        for (path, words) in [
            (fifo, "isn't a file"),
            ("/dev/zero".into(), "isn't a file"),
            (folder.path().to_owned(), "isn't a file"),
            (folder.path().join("none"), "No such file"),
            (file("large", &large), "more than 1048576 bytes"),
            (file("binary", b"name,key\n\xff"), "isn't UTF-8"),
            (file("other", b"id,value\n1,2"), "columns Name and Key"),
        ] {
            let error = read(&path).unwrap_err();
            assert!(error.contains(words), "{error}");
        }
        let good = file("good", b"\"Name\", Key\na,b\n");
        assert_eq!(read(&good).unwrap().reveal(), "\"Name\", Key\na,b\n");
    }
}
