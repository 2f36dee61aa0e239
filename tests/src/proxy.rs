//! A wire between the program and its PostgreSQL that can be cut, or swallow all that it is given; and a trap on it, which
//! springs at a statement.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// Passes everything on to a server, until it is told otherwise.
pub struct Proxy {
    address: SocketAddr,
    wire: Arc<Wire>,
}

/// When a trap springs, seen from the commit of what its statement belongs to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Moment {
    /// The statement itself waits until [`Proxy::release`].
    Held,
    /// The commit never reaches the server.
    Before,
    /// The server has committed, and its answer gets lost.
    After,
    /// As `Before` for the program. The server gets the commit at [`Proxy::release`].
    Late,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    Cut,
    Swallows,
}

struct Trap {
    /// What the text of the statement has in it.
    statement: &'static str,
    moment: Moment,
    /// Whether the whole wire is cut with the connection.
    cuts_all: bool,
}

struct Wire {
    target: String,
    state: watch::Sender<State>,
    trap: Mutex<Option<Trap>>,
    /// How many traps have sprung, and how many were released.
    sprung: watch::Sender<u32>,
    released: watch::Sender<u32>,
    /// How many late commits there were, and how many of them have come to their end.
    late: watch::Sender<(u32, u32)>,
}

impl Proxy {
    /// Starts one towards `target`, a host and a port.
    ///
    /// # Panics
    /// When it cannot listen.
    pub async fn start(target: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let address = listener.local_addr().expect("it has an address");
        let wire = Arc::new(Wire {
            target: target.to_owned(),
            state: watch::Sender::new(State::Open),
            trap: Mutex::default(),
            sprung: watch::Sender::new(0),
            released: watch::Sender::new(0),
            late: watch::Sender::new((0, 0)),
        });
        let accepting = Arc::clone(&wire);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                // A client that is dropped at once sees its connection closed.
                if *accepting.state.borrow() != State::Cut {
                    tokio::spawn(pass(client, Arc::clone(&accepting)));
                }
            }
        });
        Self { address, wire }
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Cuts every connection, and every new one.
    pub fn cut(&self) {
        self.wire.state.send_replace(State::Cut);
    }

    /// Takes everything and passes nothing on, as a dead network does.
    pub fn swallow(&self) {
        self.wire.state.send_replace(State::Swallows);
    }

    /// Lets connections through again, with what they were given meanwhile.
    pub fn restore(&self) {
        self.wire.state.send_replace(State::Open);
    }

    /// Sets a trap for the next connection that sends such a statement, at its commit.
    ///
    /// # Panics
    /// When the one before has not sprung.
    pub fn set_trap(&self, statement: &'static str, moment: Moment) {
        self.arm(Trap { statement, moment, cuts_all: false });
    }

    /// The same, and the whole wire is cut with the connection.
    ///
    /// # Panics
    /// When the one before has not sprung.
    pub fn set_trap_and_cut(&self, statement: &'static str, moment: Moment) {
        self.arm(Trap { statement, moment, cuts_all: true });
    }

    fn arm(&self, trap: Trap) {
        let before = self.wire.trap.lock().expect("no test has panicked in here").replace(trap);
        assert!(before.is_none(), "the trap before has not sprung");
    }

    /// Returns when the trap has sprung.
    ///
    /// # Panics
    /// When the wire is gone.
    pub async fn sprung(&self) {
        let released = *self.wire.released.borrow();
        let _ = self.wire.sprung.subscribe().wait_for(|sprung| *sprung > released).await.expect("the wire is there");
    }

    /// Lets go of what is held.
    pub fn release(&self) {
        let sprung = *self.wire.sprung.borrow();
        self.wire.released.send_replace(sprung);
    }

    /// Lets go of a late commit, and returns when the server has answered it, or is gone.
    ///
    /// # Panics
    /// When the wire is gone.
    pub async fn release_late(&self) {
        self.release();
        let _ = self.wire.late.subscribe().wait_for(|(all, ended)| all == ended).await.expect("the wire is there");
    }
}

/// Ends when either side does; how does not matter here.
async fn pass(client: TcpStream, wire: Arc<Wire>) {
    let Ok(server) = TcpStream::connect(&wire.target).await else { return };
    // Messages are small and each is waited for.
    if client.set_nodelay(true).and_then(|()| server.set_nodelay(true)).is_err() {
        return;
    }
    let mut state = wire.state.subscribe();
    let sprung = watch::Sender::new(None);
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let mut link = Link { wire: &wire, statements: HashMap::new(), is_in_transaction: false, trap: None };
    tokio::select! {
        _ = link.forward(from_client, to_server, &sprung) => {}
        _ = back(from_server, to_client, &wire, &sprung) => {}
        _ = state.wait_for(|state| *state == State::Cut), if sprung.borrow().is_none() => {}
    }
}

/// The client's side of one connection.
struct Link<'w> {
    wire: &'w Wire,
    /// The texts of prepared statements by name.
    statements: HashMap<Vec<u8>, Vec<u8>>,
    is_in_transaction: bool,
    /// The trap that this connection has stepped into.
    trap: Option<Trap>,
}

