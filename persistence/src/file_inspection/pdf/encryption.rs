//! PDFs that are encrypted and open without a password all the same, as those do whose author only forbade to copy or
//! print (ISO 32000-2, 7.6). Their object streams are decrypted to be looked into; all others are locked.

use aws_lc_rs::cipher::{
    AES_128, AES_256, Algorithm, DecryptingKey, DecryptionContext, EncryptingKey, EncryptionContext, UnboundCipherKey,
};
use aws_lc_rs::digest::{SHA256, SHA384, SHA512, digest};
use aws_lc_rs::iv::FixedLength;
use domain::attachment::FileFault;
use md5::{Digest as _, Md5};

use super::objects::{Objects, StreamObject};
use super::value::{Dictionary, Value};

/// Fills a password up; alone it stands for none.
const PADDING: [u8; 32] = [
    0x28, 0xbf, 0x4e, 0x5e, 0x4e, 0x75, 0x8a, 0x41, 0x64, 0x00, 0x4e, 0x56, 0xff, 0xfa, 0x01, 0x08, 0x2e, 0x2e, 0x00,
    0xb6, 0xd0, 0x68, 0x3e, 0x80, 0x2f, 0x0c, 0xa9, 0xfe, 0x64, 0x53, 0x69, 0x7a,
];
const BLOCK_BYTES: usize = 16;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Cipher {
    None,
    Rc4,
    /// AES with a key for each object.
    Aes128,
    Aes256,
}

/// What opens the streams of a file.
pub(super) struct Key {
    cipher: Cipher,
    key: Vec<u8>,
}

/// The key of the file; none where it is not encrypted.
///
/// # Errors
/// It takes a password, or is encrypted in a way that is not known.
pub(super) fn open(objects: &Objects) -> Result<Option<Key>, FileFault> {
    let mut key = None;
    for lock in &objects.locks {
        let mut opened = false;
        let candidates = objects.lock_dictionaries.iter();
        let referred =
            candidates.filter(|(number, _)| matches!(lock.dictionary, Value::Reference(to, _) if to == *number));
        let direct = if let Value::Dictionary(dictionary) = &lock.dictionary { Some(dictionary) } else { None };
        for dictionary in direct.into_iter().chain(referred.map(|(_, dictionary)| dictionary)) {
            key = Some(Key::without_password(dictionary, &lock.file_id).ok_or(FileFault::Encrypted)?);
            opened = true;
        }
        if !opened {
            return Err(FileFault::Encrypted);
        }
    }
    Ok(key)
}

impl Key {
    fn without_password(dictionary: &Dictionary, file_id: &[u8]) -> Option<Self> {
        let is_standard = dictionary.one("Filter").is_some_and(|filter| filter.is_name("Standard"));
        let revision = dictionary.integer("R").filter(|_| is_standard)?;
        let version = dictionary.integer("V")?;
        let (owner, user) = (dictionary.text("O")?, dictionary.text("U")?);
        match (version, revision) {
            (5, 5 | 6) => {
                let (check, validation, salt) = (user.get(..32)?, user.get(32..40)?, user.get(40..48)?);
                let hash = |salt: &[u8]| if revision == 5 { Some(sha256(salt)) } else { hardened_hash(salt) };
                if hash(validation)? != check {
                    return None;
                }
                let mut key = dictionary.text("UE")?.get(..32)?.to_vec();
                decrypt_cbc(&AES_256, &hash(salt)?, [0; BLOCK_BYTES], &mut key)?;
                Some(Self { cipher: stream_cipher(dictionary)?, key })
            }
            (1 | 2 | 4, 2..=4) => {
                let cipher = if version == 4 { stream_cipher(dictionary)? } else { Cipher::Rc4 };
                let length = match (version, dictionary.integer("Length")) {
                    (1, _) | (2, None) => 5,
                    (4, _) => 16,
                    (_, Some(bits)) => usize::try_from(bits / 8).ok().filter(|bytes| (5..=16).contains(bytes))?,
                    (_, None) => 5,
                };
                let mut hash = Md5::new();
                hash.update(PADDING);
                hash.update(owner.get(..32)?);
                // A 32-bit number, which some write without its sign.
                hash.update((dictionary.integer("P")? as i32).to_le_bytes());
                hash.update(file_id);
                if revision >= 4 && has_open_metadata(dictionary) {
                    hash.update([0xff; 4]);
                }
                let mut key = hash.finalize().to_vec();
                if revision >= 3 {
                    for _ in 0..50 {
                        key = Md5::digest(&key[..length]).to_vec();
                    }
                }
                key.truncate(length);
                is_users(&key, revision, user, file_id).then_some(Self { cipher, key })
            }
            _ => None,
        }
    }

