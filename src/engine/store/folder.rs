//! The data folder and its one owner.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

use rustix::fs::{FlockOperation, flock};

use super::StoreError;

const LOCK_FILE: &str = "lock";

/// Who has a data folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Owner {
    /// Process id; 0 when the owner hasn't said yet.
    pub pid: u32,
    /// Where it serves, `http://127.0.0.1:4566`; `an unknown address` when the owner hasn't said yet.
    pub address: String,
}

/// Held as long as the folder is ours; the system lets go of it when the process ends, however it ends.
#[derive(Debug)]
pub struct Lock {
    file: File,
    folder: std::path::PathBuf,
}

impl Lock {
    /// Writes our process id and address into the lock file.
    pub(super) fn announce(&self, address: &str) -> Result<(), StoreError> {
        let write = || {
            let mut file = &self.file;
            file.set_len(0)?;
            file.seek(SeekFrom::Start(0))?;
            writeln!(file, "{}\n{address}", std::process::id())
        };
        write().map_err(|source| StoreError::Folder {
            folder: self.folder.clone(),
            source,
        })
    }
}

/// Who owns the folder now, if anybody does.
///
/// # Errors
/// When the lock file can't be opened.
pub fn owner(folder: &Path) -> Result<Option<Owner>, StoreError> {
    let failed = |source| StoreError::Folder {
        folder: folder.to_owned(),
        source,
    };
    let mut file = match File::open(folder.join(LOCK_FILE)) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(error)),
    };
    match flock(&file, FlockOperation::NonBlockingLockShared) {
        Ok(()) => Ok(None),
        Err(rustix::io::Errno::WOULDBLOCK) => Ok(Some(read_owner(&mut file))),
        Err(error) => Err(failed(error.into())),
    }
}

/// Waits until nobody owns the folder. The system wakes us: nothing is polled.
///
/// # Errors
/// When the lock file can't be opened or waited for.
pub fn wait_until_free(folder: &Path) -> Result<(), StoreError> {
    let failed = |source| StoreError::Folder {
        folder: folder.to_owned(),
        source,
    };
    let file = match File::open(folder.join(LOCK_FILE)) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(failed(error)),
    };
    flock(&file, FlockOperation::LockShared).map_err(|error| failed(error.into()))
}

/// Takes the lock if no owner has it. Those who only look hold it shared for an instant: they are waited for.
fn lock(file: &File) -> rustix::io::Result<()> {
    loop {
        match flock(file, FlockOperation::NonBlockingLockExclusive) {
            Err(rustix::io::Errno::WOULDBLOCK) => {
                // An owner's lock refuses a shared one too; then this fails.
                flock(file, FlockOperation::NonBlockingLockShared)?;
                flock(file, FlockOperation::Unlock)?;
                std::thread::yield_now();
            }
            result => return result,
        }
    }
}

/// Makes the folder (0700) if need be and takes its lock.
pub(super) fn claim(folder: &Path) -> Result<Lock, StoreError> {
    let failed = |source| StoreError::Folder {
        folder: folder.to_owned(),
        source,
    };
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(failed)?;
    // A folder that was there before may be open to others; what it is going to hold isn't for them.
    fs::set_permissions(folder, fs::Permissions::from_mode(0o700)).map_err(failed)?;
    let mut file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .read(true)
        .write(true)
        .mode(0o600)
        .open(folder.join(LOCK_FILE))
        .map_err(failed)?;
    match lock(&file) {
        Ok(()) => {
            // Who had the folder before is no longer where it can be reached.
            file.set_len(0).map_err(failed)?;
            Ok(Lock {
                file,
                folder: folder.to_owned(),
            })
        }
        Err(rustix::io::Errno::WOULDBLOCK) => Err(StoreError::Owned {
            folder: folder.to_owned(),
            owner: read_owner(&mut file),
        }),
        Err(error) => Err(failed(error.into())),
    }
}

fn read_owner(file: &mut File) -> Owner {
    let mut text = String::new();
    // An unreadable lock file still means that somebody holds it; then it has no name.
    let _ = file.read_to_string(&mut text);
    let mut lines = text.lines();
    let pid = lines.next().and_then(|line| line.parse().ok()).unwrap_or(0);
    let address = lines.next().unwrap_or("an unknown address").to_owned();
    Owner { pid, address }
}
