//! A wire that can be cut: between the program and its database.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// Passes everything on to a server, until it is cut.
pub struct Proxy {
    address: SocketAddr,
    cut: Arc<watch::Sender<bool>>,
}

impl Proxy {
    /// Starts one towards `target`, a host and a port.
    ///
    /// # Panics
    /// When it cannot listen.
    pub async fn start(target: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
        let address = listener.local_addr().expect("it has an address");
        let (cut, _) = watch::channel(false);
        let cut = Arc::new(cut);
        let (target, signal) = (target.to_owned(), Arc::clone(&cut));
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let mut is_cut = signal.subscribe();
                // A client that is dropped at once sees its connection closed.
                if !*is_cut.borrow() {
                    let target = target.clone();
                    tokio::spawn(async move {
                        tokio::select! {
                            () = pass(client, &target) => {}
                            _ = is_cut.wait_for(|cut| *cut) => {}
                        }
                    });
                }
            }
        });
        Self { address, cut }
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Cuts every connection, and every new one.
    pub fn cut(&self) {
        self.cut.send_replace(true);
    }

    /// Lets connections through again.
    pub fn restore(&self) {
        self.cut.send_replace(false);
    }
}

/// Ends when either side does; how does not matter here.
async fn pass(mut client: TcpStream, target: &str) {
    if let Ok(mut server) = TcpStream::connect(target).await {
        let _ = copy_bidirectional(&mut client, &mut server).await;
    }
}
