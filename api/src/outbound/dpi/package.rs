//! The package of documents that a letter is in DPI: a container of ASiC-E, signed once with XAdES at its baseline level, as DPI
//! narrows both down.

use std::fmt::Write as _;
use std::io::{self, Cursor, Write as _};

use aws_lc_rs::digest::{Algorithm, SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use chrono::{DateTime, SecondsFormat, Utc};
use quick_xml::escape::partial_escape;
use serde::Serialize;
use x509_cert::Certificate;
use x509_cert::der::Decode as _;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::AUTHORITY;
use crate::outbound::key::Signer;

/// The kind of file that a package is.
const MEDIA_TYPE: &str = "application/vnd.etsi.asic-e+zip";
const NAMESPACE: &str = "http://begrep.difi.no/sdp/schema_v10";
const ASIC: &str = "http://uri.etsi.org/2918/v1.2.1#";
const XADES: &str = "http://uri.etsi.org/01903/v1.3.2#";
const XML_SIGNATURE: &str = "http://www.w3.org/2000/09/xmldsig#";
const CANONICAL: &str = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315";
const SHA_256: &str = "http://www.w3.org/2001/04/xmlenc#sha256";
/// For the certificate's own fingerprint DPI asks for this one and no other.
const SHA_1: &str = "http://www.w3.org/2000/09/xmldsig#sha1";
const RSA_SHA_256: &str = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";
const SIGNED_PROPERTIES: &str = "http://uri.etsi.org/01903#SignedProperties";
/// As many characters of a title as the manifest takes.
const MOST_OF_TITLE: usize = 255;
/// The language of titles, as DPI has its words.
const LANGUAGE: &str = "no";

/// Why there is no package.
#[derive(Debug, thiserror::Error)]
pub(super) enum PackageError {
    #[error("a letter without a document")]
    Empty,
    #[error("the manifest cannot be written")]
    Manifest(#[from] quick_xml::SeError),
    #[error("our certificate cannot be read")]
    Certificate(#[from] x509_cert::der::Error),
    #[error("our key does not sign")]
    Key(#[from] jsonwebtoken::errors::Error),
    #[error("the container cannot be written")]
    Zip(#[from] zip::result::ZipError),
    #[error("the container cannot be written")]
    Write(#[from] io::Error),
}

/// A file of the package.
struct File<'p> {
    name: String,
    media_type: &'static str,
    bytes: &'p [u8],
}

/// What is sent to whom, in the terms of DPI.
pub(super) struct Contents<'p> {
    /// The provider's name for the mailbox.
    pub(super) mailbox: &'p str,
    /// The organisation that answers for the letter, with its prefix.
    pub(super) sender: &'p str,
    /// Titles and PDFs, the letter itself first.
    pub(super) documents: Vec<(&'p str, &'p [u8])>,
}

/// Who signs: a key, and the certificates from its own up to the one that all trust, in DER.
pub(super) struct Seal {
    pub(super) signer: Signer,
    pub(super) chain: Vec<Vec<u8>>,
}

/// Packs documents, and signs all that is in the package.
pub(super) fn pack(contents: &Contents<'_>, seal: &Seal, now: DateTime<Utc>) -> Result<Vec<u8>, PackageError> {
    let manifest = manifest(contents)?;
    let mut files =
        vec![File { name: "manifest.xml".to_owned(), media_type: "application/xml", bytes: manifest.as_bytes() }];
    let documents = contents.documents.iter().zip(0..);
    files.extend(documents.map(|((_, bytes), place)| File {
        name: file_name(place),
        media_type: "application/pdf",
        bytes,
    }));
    let signature = signature(&files, seal, now)?;
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let (plain, packed) = (CompressionMethod::Stored, CompressionMethod::Deflated);
    // Whoever looks at the first bytes sees what it is: this comes first, and as it stands.
    let signed = files.iter().map(|file| (file.name.as_str(), packed, file.bytes));
    for (name, method, bytes) in [("mimetype", plain, MEDIA_TYPE.as_bytes())].into_iter().chain(signed).chain([(
        "META-INF/signatures.xml",
        packed,
        signature.as_bytes(),
    )]) {
        zip.start_file(name, SimpleFileOptions::default().compression_method(method))?;
        zip.write_all(bytes)?;
    }
    Ok(zip.finish()?.into_inner())
}

fn file_name(place: usize) -> String {
    if place == 0 { "letter.pdf".to_owned() } else { format!("attachment-{place}.pdf") }
}

/// What the files are, and for whom.
fn manifest(contents: &Contents<'_>) -> Result<String, PackageError> {
    let mut documents = contents.documents.iter().zip(0..).map(|((title, _), place)| Document {
        href: file_name(place),
        mime: "application/pdf",
        tittel: Title { lang: LANGUAGE, text: title.chars().take(MOST_OF_TITLE).collect() },
    });
    let manifest = Manifest {
        xmlns: NAMESPACE,
        mottaker: Recipient { person: Person { postkasseadresse: contents.mailbox } },
        avsender: Sender { organisasjon: Organisation { authority: AUTHORITY, number: contents.sender } },
        hoveddokument: documents.next().ok_or(PackageError::Empty)?,
        vedlegg: documents.collect(),
    };
    Ok(quick_xml::se::to_string(&manifest)?)
}

/// The order of the fields is that of the schema.
#[derive(Serialize)]
#[serde(rename = "manifest")]
struct Manifest<'p> {
    #[serde(rename = "@xmlns")]
    xmlns: &'static str,
    mottaker: Recipient<'p>,
    avsender: Sender<'p>,
    hoveddokument: Document,
    vedlegg: Vec<Document>,
}

#[derive(Serialize)]
struct Recipient<'p> {
    person: Person<'p>,
}

#[derive(Serialize)]
struct Person<'p> {
    postkasseadresse: &'p str,
}

#[derive(Serialize)]
struct Sender<'p> {
    organisasjon: Organisation<'p>,
}

