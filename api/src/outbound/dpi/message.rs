//! What goes with a package, and what comes back: business messages of DPI in JSON, in the envelope of a standard business document.

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use chrono::{DateTime, SecondsFormat, Utc};
use domain::identity::OrganisationNumber;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::AUTHORITY;
use crate::language::Language;
use crate::text::{File, Message, text};

const STANDARD: &str = "urn:fdc:digdir.no:2020:innbyggerpost:xsd::innbyggerpost##urn:fdc:digdir.no:2020:innbyggerpost:\
                        schema:digital::1.0";
const PROCESS: &str = "urn:fdc:digdir.no:2020:profile:egovernment:innbyggerpost:digital:ver1.0";
const SHA_256: &str = "http://www.w3.org/2001/04/xmlenc#sha256";
/// How recipients log in before they see a letter. Less is not for health.
const SECURITY_LEVEL: u8 = 4;
/// What providers show to who is not logged in, and put into notices. It says nothing of what the letter is about (KRR-16).
#[derive(Clone, Copy)]
struct TitleForAll;

impl Message for TitleForAll {
    const FILE: File = File::Letters;

    fn id(&self) -> &'static str {
        "title-for-all"
    }
}

/// Each text of what goes with a package.
#[cfg(test)]
pub(crate) fn every_package_text() -> Vec<impl Message> {
    vec![TitleForAll]
}

/// A letter, as DPI tells of it.
pub(super) struct Outgoing<'m> {
    /// What it is known by.
    pub(super) id: Uuid,
    /// Who sends it for others: us.
    pub(super) us: &'m OrganisationNumber,
    /// The organisation that answers for it.
    pub(super) sender: &'m OrganisationNumber,
    /// Whose the mailbox is.
    pub(super) provider: &'m OrganisationNumber,
    /// The provider's name for the mailbox.
    pub(super) mailbox: &'m str,
    /// The SHA-256 of the package as it goes.
    pub(super) fingerprint: &'m [u8],
    /// That we may send for the sender.
    pub(super) token: &'m str,
}

/// An organisation as DPI writes it.
pub(super) fn prefixed(number: &OrganisationNumber) -> String {
    format!("0192:{}", number.as_str())
}

impl Outgoing<'_> {
    pub(super) fn document(&self, now: DateTime<Utc>) -> Value {
        let party = |number: &OrganisationNumber| json!({"authority": AUTHORITY, "value": prefixed(number)});
        json!({"standardBusinessDocument": {
            "standardBusinessDocumentHeader": {
                "headerVersion": "1.0",
                "sender": [{"identifier": party(self.us)}],
                "receiver": [{"identifier": party(self.provider)}],
                "documentIdentification": {
                    "standard": STANDARD,
                    "typeVersion": "1.0",
                    "instanceIdentifier": self.id,
                    "type": "digital",
                    "creationDateAndTime": now.to_rfc3339_opts(SecondsFormat::Millis, true),
                },
                "businessScope": {"scope": [
                    {"type": "ConversationId", "instanceIdentifier": self.id, "identifier": PROCESS},
                ]},
            },
            "digital": {
                "avsender": {"virksomhetsidentifikator": party(self.sender)},
                "mottaker": {"postkasseadresse": self.mailbox},
                "dokumentpakkefingeravtrykk": {
                    "digestMethod": SHA_256,
                    "digestValue": BASE64_STANDARD.encode(self.fingerprint),
                },
                "maskinportentoken": self.token,
                "sikkerhetsnivaa": SECURITY_LEVEL,
                "aapningskvittering": false,
                "ikkesensitivtittel": text(&TitleForAll, Language::Bokmal),
                "spraak": "no",
                "varsler": {},
            },
        }})
    }
}

/// How far a letter is at the access points.
#[derive(Deserialize)]
pub(super) struct Status {
    status: String,
}

impl Status {
    /// Whether the access point says that it could not bring the letter to the provider's.
    pub(super) fn is_failed(&self) -> bool {
        self.status == "FEILET"
    }
}

/// What the provider of a mailbox says of a letter.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Word {
    /// It is in the mailbox.
    Delivered,
    /// It is not, and will not be.
    Failed,
}

/// A message of a provider's to us.
#[derive(Debug)]
pub(super) struct Receipt {
    /// Its own id, under which it is marked as read.
    pub(super) id: Uuid,
    /// The letter that it is about.
    pub(super) letter: Uuid,
    /// When it was made.
    pub(super) at: DateTime<Utc>,
    /// What it says; none where it says something that we did not ask for.
    pub(super) word: Option<Word>,
}

/// A message as the access point hands it out.
#[derive(Deserialize)]
pub(super) struct Incoming {
    forretningsmelding: String,
}

impl Incoming {
    /// What it says. None where it cannot be read.
    ///
    /// The access point is trusted with that, as with the answer that it has taken a letter; whose signature it is that a
    /// message bears is not looked at.
    pub(super) fn receipt(&self) -> Option<Receipt> {
        let payload = self.forretningsmelding.split('.').nth(1)?;
        let document: Value = serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(payload).ok()?).ok()?;
        let header = &document["standardBusinessDocument"]["standardBusinessDocumentHeader"];
        let identification = &header["documentIdentification"];
        let scopes = header["businessScope"]["scope"].as_array()?;
        let conversation = scopes.iter().find(|scope| scope["type"] == "ConversationId")?;
        let id = |value: &Value| value.as_str()?.parse().ok();
        Some(Receipt {
            id: id(&identification["instanceIdentifier"])?,
            letter: id(&conversation["instanceIdentifier"])?,
            at: DateTime::parse_from_rfc3339(identification["creationDateAndTime"].as_str()?).ok()?.to_utc(),
            word: match identification["type"].as_str()? {
                "leveringskvittering" => Some(Word::Delivered),
                "feil" => Some(Word::Failed),
                _ => None,
            },
        })
    }
}
