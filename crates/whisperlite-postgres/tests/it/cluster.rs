//! A PostgreSQL server of a test's own: Debian's programs, a temporary folder, a socket in it, no port.
//!
//! The server is ended when the test ends. As root it runs as the user `postgres`, because it refuses to run as root.

use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// Part of every address of these tests, and of no message.
pub(crate) const PASSWORD: &str = "s3cret-of-the-test";

/// A running server.
pub(crate) struct Cluster {
    child: Option<Child>,
    programs: PathBuf,
    n_databases: AtomicUsize,
    home: TempDir,
}

impl Cluster {
    /// Starts a server; `None`, and a line that says so, if PostgreSQL is not on this machine.
    pub(crate) fn start() -> Option<Self> {
        let Some(programs) = programs() else {
            eprintln!("SKIPPED: no PostgreSQL in /usr/lib/postgresql; install Debian's package `postgresql`");
            return None;
        };
        let home = tempfile::tempdir().unwrap();
        std::fs::write(home.path().join("password"), PASSWORD).unwrap();
        if user().is_some() {
            let owned = Command::new("chown").arg("-R").arg("postgres").arg(home.path()).status().unwrap();
            assert!(owned.success(), "the server's user cannot have its folder");
        }
        let mut cluster = Self { child: None, programs, n_databases: AtomicUsize::new(0), home };
        let (data, password) = (cluster.home.path().join("data"), cluster.home.path().join("password"));
        let mut initdb = cluster.command("initdb");
        initdb.args(["--auth=scram-sha-256", "--username=shop", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]);
        let output = initdb.arg("-D").arg(data).arg("--pwfile").arg(password).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        cluster.run();
        Some(cluster)
    }

    /// A program of PostgreSQL, by its user.
    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.programs.join(program));
        command.env("PGPASSWORD", PASSWORD).current_dir(self.home.path());
        if let Some((user, group)) = user() {
            command.uid(user).gid(group);
        }
        command
    }

    /// Starts the server over the data that are there.
    pub(crate) fn run(&mut self) {
        let mut server = self.command("postgres");
        server.arg("-D").arg(self.home.path().join("data")).arg("-k").arg(self.home.path());
        // What a machine loses when it loses power is tested by nobody here.
        server.args(["-c", "listen_addresses=", "-c", "fsync=off", "-c", "max_connections=50"]);
        let log = std::fs::File::create(self.home.path().join("log")).unwrap();
        self.child = Some(server.stdout(Stdio::null()).stderr(log).spawn().unwrap());
        let begin = Instant::now();
        while !self.command("pg_isready").arg("-q").arg("-h").arg(self.home.path()).status().unwrap().success() {
            assert!(begin.elapsed() < Duration::from_secs(60), "the server does not start: {}", self.log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Ends the server in the middle of its work.
    pub(crate) fn stop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = Command::new("kill").args(["-QUIT", &child.id().to_string()]).status();
            let _ = child.wait();
        }
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.home.path().join("log")).unwrap_or_default()
    }

    /// The address of a new, empty database.
    pub(crate) fn database(&self) -> String {
        let name = format!("shop{}", self.n_databases.fetch_add(1, Ordering::Relaxed));
        self.sql("postgres", &format!("CREATE DATABASE {name}"));
        self.address("shop", PASSWORD, &name)
    }

    /// The address of a database for somebody.
    pub(crate) fn address(&self, user: &str, password: &str, name: &str) -> String {
        let socket = self.home.path().to_string_lossy().replace('/', "%2F");
        format!("postgres://{user}:{password}@{socket}/{name}")
    }

    /// Runs a statement in a database, and gives back what it says.
    pub(crate) fn sql(&self, database: &str, sql: &str) -> String {
        let mut psql = self.command("psql");
        psql.args(["-qAtX", "-U", "shop", "-d", database, "-c", sql]).arg("-h").arg(self.home.path());
        let output = psql.output().unwrap();
        assert!(output.status.success(), "{sql}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.stop();
    }
}

/// The folder of the newest version's programs.
fn programs() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?;
    let number = |path: &Path| path.file_name()?.to_str()?.parse::<u32>().ok();
    let mut folders: Vec<(u32, PathBuf)> =
        versions.flatten().filter_map(|entry| Some((number(&entry.path())?, entry.path().join("bin")))).collect();
    folders.retain(|(_, folder)| folder.join("postgres").is_file());
    folders.into_iter().max().map(|(_, folder)| folder)
}

/// The user and group of the server, if we are root.
fn user() -> Option<(u32, u32)> {
    let id = |args: &[&str]| -> Option<u32> {
        let output = Command::new("id").args(args).output().ok()?;
        String::from_utf8(output.stdout).ok()?.trim().parse().ok()
    };
    if id(&["-u"])? != 0 {
        return None;
    }
    Some((id(&["-u", "postgres"])?, id(&["-g", "postgres"])?))
}
