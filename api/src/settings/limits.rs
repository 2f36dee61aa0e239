//! How much is taken in, of everybody and of each.

use std::time::Duration;

use domain::contact_details::CallingCode;
use persistence::{Quotas, UploadQuota};

use super::reader::Reader;

/// How much is taken in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LimitSettings {
    /// The largest JSON body of a request, in bytes.
    pub json_bytes: usize,
    /// How fast bodies have to come.
    pub body: BodyPace,
    /// How many requests each person may have running at a time.
    pub requests_at_once_of_person: u32,
    /// How many requests each system may have running at a time.
    pub requests_at_once_of_system: u32,
    /// How often an organisation may have its webhooks tested in a minute.
    pub webhook_tests_a_minute: u32,
    /// Countries, besides Norway, whose mobile numbers are taken.
    pub mobile_countries: Vec<CallingCode>,
    /// What each may have lying here, and do in a day.
    pub quotas: Quotas,
}

/// How fast the body of a request has to come. Only the time counts that we wait for it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BodyPace {
    /// How long nothing has to come.
    pub grace: Duration,
    /// How many bytes have to come for each second after that.
    pub bytes_a_second: u32,
}

impl Default for BodyPace {
    fn default() -> Self {
        Self { grace: Duration::from_secs(15), bytes_a_second: 1024 }
    }
}

impl LimitSettings {
    /// The smallest limit that can be set: a message whose body has 100,000 characters must always fit, also when
    /// its sender escapes each as `\ud83d\ude00` (12 bytes), with room for the other fields.
    pub const LEAST_JSON_BYTES: u32 = 1_310_720;
    pub(super) const DEFAULT_JSON_BYTES: u32 = 1_572_864;
    pub(super) const MOST_JSON_BYTES: u32 = 67_108_864;
}

pub(super) fn limits(reader: &mut Reader<'_>) -> LimitSettings {
    let range = LimitSettings::LEAST_JSON_BYTES..=LimitSettings::MOST_JSON_BYTES;
    let json_bytes = reader.number("limits.json_bytes", range).unwrap_or(LimitSettings::DEFAULT_JSON_BYTES);
    let usual = BodyPace::default();
    let grace = reader.number("limits.body_grace_seconds", 1..=300);
    LimitSettings {
        json_bytes: json_bytes as usize,
        body: BodyPace {
            grace: grace.map_or(usual.grace, |seconds| Duration::from_secs(seconds.into())),
            bytes_a_second: reader.number("limits.body_bytes_a_second", 1..=1_000_000).unwrap_or(usual.bytes_a_second),
        },
        requests_at_once_of_person: reader.number("limits.requests_at_once_of_person", 1..=10_000).unwrap_or(32),
        requests_at_once_of_system: reader.number("limits.requests_at_once_of_system", 1..=100_000).unwrap_or(1024),
        webhook_tests_a_minute: reader.number("limits.webhook_tests_a_minute", 1..=1000).unwrap_or(5),
        mobile_countries: reader.list("limits.mobile_countries", CallingCode::parse).unwrap_or_default(),
        quotas: quotas(reader),
    }
}

fn quotas(reader: &mut Reader<'_>) -> Quotas {
    const MEBIBYTE: u64 = 1024 * 1024;
    let usual = Quotas::default();
    let mut upload = |[files, mebibytes]: [&'static str; 2], usual: UploadQuota| UploadQuota {
        files: reader.number(files, 1..=1_000_000).map_or(usual.files, u64::from),
        bytes: reader
            .number(mebibytes, 1..=100_000_000)
            .map_or(usual.bytes, |mebibytes| u64::from(mebibytes) * MEBIBYTE),
    };
    let uploads_of_person =
        upload(["limits.uploads_of_person", "limits.upload_mebibytes_of_person"], usual.uploads_of_person);
    let uploads_of_system =
        upload(["limits.uploads_of_system", "limits.upload_mebibytes_of_system"], usual.uploads_of_system);
    let mut count = |key, usual: u32| reader.number(key, 1..=10_000).unwrap_or(usual);
    Quotas {
        uploads_of_person,
        uploads_of_system,
        powers_a_day: count("limits.powers_a_day", usual.powers_a_day),
        power_notices_of_pair_a_day: count("limits.power_notices_of_pair_a_day", usual.power_notices_of_pair_a_day),
        power_notices_a_day: count("limits.power_notices_a_day", usual.power_notices_a_day),
    }
}

/// Every setting with the value that takes effect.
pub(super) fn lines(limits: &LimitSettings) -> Vec<(&'static str, String)> {
    const MEBIBYTE: u64 = 1024 * 1024;
    let LimitSettings {
        json_bytes,
        body: BodyPace { grace, bytes_a_second },
        requests_at_once_of_person,
        requests_at_once_of_system,
        webhook_tests_a_minute,
        mobile_countries,
        quotas:
            Quotas { uploads_of_person, uploads_of_system, powers_a_day, power_notices_of_pair_a_day, power_notices_a_day },
    } = limits;
    let countries: Vec<String> = mobile_countries.iter().map(ToString::to_string).collect();
    vec![
        ("limits.json_bytes", json_bytes.to_string()),
        ("limits.body_grace_seconds", grace.as_secs().to_string()),
        ("limits.body_bytes_a_second", bytes_a_second.to_string()),
        ("limits.requests_at_once_of_person", requests_at_once_of_person.to_string()),
        ("limits.requests_at_once_of_system", requests_at_once_of_system.to_string()),
        ("limits.webhook_tests_a_minute", webhook_tests_a_minute.to_string()),
        ("limits.mobile_countries", countries.join(", ")),
        ("limits.uploads_of_person", uploads_of_person.files.to_string()),
        ("limits.upload_mebibytes_of_person", (uploads_of_person.bytes / MEBIBYTE).to_string()),
        ("limits.uploads_of_system", uploads_of_system.files.to_string()),
        ("limits.upload_mebibytes_of_system", (uploads_of_system.bytes / MEBIBYTE).to_string()),
        ("limits.powers_a_day", powers_a_day.to_string()),
        ("limits.power_notices_of_pair_a_day", power_notices_of_pair_a_day.to_string()),
        ("limits.power_notices_a_day", power_notices_a_day.to_string()),
    ]
}
