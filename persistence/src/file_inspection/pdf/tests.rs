use std::io::{Cursor, Write as _};

use domain::attachment::{FileFault, FileType};
use flate2::Compression;
use flate2::write::ZlibEncoder;

use crate::file_inspection::{InspectError, inspect};

const CATALOG: &str = "1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n";
const END: &str = "trailer<</Root 1 0 R>>\n%%EOF\n";

fn judged(bytes: &[u8]) -> Result<FileType, FileFault> {
    inspect(Cursor::new(bytes), bytes.len() as u64).map_err(|error| match error {
        InspectError::Fault(fault) => fault,
        InspectError::Io(error) => panic!("{error}"),
    })
}

fn pdf(objects: &[u8]) -> Vec<u8> {
    [b"%PDF-1.7\n", CATALOG.as_bytes(), objects, END.as_bytes()].concat()
}

fn with(objects: &str) -> Vec<u8> {
    pdf(objects.as_bytes())
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(vec![], Compression::default());
    encoder.write_all(bytes).expect("memory can be written");
    encoder.finish().expect("memory can be written")
}

fn stream(dictionary: &str, bytes: &[u8]) -> Vec<u8> {
    let start = format!("7 0 obj<<{dictionary}/Length {}>>stream\r\n", bytes.len());
    [start.as_bytes(), bytes, b"\nendstream endobj\n"].concat()
}

/// A stream of objects with one in it.
fn object_stream(object: &str) -> Vec<u8> {
    stream("/Type/ObjStm/N 1/First 4/Filter/FlateDecode", &packed(format!("9 0 {object}").as_bytes()))
}

#[test]
fn what_runs_is_found_however_it_is_written() {
    let script = "<</Type/Action/S/JavaScript/JS(app.alert(1))>>";
    let table: &[(&str, Vec<u8>, FileFault)] = &[
        ("script", with(&format!("3 0 obj{script}endobj ")), FileFault::Scripts),
        ("escaped name", with("3 0 obj<</S/J#61vaScript/#4aS 5 0 R>>endobj "), FileFault::Scripts),
        ("script without its kind", with("3 0 obj<</JS(a)>>endobj "), FileFault::Scripts),
        (
            "kind as an object of its own",
            with("3 0 obj<</S 4 0 R>>endobj 4 0 obj/JavaScript endobj "),
            FileFault::Scripts,
        ),
        ("packed", pdf(&object_stream(script)), FileFault::Scripts),
        ("packed, its kind alone", pdf(&object_stream("/JavaScript")), FileFault::Scripts),
        (
            "packed behind an open string",
            {
                let packed = packed(format!("9 0 8 9 (         {script}").as_bytes());
                pdf(&stream("/Type/ObjStm/N 2/First 8/Filter[/FlateDecode]", &packed))
            },
            FileFault::Scripts,
        ),
        (
            "not called a stream of objects",
            { pdf(&stream("/N 1/First 4/Filter/FlateDecode", &packed(format!("9 0 {script}").as_bytes()))) },
            FileFault::Scripts,
        ),
        (
            "in a stream of objects that is not packed",
            { pdf(&stream("/Type/ObjStm/N 1/First 4", format!("9 0 {script}").as_bytes())) },
            FileFault::Scripts,
        ),
        (
            "hidden in another stream",
            pdf(&stream("", format!("endstream ( 8 0 obj {script}").as_bytes())),
            FileFault::Scripts,
        ),
        ("a comment before it", with(&format!("3 0 % x\nobj{script}endobj ")), FileFault::Scripts),
        ("an object that is not closed", with(&format!("3 0 obj<</A 1 endobj 4 0 obj{script}")), FileFault::Scripts),
        ("nested", with(&format!("3 0 obj[[<</A{script}>>]]endobj ")), FileFault::Scripts),
        ("after a key that is there twice", with("3 0 obj<</S/URI/S/JavaScript>>endobj "), FileFault::Scripts),
        (
            "in the trailer",
            [b"%PDF-1.7\n", CATALOG.as_bytes(), b"trailer<</Root<</OpenAction", script.as_bytes(), b">>>>\n%%EOF"]
                .concat(),
            FileFault::Scripts,
        ),
        ("start of a program", with("3 0 obj<</S/Launch/F(cmd.exe)>>endobj "), FileFault::StartsPrograms),
        ("player", with("3 0 obj<</Type/Annot/Subtype/RichMedia>>endobj "), FileFault::Player),
        ("form of the kind XFA", with("3 0 obj<</XFA[(a)4 0 R]>>endobj "), FileFault::DynamicForm),
    ];
    for (name, bytes, expected) in table {
        assert_eq!(judged(bytes), Err(*expected), "{name}");
    }
}

