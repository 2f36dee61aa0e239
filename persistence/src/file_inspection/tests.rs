use std::io::{self, Cursor, Read, Seek, SeekFrom, Write};

use domain::attachment::{FileFault, FileType};
use proptest::prelude::*;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::{InspectError, inspect};

const TYPES: &str = "<Types><Override PartName=\"/word/document.xml\" ContentType=\"application/vnd.openxmlformats-\
                     officedocument.wordprocessingml.document.main+xml\"/></Types>";
const MACRO_TYPES: &str = "<Types><Override PartName=\"/word/document.xml\" ContentType=\"application/vnd.ms-word.\
                           document.macroEnabled.main+xml\"/></Types>";
const PDF: &[u8] = b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n";

fn judged(bytes: &[u8]) -> Result<FileType, FileFault> {
    inspect(Cursor::new(bytes), bytes.len() as u64).map_err(|error| match error {
        InspectError::Fault(fault) => fault,
        InspectError::Io(error) => panic!("{error}"),
    })
}

fn zip_of(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in entries {
        writer.start_file(*name, SimpleFileOptions::default()).expect("started");
        writer.write_all(content).expect("written");
    }
    writer.finish().expect("finished").into_inner()
}

fn docx() -> Vec<u8> {
    zip_of(&[("[Content_Types].xml", TYPES.as_bytes()), ("word/document.xml", b"<w:document/>")])
}

/// The start of the stream of a Word document, with flags.
fn word_stream(flags: u16, size: usize) -> Vec<u8> {
    let mut stream = vec![0; size];
    stream[..2].copy_from_slice(&0xa5ec_u16.to_le_bytes());
    stream[10..12].copy_from_slice(&flags.to_le_bytes());
    stream
}

fn compound(version: cfb::Version, storages: &[&str], streams: &[(&str, &[u8])]) -> Vec<u8> {
    let mut file = cfb::CompoundFile::create_with_version(version, Cursor::new(Vec::new())).expect("made");
    for storage in storages {
        file.create_storage_all(storage).expect("made");
    }
    for (name, content) in streams {
        file.create_stream(name).expect("made").write_all(content).expect("written");
    }
    file.flush().expect("flushed");
    file.into_inner().into_inner()
}

fn doc() -> Vec<u8> {
    let stream = word_stream(0, 20_000);
    compound(cfb::Version::V3, &["/ObjectPool"], &[("/1Table", &[1; 5000]), ("/WordDocument", &stream)])
}

#[test]
fn pdf_is_judged_by_its_first_and_last_line() {
    let with_end = |end: &[u8]| [&PDF[..PDF.len() - 1], end].concat();
    let zip_whose_comment_ends_a_pdf = {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        writer.set_comment("%%EOF").expect("set");
        writer.start_file("a.txt", SimpleFileOptions::default()).expect("started");
        [b"%PDF-1.7\n", writer.finish().expect("finished").into_inner().as_slice()].concat()
    };
    let table = [
        ("good", PDF.to_vec(), Ok(FileType::Pdf)),
        ("version 2", [b"%PDF-2.0", &PDF[8..]].concat(), Ok(FileType::Pdf)),
        ("version 3", [b"%PDF-3.0", &PDF[8..]].concat(), Err(FileFault::UnacceptedType)),
        ("no line end", with_end(b""), Ok(FileType::Pdf)),
        ("padded", with_end(&[b' '; 1024]), Ok(FileType::Pdf)),
        ("padded with zeros", with_end(&[0; 500]), Ok(FileType::Pdf)),
        ("padded for too long", with_end(&[b' '; 1025]), Err(FileFault::Damaged)),
        ("cut off", PDF[..PDF.len() - 3].to_vec(), Err(FileFault::Damaged)),
        ("first line only", PDF[..9].to_vec(), Err(FileFault::Damaged)),
        ("a script after it", with_end(b"\n<script>"), Err(FileFault::UnacceptedType)),
        ("a small zip after it", with_end(&docx()), Err(FileFault::UnacceptedType)),
        ("a large zip after it", with_end(&zip_of(&[("a", &noise(5000))])), Err(FileFault::UnacceptedType)),
        ("a zip that ends like a PDF", zip_whose_comment_ends_a_pdf, Err(FileFault::UnacceptedType)),
        ("something before it", [b"MZ", PDF].concat(), Err(FileFault::UnacceptedType)),
    ];
    for (name, bytes, expected) in table {
        assert_eq!(judged(&bytes), expected, "{name}");
    }
}

