//! The program ends without anybody noticing: it says so first, serves on, and finishes what runs.

use std::fmt::Write as _;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::json;
use tests::{Database, Issuer, Place, ServerProcess, free_port, is_heavy, stories};
use tokio::task::JoinSet;

use crate::persons::SKUDDAR;

/// How many requests a rolling restart sees at least, and how many with `BREVDUE_TEST_HEAVY=1`.
const REQUESTS: usize = 2000;
const HEAVY_REQUESTS: usize = 20_000;
const CONNECTIONS: usize = 16;
/// Until a second signal, which the stories send when others have noticed.
const DELAY: (&str, &str) = ("BREVDUE_SHUTDOWN__DELAY_SECONDS", "300");

/// Polls until it holds.
async fn until<F: Future<Output = bool>>(what: &str, holds: impl Fn() -> F) {
    for _ in 0..1500 {
        if holds().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{what}: never");
}

async fn is_ready(server: &ServerProcess) -> bool {
    server.client().get(server.url("/health/ready")).send().await.expect("an answer").status() == 200
}

stories! {
    async fn a_program_that_is_told_to_end_serves_on_until_balancers_have_noticed(database: Database) {
        let place = Place::new(database);
        let server = ServerProcess::start_with(&place, &[DELAY]);
        let (token, _) = server.clinic().await;
        assert!(is_ready(&server).await);
        let poll = server.client().get(server.url("/v1/events?wait=30")).bearer_auth(&token).send();
        let poll = tokio::spawn(poll);

        server.terminate();

        until("not ready", || async { !is_ready(&server).await }).await;
        let anew = reqwest::Client::builder().no_proxy().build().expect("a client");
        let served = anew.get(server.url("/v1/events")).bearer_auth(&token).send().await.expect("new connections are taken");
        assert_eq!(served.status(), 200);
        assert!(!poll.is_finished(), "who waits for events waits on");

        server.terminate();

        let polled = poll.await.expect("it runs").expect("what runs is finished");
        assert_eq!(polled.status(), 200);
        let ended = tokio::task::spawn_blocking(move || server.wait()).await.expect("it runs");
        assert!(ended, "in good order");
    }
}

#[test]
fn a_rolling_restart_behind_a_balancer_that_repeats_nothing_loses_no_request() {
    tests::tell(Database::Postgres, |database: Database| async move {
        let place = Place::new(database);
        let issuer = Issuer::start("https://issuer.test").await;
        let config = place.folder().join("brevdue.toml");
        std::fs::write(&config, issuer.settings("test")).expect("it can be written");
        let config = config.display().to_string();
        let addresses = [free_port(), free_port()].map(|port| format!("127.0.0.1:{port}"));
        let start = |address: &str| {
            ServerProcess::start_with(&place, &[("BREVDUE_LISTEN", address), ("BREVDUE_CONFIG", &config), DELAY])
        };
        let mut servers: Vec<ServerProcess> = addresses.iter().map(|address| start(address)).collect();
        let clock = servers[0].get("/sandbox/clock", None).await;
        let now: chrono::DateTime<chrono::Utc> = clock["now"].as_str().expect("a time").parse().expect("a time");
        let token = issuer.sign(&issuer.citizen(SKUDDAR, now.timestamp()));
        let balancer = Balancer::start(&place, &addresses);
        until("both are up", || balancer.has_up(2)).await;

        let load = Load::start(&balancer.url, &token);
        for (place_of_it, address) in addresses.iter().enumerate() {
            let ending = servers.remove(place_of_it);
            ending.terminate();
            until("one has gone", || balancer.has_up(1)).await;
            ending.terminate();
            let ended = tokio::task::spawn_blocking(move || ending.wait()).await.expect("it runs");
            assert!(ended, "in good order");
            servers.insert(place_of_it, start(address));
            until("both are up again", || balancer.has_up(2)).await;
        }
        let (all, failed) = load.end(if is_heavy() { HEAVY_REQUESTS } else { REQUESTS }).await;

        assert!(all >= REQUESTS);
        assert_eq!(failed, Vec::<String>::new(), "of {all}");
    });
}

/// Requests of many connections at once, reads and writes.
struct Load {
    is_over: Arc<AtomicBool>,
    count: Arc<AtomicUsize>,
    senders: JoinSet<Vec<String>>,
}

impl Load {
    fn start(url: &str, token: &str) -> Self {
        let (is_over, count) = (Arc::<AtomicBool>::default(), Arc::<AtomicUsize>::default());
        let mut senders = JoinSet::new();
        for sender in 0..CONNECTIONS {
            let (is_over, count) = (Arc::clone(&is_over), Arc::clone(&count));
            let (url, token) = (url.to_owned(), token.to_owned());
            senders.spawn(async move {
                let client = reqwest::Client::builder().no_proxy().build().expect("a client");
                let mut failed = vec![];
                while !is_over.load(Ordering::SeqCst) {
                    let number = count.fetch_add(1, Ordering::SeqCst);
                    let request = if number % 4 == 0 {
                        client.put(format!("{url}/v1/me/consent")).json(&json!({"level": "full"}))
                    } else {
                        client.get(format!("{url}/v1/me"))
                    };
                    match request.bearer_auth(&token).send().await {
                        Ok(answer) if answer.status() == 200 => {}
                        Ok(answer) => failed.push(format!("{sender}: {}", answer.status())),
                        Err(error) => failed.push(format!("{sender}: {error:?}")),
                    }
                }
                failed
            });
        }
        Self { is_over, count, senders }
    }

    /// Ends when there were so many at least. Says how many there were, and what failed.
    async fn end(self, at_least: usize) -> (usize, Vec<String>) {
        while self.count.load(Ordering::SeqCst) < at_least {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        self.is_over.store(true, Ordering::SeqCst);
        let failed = self.senders.join_all().await.concat();
        (self.count.load(Ordering::SeqCst), failed)
    }
}

/// HAProxy, which looks ten times a second whether a server is ready, and sends nothing a second time.
struct Balancer {
    process: Child,
    url: String,
    figures: String,
}

impl Balancer {
    fn start(place: &Place, servers: &[String]) -> Self {
        let (port, figures_port) = (free_port(), free_port());
        let mut config = format!(
            "defaults\n  mode http\n  retries 0\n  timeout connect 30s\n  timeout client 60s\n  timeout server 60s\n\
             frontend figures\n  bind 127.0.0.1:{figures_port}\n  stats enable\n  stats uri /\n\
             frontend all\n  bind 127.0.0.1:{port}\n  default_backend brevdue\n\
             backend brevdue\n  timeout check 30s\n  option httpchk GET /health/ready\n"
        );
        for (number, server) in servers.iter().enumerate() {
            let _ = writeln!(config, "  server s{number} {server} check inter 100ms fall 1 rise 1");
        }
        let file = place.folder().join("haproxy.cfg");
        std::fs::write(&file, config).expect("it can be written");
        let program = ["/usr/sbin/haproxy", "/usr/local/sbin/haproxy", "/opt/homebrew/bin/haproxy"];
        let program = program.into_iter().find(|path| std::path::Path::new(path).is_file()).unwrap_or("haproxy");
        let process = Command::new(program).arg("-db").arg("-f").arg(&file).stderr(Stdio::null()).spawn();
        let process = process.expect("HAProxy is installed: ./test does that");
        Self {
            process,
            url: format!("http://127.0.0.1:{port}"),
            figures: format!("http://127.0.0.1:{figures_port}/;csv"),
        }
    }

    /// Whether so many servers get requests.
    async fn has_up(&self, number: usize) -> bool {
        let Ok(answer) = reqwest::get(&self.figures).await else { return false };
        let text = answer.text().await.unwrap_or_default();
        text.lines().filter(|line| line.starts_with("brevdue,s") && line.contains(",UP,")).count() == number
    }
}

impl Drop for Balancer {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
