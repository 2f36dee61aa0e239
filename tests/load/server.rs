//! The program that is measured, as a process of its own.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use persistence::MasterKey;

use crate::{Result, processes};

/// When the server's clock starts: by day, when notices are sent, so that the work is the same whatever the hour.
pub(crate) const STARTS_AT: &str = "2026-11-24T11:00:00Z";
const MEMORY_EVERY: Duration = Duration::from_millis(200);

/// A running server. It is stopped when this is dropped.
pub(crate) struct Server {
    process: Child,
    address: SocketAddr,
    data_folder: PathBuf,
    log: PathBuf,
}

impl Server {
    /// Starts it in a folder and waits until it listens. Without a database it keeps a SQLite file there.
    pub(crate) fn start(program: &Path, folder: &Path, database_url: Option<&str>) -> Result<Self> {
        let data_folder = folder.join("data");
        let program = program.canonicalize().map_err(|error| format!("{}: {error}", program.display()))?;
        let mut command = Command::new(program);
        command
            .current_dir(folder)
            .env("BREVDUE_LISTEN", "127.0.0.1:0")
            .env("BREVDUE_DATA_FOLDER", &data_folder)
            .env("BREVDUE_RATE_LIMIT__CITIZEN_PER_SECOND", "1000000")
            .env("BREVDUE_RATE_LIMIT__CITIZEN_BURST", "1000000")
            .env("BREVDUE_RATE_LIMIT__SYSTEM_PER_SECOND", "1000000")
            .env("BREVDUE_RATE_LIMIT__SYSTEM_BURST", "1000000")
            .env("BREVDUE_LOG__FILTER", "warn")
            .env("BREVDUE_SANDBOX__NOW", STARTS_AT)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(File::create(folder.join("log"))?);
        if let Some(url) = database_url {
            command.env("BREVDUE_DATABASE__URL", url);
        }
        let mut process = command.spawn()?;
        let address = match process.stdout.take().map(listening_address) {
            Some(Ok(address)) => address,
            Some(Err(error)) => {
                // It may have ended by itself.
                let _ = process.kill();
                process.wait()?;
                let log = std::fs::read_to_string(folder.join("log"))?;
                return Err(format!("the server did not start: {error}\n{log}").into());
            }
            None => return Err("the server has no output".into()),
        };
        Ok(Self { process, address, data_folder, log: folder.join("log") })
    }

    pub(crate) const fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn pid(&self) -> u32 {
        self.process.id()
    }

    /// The key under which it keeps everything.
    pub(crate) fn master_key(&self) -> Result<MasterKey> {
        Ok(MasterKey::read_file(&self.data_folder.join("master.key"))?)
    }

    /// Where it keeps the bytes of files.
    pub(crate) fn blob_folder(&self) -> PathBuf {
        self.data_folder.join("blobs")
    }

    /// Its last lines to the operator.
    pub(crate) fn log_end(&self) -> String {
        let log = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = log.lines().rev().take(5).collect();
        lines.into_iter().rev().collect::<Vec<_>>().join("\n")
    }

    /// Looks at its memory until the watch is asked.
    pub(crate) fn watch_memory(&self) -> MemoryWatch {
        MemoryWatch::start(self.pid())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself; there is nobody to tell.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The program's first line says where it listens. What follows is read and dropped, so that it never waits.
fn listening_address(output: std::process::ChildStdout) -> Result<SocketAddr> {
    let mut output = BufReader::new(output);
    let mut line = String::new();
    output.read_line(&mut line)?;
    let address = line.trim().rsplit_once("http://").ok_or("it did not say where it listens")?.1.parse()?;
    std::thread::spawn(move || std::io::copy(&mut output, &mut std::io::sink()));
    Ok(address)
}

/// Keeps the most memory seen.
pub(crate) struct MemoryWatch {
    most_kb: Arc<AtomicU64>,
    done: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl MemoryWatch {
    fn start(pid: u32) -> Self {
        let (most_kb, done) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
        let (most, stop) = (Arc::clone(&most_kb), Arc::clone(&done));
        let thread = std::thread::spawn(move || {
            while !stop.load(Ordering::Relaxed) {
                most.fetch_max(processes::resident_kb(pid).unwrap_or(0), Ordering::Relaxed);
                std::thread::park_timeout(MEMORY_EVERY);
            }
        });
        Self { most_kb, done, thread }
    }

    /// The most that was in RAM at a time, in KiB.
    pub(crate) fn most_kb(self) -> u64 {
        self.done.store(true, Ordering::Relaxed);
        self.thread.thread().unpark();
        // The thread cannot panic; if it did, what was seen until then stands.
        let _ = self.thread.join();
        self.most_kb.load(Ordering::Relaxed)
    }
}

/// From the start of the process to its first `200` of `/health/live`, on a SQLite file that is there already.
pub(crate) fn start_up_times(program: &Path, times: usize) -> Result<Vec<Duration>> {
    let folder = tempfile::tempdir()?;
    drop(Server::start(program, folder.path(), None)?);
    (0..times)
        .map(|_| {
            let started = Instant::now();
            let server = Server::start(program, folder.path(), None)?;
            let mut stream = TcpStream::connect(server.address())?;
            stream.write_all(b"GET /health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer)?;
            let took = started.elapsed();
            if answer.starts_with("HTTP/1.1 200") { Ok(took) } else { Err("the server is not live".into()) }
        })
        .collect()
}
