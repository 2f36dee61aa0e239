//! ClamAV's daemon, which looks for malware: its command `INSTREAM` over TCP or a Unix socket. The file goes there in
//! pieces as it is read, and is never whole in memory.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::stream::{BoxStream, StreamExt as _};
use persistence::{FileScanner, ScanError, StoreError, Verdict};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpStream, UnixStream};
use tokio::time::timeout;

use crate::settings::ScannerAddress;

const COMMAND: &[u8] = b"zINSTREAM\0";
/// The largest piece that is sent at a time.
const PIECE_BYTES: usize = 64 * 1024;
/// Answers are a line with the name of what was recognised.
const MAX_ANSWER_BYTES: u64 = 4096;

/// A daemon at an address.
pub(crate) struct Clamd {
    address: ScannerAddress,
    /// How long one file may take, from the connection to the answer.
    within: Duration,
}

impl Clamd {
    pub(crate) const fn new(address: ScannerAddress, within: Duration) -> Self {
        Self { address, within }
    }

    async fn ask(&self, content: BoxStream<'_, Result<Bytes, StoreError>>) -> Result<Verdict, ScanError> {
        let away = |error: io::Error| ScanError::Away(error.into());
        let answer = match &self.address {
            ScannerAddress::Tcp(address) => send(connect(*address).await.map_err(away)?, content).await?,
            ScannerAddress::Unix(path) => send(connect_local(path).await.map_err(away)?, content).await?,
        };
        verdict(&answer).ok_or_else(|| ScanError::Away("the answer is none that is known".into()))
    }
}

async fn connect(address: SocketAddr) -> io::Result<TcpStream> {
    TcpStream::connect(address).await
}

async fn connect_local(path: &PathBuf) -> io::Result<UnixStream> {
    UnixStream::connect(path).await
}

impl FileScanner for Clamd {
    fn scan<'a>(
        &'a self,
        content: BoxStream<'a, Result<Bytes, StoreError>>,
    ) -> BoxFuture<'a, Result<Verdict, ScanError>> {
        Box::pin(async move {
            match timeout(self.within, self.ask(content)).await {
                Ok(verdict) => verdict,
                Err(late) => Err(ScanError::Away(late.into())),
            }
        })
    }
}

/// Sends the pieces, each after its length, and one of no bytes at the end; reads what comes back.
async fn send<S: AsyncRead + AsyncWrite + Unpin>(
    mut connection: S,
    mut content: BoxStream<'_, Result<Bytes, StoreError>>,
) -> Result<Vec<u8>, ScanError> {
    let away = |error: io::Error| ScanError::Away(error.into());
    connection.write_all(COMMAND).await.map_err(away)?;
    while let Some(part) = content.next().await {
        for piece in part.map_err(ScanError::Content)?.chunks(PIECE_BYTES) {
            connection.write_u32(u32::try_from(piece.len()).unwrap_or(0)).await.map_err(away)?;
            connection.write_all(piece).await.map_err(away)?;
        }
    }
    connection.write_u32(0).await.map_err(away)?;
    connection.flush().await.map_err(away)?;
    let mut answer = vec![];
    connection.take(MAX_ANSWER_BYTES).read_to_end(&mut answer).await.map_err(away)?;
    Ok(answer)
}

/// What an answer means; none for an error of the daemon's, such as a file over its own limit.
fn verdict(answer: &[u8]) -> Option<Verdict> {
    let answer = answer.strip_suffix(b"\0")?.strip_prefix(b"stream: ")?;
    match answer {
        b"OK" => Some(Verdict::Clean),
        found if found.ends_with(b" FOUND") => Some(Verdict::Malware),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_whole_answer_that_is_known_is_believed() {
        let table: [(&[u8], Option<Verdict>); 7] = [
            (b"stream: OK\0", Some(Verdict::Clean)),
            (b"stream: Eicar-Test-Signature FOUND\0", Some(Verdict::Malware)),
            (b"stream: OK", None),
            (b"stream: NOT OK\0", None),
            (b"INSTREAM size limit exceeded. ERROR\0", None),
            (b"HTTP/1.1 200 OK\r\n\r\n", None),
            (b"", None),
        ];
        for (answer, expected) in table {
            assert_eq!(verdict(answer), expected, "{}", String::from_utf8_lossy(answer));
        }
    }
}
