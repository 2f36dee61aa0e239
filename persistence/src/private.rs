//! Files and folders that only the server's own user can read.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io;
use std::path::Path;

/// Makes a folder, and those that it lies in, where they are not there. One that is keeps its permissions: they are somebody's
/// choice.
///
/// # Errors
/// It cannot be made.
pub fn private_folder(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    if path.as_os_str().is_empty() || path.is_dir() { Ok(()) } else { builder.create(path) }
}

/// Makes an empty file where there is none. SQLite gives what it puts beside its file the same permissions.
///
/// # Errors
/// It cannot be made, or the folder is not there.
pub(crate) fn private_file(path: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => fs::metadata(path).map(drop),
        made => made.map(drop),
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;
    use crate::database::DatabaseUrl;
    use crate::database::migration::migrate;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).expect("it is there").permissions().mode() & 0o777
    }

    #[test]
    fn a_database_and_its_folder_are_for_the_servers_user_alone() {
        let place = tempfile::tempdir().expect("a place");
        let folder = place.path().join("data/deeper");
        let file = folder.join("brevdue.db");

        private_folder(&folder).expect("it is made");
        migrate(&DatabaseUrl::Sqlite(file.clone())).expect("the tables are made");

        assert_eq!((mode(&folder), mode(&place.path().join("data"))), (0o700, 0o700));
        let files: Vec<_> = fs::read_dir(&folder).expect("files").map(|file| file.expect("a file").path()).collect();
        assert!(files.contains(&file));
        assert!(files.iter().all(|file| mode(file) == 0o600), "{files:?}");
    }

    #[test]
    fn what_is_there_keeps_its_permissions() {
        let place = tempfile::tempdir().expect("a place");
        let file = place.path().join("brevdue.db");
        fs::write(&file, "").expect("it can be written");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).expect("it is ours");

        private_file(&file).expect("it is there");

        assert_eq!(mode(&file), 0o640);
    }
}