    /// The bytes of a stream, whole blocks of them. None where they are not what the key opens.
    pub(super) fn decrypt(&self, stream: &StreamObject, bytes: &[u8]) -> Option<Vec<u8>> {
        let number = stream.number.to_le_bytes();
        let generation = stream.generation.to_le_bytes();
        let own_key = |salt: &[u8]| {
            let hash = Md5::new().chain_update(&self.key).chain_update(&number[..3]).chain_update(generation);
            let length = (self.key.len() + 5).min(BLOCK_BYTES);
            hash.chain_update(salt).finalize()[..length].to_vec()
        };
        let (algorithm, key) = match self.cipher {
            Cipher::None => return Some(bytes.to_vec()),
            Cipher::Rc4 => return Some(rc4(&own_key(b""), bytes)),
            Cipher::Aes128 => (&AES_128, own_key(b"sAlT")),
            Cipher::Aes256 => (&AES_256, self.key.clone()),
        };
        let (iv, content) = bytes.split_first_chunk::<BLOCK_BYTES>()?;
        let mut content = content[..content.len() - content.len() % BLOCK_BYTES].to_vec();
        decrypt_cbc(algorithm, &key, *iv, &mut content)?;
        Some(content)
    }
}

fn has_open_metadata(dictionary: &Dictionary) -> bool {
    dictionary.one("EncryptMetadata") == Some(&Value::False)
}

/// The cipher of streams, by the filter that the dictionary names for them.
fn stream_cipher(dictionary: &Dictionary) -> Option<Cipher> {
    let Some(Value::Name(filter)) = dictionary.one("StmF") else { return Some(Cipher::None) };
    if filter == b"Identity" {
        return Some(Cipher::None);
    }
    let Value::Dictionary(filters) = dictionary.one("CF")? else { return None };
    let Value::Dictionary(filter) = filters.one(std::str::from_utf8(filter).ok()?)? else { return None };
    let method = filter.one("CFM")?;
    let known = [("V2", Cipher::Rc4), ("AESV2", Cipher::Aes128), ("AESV3", Cipher::Aes256), ("None", Cipher::None)];
    known.iter().find(|(name, _)| method.is_name(name)).map(|(_, cipher)| *cipher)
}

/// Whether the key is that of an empty user password.
fn is_users(key: &[u8], revision: i64, user: &[u8], file_id: &[u8]) -> bool {
    if revision == 2 {
        return rc4(key, &PADDING) == user;
    }
    let mut check = Md5::new().chain_update(PADDING).chain_update(file_id).finalize().to_vec();
    for round in 0..20_u8 {
        let key: Vec<u8> = key.iter().map(|byte| byte ^ round).collect();
        check = rc4(&key, &check);
    }
    user.get(..check.len()) == Some(&check)
}

fn sha256(bytes: &[u8]) -> Vec<u8> {
    digest(&SHA256, bytes).as_ref().to_vec()
}

/// The hash of revision 6, of an empty password (ISO 32000-2, algorithm 2.B).
fn hardened_hash(salt: &[u8]) -> Option<Vec<u8>> {
    let mut hash = sha256(salt);
    let mut round = 0_u32;
    loop {
        let mut block = hash.repeat(64);
        let key = UnboundCipherKey::new(&AES_128, hash.get(..16)?).ok()?;
        let iv: [u8; BLOCK_BYTES] = hash.get(16..32)?.try_into().ok()?;
        let context = EncryptionContext::Iv128(FixedLength::from(iv));
        EncryptingKey::cbc(key).ok()?.less_safe_encrypt(&mut block, context).ok()?;
        let sum: u32 = block[..BLOCK_BYTES].iter().copied().map(u32::from).sum();
        let algorithm = [&SHA256, &SHA384, &SHA512][(sum % 3) as usize];
        hash = digest(algorithm, &block).as_ref().to_vec();
        round += 1;
        if round >= 64 && u32::from(*block.last()?) <= round - 32 {
            hash.truncate(32);
            return Some(hash);
        }
    }
}

fn decrypt_cbc(algorithm: &'static Algorithm, key: &[u8], iv: [u8; BLOCK_BYTES], content: &mut [u8]) -> Option<()> {
    let key = DecryptingKey::cbc(UnboundCipherKey::new(algorithm, key).ok()?).ok()?;
    key.decrypt(content, DecryptionContext::Iv128(FixedLength::from(iv))).ok().map(|_| ())
}

/// The stream cipher of old PDFs. It keeps no secret here: the key is that of an empty password.
fn rc4(key: &[u8], bytes: &[u8]) -> Vec<u8> {
    let mut state: [u8; 256] = std::array::from_fn(|place| place as u8);
    let mut other = 0_u8;
    for place in 0..256 {
        other = other.wrapping_add(state[place]).wrapping_add(key[place % key.len()]);
        state.swap(place, usize::from(other));
    }
    let (mut place, mut other) = (0_u8, 0_u8);
    let next = |byte: &u8| {
        place = place.wrapping_add(1);
        other = other.wrapping_add(state[usize::from(place)]);
        state.swap(usize::from(place), usize::from(other));
        let sum = state[usize::from(place)].wrapping_add(state[usize::from(other)]);
        byte ^ state[usize::from(sum)]
    };
    bytes.iter().map(next).collect()
}