/// Bytes that do not compress.
fn noise(size: usize) -> Vec<u8> {
    let mut state = 1u32;
    std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    })
    .take(size)
    .collect()
}

#[test]
fn what_is_neither_pdf_nor_word_is_not_taken() {
    let table: [(&str, &[u8], FileFault); 7] = [
        ("nothing", b"", FileFault::Empty),
        ("a program for Windows", b"MZ\x90\x00\x03\x00\x00\x00", FileFault::UnacceptedType),
        ("a program for Linux", b"\x7fELF\x02\x01\x01\x00", FileFault::UnacceptedType),
        ("a script", b"#!/bin/sh\nrm -rf /\n", FileFault::UnacceptedType),
        ("a picture", b"\x89PNG\r\n\x1a\n", FileFault::UnacceptedType),
        ("one byte", b"%", FileFault::UnacceptedType),
        ("an empty zip", b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", FileFault::UnacceptedType),
    ];
    for (name, bytes, expected) in table {
        assert_eq!(judged(bytes), Err(expected), "{name}");
    }
}

#[test]
fn docx_is_a_zip_with_a_document_and_without_macros() {
    let types = ("[Content_Types].xml", TYPES.as_bytes());
    let document = ("word/document.xml", b"<w:document/>".as_slice());
    let utf16: Vec<u8> = MACRO_TYPES.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let spelled = TYPES.replace("main", "&#109;acroEnabled");
    let table = [
        ("good", docx(), Ok(FileType::Docx)),
        ("numbered", zip_of(&[types, ("word/document2.xml", b"x")]), Ok(FileType::Docx)),
        ("no document", zip_of(&[types, ("word/styles.xml", b"x")]), Err(FileFault::UnacceptedType)),
        ("no types", zip_of(&[document]), Err(FileFault::UnacceptedType)),
        ("any zip", zip_of(&[("a.exe", b"MZ")]), Err(FileFault::UnacceptedType)),
        ("macros", zip_of(&[types, document, ("word/vbaProject.bin", b"x")]), Err(FileFault::Macros)),
        ("macro data", zip_of(&[types, document, ("word/VBADATA.xml", b"x")]), Err(FileFault::Macros)),
        ("macro type", zip_of(&[(types.0, MACRO_TYPES.as_bytes()), document]), Err(FileFault::Macros)),
        ("macro type in UTF-16", zip_of(&[(types.0, &utf16), document]), Err(FileFault::Macros)),
        ("spelled type", zip_of(&[(types.0, spelled.as_bytes()), document]), Err(FileFault::UnacceptedType)),
        ("two lists of types", zip_of(&[types, ("[content_types].xml", b"x"), document]), Err(FileFault::Damaged)),
        ("something before it", [b"PK\x03\x04".as_slice(), &docx()].concat(), Err(FileFault::Damaged)),
        ("something after it", [docx().as_slice(), b"MZ"].concat(), Err(FileFault::Damaged)),
    ];
    for (name, bytes, expected) in table {
        assert_eq!(judged(&bytes), expected, "{name}");
    }
}

#[test]
fn a_docx_with_a_password_on_an_entry_is_encrypted() {
    let mut bytes = docx();
    let directory = bytes.windows(4).position(|window| window == b"PK\x01\x02").expect("a directory");
    bytes[directory + 8] |= 1;
    assert_eq!(judged(&bytes), Err(FileFault::Encrypted));
}

#[test]
fn a_docx_cut_off_anywhere_is_damaged() {
    let whole = docx();
    for length in 8..whole.len() {
        assert_eq!(judged(&whole[..length]), Err(FileFault::Damaged), "{length}");
    }
}

#[test]
fn a_zip_that_grows_without_end_or_has_too_many_entries_is_not_taken() {
    let bomb = zip_of(&[("[Content_Types].xml", &vec![b' '; 40_000_000]), ("word/document.xml", b"x")]);
    assert!(bomb.len() < 100_000);
    assert_eq!(judged(&bomb), Err(FileFault::UnacceptedType));

    let names: Vec<String> = (0..10_001).map(|number| number.to_string()).collect();
    let entries: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), b"".as_slice())).collect();
    assert_eq!(judged(&zip_of(&entries)), Err(FileFault::UnacceptedType));
}

