//! Somebody to whom events are sent: notes what comes, and answers as a story wants it.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// What came.
#[derive(Clone, Debug)]
pub struct Delivered {
    /// The headers, by their names in small letters.
    pub headers: BTreeMap<String, String>,
    /// The body, byte for byte.
    pub body: Vec<u8>,
    /// The body, read.
    pub json: Value,
}

impl Delivered {
    /// What it tells of.
    #[must_use]
    pub fn kind(&self) -> &str {
        self.json["type"].as_str().unwrap_or_default()
    }

    /// The mailbox that it tells of.
    #[must_use]
    pub fn mailbox(&self) -> &str {
        self.json["mailboxId"].as_str().unwrap_or_default()
    }

    /// The number of the event.
    #[must_use]
    pub fn number(&self) -> i64 {
        self.json["number"].as_i64().unwrap_or_default()
    }
}

/// How to answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Behaviour {
    /// With this status.
    Status(u16),
    /// With a challenge given back, as receivers should.
    Echo,
    /// With a redirect.
    Redirect(String),
    /// Never.
    Silence,
    /// With success and a body that does not end.
    Flood,
}

/// The receiver. It listens until it is dropped with its runtime.
#[derive(Clone)]
pub struct Receiver {
    port: u16,
    received: Arc<Mutex<Vec<Delivered>>>,
    count: watch::Receiver<usize>,
    flooded: Arc<AtomicUsize>,
}

type Behave = dyn Fn(&Delivered) -> Behaviour + Send + Sync;

impl Receiver {
    /// Starts one that takes everything.
    pub async fn start() -> Self {
        Self::behaving(|_| Behaviour::Status(200)).await
    }

    /// Starts one that gives challenges back, and answers all else in its own way.
    pub async fn behaving(behave: impl Fn(&Delivered) -> Behaviour + Send + Sync + 'static) -> Self {
        Self::rude(move |delivered| match delivered.kind() {
            "webhook.challenge" => Behaviour::Echo,
            _ => behave(delivered),
        })
        .await
    }

    /// Starts one that answers everything in its own way.
    ///
    /// # Panics
    /// When it cannot listen.
    pub async fn rude(behave: impl Fn(&Delivered) -> Behaviour + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let port = listener.local_addr().expect("it has an address").port();
        let (sender, count) = watch::channel(0);
        let receiver = Self { port, received: Arc::default(), count, flooded: Arc::default() };
        let (of_task, behave, sender): (_, Arc<Behave>, _) = (receiver.clone(), Arc::new(behave), Arc::new(sender));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (receiver, behave, sender) = (of_task.clone(), Arc::clone(&behave), Arc::clone(&sender));
                tokio::spawn(async move {
                    // Whoever hangs up in the middle has said nothing.
                    let _ = receiver.serve(stream, &*behave, &sender).await;
                });
            }
        });
        receiver
    }

    /// Its address.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/hook", self.port)
    }

    /// Its port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// All that came, challenges included.
    ///
    /// # Panics
    /// Never, unless a story has panicked.
    #[must_use]
    pub fn received(&self) -> Vec<Delivered> {
        self.received.lock().expect("nobody has panicked").clone()
    }

    /// The events that came.
    #[must_use]
    pub fn events(&self) -> Vec<Delivered> {
        self.received().into_iter().filter(|delivered| !delivered.kind().starts_with("webhook.")).collect()
    }

    /// Returns when so many requests have come.
    ///
    /// # Panics
    /// When they do not come in a minute.
    pub async fn has_received(&self, count: usize) {
        let mut counted = self.count.clone();
        let waited =
            tokio::time::timeout(std::time::Duration::from_secs(60), counted.wait_for(|had| *had >= count)).await;
        assert!(waited.is_ok(), "{} of {count} came", *self.count.borrow());
    }

    /// How many bytes of an endless body went out.
    #[must_use]
    pub fn flooded_bytes(&self) -> usize {
        self.flooded.load(Ordering::SeqCst)
    }

    async fn serve(&self, stream: TcpStream, behave: &Behave, count: &watch::Sender<usize>) -> std::io::Result<()> {
        let mut stream = BufReader::new(stream);
        loop {
            let Some(delivered) = read(&mut stream).await? else { return Ok(()) };
            let behaviour = behave(&delivered);
            let challenge = delivered.json["challenge"].clone();
            self.received.lock().expect("nobody has panicked").push(delivered);
            count.send_modify(|count| *count += 1);
            let answer = |status: u16, more: &str, body: &str| {
                format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\n{more}\r\n{body}", body.len())
            };
            let text = match behaviour {
                Behaviour::Status(status) => answer(status, "", ""),
                Behaviour::Echo => answer(200, "", &serde_json::json!({"challenge": challenge}).to_string()),
                Behaviour::Redirect(to) => answer(302, &format!("location: {to}\r\n"), ""),
                Behaviour::Silence => return std::future::pending().await,
                Behaviour::Flood => return self.flood(stream.into_inner()).await,
            };
            stream.get_mut().write_all(text.as_bytes()).await?;
        }
    }

    async fn flood(&self, mut stream: TcpStream) -> std::io::Result<()> {
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 10000000000\r\n\r\n").await?;
        let chunk = [b'x'; 16 * 1024];
        loop {
            stream.write_all(&chunk).await?;
            self.flooded.fetch_add(chunk.len(), Ordering::SeqCst);
        }
    }
}

/// The next request; none where the connection ends.
async fn read(stream: &mut BufReader<TcpStream>) -> std::io::Result<Option<Delivered>> {
    let mut headers = BTreeMap::new();
    let mut line = String::new();
    if stream.read_line(&mut line).await? == 0 {
        return Ok(None);
    }
    loop {
        line.clear();
        stream.read_line(&mut line).await?;
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        headers.insert(name.to_lowercase(), value.to_owned());
    }
    let length = headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await?;
    let json = serde_json::from_slice(&body).unwrap_or(Value::Null);
    Ok(Some(Delivered { headers, body, json }))
}
