//! Files of messages.

use strum::{EnumString, IntoStaticStr, VariantArray};

use crate::id::AttachmentId;
use crate::text::{TextError, line};

/// The largest file, in bytes.
pub const MAX_FILE_BYTES: u64 = 30 * 1024 * 1024;

/// The most files that one message carries.
pub const MAX_FILES: usize = 20;

/// The types of files that a service can take, judged by their bytes, never by name or declared type (HK-4).
// The words below are stored for years. Rename the variants as you like; never change a word.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "camelCase")]
pub enum FileType {
    /// A PDF.
    Pdf,
    /// Word, the zipped form, without macros.
    Docx,
    /// Word, the binary form, without macros.
    Doc,
}

impl FileType {
    /// The stored and sent word.
    #[must_use]
    pub fn as_word(self) -> &'static str {
        self.into()
    }

    /// The media type under which such a file is handed out.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Pdf => "application/pdf",
            Self::Docx => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            Self::Doc => "application/msword",
        }
    }
}

/// What is wrong with a file. Each gets a problem that says how to mend it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error, VariantArray)]
pub enum FileFault {
    /// Not a single byte.
    #[error("the file is empty")]
    Empty,
    /// More than [`MAX_FILE_BYTES`].
    #[error("the file is too large")]
    TooLarge,
    /// Neither PDF nor Word by its bytes, or a type that the service does not take.
    #[error("the file is not of an accepted type")]
    UnacceptedType,
    /// It starts like an accepted type and is cut off or damaged.
    #[error("the file is damaged")]
    Damaged,
    /// Word with macros.
    #[error("the file carries macros")]
    Macros,
    /// Locked with a password, so that nobody can tell what is in it.
    #[error("the file is encrypted")]
    Encrypted,
    /// A PDF with JavaScript.
    #[error("the file carries scripts")]
    Scripts,
    /// A PDF that starts a program.
    #[error("the file starts a program")]
    StartsPrograms,
    /// A program inside the document.
    #[error("the file carries a program")]
    Programs,
    /// A PDF that carries files which cannot be checked, or which belong to none of the types that a document may carry.
    #[error("the file carries other files")]
    CarriedFiles,
    /// A PDF with a player for film, sound or Flash.
    #[error("the file carries a player")]
    Player,
    /// A PDF whose form is made by a program when it opens (XFA).
    #[error("the file has a form of the kind XFA")]
    DynamicForm,
    /// Word with objects of other programs (OLE), or with web pages inside.
    #[error("the file carries objects of other programs")]
    EmbeddedObjects,
    /// Word with controls (ActiveX).
    #[error("the file carries controls")]
    Controls,
    /// Word with fields that fetch from other programs (DDE, links).
    #[error("the file is linked to other programs")]
    DataLinks,
    /// Word that fetches templates, pictures or other parts from elsewhere when it is opened.
    #[error("the file fetches from elsewhere")]
    OutsideContent,
    /// Made so that its content cannot be checked within bounds.
    #[error("the file cannot be checked")]
    Uncheckable,
    /// A scanner recognised malware in it.
    #[error("the file carries malware")]
    Malware,
}

/// A file of a message, without its bytes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Attachment {
    /// Its id.
    pub id: AttachmentId,
    /// The name under which it was sent.
    pub file_name: FileName,
    /// What it is, by its bytes.
    pub file_type: FileType,
    /// The size of its content.
    pub size_bytes: u64,
    /// The SHA-256 of its content.
    pub sha256: [u8; 32],
}

/// The name of a file, without folders and without anything that a file system could take amiss. A name can tell of
/// health, so it does not print.
#[derive(Clone, PartialEq, Eq)]
pub struct FileName(String);

impl FileName {
    /// The longest name, in characters.
    pub const MAX_CHARS: usize = 200;

    /// Takes the last part of what may be a path, and puts `_` in the place of characters that file systems or
    /// headers give a meaning.
    ///
    /// # Errors
    /// Empty, too long, or with control characters.
    pub fn parse(input: &str) -> Result<Self, TextError> {
        let last_part = input.rsplit(['/', '\\']).next().unwrap_or_default();
        let name = line(last_part, Self::MAX_CHARS)?;
        let cleaned: String =
            name.chars().map(|character| if has_meaning(character) { '_' } else { character }).collect();
        if cleaned.chars().all(|character| character == '.') { Err(TextError::Empty) } else { Ok(Self(cleaned)) }
    }

    /// The name. Every use of this may show health information.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for FileName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FileName(***)")
    }
}

/// Characters of paths, of shells' wildcards, and those that turn the direction of writing (`gpj.exe`).
const fn has_meaning(character: char) -> bool {
    matches!(
        character,
        ':' | '*' | '?' | '"' | '<' | '>' | '|' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_name_has_no_path_and_nothing_that_a_file_system_takes_amiss() {
        let table = [
            ("vedtak.pdf", Some("vedtak.pdf")),
            (" prøvesvar 2026.pdf ", Some("prøvesvar 2026.pdf")),
            ("../../etc/passwd", Some("passwd")),
            ("C:\\temp\\brev.docx", Some("brev.docx")),
            ("a\"b.pdf", Some("a_b.pdf")),
            ("brev\u{202e}fdp.exe", Some("brev_fdp.exe")),
            ("..", None),
            ("mappe/", None),
            ("", None),
            ("a\u{0}b.pdf", None),
        ];
        for (input, expected) in table {
            assert_eq!(FileName::parse(input).ok().as_ref().map(FileName::expose), expected, "{input:?}");
        }
    }
}