#[test]
fn what_only_tells_of_programs_is_taken() {
    let table: &[(&str, Vec<u8>)] = &[
        ("text", with("3 0 obj<</Title(/S /JavaScript /JS \\( <</S/Launch>>)>>endobj ")),
        ("comment", with("3 0 obj % <</S/JavaScript>>\n<<>>endobj ")),
        ("content of a page", pdf(&stream("", b"BT (endobj <</S/JavaScript>>) Tj ET"))),
        ("start at a page", with("3 0 obj<</OpenAction[3 0 R/Fit]>>endobj ")),
        ("web address", with("3 0 obj<</S/URI/URI(https://example.no)>>endobj ")),
        ("no scripts in the list of scripts", with("3 0 obj<</Names<</JavaScript<</Names[]>>>>>>endobj ")),
        ("no form", with("3 0 obj<</XFA[]>>endobj ")),
        ("not encrypted", with("trailer<</Encrypt null>>")),
        (
            "damaged stream of objects",
            pdf(&stream("/Type/ObjStm/N 1/First 4/Filter/FlateDecode", &packed(b"9 0 <<>>")[..9])),
        ),
    ];
    for (name, bytes) in table {
        assert_eq!(judged(bytes), Ok(FileType::Pdf), "{name}");
    }
}

#[test]
fn a_pdf_opens_and_closes_where_readers_look() {
    let before = |junk: &[u8]| [junk, with("").as_slice()].concat();
    let after = |junk: &[u8]| [with("").as_slice(), junk].concat();
    let table: &[(&str, Vec<u8>, Result<FileType, FileFault>)] = &[
        ("byte order mark", before(b"\xef\xbb\xbf"), Ok(FileType::Pdf)),
        ("empty lines", before(&[b'\n'; 1000]), Ok(FileType::Pdf)),
        ("a printer's job", before(b"\x1b%-12345X@PJL JOB\r\n"), Ok(FileType::Pdf)),
        ("too far in", before(&[b'\n'; 1025]), Err(FileFault::UnacceptedType)),
        ("a program", before(b"MZ\x90\0"), Err(FileFault::UnacceptedType)),
        ("a script", before(b"#!/bin/sh\n"), Err(FileFault::UnacceptedType)),
        ("a page", before(b" \n<html>"), Err(FileFault::UnacceptedType)),
        ("a page after a mark", before(b"\xef\xbb\xbf<html>"), Err(FileFault::UnacceptedType)),
        ("a zip", before(b"PK\x03\x04"), Err(FileFault::Damaged)),
        ("a picture", before(b"GIF89a"), Err(FileFault::UnacceptedType)),
        ("junk at the end", after(b"\r\n\0\0\x1a junk"), Ok(FileType::Pdf)),
        ("a page at the end", after(b"\n<script>"), Err(FileFault::UnacceptedType)),
        ("no table", with("startxref 99999"), Ok(FileType::Pdf)),
        ("first and last line around a page", b"%PDF-1.4\n<html></html>\n%%EOF".to_vec(), Err(FileFault::Damaged)),
    ];
    for (name, bytes, expected) in table {
        assert_eq!(judged(bytes), *expected, "{name}");
    }
}

