//! The program as a process of its own, for what can only be shown from outside: that it survives being killed, and
//! what it leaves on the disk.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use serde_json::{Value, json};

use crate::{Place, SYSTEM_SCOPES};

/// How long a command may take that ends by itself.
const MOST_SECONDS: u64 = 120;

/// A run of the program that has come to its end.
#[derive(Debug)]
pub struct Ended {
    /// Its exit status; none when it was killed.
    pub status: Option<i32>,
    /// What it printed.
    pub out: String,
    /// What it printed as errors, its log among it.
    pub errors: String,
}

impl Place {
    /// Runs the program here with arguments, until it ends. One that does not is killed.
    ///
    /// # Panics
    /// When it does not start.
    #[must_use]
    pub fn brevdue(&self, arguments: &[&str]) -> Ended {
        self.brevdue_with(arguments, &[])
    }

    /// The same, with settings of its own: variables of the environment.
    ///
    /// # Panics
    /// When it does not start.
    #[must_use]
    pub fn brevdue_with(&self, arguments: &[&str], settings: &[(&str, &str)]) -> Ended {
        let mut child = Command::new(binary())
            .args(arguments)
            .envs(self.environment())
            .envs(settings.iter().copied())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut pipes = (child.stdout.take().expect("a pipe"), child.stderr.take().expect("a pipe"));
        let (ended, has_ended) = std::sync::mpsc::channel();
        let child = std::sync::Arc::new(std::sync::Mutex::new(child));
        let killer = std::sync::Arc::clone(&child);
        std::thread::spawn(move || {
            if has_ended.recv_timeout(std::time::Duration::from_secs(MOST_SECONDS)).is_err()
                && let Ok(mut child) = killer.lock()
            {
                // It may have ended at this moment, which is what is wanted.
                let _ = child.kill();
            }
        });
        let errors = std::thread::spawn(move || read_to_end(&mut pipes.1));
        let out = read_to_end(&mut pipes.0);
        let errors = errors.join().expect("its errors can be read");
        let _ = ended.send(());
        let status = child.lock().expect("nobody panicked").wait().expect("it ends");
        Ended { status: status.code(), out, errors }
    }
}

fn read_to_end(pipe: &mut impl std::io::Read) -> String {
    let mut text = String::new();
    pipe.read_to_string(&mut text).expect("its output can be read");
    text
}

/// A server that runs as `brevdue serve` does, and is killed when this is dropped.
pub struct ServerProcess {
    child: Child,
    base: String,
    client: reqwest::Client,
}

impl ServerProcess {
    /// Starts the program at a place, on a free port, and returns when it listens. Its log goes to `server.log` there.
    ///
    /// # Panics
    /// When the program does not start.
    #[must_use]
    pub fn start(place: &Place) -> Self {
        Self::start_with(place, &[])
    }

    /// The same, with settings of its own: variables of the environment.
    ///
    /// # Panics
    /// When the program does not start.
    #[must_use]
    pub fn start_with(place: &Place, settings: &[(&str, &str)]) -> Self {
        let log = std::fs::File::options()
            .create(true)
            .append(true)
            .open(place.folder().join("server.log"))
            .expect("the log can be written");
        let mut child = Command::new(binary())
            .envs(place.environment())
            .env("BREVDUE_LOG__FILTER", "debug")
            .envs(settings.iter().copied())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .expect("the program starts");
        let out = child.stdout.take().expect("its output is ours");
        let mut lines = BufReader::new(out).lines();
        let base = loop {
            let line = lines.next().expect("it says where it listens").expect("its output can be read");
            if let Some((_, address)) = line.split_once("listens on ") {
                break address.to_owned();
            }
        };
        // What it prints afterwards must not fill the pipe.
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, base, client: reqwest::Client::new() }
    }

    /// `kill -9`: no word of warning.
    ///
    /// # Panics
    /// When it is dead already.
    pub fn kill(mut self) {
        self.child.kill().expect("it can be killed");
        self.child.wait().expect("it ends");
    }

    /// `kill -TERM`: the program is asked to end.
    ///
    /// # Panics
    /// When it cannot be told.
    pub fn terminate(&self) {
        let told = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        assert!(told.expect("kill runs").success());
    }

    /// Returns when it has ended by itself. Says whether that was in good order.
    ///
    /// # Panics
    /// When the system does not tell.
    #[must_use]
    pub fn wait(mut self) -> bool {
        self.child.wait().expect("it ends").success()
    }

    /// The address of a path.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// A client for requests of one's own.
    #[must_use]
    pub fn client(&self) -> reqwest::Client {
        self.client.clone()
    }

    /// What a path answers.
    ///
    /// # Panics
    /// When it does not answer with JSON.
    pub async fn get(&self, path: &str, token: Option<&str>) -> Value {
        let mut request = self.client.get(self.url(path));
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        request.send().await.expect("an answer").json().await.expect("JSON")
    }

    /// A token for whomever `subject` describes.
    ///
    /// # Panics
    /// When the sandbox gives none.
    pub async fn token(&self, subject: Value) -> String {
        let request = self.client.post(self.url("/sandbox/tokens")).json(&subject);
        let answer: Value = request.send().await.expect("an answer").json().await.expect("JSON");
        answer["accessToken"].as_str().expect("a token").to_owned()
    }

    /// A token of the clinic's EHR system, and the service that it sends for.
    pub async fn clinic(&self) -> (String, String) {
        let organisations = self.get("/sandbox/organisations", None).await;
        let clinic = &organisations["items"][0];
        let subject =
            json!({"kind": "system", "organisationNumber": clinic["organisationNumber"], "scopes": SYSTEM_SCOPES});
        (self.token(subject).await, clinic["services"][0]["id"].as_str().expect("a service").to_owned())
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        // It may be dead already, which is what is wanted.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The program, built if it is not.
fn binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a workspace");
        // The same selection as in `./test`, so that nothing is built twice.
        let built = Command::new(env!("CARGO"))
            .args(["build", "--quiet", "--workspace", "--bins"])
            .current_dir(root)
            .status()
            .expect("cargo runs");
        assert!(built.success(), "the program does not build");
        let test = std::env::current_exe().expect("a test runs");
        test.ancestors().nth(2).expect("a target folder").join("brevdue")
    })
}