#[test]
fn doc_is_a_compound_file_with_a_document_and_without_macros() {
    let plain = word_stream(0, 20_000);
    let small = word_stream(0, 600);
    let locked = word_stream(0x0100, 20_000);
    let small_locked = word_stream(0x0100, 600);
    for version in [cfb::Version::V3, cfb::Version::V4] {
        let of = |storages: &[&str], streams: &[(&str, &[u8])]| compound(version, storages, streams);
        let plain_stream = ("/WordDocument", plain.as_slice());
        let text = |text: &[u8], mut stream: Vec<u8>| {
            let at = stream.len() - 50;
            stream[at..at + text.len()].copy_from_slice(text);
            stream
        };
        let with_text = |bytes: &[u8]| of(&[], &[("/WordDocument", &text(bytes, plain.clone()))]);
        let small_field = text(b"\x13DDE a\x15", small.clone());
        let table = [
            ("good", of(&["/ObjectPool"], &[("/1Table", &[1; 300]), ("/WordDocument", &plain)]), Ok(FileType::Doc)),
            ("small", of(&[], &[("/1Table", &[1; 300]), ("/WordDocument", &small)]), Ok(FileType::Doc)),
            ("large", of(&[], &[("/WordDocument", &word_stream(0, 9_000_000))]), Ok(FileType::Doc)),
            ("macros", of(&["/Macros/VBA"], &[("/WordDocument", &plain)]), Err(FileFault::Macros)),
            (
                "macros of an embedded spreadsheet",
                of(&["/ObjectPool/_1/_VBA_PROJECT_CUR"], &[("/WordDocument", &plain)]),
                Err(FileFault::Macros),
            ),
            ("password", of(&[], &[("/WordDocument", &locked)]), Err(FileFault::Encrypted)),
            (
                "small, password",
                of(&[], &[("/1Table", &[1; 300]), ("/WordDocument", &small_locked)]),
                Err(FileFault::Encrypted),
            ),
            (
                "a docx with a password",
                of(&[], &[("/EncryptionInfo", &[1; 300]), ("/EncryptedPackage", &[1; 9000])]),
                Err(FileFault::Encrypted),
            ),
            ("field", with_text(b"\x13 DDEAUTO c:\\cmd.exe \x14"), Err(FileFault::DataLinks)),
            ("field in UTF-16", with_text(b"\x13\0D\0D\0E\0 \0a\0\x15\0"), Err(FileFault::DataLinks)),
            ("small, field", of(&[], &[("/WordDocument", &small_field)]), Err(FileFault::DataLinks)),
            ("page number", with_text(b"\x13 PAGE \x14"), Ok(FileType::Doc)),
            (
                "object",
                of(&["/ObjectPool/_1"], &[plain_stream, ("/ObjectPool/_1/\u{3}ObjInfo", &[1; 6])]),
                Err(FileFault::EmbeddedObjects),
            ),
            (
                "file of any kind",
                of(&["/ObjectPool/_1"], &[plain_stream, ("/ObjectPool/_1/\u{1}Ole10Native", &[1; 600])]),
                Err(FileFault::EmbeddedObjects),
            ),
            (
                "control",
                of(&["/ObjectPool/_1"], &[plain_stream, ("/ObjectPool/_1/\u{3}OCXNAME", &[1; 6])]),
                Err(FileFault::Controls),
            ),
            (
                "template",
                of(&[], &[plain_stream, ("/1Table", b"\x07\0http://example.no/a.dotm\0")]),
                Err(FileFault::OutsideContent),
            ),
            (
                "template of one's own drive",
                of(&[], &[plain_stream, ("/1Table", b"\x07\0C:\\maler\\a.dot\0")]),
                Ok(FileType::Doc),
            ),
            ("a spreadsheet", of(&[], &[("/Workbook", &[1; 9000])]), Err(FileFault::UnacceptedType)),
            (
                "a spreadsheet with a document in it",
                of(&["/MBD"], &[("/Workbook", &[1; 9000]), ("/MBD/WordDocument", &plain)]),
                Err(FileFault::UnacceptedType),
            ),
            ("another stream of that name", of(&[], &[("/WordDocument", &[1; 9000])]), Err(FileFault::UnacceptedType)),
            ("an empty stream", of(&[], &[("/WordDocument", &[])]), Err(FileFault::Damaged)),
        ];
        for (name, bytes, expected) in table {
            assert_eq!(judged(&bytes), expected, "{name}, {version:?}");
        }
    }
}