fn carrying(name: &str, bytes: &[u8]) -> Vec<u8> {
    let file = format!("3 0 obj<</Type/Filespec/F({name})/EF<</F 7 0 R>>>>endobj ");
    pdf(&[file.as_bytes(), &stream("/Filter/FlateDecode", &packed(bytes))].concat())
}

#[test]
fn carried_files_are_judged_by_what_they_are() {
    let table: &[(&str, Vec<u8>, Result<FileType, FileFault>)] = &[
        ("pdf", carrying("a.pdf", &with("")), Ok(FileType::Pdf)),
        ("text", carrying("a.txt", b"tekst"), Ok(FileType::Pdf)),
        ("text of another encoding", carrying("a.txt", b"pr\xf8ve"), Ok(FileType::Pdf)),
        ("settings of a printing house", carrying("a.joboptions", b"<< /A true >>"), Ok(FileType::Pdf)),
        ("invoice", carrying("a.xml", b"<?xml version=\"1.0\"?><Invoice/>"), Ok(FileType::Pdf)),
        ("picture", carrying("a.png", b"\x89PNG\r\n\x1a\n\0"), Ok(FileType::Pdf)),
        ("program", carrying("a.pdf", b"MZ\x90\0"), Err(FileFault::Programs)),
        ("called a program", carrying("a.exe", &with("")), Err(FileFault::CarriedFiles)),
        ("page", carrying("a.txt", b"<HTML><script>"), Err(FileFault::CarriedFiles)),
        ("unknown bytes", carrying("a.txt", b"\0\x01\x02"), Err(FileFault::CarriedFiles)),
        ("script in a pdf", carrying("a.pdf", &with("3 0 obj<</S/Launch>>endobj ")), Err(FileFault::StartsPrograms)),
        ("a file in a file in a file", carrying("a.pdf", &carrying("b.pdf", b"x")), Err(FileFault::CarriedFiles)),
        ("without a name", with("3 0 obj<</EF<</F 7 0 R>>>>endobj "), Err(FileFault::CarriedFiles)),
        ("not there", with("3 0 obj<</F(a.pdf)/EF<</F 7 0 R>>>>endobj "), Err(FileFault::CarriedFiles)),
        ("named nowhere", pdf(&stream("/Type/EmbeddedFile", b"MZ\x90\0")), Err(FileFault::Programs)),
    ];
    for (name, bytes, expected) in table {
        assert_eq!(judged(bytes), *expected, "{name}");
    }
}

#[test]
fn what_cannot_be_looked_into_within_bounds_is_refused() {
    let filters = "/Type/ObjStm/N 1/First 4/Filter[/ASCIIHexDecode/FlateDecode]";
    let predicted = "/Type/ObjStm/N 1/First 4/Filter/FlateDecode/DecodeParms<</Predictor 12>>";
    let bomb = stream("/Type/ObjStm/N 1/First 4/Filter/FlateDecode", &packed(&vec![b' '; 40 << 20]));
    let table: &[(&str, Vec<u8>)] = &[
        ("packed twice", pdf(&stream(filters, b"00>"))),
        ("packed otherwise", pdf(&stream("/Type/ObjStm/N 1/First 4/Filter/LZWDecode", b"00>"))),
        ("predicted", pdf(&stream(predicted, &packed(b"9 0 <<>>")))),
        ("inflates without end", pdf(&bomb)),
        ("many carried files", {
            let file = "3 0 obj<</F(a.txt)/EF<</F 7 0 R>>>>endobj ";
            pdf(&[file.as_bytes(), &stream("", b"tekst").repeat(101)].concat())
        }),
        ("deep", with(&format!("3 0 obj{}", "[".repeat(100_000)))),
        ("strings within strings", with(&"1 0 obj(".repeat(40_000))),
        ("many values", with(&format!("3 0 obj<<{}", "/A 1".repeat(300_000)))),
    ];
    for (name, bytes) in table {
        assert_eq!(judged(bytes), Err(FileFault::Uncheckable), "{name}");
    }
}

