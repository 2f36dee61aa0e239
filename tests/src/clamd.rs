//! ClamAV's daemon as a process of its own, which knows one thing: the text that scanners are tested with.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

/// The text of the European Institute for Computer Antivirus Research, which every scanner recognises. In two parts, so
/// that no scanner takes this source for it.
pub const EICAR: [&str; 2] = [r"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD", "-ANTIVIRUS-TEST-FILE!$H+H*"];

/// Who it runs as, when the tests run as root.
const UNPRIVILEGED: &str = "nobody";
const PROGRAMS: [&str; 3] = ["/usr/sbin/clamd", "/usr/local/sbin/clamd", "/opt/homebrew/opt/clamav/sbin/clamd"];

/// A daemon that runs, and is killed when this is dropped.
pub struct Clamd {
    child: Child,
    address: SocketAddr,
    _folder: TempDir,
}

impl Clamd {
    /// Starts it on a free port, and returns when it listens.
    ///
    /// # Panics
    /// When it is not installed (`apt-get install clamav-daemon`), or does not start.
    #[must_use]
    pub fn start() -> Self {
        let program = PROGRAMS.iter().find(|program| Path::new(program).exists()).expect("clamav-daemon is installed");
        let folder = tempfile::tempdir().expect("a folder can be made");
        let signatures = folder.path().join("signatures");
        fs::create_dir(&signatures).expect("a folder can be made");
        for path in [folder.path(), &signatures] {
            fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("it is ours");
        }
        let signature = format!("Eicar-Test:0:*:{}\n", hex::encode(EICAR.concat()));
        fs::write(signatures.join("eicar.ndb"), signature).expect("it can be written");
        let settings = folder.path().join("clamd.conf");
        loop {
            let address = free_address();
            fs::write(&settings, settings_of(&signatures, address)).expect("it can be written");
            let mut child = Command::new(program)
                .arg("-c")
                .arg(&settings)
                .stdout(Stdio::piped())
                .stderr(Stdio::null())
                .spawn()
                .expect("it starts");
            let mut lines = BufReader::new(child.stdout.take().expect("its output is ours")).lines();
            // The last that it says before it serves. Another program may have taken the port: then it ends.
            if lines.by_ref().any(|line| line.is_ok_and(|line| line.contains("Self checking"))) {
                // What it prints afterwards must not fill the pipe.
                std::thread::spawn(move || lines.for_each(drop));
                return Self { child, address, _folder: folder };
            }
            child.wait().expect("it ended");
        }
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Clamd {
    fn drop(&mut self) {
        // It may be dead already, which is what is wanted.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free_address() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    listener.local_addr().expect("it has an address")
}

fn settings_of(signatures: &Path, address: SocketAddr) -> String {
    format!(
        "DatabaseDirectory {}\nTCPSocket {}\nTCPAddr 127.0.0.1\nForeground yes\nUser {UNPRIVILEGED}\n\
         StreamMaxLength 32M\nMaxFileSize 32M\n",
        signatures.display(),
        address.port()
    )
}
