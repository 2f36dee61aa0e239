//! The one key that is kept outside the database. It wraps the keys of the vault and nothing else.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::{fmt, fs};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::envelope::{KEY_BYTES, KeyBytes, Sealer, random_key};

/// More than a key with line ends around it takes.
const MAX_FILE_BYTES: u64 = 1024;

/// The key over all keys: whoever has it and the database reads everything, whoever lacks it nothing.
pub struct MasterKey(KeyBytes);

/// Why there is no master key. None of these repeats what was found.
#[derive(Debug, thiserror::Error)]
pub enum MasterKeyError {
    /// Not the Base64 text of exactly 32 bytes.
    #[error("the master key is not the Base64 text of 32 bytes")]
    Malformed,
    /// The file cannot be read or made.
    #[error("the master key file {path} cannot be used")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Others than its owner may read the file.
    #[error("the master key file {path} may be read by others than its owner; set its mode to 0600")]
    OpenToOthers {
        /// The file.
        path: PathBuf,
    },
}

impl MasterKey {
    /// A fresh one.
    #[must_use]
    pub fn generate() -> Self {
        Self(random_key())
    }

    /// Reads the Base64 text of 32 bytes. White space around it is let pass.
    ///
    /// # Errors
    /// The text is anything else.
    pub fn parse(text: &str) -> Result<Self, MasterKeyError> {
        let bytes = Zeroizing::new(STANDARD.decode(text.trim()).map_err(|_| MasterKeyError::Malformed)?);
        let mut key = Zeroizing::new([0; KEY_BYTES]);
        if bytes.len() != KEY_BYTES {
            return Err(MasterKeyError::Malformed);
        }
        key.copy_from_slice(&bytes);
        Ok(Self(key))
    }

    /// Reads the key from a file that only its owner may read.
    ///
    /// # Errors
    /// The file is missing, open to others, or holds no key.
    pub fn read_file(path: &Path) -> Result<Self, MasterKeyError> {
        let in_file = |source| MasterKeyError::File { path: path.to_owned(), source };
        let file = File::open(path).map_err(in_file)?;
        if is_open_to_others(&file).map_err(in_file)? {
            return Err(MasterKeyError::OpenToOthers { path: path.to_owned() });
        }
        let mut text = Zeroizing::new(String::new());
        file.take(MAX_FILE_BYTES).read_to_string(&mut text).map_err(in_file)?;
        Self::parse(&text)
    }

    /// Reads the key from a file, and makes both where there is no file yet. Of several that make it at once, one
    /// does and the others read.
    ///
    /// # Errors
    /// The file cannot be made, is open to others, or holds no key.
    pub fn read_or_create_file(path: &Path) -> Result<Self, MasterKeyError> {
        if path.exists() {
            return Self::read_file(path);
        }
        let failed = |source| MasterKeyError::File { path: path.to_owned(), source };
        // Written whole under a name of its own, and then given the right one, if nobody was quicker: nobody reads half of it.
        let draft = path.with_extension(format!("{}.draft", uuid::Uuid::now_v7()));
        let key = Self::generate();
        let written = create_private(&draft)
            .and_then(|file| key.write_to(file))
            .and_then(|()| fs::hard_link(&draft, path))
            .and_then(|()| sync_folder_of(path));
        let removed = fs::remove_file(&draft);
        match written {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Self::read_file(path),
            written => written.and(removed).map(|()| key).map_err(failed),
        }
    }

    fn write_to(&self, mut file: File) -> io::Result<()> {
        let mut text = Zeroizing::new(STANDARD.encode(self.0.as_slice()));
        text.push('\n');
        file.write_all(text.as_bytes())?;
        file.sync_all()
    }

    pub(super) fn sealer(&self) -> Sealer {
        Sealer::new(&self.0)
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MasterKey(***)")
    }
}

/// Makes a file that was not there, private from its first moment.
fn create_private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(unix)]
fn is_open_to_others(file: &File) -> io::Result<bool> {
    use std::os::unix::fs::PermissionsExt;
    Ok(file.metadata()?.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
fn is_open_to_others(_: &File) -> io::Result<bool> {
    Ok(false)
}

/// A new name in a folder is durable only when the folder is.
#[cfg(unix)]
fn sync_folder_of(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => File::open(folder)?.sync_all(),
        _ => File::open(".")?.sync_all(),
    }
}

#[cfg(not(unix))]
fn sync_folder_of(_: &Path) -> io::Result<()> {
    Ok(())
}