#[test]
fn a_doc_cut_off_is_damaged() {
    let whole = doc();
    for length in [8, 511, 512, 1000, 1536, whole.len() / 2] {
        assert_eq!(judged(&whole[..length]), Err(FileFault::Damaged), "{length}");
    }
}

#[test]
fn a_chain_that_bites_its_tail_ends() {
    let number_at = |bytes: &[u8], at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().expect("4 bytes"));
    let whole = doc();
    let directory = number_at(&whole, 48);
    let table = (number_at(&whole, 76) as usize + 1) * 512;
    let mut looped = whole;
    looped[table + directory as usize * 4..][..4].copy_from_slice(&directory.to_le_bytes());
    assert_eq!(judged(&looped), Err(FileFault::Damaged));
}

/// Fails at its second read.
struct Failing(u32);

impl Read for Failing {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0 += 1;
        if self.0 > 1 {
            return Err(io::Error::other("the disk is gone"));
        }
        let length = buffer.len().min(8);
        buffer[..length].copy_from_slice(&b"PK\x03\x04\0\0\0\0"[..length]);
        Ok(length)
    }
}

impl Seek for Failing {
    fn seek(&mut self, _: SeekFrom) -> io::Result<u64> {
        Ok(0)
    }
}

#[test]
fn a_file_that_cannot_be_read_is_not_called_damaged() {
    let result = inspect(Failing(0), 1000);
    assert!(matches!(result, Err(InspectError::Io(error)) if error.to_string() == "the disk is gone"));
}

/// A reader that counts.
struct Counting<'a>(Cursor<&'a [u8]>, u64);

impl Read for Counting<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.0.read(buffer)?;
        self.1 += length as u64;
        Ok(length)
    }
}

impl Seek for Counting<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.0.seek(to)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn noise_is_never_taken_whatever_it_starts_with(
        start in prop::sample::select(vec![
            b"".as_slice(), b"%PDF-1.4", b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        ]),
        noise in proptest::collection::vec(any::<u8>(), 0..5000),
    ) {
        let bytes = [start, &noise].concat();
        prop_assert!(judged(&bytes).is_err());
    }

    #[test]
    fn a_changed_file_is_judged_without_panic_and_without_reading_on_and_on(
        which in 0..3usize,
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12),
    ) {
        let mut bytes = vec![PDF.to_vec(), docx(), doc()].swap_remove(which);
        // Half of the changes hit the header, where the numbers are that lead elsewhere.
        for (number, (place, value)) in changes.into_iter().enumerate() {
            let reach = if number % 2 == 0 { bytes.len() } else { bytes.len().min(1024) };
            let place = place.index(reach);
            bytes[place] = value;
        }
        let mut counting = Counting(Cursor::new(&bytes), 0);
        let _ = inspect(&mut counting, bytes.len() as u64);
        prop_assert!(counting.1 <= 4 * bytes.len() as u64 + 8 * 1024 * 1024 + 65_536);
    }
}