#[derive(Serialize)]
struct Organisation<'p> {
    #[serde(rename = "@authority")]
    authority: &'static str,
    #[serde(rename = "$text")]
    number: &'p str,
}

#[derive(Serialize)]
struct Document {
    #[serde(rename = "@href")]
    href: String,
    #[serde(rename = "@mime")]
    mime: &'static str,
    tittel: Title,
}

#[derive(Serialize)]
struct Title {
    #[serde(rename = "@lang")]
    lang: &'static str,
    #[serde(rename = "$text")]
    text: String,
}

/// The signature of all files. What is signed of XML is signed in its canonical form; so it is written in that form from the
/// start: no element without its end, attributes in the order of their names, each namespace told where it begins.
fn signature(files: &[File<'_>], seal: &Seal, now: DateTime<Utc>) -> Result<String, PackageError> {
    let properties = signed_properties(files, &seal.chain, now)?;
    let mut references = String::new();
    for (file, place) in files.iter().zip(0..) {
        let _ = write!(
            references,
            "<Reference Id=\"ID_{place}\" URI=\"{}\">{}</Reference>",
            file.name,
            fingerprint(&SHA256, SHA_256, file.bytes, "")
        );
    }
    let signed_info = format!(
        "<SignedInfo xmlns=\"{XML_SIGNATURE}\"><CanonicalizationMethod Algorithm=\"{CANONICAL}\"></CanonicalizationMethod>\
         <SignatureMethod Algorithm=\"{RSA_SHA_256}\"></SignatureMethod>{references}\
         <Reference Type=\"{SIGNED_PROPERTIES}\" URI=\"#SignedProperties\"><Transforms>\
         <Transform Algorithm=\"{CANONICAL}\"></Transform></Transforms>{}</Reference></SignedInfo>",
        fingerprint(&SHA256, SHA_256, properties.as_bytes(), "")
    );
    let signature = BASE64_STANDARD.encode(seal.signer.sign(signed_info.as_bytes())?);
    let certificates: String = seal
        .chain
        .iter()
        .map(|der| format!("<X509Certificate>{}</X509Certificate>", BASE64_STANDARD.encode(der)))
        .collect();
    Ok(format!(
        "<XAdESSignatures xmlns=\"{ASIC}\"><Signature xmlns=\"{XML_SIGNATURE}\" Id=\"Signature\">{signed_info}\
         <SignatureValue>{signature}</SignatureValue><KeyInfo><X509Data>{certificates}</X509Data></KeyInfo><Object>\
         <QualifyingProperties xmlns=\"{XADES}\" Target=\"#Signature\">{properties}</QualifyingProperties></Object>\
         </Signature></XAdESSignatures>"
    ))
}

/// When it was signed and with which certificate, and what kind of file each is.
fn signed_properties(files: &[File<'_>], chain: &[Vec<u8>], now: DateTime<Utc>) -> Result<String, PackageError> {
    let own = chain.first().map_or(&[][..], Vec::as_slice);
    let certificate = Certificate::from_der(own)?;
    let certificate = certificate.tbs_certificate();
    let issuer = certificate.issuer().to_string();
    let formats: String = files
        .iter()
        .zip(0..)
        .map(|(file, place)| {
            format!(
                "<DataObjectFormat ObjectReference=\"#ID_{place}\"><MimeType>{}</MimeType></DataObjectFormat>",
                file.media_type
            )
        })
        .collect();
    let xmlns = format!(" xmlns=\"{XML_SIGNATURE}\"");
    Ok(format!(
        "<SignedProperties xmlns=\"{XADES}\" Id=\"SignedProperties\"><SignedSignatureProperties>\
         <SigningTime>{}</SigningTime><SigningCertificate><Cert><CertDigest>{}</CertDigest><IssuerSerial>\
         <X509IssuerName{xmlns}>{}</X509IssuerName><X509SerialNumber{xmlns}>{}</X509SerialNumber></IssuerSerial></Cert>\
         </SigningCertificate></SignedSignatureProperties><SignedDataObjectProperties>{formats}\
         </SignedDataObjectProperties></SignedProperties>",
        now.to_rfc3339_opts(SecondsFormat::Secs, true),
        fingerprint(&SHA1_FOR_LEGACY_USE_ONLY, SHA_1, own, &xmlns),
        partial_escape(&issuer),
        decimal(certificate.serial_number().as_bytes()),
    ))
}

/// `xmlns` tells the namespace, where those around are of another.
fn fingerprint(algorithm: &'static Algorithm, name: &str, of: &[u8], xmlns: &str) -> String {
    let value = BASE64_STANDARD.encode(digest(algorithm, of));
    format!("<DigestMethod{xmlns} Algorithm=\"{name}\"></DigestMethod><DigestValue{xmlns}>{value}</DigestValue>")
}

/// A whole number, most significant byte first, in decimal digits.
fn decimal(bytes: &[u8]) -> String {
    let mut digits = vec![0_u8];
    for byte in bytes {
        let mut carry = u32::from(*byte);
        for digit in &mut digits {
            carry += u32::from(*digit) * 256;
            *digit = (carry % 10) as u8;
            carry /= 10;
        }
        while carry > 0 {
            digits.push((carry % 10) as u8);
            carry /= 10;
        }
    }
    digits.iter().rev().map(|digit| char::from(b'0' + digit)).collect()
}
