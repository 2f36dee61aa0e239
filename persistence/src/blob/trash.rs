//! Bytes that nothing names lie in the trash for a while before they are deleted, and can be had back from there.
//!
//! What a crash cut off of an upload goes with its blob: in a folder these are files of their own beside it, which no list
//! shows. In a bucket the store keeps them, and a life-cycle rule of the bucket deletes them.

use std::io;
use std::path::PathBuf;

use object_store::ObjectStoreExt;
use object_store::path::Path;
use uuid::Uuid;

use super::{BlobError, BlobStore, path_of};

/// The folder of the trash. Not a name that the path of a blob can begin with.
const TRASH: &str = "trash";

/// Stands between the name of a blob and the number of an unfinished file of it.
const PART_MARK: char = '#';

impl BlobStore {
    /// Moves bytes into the trash, and deletes unfinished ones under the same id. That there are none is fine.
    ///
    /// # Errors
    /// The store is not available, or not this database's.
    pub(crate) async fn trash(&self, id: Uuid) -> Result<(), BlobError> {
        self.check_owner().await?;
        self.delete_parts(id).await?;
        self.rename(&path_of(id), &trash_path_of(id)).await.map(drop)
    }

    /// Takes bytes out of the trash again. Says whether they were there.
    ///
    /// # Errors
    /// The store is not available.
    pub(crate) async fn restore(&self, id: Uuid) -> Result<bool, BlobError> {
        self.rename(&trash_path_of(id), &path_of(id)).await
    }

    /// Deletes bytes in the trash. That there are none is fine.
    ///
    /// # Errors
    /// The store is not available, or not this database's.
    pub(crate) async fn purge(&self, id: Uuid) -> Result<(), BlobError> {
        self.check_owner().await?;
        match self.store.delete(&trash_path_of(id)).await.map_err(BlobError::from) {
            Err(BlobError::NotFound) => self.check_folder().await,
            other => other,
        }
    }

    async fn rename(&self, from: &Path, to: &Path) -> Result<bool, BlobError> {
        match self.store.rename(from, to).await.map_err(BlobError::from) {
            Ok(()) => Ok(true),
            Err(BlobError::NotFound) => self.check_folder().await.map(|()| false),
            Err(error) => Err(error),
        }
    }

    async fn delete_parts(&self, id: Uuid) -> Result<(), BlobError> {
        let Some(folder) = &self.folder else { return Ok(()) };
        let blob = folder.join(path_of(id).as_ref());
        tokio::task::spawn_blocking(move || delete_parts(blob))
            .await
            .map_err(BlobError::unavailable)?
            .map_err(BlobError::unavailable)
    }
}

/// Deletes the unfinished files of one blob. A folder that is not there has none.
fn delete_parts(blob: PathBuf) -> io::Result<()> {
    let (Some(folder), Some(name)) = (blob.parent(), blob.file_name()) else { return Ok(()) };
    let part = format!("{}{PART_MARK}", name.to_string_lossy());
    let entries = match folder.read_dir() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        other => other?,
    };
    for entry in entries {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(&part) {
            std::fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// The place of a blob in the trash.
pub(super) fn trash_path_of(id: Uuid) -> Path {
    Path::from_iter(std::iter::once(TRASH.into()).chain(path_of(id).parts()))
}
