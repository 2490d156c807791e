//! Files that are either whole or not there: written beside their place, flushed to the disk, then renamed into it.
//!
//! Who writes a folder of such files holds its [`lock`], so that two processes do not.
//!
//! Not for: what stands in a file, or appending to one.

use std::fs::{File, TryLockError};
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::time::Duration;

use tempfile::Builder;

/// Unfinished files start with this, so that a later run can tell them from finished ones and remove them.
pub(crate) const TEMP_PREFIX: &str = ".tmp-";

/// What a process holds that writes in a folder.
pub(crate) const LOCK_FILE: &str = "lock";

/// Writes a file by `fill`; what stood there before stays until the new one is whole. Missing folders are made.
pub(crate) fn write_whole(path: &Path, fill: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    let mut file = BufWriter::new(temporary().tempfile_in(folder)?);
    fill(&mut file)?;
    let file = file.into_inner()?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}

/// How often a lock is looked at before somebody else is said to have it.
const N_LOOKS: usize = 20;
const BETWEEN_LOOKS: Duration = Duration::from_millis(10);

/// Takes the lock of a folder, which is made where it is missing; `None` while another process has it. The lock is given up
/// when the file is dropped, and when the process ends, however it ends.
pub(crate) fn lock(folder: &Path) -> io::Result<Option<File>> {
    std::fs::create_dir_all(folder)?;
    let file = File::create(folder.join(LOCK_FILE))?;
    // A process that this one starts holds the lock, too, for the instant before it runs its own program: looked at again, a
    // lock that was given up is free.
    for _ in 0..N_LOOKS {
        match file.try_lock() {
            Ok(()) => return Ok(Some(file)),
            Err(TryLockError::WouldBlock) => std::thread::sleep(BETWEEN_LOOKS),
            Err(TryLockError::Error(error)) => return Err(error),
        }
    }
    Ok(None)
}

/// Temporary files are private by default; these become files like any other, with the permissions that the person's umask
/// gives.
fn temporary() -> Builder<'static, 'static> {
    let mut builder = Builder::new();
    builder.prefix(TEMP_PREFIX);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    builder
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stood_there_stays_until_the_new_one_is_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("made/on/the/way");
        write_whole(&path, |out| out.write_all(b"first")).unwrap();
        let failed = write_whole(&path, |out| {
            out.write_all(b"half")?;
            Err(io::ErrorKind::StorageFull.into())
        });
        assert!(failed.is_err());
        assert_eq!(std::fs::read(&path).unwrap(), b"first");
        assert_eq!(std::fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "no half file stays");
    }

    #[cfg(unix)]
    #[test]
    fn others_may_read_it_as_they_may_any_file() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let (ours, plain) = (folder.path().join("ours"), folder.path().join("plain"));
        write_whole(&ours, |out| out.write_all(b"x")).unwrap();
        std::fs::write(&plain, b"x").unwrap();
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode();
        assert_eq!(mode(&ours), mode(&plain));
    }
}
