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

    /// How names of such files end, after the dot.
    #[must_use]
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Pdf => "pdf",
            Self::Docx => "docx",
            Self::Doc => "doc",
        }
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

    /// Takes the last part of what may be a path, without dots and spaces at its end, and puts `_` in the place of
    /// characters that file systems or headers give a meaning or that nobody sees, and before names of devices.
    ///
    /// # Errors
    /// Empty, too long, or with control characters.
    pub fn parse(input: &str) -> Result<Self, TextError> {
        let last_part = input.rsplit(['/', '\\']).next().unwrap_or_default();
        let name = line(last_part, Self::MAX_CHARS)?;
        let cleaned: String =
            name.chars().map(|character| if has_meaning(character) { '_' } else { character }).collect();
        let cleaned = without_end(&cleaned);
        if cleaned.is_empty() {
            return Err(TextError::Empty);
        }
        Ok(Self(if is_device(cleaned) { format!("_{cleaned}") } else { cleaned.to_owned() }))
    }

    /// The name under which a file of this type is handed out: it ends as such files do, so that no system takes the
    /// file for anything else. What looks like another extension becomes part of the name: `svar.exe` is `svar_exe.pdf`.
    #[must_use]
    pub fn ending_as(&self, file_type: FileType) -> Self {
        let extension = file_type.extension();
        let stem = match self.0.rsplit_once('.') {
            Some((stem, own)) if own.eq_ignore_ascii_case(extension) && !stem.is_empty() => return self.clone(),
            Some((stem, own)) if looks_like_extension(own) => format!("{stem}_{own}"),
            _ => self.0.clone(),
        };
        let room = Self::MAX_CHARS - 1 - extension.len();
        let stem: String = stem.chars().take(room).collect();
        Self(format!("{}.{extension}", without_end(&stem)))
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

/// Windows leaves dots and spaces at the end of a name out, so that it becomes another name.
fn without_end(name: &str) -> &str {
    name.trim_end_matches(|character: char| character == '.' || character.is_whitespace())
}

/// A date or a number after a dot is no extension, and neither is a sentence.
fn looks_like_extension(end: &str) -> bool {
    (1..=10).contains(&end.len())
        && end.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
        && end.bytes().any(|byte| byte.is_ascii_alphabetic())
}

/// Names that mean a device to Windows, with any extension.
fn is_device(name: &str) -> bool {
    let stem = without_end(name.split('.').next().unwrap_or_default()).to_ascii_uppercase();
    let numbered = ["COM", "LPT"].iter().find_map(|device| stem.strip_prefix(device));
    ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$", "CLOCK$"].contains(&stem.as_str())
        || numbered
            .is_some_and(|number| matches!(number, "¹" | "²" | "³") || matches!(number.as_bytes(), [b'0'..=b'9']))
}

/// Characters of paths, of shells' wildcards, those that part lines, and those that nobody sees, some of which turn the
/// direction of writing (`gpj.exe`): Unicode's categories Cf, Zl and Zp.
const fn has_meaning(character: char) -> bool {
    matches!(
        character,
        ':' | '*' | '?' | '"' | '<' | '>' | '|'
            | '\u{ad}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}' | '\u{890}' | '\u{891}' | '\u{8e2}'
            | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2064}'
            | '\u{2066}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{110bd}' | '\u{110cd}'
            | '\u{13430}'..='\u{1343f}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0001}'
            | '\u{e0020}'..='\u{e007f}'
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
            ("CON.pdf", Some("_CON.pdf")),
            ("nul", Some("_nul")),
            ("Aux .brev.pdf", Some("_Aux .brev.pdf")),
            ("com1.pdf", Some("_com1.pdf")),
            ("LPT³.pdf", Some("_LPT³.pdf")),
            ("kontrakt.pdf", Some("kontrakt.pdf")),
            ("com10.pdf", Some("com10.pdf")),
            ("svar.pdf. . ", Some("svar.pdf")),
            ("svar.exe\u{a0}", Some("svar.exe")),
            ("sv\u{200b}ar\u{feff}.pdf", Some("sv_ar_.pdf")),
            ("linje\u{2028}to.pdf", Some("linje_to.pdf")),
            ("..", None),
            (". . .", None),
            ("mappe/", None),
            ("", None),
            ("a\u{0}b.pdf", None),
        ];
        for (input, expected) in table {
            assert_eq!(FileName::parse(input).ok().as_ref().map(FileName::expose), expected, "{input:?}");
            if let Some(expected) = expected {
                assert_eq!(FileName::parse(expected).expect("a name").expose(), expected, "a name stays as it is");
            }
        }
    }

    #[test]
    fn a_name_ends_as_files_of_the_judged_type_do() {
        let table = [
            ("vedtak.pdf", FileType::Pdf, "vedtak.pdf"),
            ("VEDTAK.PDF", FileType::Pdf, "VEDTAK.PDF"),
            ("brev.docx", FileType::Docx, "brev.docx"),
            ("brev.doc", FileType::Docx, "brev_doc.docx"),
            ("brev.dot", FileType::Doc, "brev_dot.doc"),
            ("svar.exe", FileType::Pdf, "svar_exe.pdf"),
            ("svar.pdf.exe", FileType::Pdf, "svar.pdf_exe.pdf"),
            ("Legeerklæring.hta", FileType::Pdf, "Legeerklæring_hta.pdf"),
            ("svar.theme", FileType::Doc, "svar_theme.doc"),
            ("svar", FileType::Pdf, "svar.pdf"),
            ("pdf", FileType::Pdf, "pdf.pdf"),
            (".pdf", FileType::Pdf, "_pdf.pdf"),
            (".htaccess", FileType::Pdf, "_htaccess.pdf"),
            ("prøve 12.11.2026", FileType::Pdf, "prøve 12.11.2026.pdf"),
            ("brev fra Dr. Hansen og kolleger", FileType::Pdf, "brev fra Dr. Hansen og kolleger.pdf"),
        ];
        for (name, file_type, expected) in table {
            let name = FileName::parse(name).expect("a name").ending_as(file_type);
            assert_eq!(name.expose(), expected);
            assert_eq!(name.ending_as(file_type), name);
        }
        let long = FileName::parse(&"å".repeat(200)).expect("a name").ending_as(FileType::Docx);
        assert_eq!((long.expose().chars().count(), long.expose().ends_with("å.docx")), (200, true));
    }
}
