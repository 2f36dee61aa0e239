//! Connections that each send one request after the other, as fast as the answers come.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1::SendRequest;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::Result;
use crate::work::Work;

/// A connection that stays open. Where the server closes it between two requests, as it may, the next opens it again.
pub(crate) struct Connection {
    address: SocketAddr,
    sender: SendRequest<Full<Bytes>>,
}

impl Connection {
    pub(crate) async fn open(address: SocketAddr) -> Result<Self> {
        Ok(Self { address, sender: Self::connect(address).await? })
    }

    async fn connect(address: SocketAddr) -> Result<SendRequest<Full<Bytes>>> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let (sender, driver) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
        // What goes wrong with the connection shows at the next request.
        tokio::spawn(driver);
        Ok(sender)
    }

    async fn send(&mut self, request: Request<Full<Bytes>>) -> Result<Response<Incoming>> {
        if self.sender.ready().await.is_err() {
            self.sender = Self::connect(self.address).await?;
            self.sender.ready().await?;
        }
        let what = format!("{} {}", request.method(), request.uri());
        Ok(self.sender.send_request(request).await.map_err(|error| format!("{what}: {error:?}"))?)
    }

    /// Sends a request and reads its answer, which must have the status.
    pub(crate) async fn exchange(&mut self, request: Request<Full<Bytes>>, expected: StatusCode) -> Result<Bytes> {
        let what = format!("{} {}", request.method(), request.uri());
        let answer = self.send(request).await?;
        let status = answer.status();
        let body = answer.into_body().collect().await?.to_bytes();
        if status == expected {
            return Ok(body);
        }
        Err(format!("{what}: {status} {}", String::from_utf8_lossy(&body)).into())
    }

    /// The same, without keeping what comes. Says how many bytes came.
    pub(crate) async fn fetch(&mut self, request: Request<Full<Bytes>>) -> Result<usize> {
        let mut answer = self.send(request).await?;
        if answer.status() != StatusCode::OK {
            return Err(format!("an answer was {}", answer.status()).into());
        }
        let mut length = 0;
        while let Some(frame) = answer.frame().await {
            length += frame?.data_ref().map_or(0, Bytes::len);
        }
        Ok(length)
    }
}

/// What came of driving a work.
pub(crate) struct Driven {
    /// How long it took from the first request to the last answer.
    pub(crate) elapsed: Duration,
    /// How long each took, shortest first.
    pub(crate) latencies_micros: Vec<u32>,
}

/// Does a work over and over on so many connections. The first failure ends it.
pub(crate) async fn drive(address: SocketAddr, connections: u16, length: Duration, work: &Arc<Work>) -> Result<Driven> {
    drive_at(address, connections, length, Duration::ZERO, work).await
}

/// The same, no more often than at a pace: so long from one to the next on each connection.
pub(crate) async fn drive_at(
    address: SocketAddr,
    connections: u16,
    length: Duration,
    pace: Duration,
    work: &Arc<Work>,
) -> Result<Driven> {
    let mut opened = Vec::with_capacity(connections.into());
    for _ in 0..connections {
        opened.push(Connection::open(address).await?);
    }
    let started = Instant::now();
    let mut tasks = JoinSet::new();
    for connection in opened {
        tasks.spawn(one_after_the_other(connection, started + length, pace, Arc::clone(work)));
    }
    let mut latencies_micros = Vec::new();
    while let Some(done) = tasks.join_next().await {
        latencies_micros.extend(done??);
    }
    let elapsed = started.elapsed();
    latencies_micros.sort_unstable();
    Ok(Driven { elapsed, latencies_micros })
}

async fn one_after_the_other(
    mut connection: Connection,
    until: Instant,
    pace: Duration,
    work: Arc<Work>,
) -> Result<Vec<u32>> {
    let mut latencies_micros = Vec::new();
    let mut next = Instant::now();
    loop {
        if !pace.is_zero() {
            tokio::time::sleep_until(next.into()).await;
        }
        next += pace;
        let started = Instant::now();
        if started >= until {
            return Ok(latencies_micros);
        }
        work.once(&mut connection).await?;
        latencies_micros.push(u32::try_from(started.elapsed().as_micros())?);
    }
}
