//! A PostgreSQL server of one story, for what would disturb the others: stopped, paused, full of others' connections.

use std::net::TcpListener;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// A server that is stopped, and whose data goes, when this is dropped.
pub struct PostgresServer {
    programs: PathBuf,
    folder: TempDir,
    port: u16,
}

impl PostgresServer {
    /// Starts one with settings of its own, as they stand in `postgresql.conf`.
    ///
    /// # Panics
    /// When it does not start.
    #[must_use]
    pub fn start(settings: &str) -> Self {
        Self::start_in(settings, None)
    }

    /// Starts one whose messages are in the language of a locale, such as `sv_SE`, which is made for it.
    ///
    /// # Panics
    /// When it does not start.
    #[must_use]
    pub fn start_speaking(locale: &str) -> Self {
        Self::start_in(&format!("lc_messages = '{locale}.UTF-8'"), Some(locale))
    }

    fn start_in(settings: &str, locale: Option<&str>) -> Self {
        let folder = tempfile::Builder::new().prefix("brevdue-pg-").tempdir().expect("a folder can be made");
        let server = Self { programs: programs(), folder, port: free_port() };
        if let Some(locale) = locale {
            std::fs::create_dir(server.locales()).expect("a folder can be made");
            let file = server.locales().join(format!("{locale}.UTF-8"));
            let made = Command::new("localedef").args(["-c", "-i", locale, "-f", "UTF-8"]).arg(file).status();
            assert!(made.expect("localedef is part of the system").success(), "{locale} cannot be made");
        }
        if let Some((user, group)) = unprivileged() {
            std::os::unix::fs::chown(server.folder.path(), Some(user), Some(group))
                .expect("the folder is the server's");
        }
        server.run("initdb", &["-U", "brevdue", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync"]);
        let common = format!(
            "listen_addresses = '127.0.0.1'\nport = {}\nunix_socket_directories = ''\nfsync = off\n\
             full_page_writes = off\nlc_messages = 'C'\n{settings}\n",
            server.port
        );
        let file = server.data().join("postgresql.conf");
        let text = std::fs::read_to_string(&file).expect("the settings are there");
        std::fs::write(&file, format!("{text}\n{common}")).expect("the settings can be written");
        server.start_again();
        server
    }

    /// The address of a database on it.
    #[must_use]
    pub fn url(&self) -> String {
        format!("postgres://brevdue@127.0.0.1:{}/postgres", self.port)
    }

    /// Starts it after it was stopped.
    ///
    /// # Panics
    /// When it does not start.
    pub fn start_again(&self) {
        let log = self.folder.path().join("log");
        self.run("pg_ctl", &["start", "-w", "-s", "-t", "60", "-l", &log.to_string_lossy()]);
    }

    /// Stops it without a word to anybody, as a crash does.
    ///
    /// # Panics
    /// When it does not stop.
    pub fn stop(&self) {
        self.run("pg_ctl", &["stop", "-w", "-s", "-m", "immediate"]);
    }

    /// Stops all its processes where they are, without ending them.
    ///
    /// # Panics
    /// When they cannot be told.
    pub fn pause(&self) {
        self.signal("-STOP");
    }

    /// Lets them go on.
    ///
    /// # Panics
    /// When they cannot be told.
    pub fn go_on(&self) {
        self.signal("-CONT");
    }

    /// The postmaster first, so that it starts nothing that would be missed.
    fn signal(&self, signal: &str) {
        let file = std::fs::read_to_string(self.data().join("postmaster.pid")).expect("it runs");
        let postmaster = file.lines().next().expect("its id");
        let tell = |process: &str| Command::new("kill").args([signal, process]).status().expect("kill runs");
        tell(postmaster);
        let children = Command::new("ps").args(["-o", "pid=", "--ppid", postmaster]).output().expect("ps runs");
        for child in String::from_utf8_lossy(&children.stdout).split_whitespace() {
            tell(child);
        }
    }

    /// The locales that were made for it.
    fn locales(&self) -> PathBuf {
        self.folder.path().join("locales")
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn run(&self, program: &str, arguments: &[&str]) {
        assert!(self.command(program, arguments).status().expect("it runs").success(), "{program} {arguments:?}");
    }

    /// The server refuses to run as root.
    fn command(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(self.programs.join(program));
        command.arg("-D").arg(self.data()).args(arguments).current_dir(self.folder.path()).stdout(Stdio::null());
        if self.locales().is_dir() {
            command.env("LOCPATH", self.locales());
        }
        if let Some((user, group)) = unprivileged() {
            command.uid(user).gid(group);
        }
        command
    }
}

impl Drop for PostgresServer {
    fn drop(&mut self) {
        self.go_on();
        // It may have been stopped already.
        let _ = self.command("pg_ctl", &["stop", "-s", "-m", "immediate"]).stderr(Stdio::null()).status();
    }
}

/// A port that nobody has at the moment.
///
/// # Panics
/// When there is none.
#[must_use]
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port is free").port()
}

/// Whom the server runs as where we are root: `postgres`, or `nobody` where there is no such user.
fn unprivileged() -> Option<(u32, u32)> {
    let id = |arguments: &[&str]| {
        let output = Command::new("id").args(arguments).stderr(Stdio::null()).output().expect("id runs");
        String::from_utf8_lossy(&output.stdout).trim().parse::<u32>().ok()
    };
    let of = |user| Some((id(&["-u", user])?, id(&["-g", user])?));
    (id(&["-u"]) == Some(0)).then(|| of("postgres").or_else(|| of("nobody")).expect("somebody else than root"))
}

/// The folder of the server's programs, found as `.ci/postgres.sh` does: in PATH, else the newest of Debian's.
#[expect(clippy::disallowed_methods, reason = "the programs of this machine are found as a shell finds them")]
fn programs() -> PathBuf {
    let path = std::env::var("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let installed = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut installed: Vec<PathBuf> = installed.map(|version| version.path().join("bin")).collect();
    installed.sort();
    folders.extend(installed.into_iter().rev());
    let has_all = |folder: &Path| ["initdb", "pg_ctl", "postgres"].iter().all(|name| folder.join(name).is_file());
    let found = folders.into_iter().filter_map(|folder| folder.canonicalize().ok()).find(|folder| has_all(folder));
    found.expect("PostgreSQL is installed: ./test does that")
}
