//! Who prints letters.

use std::path::PathBuf;

use secrecy::SecretString;

use super::reader::Reader;
use super::url;

/// Who prints letters and posts them.
#[derive(Clone)]
pub enum PrintSettings {
    /// Whoever empties this folder.
    Folder(PathBuf),
    /// A service over HTTPS.
    Service {
        /// Where letters go.
        url: String,
        /// Our token.
        secret: SecretString,
    },
}

pub(super) fn print(reader: &mut Reader<'_>) -> Option<PrintSettings> {
    let folder = reader.text("print.folder").map(PathBuf::from);
    let url = reader.parsed("print.url", url::store_endpoint);
    let secret = reader.secret("print.secret");
    if url.is_none() && secret.is_none() {
        return folder.map(PrintSettings::Folder);
    }
    if folder.is_some() {
        reader.problem("print", "must be a folder or a service, not both");
    }
    if url.as_ref().is_some_and(|url| url.starts_with("http://")) {
        reader.problem("print.url", "must be https: it carries letters");
    }
    for (place, is_there) in [("print.url", url.is_some()), ("print.secret", secret.is_some())] {
        if !is_there {
            reader.missing(place, "must be set: url and secret come together");
        }
    }
    Some(PrintSettings::Service { url: url?, secret: secret? })
}
