//! The log of a program that has the screen: a file of bounded size, never standard error.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// Bytes after which a new file is begun; the one before is kept, so twice this is all that logs ever take.
const MOST: u64 = 1 << 20;
const NAME: &str = "sluice.log";
const OLDER: &str = "sluice.log.1";

/// Sends warnings and errors to the log file. A folder that can't be written is no reason not to work: then there is no log.
pub(super) fn start() {
    let Some(file) = folder().and_then(|folder| Rotated::open(&folder, MOST).ok()) else {
        return;
    };
    // A second subscriber in one process (tests) leaves the first in place.
    let _ = tracing_subscriber::fmt()
        .with_writer(Mutex::new(file))
        .with_ansi(false)
        .with_max_level(tracing::Level::WARN)
        .try_init();
}

/// Where the log is: `sluice` in the user's state folder, or in the cache folder where a system knows no state folder.
fn folder() -> Option<PathBuf> {
    use etcetera::BaseStrategy;
    let base = etcetera::choose_base_strategy().ok()?;
    Some(
        base.state_dir()
            .unwrap_or_else(|| base.cache_dir())
            .join("sluice"),
    )
}

/// A file that gives way to a new one when it is full.
#[derive(Debug)]
struct Rotated {
    folder: PathBuf,
    file: File,
    size: u64,
    most: u64,
}

impl Rotated {
    fn open(folder: &Path, most: u64) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        let file = append(&folder.join(NAME))?;
        let size = file.metadata()?.len();
        Ok(Self {
            folder: folder.to_owned(),
            file,
            size,
            most,
        })
    }
}

/// Only for the user: what failed may name things that others needn't know.
fn append(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .create(true)
        .append(true)
        .mode(0o600)
        .open(path)
}

impl Write for Rotated {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.size > 0 && self.size + bytes.len() as u64 > self.most {
            let path = self.folder.join(NAME);
            fs::rename(&path, self.folder.join(OLDER))?;
            self.file = append(&path)?;
            self.size = 0;
        }
        let written = self.file.write(bytes)?;
        self.size += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_file_gives_way_and_one_older_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let mut log = Rotated::open(folder.path(), 10).unwrap();
        for line in ["first\n", "second\n", "third\n"] {
            log.write_all(line.as_bytes()).unwrap();
        }
        let read = |name| fs::read_to_string(folder.path().join(name)).unwrap();
        assert_eq!(
            (read(OLDER), read(NAME)),
            ("second\n".to_owned(), "third\n".to_owned())
        );
        drop(log);
        let mut again = Rotated::open(folder.path(), 10).unwrap();
        again.write_all(b"fourth\n").unwrap();
        assert_eq!(
            (read(OLDER), read(NAME)),
            ("third\n".to_owned(), "fourth\n".to_owned())
        );
    }
}
