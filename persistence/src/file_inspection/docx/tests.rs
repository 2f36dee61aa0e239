use std::io::{Cursor, Write as _};

use domain::attachment::{FileFault, FileType};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::file_inspection::{InspectError, inspect};

const TYPES: &[u8] = b"<Types><Override PartName=\"/word/document.xml\" ContentType=\"application/vnd.openxmlformats-\
                       officedocument.wordprocessingml.document.main+xml\"/></Types>";
const RELATIONS: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";

fn judged(bytes: &[u8]) -> Result<FileType, FileFault> {
    inspect(Cursor::new(bytes), bytes.len() as u64).map_err(|error| match error {
        InspectError::Fault(fault) => fault,
        InspectError::Io(error) => panic!("{error}"),
    })
}

fn zip(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(vec![]));
    for (name, content) in entries {
        writer.start_file(*name, SimpleFileOptions::default()).expect("started");
        writer.write_all(content).expect("written");
    }
    writer.finish().expect("finished").into_inner()
}

fn docx(more: &[(&str, &[u8])]) -> Vec<u8> {
    let own: [(&str, &[u8]); 2] = [("[Content_Types].xml", TYPES), ("word/document.xml", b"<w:document/>")];
    zip(&[&own, more].concat())
}

fn related(kind: &str, target: &str, mode: &str) -> Vec<u8> {
    let relation = format!(r#"<Relationship Id="a" Type="{RELATIONS}/{kind}" Target="{target}" TargetMode="{mode}"/>"#);
    docx(&[("word/_rels/settings.xml.rels", format!("<Relationships>{relation}</Relationships>").as_bytes())])
}

fn written(body: &str) -> Vec<u8> {
    docx(&[("word/header1.xml", format!("<?xml version=\"1.0\"?><w:hdr>{body}</w:hdr>").as_bytes())])
}

fn field(codes: &[&str]) -> String {
    let runs: String = codes.iter().map(|code| format!("<w:r><w:instrText>{code}</w:instrText></w:r>")).collect();
    format!(
        r#"<w:fldChar w:fldCharType="begin"/>{runs}<w:fldChar w:fldCharType="separate"/>x<w:fldChar w:fldCharType="end"/>"#
    )
}

#[test]
fn a_document_that_fetches_or_runs_is_refused_for_what_it_does() {
    let nested = format!(
        r#"<w:fldChar w:fldCharType="begin"/>{}<w:instrText> a</w:instrText><w:fldChar w:fldCharType="end"/>"#,
        field(&[" QUOTE 68 68 69 "])
    );
    let entity = "<?xml version=\"1.0\"?><!DOCTYPE a [<!ENTITY b \"DDE\">]><a/>";
    let utf16: Vec<u8> =
        format!("\u{feff}<w:hdr>{}</w:hdr>", field(&["DDEAUTO a"])).encode_utf16().flat_map(u16::to_le_bytes).collect();
    let macros = zip(&[("[Content_Types].xml", b"<Types/>"), ("xl/vbaProject.bin", b"x")]);
    let table: &[(&str, Vec<u8>, FileFault)] = &[
        ("template", related("attachedTemplate", "https://example.no/a.dotm", "External"), FileFault::OutsideContent),
        (
            "template on a share",
            related("attachedTemplate", r"file:///\\tjener\a.dotm", "external"),
            FileFault::OutsideContent,
        ),
        ("linked picture", related("image", "http://example.no/a.png", "External"), FileFault::OutsideContent),
        ("frame", related("frame", "http://example.no/", "External"), FileFault::OutsideContent),
        ("linked object", related("oleObject", "mhtml:http://example.no!x", "External"), FileFault::DataLinks),
        ("object", related("oleObject", "embeddings/oleObject1.bin", "Internal"), FileFault::EmbeddedObjects),
        ("web page inside", related("aFChunk", "a.html", "Internal"), FileFault::EmbeddedObjects),
        ("control", related("control", "activeX/activeX1.xml", "Internal"), FileFault::Controls),
        ("macros by their relation", related("vbaProject", "a.bin", "Internal"), FileFault::Macros),
        ("DDE", written(&field(&[" DDEAUTO c:\\\\cmd.exe "])), FileFault::DataLinks),
        ("DDE spread over runs", written(&field(&[" D", "D", "EAU", "TO c:\\\\cmd.exe "])), FileFault::DataLinks),
        ("DDE in escapes", written(&field(&["&#68;&#x44;E a"])), FileFault::DataLinks),
        ("DDE in one element", written(r#"<w:fldSimple w:instr=" DDE&#x20;a"/>"#), FileFault::DataLinks),
        ("DDE by another field", written(&nested), FileFault::DataLinks),
        ("DDE in UTF-16", docx(&[("word/header1.xml", &utf16)]), FileFault::DataLinks),
        ("DDE in a part of any name", docx(&[("a.bin", field(&["DDE a"]).as_bytes())]), FileFault::DataLinks),
        ("entities", docx(&[("word/a.xml", entity.as_bytes())]), FileFault::Uncheckable),
        ("UTF-7", docx(&[("word/a.xml", b"<?xml version=\"1.0\" encoding=\"UTF-7\"?><a/>")]), FileFault::Uncheckable),
        ("program", docx(&[("word/embeddings/a.bin", b"MZ\x90\0")]), FileFault::Programs),
        (
            "compound file",
            docx(&[("word/media/a.png", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")]),
            FileFault::EmbeddedObjects,
        ),
        ("archive", docx(&[("word/media/a.png", &zip(&[("a.js", b"x")]))]), FileFault::EmbeddedObjects),
        ("table with macros", docx(&[("word/embeddings/a.xlsx", &macros)]), FileFault::Macros),
    ];
    for (name, bytes, expected) in table {
        assert_eq!(judged(bytes), Err(*expected), "{name}");
    }
}

#[test]
fn what_people_write_is_taken() {
    let table_behind_diagram = zip(&[("[Content_Types].xml", b"<Types/>"), ("xl/workbook.xml", b"<workbook/>")]);
    let svg = b"<?xml version=\"1.0\"?><!DOCTYPE svg PUBLIC \"-//W3C//DTD SVG 1.1//EN\" \"x.dtd\"><svg/>";
    let table: &[(&str, Vec<u8>)] = &[
        ("link", related("hyperlink", "https://example.no/", "External")),
        ("template of one's own drive", related("attachedTemplate", "file:///C:\\maler\\brev.dotx", "External")),
        ("page number", written(&field(&[" PAGE "]))),
        ("text about DDE", written("<w:t>DDEAUTO</w:t>")),
        ("diagram", docx(&[("word/embeddings/a.xlsx", &table_behind_diagram)])),
        ("drawing", docx(&[("word/media/a.svg", svg)])),
        ("printer settings", docx(&[("word/printerSettings1.bin", b"H\0P\0")])),
        ("line end after the zip", [docx(&[]).as_slice(), b"\r\n\0\0"].concat()),
        ("backslashes between folders", zip(&[("[Content_Types].xml", TYPES), ("word\\document.xml", b"<a/>")])),
        ("end of a large archive", with_large_end(&docx(&[]))),
    ];
    for (name, bytes) in table {
        assert_eq!(judged(bytes), Ok(FileType::Docx), "{name}");
    }
}

/// Writes the end again in the way of large archives.
fn with_large_end(zip: &[u8]) -> Vec<u8> {
    let end = zip.len() - 22;
    let field = |at: usize, size: usize| {
        let mut bytes = [0; 8];
        bytes[..size].copy_from_slice(&zip[end + at..end + at + size]);
        bytes
    };
    let mut bytes = zip[..end].to_vec();
    bytes.extend(b"PK\x06\x06");
    bytes.extend(44_u64.to_le_bytes());
    bytes.extend([45, 0, 45, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    for (at, size) in [(8, 2), (10, 2), (12, 4), (16, 4)] {
        bytes.extend(field(at, size));
    }
    bytes.extend(b"PK\x06\x07\0\0\0\0");
    bytes.extend((end as u64).to_le_bytes());
    bytes.extend(1_u32.to_le_bytes());
    bytes.extend(&zip[end..]);
    bytes
}

#[test]
fn parts_that_grow_without_end_are_refused() {
    let bomb = [b"<a>".as_slice(), &vec![b' '; 65 << 20]].concat();
    assert_eq!(judged(&docx(&[("word/a.xml", &bomb)])), Err(FileFault::Uncheckable));
}
