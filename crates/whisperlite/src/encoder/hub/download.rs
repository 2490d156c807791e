//! One file from the hub to the disk, surviving broken connections.
//!
//! The unfinished file is `NAME.part`; beside it, `NAME.part.etag` says of which contents it is a part. A download is
//! resumed only if the hub still offers the same contents.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use ureq::http::StatusCode;

use super::HubError;
use super::checksum::Checksum;
use super::client::{Answer, Client};
use crate::progress::Progress;

/// Attempts in a row that may bring nothing before we give up.
const MAX_IDLE_ATTEMPTS: u32 = 3;
const PAUSE: Duration = Duration::from_millis(300);

/// What to fetch, and where it goes.
pub(super) struct Download<'a> {
    pub(super) client: &'a Client,
    pub(super) url: String,
    pub(super) name: &'a str,
    pub(super) target: &'a Path,
}

/// What came of it.
#[derive(Debug, Default)]
pub(super) struct Fetched {
    pub(super) n_bytes: u64,
    pub(super) n_fetched_bytes: u64,
    pub(super) checksum_verified: bool,
}

impl Download<'_> {
    /// Fetches the file, going on where a broken connection stopped, as long as each attempt brings something.
    pub(super) fn run(&self, progress: &dyn Progress) -> Result<Fetched, HubError> {
        if let Some(folder) = self.target.parent() {
            std::fs::create_dir_all(folder).map_err(io_error(folder))?;
        }
        let mut part = self.open_part()?;
        let mut n_fetched_bytes = 0;
        let mut idle_attempts = 0;
        loop {
            let before = part_bytes(&part);
            match self.attempt(&mut part, &mut n_fetched_bytes, progress) {
                Err(HubError::Interrupted { .. }) if part_bytes(&part) > before => idle_attempts = 0,
                Err(HubError::Interrupted { .. }) if idle_attempts + 1 < MAX_IDLE_ATTEMPTS => idle_attempts += 1,
                Err(error) => return Err(error),
                Ok(fetched) => return Ok(Fetched { n_fetched_bytes, ..fetched }),
            }
            std::thread::sleep(PAUSE * (idle_attempts + 1));
        }
    }

    fn attempt(&self, part: &mut File, n_fetched: &mut u64, progress: &dyn Progress) -> Result<Fetched, HubError> {
        let answer = self.ask(part)?;
        let checksum = answer.etag.as_deref().and_then(Checksum::from_etag);
        if let Some(checksum) = &checksum
            && let Some(n_bytes) = self.already_there(checksum)?
        {
            self.remove_part()?;
            return Ok(Fetched { n_bytes, checksum_verified: true, ..Fetched::default() });
        }
        if answer.response.status() != StatusCode::RANGE_NOT_SATISFIABLE {
            self.receive(answer, part, n_fetched, progress)?;
        }
        self.verify(checksum.as_ref())?;
        part.sync_all().map_err(io_error(&self.part_path()))?;
        std::fs::rename(self.part_path(), self.target).map_err(io_error(self.target))?;
        remove_if_there(&self.etag_path())?;
        Ok(Fetched { n_bytes: part_bytes(part), checksum_verified: checksum.is_some(), ..Fetched::default() })
    }

    /// Asks for what is missing of the file; for all of it, if what is there is of other contents.
    fn ask(&self, part: &mut File) -> Result<Answer, HubError> {
        let known = std::fs::read_to_string(self.etag_path()).ok();
        if known.is_none() {
            part.set_len(0).map_err(io_error(&self.part_path()))?;
        }
        let start = part_bytes(part);
        let answer = self.client.get(&self.url, start)?;
        let is_whole = answer.response.status() == StatusCode::RANGE_NOT_SATISFIABLE && answer.total() == Some(start);
        let goes_on = answer.response.status() == StatusCode::PARTIAL_CONTENT && answer.range_start() == Some(start);
        if start == 0 || (known == answer.etag && (is_whole || goes_on)) {
            return Ok(answer);
        }
        part.set_len(0).map_err(io_error(&self.part_path()))?;
        if answer.response.status() == StatusCode::OK {
            return Ok(answer);
        }
        self.client.get(&self.url, 0)
    }

    /// Appends the answer's body to the part.
    fn receive(
        &self,
        mut answer: Answer,
        part: &mut File,
        n_fetched: &mut u64,
        progress: &dyn Progress,
    ) -> Result<(), HubError> {
        let part_path = self.part_path();
        if let Some(etag) = &answer.etag {
            std::fs::write(self.etag_path(), etag).map_err(io_error(&self.etag_path()))?;
        }
        let mut n_bytes = part.seek(SeekFrom::End(0)).map_err(io_error(&part_path))?;
        let total = answer.response.body().content_length().map(|length| n_bytes + length);
        progress.start(self.name, total, "bytes");
        progress.advance(n_bytes);
        let mut body = answer.response.body_mut().with_config().limit(u64::MAX).reader();
        let mut buffer = vec![0; 1 << 16];
        let broken = loop {
            match body.read(&mut buffer) {
                Ok(0) => break None,
                Ok(n) => {
                    part.write_all(&buffer[..n]).map_err(io_error(&part_path))?;
                    n_bytes += n as u64;
                    *n_fetched += n as u64;
                    progress.advance(n as u64);
                }
                Err(source) => break Some(source),
            }
        };
        let too_short = total.is_some_and(|total| n_bytes < total).then(|| io::ErrorKind::UnexpectedEof.into());
        progress.finish(&format!("{}: {n_bytes} bytes", self.name));
        match broken.or(too_short) {
            None => Ok(()),
            Some(source) => Err(HubError::Interrupted { name: self.name.to_owned(), n_bytes, source }),
        }
    }

    /// Size of the finished file, if it is there and its contents are those that the hub offers.
    fn already_there(&self, checksum: &Checksum) -> Result<Option<u64>, HubError> {
        if !self.target.is_file() {
            return Ok(None);
        }
        let found = checksum.of_file(self.target).map_err(io_error(self.target))?;
        let n_bytes = self.target.metadata().map_err(io_error(self.target))?.len();
        Ok((found == checksum.expected()).then_some(n_bytes))
    }

    fn verify(&self, checksum: Option<&Checksum>) -> Result<(), HubError> {
        let Some(checksum) = checksum else { return Ok(()) };
        let found = checksum.of_file(&self.part_path()).map_err(io_error(&self.part_path()))?;
        if found == checksum.expected() {
            return Ok(());
        }
        self.remove_part()?;
        let expected = checksum.expected().to_owned();
        Err(HubError::Checksum { name: self.name.to_owned(), expected, found })
    }

    /// Opens the unfinished file, for us alone.
    fn open_part(&self) -> Result<File, HubError> {
        let path = self.part_path();
        let mut options = File::options();
        let part = options.create(true).read(true).append(true).open(&path).map_err(io_error(&path))?;
        match part.try_lock() {
            Ok(()) => Ok(part),
            Err(std::fs::TryLockError::WouldBlock) => Err(HubError::Busy { path }),
            Err(std::fs::TryLockError::Error(source)) => Err(HubError::Io { path, source }),
        }
    }

    fn remove_part(&self) -> Result<(), HubError> {
        remove_if_there(&self.part_path())?;
        remove_if_there(&self.etag_path())
    }

    fn part_path(&self) -> PathBuf {
        with_suffix(self.target, ".part")
    }

    fn etag_path(&self) -> PathBuf {
        with_suffix(self.target, ".part.etag")
    }
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

fn part_bytes(part: &File) -> u64 {
    part.metadata().map_or(0, |metadata| metadata.len())
}

fn remove_if_there(path: &Path) -> Result<(), HubError> {
    match std::fs::remove_file(path) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => Err(HubError::Io { path: path.to_owned(), source }),
        _ => Ok(()),
    }
}

fn io_error(path: &Path) -> impl FnOnce(io::Error) -> HubError + '_ {
    move |source| HubError::Io { path: path.to_owned(), source }
}