impl Link<'_> {
    async fn forward(
        &mut self,
        mut client: OwnedReadHalf,
        mut server: OwnedWriteHalf,
        sprung: &watch::Sender<Option<Moment>>,
    ) -> io::Result<()> {
        let mut state = self.wire.state.subscribe();
        server.write_all(&read_message(&mut client, false).await?).await?;
        loop {
            let message = read_message(&mut client, true).await?;
            let _ = state.wait_for(|state| *state != State::Swallows).await;
            let Some(moment) = self.look_at(&message) else {
                server.write_all(&message).await?;
                continue;
            };
            if moment == Moment::Late {
                self.wire.late.send_modify(|(all, _)| *all += 1);
            }
            self.wire.sprung.send_modify(|count| *count += 1);
            let number = *self.wire.sprung.borrow();
            if moment == Moment::Held {
                let _ = self.wire.released.subscribe().wait_for(|released| *released >= number).await;
                server.write_all(&message).await?;
                continue;
            }
            // What belongs to the message, up to where the server begins to work.
            let mut whole = message;
            while whole[0] != b'Q' && !ends_with_sync(&whole) {
                whole.extend(read_message(&mut client, true).await?);
            }
            sprung.send_replace(Some(moment));
            match moment {
                Moment::Before => return Ok(()),
                Moment::Late => {
                    let _ = self.wire.released.subscribe().wait_for(|released| *released >= number).await;
                }
                Moment::After | Moment::Held => {}
            }
            // Where the server has gone, there is nobody left to answer, which `back` sees.
            let _ = server.write_all(&whole).await;
            std::future::pending::<()>().await;
        }
    }

    /// Whether a message is the one that the trap waits for.
    fn look_at(&mut self, message: &[u8]) -> Option<Moment> {
        let body = &message[5..];
        let text: Vec<u8> = match message[0] {
            b'Q' => body.to_vec(),
            b'P' => {
                let mut parts = body.splitn(3, |byte| *byte == 0);
                let (name, text) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
                self.statements.insert(name.to_vec(), text.to_vec());
                return None;
            }
            b'B' => {
                let name = body.splitn(3, |byte| *byte == 0).nth(1).unwrap_or_default();
                self.statements.get(name).cloned().unwrap_or_default()
            }
            _ => return None,
        };
        let (begins, commits) = (text.starts_with(b"BEGIN"), text.starts_with(b"COMMIT"));
        self.is_in_transaction = (self.is_in_transaction || begins) && !commits && !text.starts_with(b"ROLLBACK");
        if let Some(trap) = self.trap.take_if(|_| commits) {
            return Some(self.spring(&trap));
        }
        let mut armed = self.wire.trap.lock().expect("no test has panicked in here");
        let trap = armed.take_if(|trap| memchr::memmem::find(&text, trap.statement.as_bytes()).is_some())?;
        drop(armed);
        if self.is_in_transaction && trap.moment != Moment::Held {
            self.trap = Some(trap);
            return None;
        }
        Some(self.spring(&trap))
    }

    fn spring(&self, trap: &Trap) -> Moment {
        if trap.cuts_all {
            self.wire.state.send_replace(State::Cut);
        }
        trap.moment
    }
}

/// The server's side of one connection.
async fn back(
    mut server: OwnedReadHalf,
    mut client: OwnedWriteHalf,
    wire: &Wire,
    sprung: &watch::Sender<Option<Moment>>,
) -> io::Result<()> {
    let mut state = wire.state.subscribe();
    let mut client = Some(&mut client);
    let mut moments = sprung.subscribe();
    let ended = loop {
        let message = tokio::select! {
            message = read_message(&mut server, true) => Some(message),
            () = comes(&mut moments, Moment::Late), if client.is_some() => None,
        };
        let message = match message {
            Some(Ok(message)) => message,
            Some(Err(error)) => break Err(error),
            // The client learns at once that its connection is gone.
            None => {
                if let Some(client) = client.take() {
                    let _ = client.shutdown().await;
                }
                continue;
            }
        };
        match (*sprung.borrow(), message[0]) {
            // Ready for the next query: it has been committed.
            (Some(_), b'Z') => break Ok(()),
            (Some(_), _) => continue,
            (None, _) => {}
        }
        let _ = state.wait_for(|state| *state != State::Swallows).await;
        if let Some(client) = &mut client {
            client.write_all(&message).await?;
        }
    };
    if *sprung.borrow() == Some(Moment::Late) {
        wire.late.send_modify(|(_, ended)| *ended += 1);
    }
    ended
}

async fn comes(moments: &mut watch::Receiver<Option<Moment>>, wanted: Moment) {
    if moments.wait_for(|moment| *moment == Some(wanted)).await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// One message of PostgreSQL's protocol: a type, but for the first, a length that counts itself, and the rest.
async fn read_message(from: &mut OwnedReadHalf, has_type: bool) -> io::Result<Vec<u8>> {
    let head = if has_type { 5 } else { 4 };
    let mut message = vec![0; head];
    from.read_exact(&mut message).await?;
    let length: [u8; 4] = message[head - 4..].try_into().map_err(io::Error::other)?;
    message.resize(head - 4 + u32::from_be_bytes(length) as usize, 0);
    from.read_exact(&mut message[head..]).await?;
    Ok(message)
}

fn ends_with_sync(messages: &[u8]) -> bool {
    messages.ends_with(&[b'S', 0, 0, 0, 4])
}
