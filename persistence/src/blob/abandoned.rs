//! What is left of uploads that a crash cut off. In a folder these are files of their own, which the list of blobs
//! does not show. In a bucket the store keeps them, and a life-cycle rule of the bucket deletes them.

use std::fs;
use std::io;
use std::path::Path;
use std::time::SystemTime;

use chrono::{DateTime, Utc};

use super::{BlobError, BlobStore};

/// Files lie in folders in folders.
const DEPTH: u32 = 2;
/// In the name of a file that is still being written, and in that of no other.
const MARK: char = '#';

impl BlobStore {
    /// Deletes what was last written before a time, of uploads that never came to an end. Gives their number; always
    /// none for a bucket.
    ///
    /// # Errors
    /// The folder is not available.
    pub async fn delete_abandoned(&self, before: DateTime<Utc>) -> Result<u64, BlobError> {
        let Some(folder) = self.folder.clone() else { return Ok(0) };
        self.check_folder().await?;
        tokio::task::spawn_blocking(move || delete_in(&folder, before.into(), DEPTH))
            .await
            .map_err(BlobError::unavailable)?
            .map_err(BlobError::unavailable)
    }
}

fn delete_in(folder: &Path, before: SystemTime, depth: u32) -> io::Result<u64> {
    let mut deleted = 0;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        if kind.is_dir() && depth > 0 {
            deleted += delete_in(&entry.path(), before, depth - 1)?;
        } else if kind.is_file() && entry.file_name().to_string_lossy().contains(MARK) {
            deleted += u64::from(delete_older(&entry.path(), before)?);
        }
    }
    Ok(deleted)
}

/// An upload may come to its end meanwhile; then there is nothing to delete.
fn delete_older(file: &Path, before: SystemTime) -> io::Result<bool> {
    let result = fs::metadata(file)
        .and_then(|metadata| metadata.modified())
        .and_then(|written_at| if written_at < before { fs::remove_file(file).map(|()| true) } else { Ok(false) });
    match result {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        other => other,
    }
}
