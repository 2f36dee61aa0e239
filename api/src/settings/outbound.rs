//! Other organisations' systems that are connected.

use std::path::PathBuf;

use super::reader::Reader;
use super::url;

/// The contact and reservation register, and by whom we get in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ContactRegisterSettings {
    /// Where persons are asked about.
    pub url: String,
    /// Where the tokens for it come from.
    pub maskinporten: MaskinportenSettings,
}

/// Who we are at Maskinporten.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MaskinportenSettings {
    /// Where tokens are asked for.
    pub token_url: String,
    /// The name that Maskinporten goes by, as our requests for tokens have it.
    pub audience: String,
    /// Our client.
    pub client_id: String,
    /// The name under which our key is registered there.
    pub key_id: String,
    /// The private key, RSA, in PEM.
    pub key_file: PathBuf,
}

const WHY: &str = "must be set, for the contact register is";

/// The register, where its address is set; then everything that getting in takes is needed.
pub(super) fn contact_register(reader: &mut Reader<'_>) -> Option<ContactRegisterSettings> {
    let register = reader.parsed("contact_register.url", url::outbound);
    let token_url = reader.parsed("maskinporten.token_url", url::outbound);
    let audience = reader.text("maskinporten.audience");
    let client_id = reader.text("maskinporten.client_id");
    let key_id = reader.text("maskinporten.key_id");
    let key_file = reader.text("maskinporten.key_file").map(PathBuf::from);
    let register = register?;
    let needed = [
        ("maskinporten.client_id", client_id.is_some()),
        ("maskinporten.key_id", key_id.is_some()),
        ("maskinporten.key_file", key_file.is_some()),
    ];
    for (place, _) in needed.into_iter().filter(|(_, is_there)| !is_there) {
        reader.missing(place, WHY);
    }
    Some(ContactRegisterSettings {
        url: register,
        maskinporten: MaskinportenSettings {
            token_url: token_url.unwrap_or_else(|| "https://maskinporten.no/token".to_owned()),
            audience: audience.unwrap_or_else(|| "https://maskinporten.no/".to_owned()),
            client_id: client_id?,
            key_id: key_id?,
            key_file: key_file?,
        },
    })
}
