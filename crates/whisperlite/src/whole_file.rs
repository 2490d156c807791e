//! Files that are either whole or not there: written beside their place, flushed to the disk, then renamed into it.
//!
//! Who writes a folder of such files holds its lock, so that two processes do not.
//!
//! Not for: what stands in a file, or appending to one.

use std::fs::{File, TryLockError};
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use tempfile::Builder;

/// Unfinished files start with this, so that a later run can tell them from finished ones and remove them.
pub(crate) const TEMP_PREFIX: &str = ".tmp-";

/// What a process holds that writes in a folder.
pub(crate) const LOCK_FILE: &str = "lock";

/// Writes a file by `fill`; what stood there before stays until the new one is whole. Missing folders are made.
pub fn write_whole(path: &Path, fill: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    let mut file = BufWriter::new(temporary().tempfile_in(folder)?);
    fill(&mut file)?;
    let file = file.into_inner()?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}

/// The same beside other work that must not wait for it: it takes the disk and a processor for at most half of the time, and never
/// leaves much for the disk to do at once. What others left half-written in the folder is removed; who calls holds its [`lock`].
pub(crate) fn write_whole_aside(path: &Path, fill: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    remove_unfinished(folder)?;
    let file = temporary().tempfile_in(folder)?;
    let mut out = BufWriter::new(Aside { file: file.as_file(), n_unsynced: 0, since: Instant::now() });
    fill(&mut out)?;
    out.flush()?;
    drop(out);
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}

/// Removes what killed writers left in a folder.
fn remove_unfinished(folder: &Path) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(TEMP_PREFIX) {
            std::fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// Bytes that are brought to the disk at once.
const BYTES_AT_ONCE: usize = 16 << 20;

/// Rests as long as it works.
struct Aside<'f> {
    file: &'f File,
    n_unsynced: usize,
    since: Instant,
}

impl Write for Aside<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let n_written = self.file.write(bytes)?;
        self.n_unsynced += n_written;
        if self.n_unsynced >= BYTES_AT_ONCE {
            self.file.sync_data()?;
            std::thread::sleep(self.since.elapsed());
            (self.n_unsynced, self.since) = (0, Instant::now());
        }
        Ok(n_written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
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

    #[test]
    fn what_a_killed_writer_left_is_removed_by_the_next_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        std::fs::write(folder.path().join(".tmp-left"), "half").unwrap();
        let bytes = vec![7; 2 * BYTES_AT_ONCE + 5];
        write_whole_aside(&path, |out| out.write_all(&bytes)).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), bytes);
        let failed = write_whole_aside(&path, |_| Err(io::ErrorKind::StorageFull.into()));
        assert!(failed.is_err());
        assert_eq!(std::fs::read(&path).unwrap(), bytes);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "no half file stays");
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
