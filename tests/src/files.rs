//! Files, made here so that no test depends on one that lies about.

use std::io::{Cursor, Write as _};

use reqwest::multipart::Part;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// A file on its way in.
#[derive(Clone, Debug)]
pub struct File {
    /// Its name.
    pub name: String,
    /// The type that its sender claims.
    pub content_type: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

const PDF: &str = "application/pdf";
const DOCX: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";

impl File {
    fn new(name: &str, content_type: &str, bytes: Vec<u8>) -> Self {
        Self { name: name.to_owned(), content_type: content_type.to_owned(), bytes }
    }

    /// The same bytes under another name.
    #[must_use]
    pub fn named(self, name: &str) -> Self {
        Self { name: name.to_owned(), ..self }
    }

    /// As a part of a form.
    ///
    /// # Panics
    /// When the content type is none.
    #[must_use]
    pub fn into_part(self) -> Part {
        let part = Part::bytes(self.bytes).file_name(self.name);
        part.mime_str(&self.content_type).expect("a media type")
    }
}

/// A PDF of one empty page.
#[must_use]
pub fn pdf() -> File {
    pdf_of(0)
}

/// A PDF with a comment of so many bytes.
#[must_use]
pub fn pdf_of(padding_bytes: usize) -> File {
    let mut bytes = b"%PDF-1.4\n%".to_vec();
    // Not all the same, so that bytes that change places are noticed.
    bytes.extend((0..padding_bytes).map(|place| b'a' + u8::try_from(place % 23).unwrap_or(0)));
    bytes.extend(b"\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n");
    File::new("svar.pdf", PDF, bytes)
}

/// A PDF with something of one's own among its objects.
#[must_use]
pub fn pdf_with(objects: &str) -> File {
    let bytes = format!("%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\n{objects}\ntrailer<</Root 1 0 R>>\n%%EOF\n");
    File::new("svar.pdf", PDF, bytes.into_bytes())
}

/// A PDF that breaks off after its first lines.
#[must_use]
pub fn cut_pdf() -> File {
    let mut file = pdf();
    file.bytes.truncate(20);
    file
}

/// A Word document that breaks off in its middle.
#[must_use]
pub fn cut_docx() -> File {
    let mut file = docx();
    file.bytes.truncate(file.bytes.len() / 2);
    file
}

/// A program under the name of a PDF.
#[must_use]
pub fn program_named_pdf() -> File {
    let mut bytes = b"MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00\xff\xff\x00\x00".to_vec();
    bytes.resize(512, 0);
    File::new("svar.pdf", PDF, bytes)
}

/// A file of no bytes.
#[must_use]
pub fn empty() -> File {
    File::new("tom.pdf", PDF, vec![])
}

/// A Word document.
#[must_use]
pub fn docx() -> File {
    let main = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml";
    File::new("brev.docx", DOCX, word_document(main, &[]))
}

/// A Word document with macros in it, under a harmless name.
#[must_use]
pub fn docx_with_macros() -> File {
    let main = "application/vnd.ms-word.document.macroEnabled.main+xml";
    File::new("brev.docx", DOCX, word_document(main, &[("word/vbaProject.bin", "macro")]))
}

fn docx_with_part(name: &str, content: &str) -> File {
    let main = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml";
    File::new("brev.docx", DOCX, word_document(main, &[(name, content)]))
}

fn docx_with_relation(kind: &str, target: &str, mode: &str) -> File {
    let kind = format!("http://schemas.openxmlformats.org/officeDocument/2006/relationships/{kind}");
    let relation = format!(r#"<Relationship Id="rId1" Type="{kind}" Target="{target}" TargetMode="{mode}"/>"#);
    docx_with_part("word/_rels/document.xml.rels", &format!("<Relationships>{relation}</Relationships>"))
}

/// A Word document with a field, whose code is spread over two runs.
fn docx_with_field(code: &str) -> File {
    let (first, second) = code.split_at(code.len() / 2);
    let field = format!(
        r#"<w:hdr><w:fldChar w:fldCharType="begin"/><w:instrText>{first}</w:instrText><w:instrText>{second}</w:instrText><w:fldChar w:fldCharType="end"/></w:hdr>"#
    );
    docx_with_part("word/header1.xml", &field)
}

/// Files that could harm, each with the problem that its sender is told.
#[must_use]
pub fn harmful() -> Vec<(&'static str, File, &'static str)> {
    let carrying = "3 0 obj<</F(a.exe)/EF<</F 4 0 R>>>>endobj 4 0 obj<<>>stream\nx\nendstream endobj";
    vec![
        ("a PDF with scripts", pdf_with("3 0 obj<</S/J#61vaScript/JS(a)>>endobj"), "file-has-scripts"),
        ("a PDF that starts a program", pdf_with("3 0 obj<</S/Launch>>endobj"), "file-starts-programs"),
        ("a PDF with a player", pdf_with("3 0 obj<</Subtype/RichMedia>>endobj"), "file-has-player"),
        ("a PDF with a form of the kind XFA", pdf_with("3 0 obj<</XFA 4 0 R>>endobj"), "file-has-dynamic-form"),
        ("a PDF that carries a program", pdf_with(carrying), "file-carries-files"),
        ("a PDF without end", pdf_with(&format!("3 0 obj{}", "[".repeat(1000))), "file-not-checkable"),
        ("a locked PDF", pdf_with("trailer<</Encrypt<</Filter/Standard>>>>"), "file-encrypted"),
        (
            "Word with a template elsewhere",
            docx_with_relation("attachedTemplate", "https://example.no/mal.dotm", "External"),
            "file-fetches-content",
        ),
        ("Word with an object", docx_with_relation("oleObject", "a.bin", "Internal"), "file-has-objects"),
        ("Word with a control", docx_with_relation("control", "a.xml", "Internal"), "file-has-controls"),
        ("Word with DDE", docx_with_field(" DDEAUTO c:\\\\cmd.exe "), "file-has-data-links"),
        ("Word with a program", docx_with_part("word/embeddings/a.bin", "MZ\u{90}"), "file-has-programs"),
    ]
}

/// A zip archive that is no Word document, under the name of one.
#[must_use]
pub fn zip_named_docx() -> File {
    File::new("brev.docx", DOCX, zip(&[("hei.txt", "hei")]))
}

/// An office document that is locked with a password: a compound file with the streams of one.
#[must_use]
pub fn locked_docx() -> File {
    File::new("brev.docx", DOCX, compound(&[("/EncryptionInfo", &[1; 300]), ("/EncryptedPackage", &[1; 9000])]))
}

fn compound(streams: &[(&str, &[u8])]) -> Vec<u8> {
    let mut file = cfb::CompoundFile::create(Cursor::new(Vec::new())).expect("a compound file can be made");
    for (name, content) in streams {
        file.create_stream(name).expect("a stream can be made").write_all(content).expect("memory can be written");
    }
    file.flush().expect("memory can be written");
    file.into_inner().into_inner()
}

fn word_document(main: &str, more: &[(&str, &str)]) -> Vec<u8> {
    let types = format!(
        r#"<?xml version="1.0" encoding="UTF-8"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/word/document.xml" ContentType="{main}"/></Types>"#
    );
    let relations = r#"<?xml version="1.0" encoding="UTF-8"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>"#;
    let document = r#"<?xml version="1.0" encoding="UTF-8"?><w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body/></w:document>"#;
    let mut entries =
        vec![("[Content_Types].xml", types.as_str()), ("_rels/.rels", relations), ("word/document.xml", document)];
    entries.extend(more);
    zip(&entries)
}

fn zip(entries: &[(&str, &str)]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in entries {
        writer.start_file(*name, SimpleFileOptions::default()).expect("an entry can be started");
        writer.write_all(content.as_bytes()).expect("memory can be written");
    }
    writer.finish().expect("the archive can be closed").into_inner()
}
