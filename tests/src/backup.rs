//! Backup and restore of a place, as `docs/restore.md` has an operator do it: the database by its own tools, the
//! attachments by copying.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{Database, Place};

/// A copy of the database of a place.
pub struct Backup {
    file: PathBuf,
}

impl Place {
    /// Copies the database, also while a program runs on it.
    ///
    /// # Panics
    /// When it cannot be copied.
    #[must_use]
    pub fn backup(&self, name: &str) -> Backup {
        let file = self.folder().join(format!("{name}.backup"));
        match self.schema() {
            Some(schema) => run(Command::new(postgres_program("pg_dump"))
                .args(["--format=custom", "--schema", schema, "--file"])
                .arg(&file)
                .args(["--dbname", self.server_url()])),
            None => self.execute(&format!("VACUUM INTO '{}'", file.display())),
        }
        Backup { file }
    }

    /// Puts a copy in the place of the database. No program may run there.
    ///
    /// # Panics
    /// When it cannot be put there.
    pub fn restore(&self, Backup { file }: &Backup) {
        self.drop_database();
        match self.database() {
            Database::Postgres => run(Command::new(postgres_program("pg_restore"))
                .args(["--exit-on-error", "--dbname", self.server_url()])
                .arg(file)),
            Database::Sqlite => drop(std::fs::copy(file, self.sqlite_file()).expect("it can be copied")),
        }
    }

    /// Copies the attachments to a folder beside them.
    ///
    /// # Panics
    /// When they cannot be copied.
    #[must_use]
    pub fn copy_of_blobs(&self, name: &str) -> PathBuf {
        let copy = self.folder().join(name);
        copy_folder(&self.blobs(), &copy);
        copy
    }

    /// Puts a copy of the attachments in their place.
    ///
    /// # Panics
    /// When it cannot be put there.
    pub fn put_blobs(&self, copy: &Path) {
        std::fs::remove_dir_all(self.blobs()).expect("they can be removed");
        copy_folder(copy, &self.blobs());
    }
}

fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder can be made");
    for entry in from.read_dir().expect("a folder") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.file_type().expect("a type").is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).expect("it can be copied");
        }
    }
}

fn run(command: &mut Command) {
    let done = command.output().expect("the program is there");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

/// A program of PostgreSQL: beside the newest server, where `PATH` has none.
fn postgres_program(name: &str) -> PathBuf {
    let versions = Path::new("/usr/lib/postgresql").read_dir().into_iter().flatten().flatten();
    let mut installed: Vec<PathBuf> = versions.map(|version| version.path().join("bin").join(name)).collect();
    installed.retain(|program| program.is_file());
    installed.sort();
    installed.pop().unwrap_or_else(|| name.into())
}