mod encrypted {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use lopdf::encryption::crypt_filters::{Aes128CryptFilter, Aes256CryptFilter, CryptFilter};
    use lopdf::{Document, EncryptionState, EncryptionVersion, Object, Permissions, Stream, StringFormat, dictionary};

    use super::*;

    #[derive(Clone, Copy, Debug)]
    enum Way {
        Rc4Of40Bits,
        Rc4Of128Bits,
        Aes128,
        Aes256,
    }

    const WAYS: [Way; 4] = [Way::Rc4Of40Bits, Way::Rc4Of128Bits, Way::Aes128, Way::Aes256];

    /// A PDF with a stream of objects, encrypted.
    fn locked(way: Way, user_password: &str, object: &str) -> Vec<u8> {
        let mut document = Document::with_version("1.7");
        let pages = document.add_object(dictionary! { "Type" => "Pages", "Count" => 0 });
        let catalog = document.add_object(dictionary! { "Type" => "Catalog", "Pages" => pages });
        let packed = packed(format!("9 0 {object}").as_bytes());
        let listed = dictionary! { "N" => 1, "First" => 4, "Filter" => "FlateDecode" };
        document.add_object(Stream::new(listed, packed));
        document.trailer.set("Root", catalog);
        let id = Object::String(b"0123456789abcdef".to_vec(), StringFormat::Hexadecimal);
        document.trailer.set("ID", Object::Array(vec![id.clone(), id]));
        let state = state(&document, way, user_password);
        document.encrypt(&state).expect("encrypted");
        let mut bytes = vec![];
        document.save_to(&mut bytes).expect("saved");
        bytes
    }

    fn state(document: &Document, way: Way, user_password: &str) -> EncryptionState {
        let (owner_password, permissions) = ("eier", Permissions::PRINTABLE);
        let filters = |filter: Arc<dyn CryptFilter>| BTreeMap::from([(b"StdCF".to_vec(), filter)]);
        let (stream_filter, string_filter) = (b"StdCF".to_vec(), b"StdCF".to_vec());
        let version = match way {
            Way::Rc4Of40Bits => EncryptionVersion::V1 { document, owner_password, user_password, permissions },
            Way::Rc4Of128Bits => {
                EncryptionVersion::V2 { document, owner_password, user_password, key_length: 128, permissions }
            }
            Way::Aes128 => EncryptionVersion::V4 {
                document,
                encrypt_metadata: true,
                crypt_filters: filters(Arc::new(Aes128CryptFilter)),
                stream_filter,
                string_filter,
                owner_password,
                user_password,
                permissions,
            },
            Way::Aes256 => EncryptionVersion::V5 {
                encrypt_metadata: true,
                crypt_filters: filters(Arc::new(Aes256CryptFilter)),
                file_encryption_key: &[7; 32],
                stream_filter,
                string_filter,
                owner_password,
                user_password,
                permissions,
            },
        };
        EncryptionState::try_from(version).expect("a way to encrypt")
    }

    #[test]
    fn a_pdf_that_takes_a_password_is_refused_and_one_that_opens_without_is_looked_into() {
        for way in WAYS {
            assert_eq!(judged(&locked(way, "hemmelig", "<<>>")), Err(FileFault::Encrypted), "{way:?}");
            assert_eq!(judged(&locked(way, "", "<<>>")), Ok(FileType::Pdf), "{way:?}");
            assert_eq!(judged(&locked(way, "", "<</S/Launch>>")), Err(FileFault::StartsPrograms), "{way:?}");
        }
    }

    #[test]
    fn a_pdf_encrypted_in_an_unknown_way_is_refused() {
        for lock in ["5 0 R", "<</Filter/Adobe.PubSec>>", "<</Filter/Standard/V 9/R 9/O()/U()>>"] {
            let bytes = with(&format!("trailer<</Encrypt {lock}>>"));
            assert_eq!(judged(&bytes), Err(FileFault::Encrypted), "{lock}");
        }
    }
}
