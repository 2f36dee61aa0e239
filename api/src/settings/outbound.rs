//! Other organisations' systems that are connected.

use std::path::PathBuf;

use domain::identity::OrganisationNumber;
use strum::{EnumString, IntoStaticStr, VariantNames};

use super::reader::Reader;
use super::{organisation_number, url};

/// The registers of other organisations that are connected.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RegisterSettings {
    /// The population register.
    pub population: Option<PopulationRegisterSettings>,
    /// The contact and reservation register.
    pub contact: Option<ContactRegisterSettings>,
}

/// The population register, and by whom we get in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PopulationRegisterSettings {
    /// Where persons are asked about in bulk.
    pub url: String,
    /// What our tokens for it are for: the scope of the package of rights that the address has, too.
    pub scope: String,
    /// Where the tokens for it come from.
    pub maskinporten: MaskinportenSettings,
}

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

/// Who we are at Digipost.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DigipostSettings {
    /// Where its message API is.
    pub url: String,
    /// Our id there, which is no organisation number.
    pub sender_id: String,
    /// The private key of our certificate, RSA, in PEM.
    pub key_file: PathBuf,
    /// How recipients log in before they see a letter.
    pub authentication_level: AuthenticationLevel,
    /// Whether Digipost is asked for the recipient before a letter goes there.
    pub identify: bool,
}

/// How recipients log in at Digipost before they see a letter. Less than these is not for health.
#[derive(Clone, Copy, PartialEq, Eq, Debug, EnumString, IntoStaticStr, VariantNames)]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
pub enum AuthenticationLevel {
    /// With something beside the password.
    TwoFactor,
    /// By ID-porten at level high. For public agencies.
    #[strum(serialize = "IDPORTEN_4")]
    Idporten4,
}

/// Who we are at an access point of DPI, which brings letters to mailboxes at any provider.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DpiSettings {
    /// Where the access point is.
    pub url: String,
    /// Our organisation, which sends for others.
    pub organisation: OrganisationNumber,
    /// The private key of our certificate, RSA, in PEM.
    pub key_file: PathBuf,
    /// Our certificate and those above it, in PEM, ours first.
    pub certificate_file: PathBuf,
    /// Where the tokens come from.
    pub maskinporten: MaskinportenSettings,
}

const WHY: &str = "must be set, for a register or DPI is";

/// What is reached with tokens of Maskinporten: the registers and the access point whose addresses are set. For each of them
/// everything that getting in takes is needed.
pub(super) fn through_maskinporten(reader: &mut Reader<'_>) -> (RegisterSettings, Option<DpiSettings>) {
    let population = reader.parsed("population_register.url", url::outbound);
    let scope = reader.text("population_register.scope");
    let contact = reader.parsed("contact_register.url", url::outbound);
    let dpi = reader.parsed("dpi.url", url::outbound);
    let maskinporten = maskinporten(reader, population.is_some() || contact.is_some() || dpi.is_some());
    let registers = RegisterSettings {
        population: population.zip(maskinporten.clone()).map(|(url, maskinporten)| PopulationRegisterSettings {
            url,
            scope: scope.unwrap_or_else(|| "folkeregister:deling/offentligmedhjemmel".to_owned()),
            maskinporten,
        }),
        contact: contact
            .zip(maskinporten.clone())
            .map(|(url, maskinporten)| ContactRegisterSettings { url, maskinporten }),
    };
    (registers, self::dpi(reader, dpi, maskinporten))
}

fn dpi(
    reader: &mut Reader<'_>,
    url: Option<String>,
    maskinporten: Option<MaskinportenSettings>,
) -> Option<DpiSettings> {
    let organisation = reader.parsed("dpi.organisation_number", organisation_number);
    let key_file = reader.text("dpi.key_file").map(PathBuf::from);
    let certificate_file = reader.text("dpi.certificate_file").map(PathBuf::from);
    let url = url?;
    for (place, is_there) in [
        ("dpi.organisation_number", organisation.is_some()),
        ("dpi.key_file", key_file.is_some()),
        ("dpi.certificate_file", certificate_file.is_some()),
    ] {
        if !is_there {
            reader.missing(place, "must be set, for dpi.url is");
        }
    }
    Some(DpiSettings {
        url,
        organisation: organisation?,
        key_file: key_file?,
        certificate_file: certificate_file?,
        maskinporten: maskinporten?,
    })
}

fn maskinporten(reader: &mut Reader<'_>, is_needed: bool) -> Option<MaskinportenSettings> {
    let token_url = reader.parsed("maskinporten.token_url", url::outbound);
    let audience = reader.text("maskinporten.audience");
    let client_id = reader.text("maskinporten.client_id");
    let key_id = reader.text("maskinporten.key_id");
    let key_file = reader.text("maskinporten.key_file").map(PathBuf::from);
    let needed = [
        ("maskinporten.client_id", client_id.is_some()),
        ("maskinporten.key_id", key_id.is_some()),
        ("maskinporten.key_file", key_file.is_some()),
    ];
    for (place, _) in needed.into_iter().filter(|(_, is_there)| is_needed && !is_there) {
        reader.missing(place, WHY);
    }
    Some(MaskinportenSettings {
        token_url: token_url.unwrap_or_else(|| "https://maskinporten.no/token".to_owned()),
        audience: audience.unwrap_or_else(|| "https://maskinporten.no/".to_owned()),
        client_id: client_id?,
        key_id: key_id?,
        key_file: key_file?,
    })
}

/// Digipost, where our id and key are set.
pub(super) fn digipost(reader: &mut Reader<'_>) -> Option<DigipostSettings> {
    let url = reader.parsed("digipost.url", url::outbound);
    let sender_id = reader.parsed("digipost.sender_id", |text| {
        let is_id = text.bytes().all(|byte| byte.is_ascii_digit());
        is_id.then(|| text.to_owned()).ok_or("must be digits")
    });
    let key_file = reader.text("digipost.key_file").map(PathBuf::from);
    let authentication_level = reader.word("digipost.authentication_level");
    let identify = reader.flag("digipost.identify");
    let is_asked_for = sender_id.is_some() || key_file.is_some();
    for (place, is_there) in [("digipost.sender_id", sender_id.is_some()), ("digipost.key_file", key_file.is_some())] {
        if is_asked_for && !is_there {
            reader.missing(place, "must be set: sender_id and key_file come together");
        }
    }
    Some(DigipostSettings {
        url: url.unwrap_or_else(|| "https://api.digipost.no".to_owned()),
        sender_id: sender_id?,
        key_file: key_file?,
        authentication_level: authentication_level.unwrap_or(AuthenticationLevel::Idporten4),
        identify: identify.unwrap_or(false),
    })
}
