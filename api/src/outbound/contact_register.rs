//! The contact and reservation register as Digdir runs it (KRR, REST version 2).
//!
//! A row that cannot be understood is left out, and so unknown; a row of somebody who was not asked about makes the whole
//! answer worthless. While the register is away it is left alone for a moment, so that people do not wait for it in turn.

use std::collections::HashMap;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use chrono::{DateTime, Utc};
use domain::contact_register::{Certificate, ContactPoint, DigitalMailbox, Entry, Status};
use domain::identity::{NationalId, OrganisationNumber};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use persistence::{ContactRegister, RegisterAway};
use serde::Deserialize;
use serde_json::{Value, json};
use x509_cert::der::Decode as _;

use super::http::CallError;
use super::maskinporten::Maskinporten;
use super::register_client::{AskError, RegisterClient};

/// What our tokens for it are for.
const SCOPES: &str = "krr:global/kontaktinformasjon.read krr:global/digitalpost.read";
/// How long a call may take.
const TIMEOUT: Duration = Duration::from_millis(2500);
/// A thousand rows with a certificate each are about five million bytes.
const MOST_BYTES: usize = 16 * 1024 * 1024;
/// With the offset as `Z`, `+02` or `+02:00`: the register writes the first two.
const DATE_FORMAT: &str = "%Y-%m-%dT%H:%M:%S%.f%#z";

/// The register.
pub(crate) struct DigdirContactRegister(RegisterClient);

impl DigdirContactRegister {
    /// A client of the register at an address.
    ///
    /// # Errors
    /// When no TLS client can be made.
    pub(crate) fn new(url: String, maskinporten: Maskinporten) -> Result<Self, reqwest::Error> {
        Ok(Self(RegisterClient::new(url, SCOPES.to_owned(), maskinporten, TIMEOUT, MOST_BYTES)?))
    }

    async fn ask(&self, numbers: &[NationalId]) -> Result<Vec<Entry>, AskError> {
        let exposed: Vec<&str> = numbers.iter().map(NationalId::expose).collect();
        let question = json!({"personidentifikatorer": exposed});
        self.0.unless_away(async { entries(numbers, &self.0.post("", &question).await?) }).await
    }
}

impl ContactRegister for DigdirContactRegister {
    fn contacts<'a>(&'a self, numbers: &'a [NationalId]) -> BoxFuture<'a, Result<Vec<Entry>, RegisterAway>> {
        self.ask(numbers).map(|answer| answer.map_err(|error| RegisterAway(Box::new(error)))).boxed()
    }
}

/// The answer, its rows one by one.
#[derive(Deserialize)]
struct Answer {
    personer: Vec<Value>,
}

#[derive(Deserialize)]
struct Row {
    reservasjon: String,
    status: String,
    #[serde(default)]
    varslingsstatus: String,
    kontaktinformasjon: Option<ContactInformation>,
    digital_post: Option<DigitalPost>,
    sertifikat: Option<String>,
    spraak: Option<String>,
}

#[derive(Deserialize)]
struct ContactInformation {
    epostadresse: Option<String>,
    epostadresse_oppdatert: Option<String>,
    epostadresse_sist_verifisert: Option<String>,
    mobiltelefonnummer: Option<String>,
    mobiltelefonnummer_oppdatert: Option<String>,
    mobiltelefonnummer_sist_verifisert: Option<String>,
}

#[derive(Deserialize)]
struct DigitalPost {
    postkasseadresse: String,
    postkasseleverandoeradresse: String,
}

fn entries(asked: &[NationalId], body: &[u8]) -> Result<Vec<Entry>, AskError> {
    let answer: Answer = serde_json::from_slice(body).map_err(|_| CallError::Unreadable)?;
    let asked: HashMap<&str, &NationalId> = asked.iter().map(|number| (number.expose(), number)).collect();
    let mut entries = Vec::with_capacity(answer.personer.len());
    for row in answer.personer {
        let number = row["personidentifikator"].as_str().and_then(|number| asked.get(number));
        let number = number.ok_or(AskError::AnotherPerson)?;
        let entry = serde_json::from_value(row).ok().and_then(|row| entry((*number).clone(), row));
        if entry.is_none() {
            tracing::warn!("a row of the contact register is not understood");
        }
        entries.extend(entry);
    }
    Ok(entries)
}

/// None where a word is not one of the register's: who is reserved is not to be guessed.
fn entry(national_id: NationalId, row: Row) -> Option<Entry> {
    let Row { reservasjon, status, varslingsstatus, kontaktinformasjon, digital_post, sertifikat, spraak } = row;
    let (email, mobile) = kontaktinformasjon.map_or((None, None), points);
    Some(Entry {
        national_id,
        is_reserved: match reservasjon.as_str() {
            "JA" => true,
            "NEI" => false,
            _ => return None,
        },
        status: match status.as_str() {
            "AKTIV" => Status::Active,
            "SLETTET" => Status::Deleted,
            "IKKE_REGISTRERT" => Status::NotRegistered,
            _ => return None,
        },
        can_be_notified: varslingsstatus == "KAN_VARSLES",
        language: spraak.and_then(|word| word.parse().ok()),
        email,
        mobile,
        mailbox: digital_post.and_then(|post| mailbox(post, sertifikat.as_deref())),
    })
}

fn points(of: ContactInformation) -> (Option<ContactPoint>, Option<ContactPoint>) {
    let point = |address: Option<String>, updated: Option<String>, verified: Option<String>| {
        let address = address.filter(|address| !address.is_empty())?;
        Some(ContactPoint::new(address, date(updated), date(verified)))
    };
    (
        point(of.epostadresse, of.epostadresse_oppdatert, of.epostadresse_sist_verifisert),
        point(of.mobiltelefonnummer, of.mobiltelefonnummer_oppdatert, of.mobiltelefonnummer_sist_verifisert),
    )
}

/// A date that cannot be read is none, and so makes no address usable.
fn date(text: Option<String>) -> Option<DateTime<Utc>> {
    DateTime::parse_from_str(&text?, DATE_FORMAT).ok().map(|at| at.to_utc())
}

fn mailbox(post: DigitalPost, certificate: Option<&str>) -> Option<DigitalMailbox> {
    let provider = OrganisationNumber::parse(&post.postkasseleverandoeradresse).ok()?;
    Some(DigitalMailbox::new(provider, post.postkasseadresse, certificate.and_then(self::certificate)))
}

/// A certificate in Base64, with or without the lines of PEM around it.
fn certificate(text: &str) -> Option<Certificate> {
    let lines = text.lines().filter(|line| !line.starts_with("-----"));
    let der = BASE64_STANDARD.decode(lines.flat_map(str::split_whitespace).collect::<String>()).ok()?;
    let read = x509_cert::Certificate::from_der(&der).ok()?;
    let at = |time: x509_cert::time::Time| {
        DateTime::from_timestamp(i64::try_from(time.to_unix_duration().as_secs()).ok()?, 0)
    };
    let validity = read.tbs_certificate().validity();
    let (valid_from, valid_until) = (at(validity.not_before)?, at(validity.not_after)?);
    Some(Certificate { der, valid_from, valid_until })
}

#[cfg(test)]
#[path = "contact_register_tests.rs"]
mod tests;
