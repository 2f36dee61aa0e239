//! Who looks for malware in files.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use super::reader::Reader;

/// Where the scanner listens.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ScannerAddress {
    /// An address and a port.
    Tcp(SocketAddr),
    /// A socket of this machine.
    Unix(PathBuf),
}

/// Who looks for malware in files.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ScannerSettings {
    /// Where ClamAV's daemon listens. Without one, no file is scanned.
    pub address: Option<ScannerAddress>,
    /// Whether a file that was not scanned is refused.
    pub required: bool,
    /// How long one file may take.
    pub timeout: Duration,
}

impl std::fmt::Display for ScannerAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Tcp(address) => address.fmt(f),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

pub(super) fn scanner(reader: &mut Reader<'_>) -> ScannerSettings {
    let address = reader.parsed("scanner.address", |text| match text.strip_prefix("unix:") {
        Some(path) if path.starts_with('/') => Ok(ScannerAddress::Unix(path.into())),
        Some(_) => Err("must be a whole path after unix: — unix:/run/clamav/clamd.ctl"),
        None => {
            text.parse().map(ScannerAddress::Tcp).map_err(|_| "must be an IP address and a port, or unix: and a path")
        }
    });
    let required = reader.flag("scanner.required");
    let timeout_seconds = reader.number("scanner.timeout_seconds", 1..=300).unwrap_or(30);
    if address.is_none() && required == Some(true) {
        reader.missing("scanner.address", "must be set where scanner.required is true");
    }
    ScannerSettings {
        required: required.unwrap_or(address.is_some()),
        address,
        timeout: Duration::from_secs(timeout_seconds.into()),
    }
}
