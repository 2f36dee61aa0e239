//! Encrypts a package of documents for the provider of a mailbox: CMS (RFC 5652) as DPI narrows it down. One recipient, whose key
//! comes from the contact register; AES-256 in CBC mode; its key under RSA-OAEP with SHA-256 (RFC 3560).

use aws_lc_rs::cipher::{AES_256, AES_256_KEY_LEN, PaddedBlockEncryptingKey, UnboundCipherKey};
use aws_lc_rs::rand;
use aws_lc_rs::rsa::{OAEP_SHA256_MGF1SHA256, OaepPublicEncryptingKey, PublicEncryptingKey};
use der::asn1::{Any, ObjectIdentifier, OctetString};
use der::{Decode as _, Encode as _, Sequence, Tag};
use x509_cert::Certificate;
use x509_cert::name::Name;
use x509_cert::serial_number::SerialNumber;
use x509_cert::spki::AlgorithmIdentifierOwned;
use zeroize::Zeroizing;

const ENVELOPED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.3");
const DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.1");
const AES_256_CBC: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.1.42");
const RSAES_OAEP: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.7");
/// RSAES-OAEP-params (RFC 3560): SHA-256, MGF1 with SHA-256, and no label, which is the default and so left out.
const OAEP_WITH_SHA_256: [u8; 49] = [
    0x30, 0x2f, 0xa0, 0x0f, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00,
    0xa1, 0x1c, 0x30, 0x1a, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x08, 0x30, 0x0d, 0x06, 0x09,
    0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00,
];

/// Why nothing could be encrypted.
#[derive(Debug, thiserror::Error)]
pub(super) enum CmsError {
    #[error("the certificate of the mailbox cannot be read")]
    Certificate(#[source] der::Error),
    #[error("the certificate of the mailbox holds no RSA key that can be used")]
    Key,
    #[error("it cannot be encrypted")]
    Cipher,
    #[error("it cannot be written")]
    Write(#[from] der::Error),
}

#[derive(Sequence)]
pub(super) struct ContentInfo {
    content_type: ObjectIdentifier,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT")]
    pub(super) content: EnvelopedData,
}

#[derive(Sequence)]
pub(super) struct EnvelopedData {
    version: u8,
    /// A set of one.
    pub(super) recipients: Any,
    pub(super) content: EncryptedContentInfo,
}

#[derive(Sequence)]
pub(super) struct KeyTransRecipientInfo {
    version: u8,
    recipient: IssuerAndSerialNumber,
    algorithm: AlgorithmIdentifierOwned,
    pub(super) encrypted_key: OctetString,
}

#[derive(Sequence)]
pub(super) struct IssuerAndSerialNumber {
    issuer: Name,
    serial_number: SerialNumber,
}

#[derive(Sequence)]
pub(super) struct EncryptedContentInfo {
    content_type: ObjectIdentifier,
    pub(super) algorithm: AlgorithmIdentifierOwned,
    #[asn1(context_specific = "0", tag_mode = "IMPLICIT")]
    pub(super) encrypted_content: OctetString,
}

/// Encrypts content for whoever has the key of a certificate (DER).
pub(super) fn encrypt(content: Vec<u8>, certificate: &[u8]) -> Result<Vec<u8>, CmsError> {
    let certificate = Certificate::from_der(certificate).map_err(CmsError::Certificate)?;
    let mut key = Zeroizing::new([0; AES_256_KEY_LEN]);
    rand::fill(&mut *key).map_err(|_| CmsError::Cipher)?;
    let (encrypted, initial_vector) = encrypted(content, &*key)?;
    let certificate = certificate.tbs_certificate();
    let recipient = KeyTransRecipientInfo {
        version: 0,
        recipient: IssuerAndSerialNumber {
            issuer: certificate.issuer().clone(),
            serial_number: certificate.serial_number().clone(),
        },
        algorithm: AlgorithmIdentifierOwned { oid: RSAES_OAEP, parameters: Some(Any::from_der(&OAEP_WITH_SHA_256)?) },
        encrypted_key: OctetString::new(wrapped(&*key, &certificate.subject_public_key_info().to_der()?)?)?,
    };
    let content = EncryptedContentInfo {
        content_type: DATA,
        algorithm: AlgorithmIdentifierOwned {
            oid: AES_256_CBC,
            parameters: Some(Any::new(Tag::OctetString, initial_vector)?),
        },
        encrypted_content: OctetString::new(encrypted)?,
    };
    let recipients = Any::new(Tag::Set, recipient.to_der()?)?;
    let content = EnvelopedData { version: 0, recipients, content };
    Ok(ContentInfo { content_type: ENVELOPED_DATA, content }.to_der()?)
}

/// Content under a key, and the vector that it begins with.
fn encrypted(mut content: Vec<u8>, key: &[u8]) -> Result<(Vec<u8>, Vec<u8>), CmsError> {
    let key = UnboundCipherKey::new(&AES_256, key).map_err(|_| CmsError::Cipher)?;
    let key = PaddedBlockEncryptingKey::cbc_pkcs7(key).map_err(|_| CmsError::Cipher)?;
    let context = key.encrypt(&mut content).map_err(|_| CmsError::Cipher)?;
    let initial_vector: &[u8] = (&context).try_into().map_err(|_| CmsError::Cipher)?;
    Ok((content, initial_vector.to_vec()))
}

/// A key under the public key of a recipient.
fn wrapped(key: &[u8], public_key: &[u8]) -> Result<Vec<u8>, CmsError> {
    let public_key = PublicEncryptingKey::from_der(public_key).map_err(|_| CmsError::Key)?;
    let public_key = OaepPublicEncryptingKey::new(public_key).map_err(|_| CmsError::Key)?;
    let mut wrapped = vec![0; public_key.ciphertext_size()];
    let length = public_key.encrypt(&OAEP_SHA256_MGF1SHA256, key, &mut wrapped, None).map_err(|_| CmsError::Key)?.len();
    wrapped.truncate(length);
    Ok(wrapped)
}
