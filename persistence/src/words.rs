//! What the mailbox itself writes to people. The words come from whoever opens the store, in whatever language: here are
//! the facts alone, and what they are told with. No text for people stands in this crate.

use chrono::{DateTime, NaiveDate, Utc};
use domain::appointment::{AppointmentKind, AppointmentTitle};
use domain::health_contact::ContactNames;
use domain::power_of_attorney::{HolderWords, Period, PowerKind, PowerRole};
use domain::service_area::AreaNames;

/// Who writes what the mailbox tells. Each is called in the transaction of what it tells of, so none waits for anything.
pub trait MailboxWords: Send + Sync {
    /// What one side of a power of attorney is told of it (FUL-17). The subject names nobody: it shows in lists.
    fn power_of_attorney(&self, told: &PowerTold<'_>) -> Written;

    /// What a service finds in its queue when a citizen has cancelled (DH-2).
    fn appointment_cancelled(
        &self,
        kind: AppointmentKind,
        title: &AppointmentTitle,
        starts_at: DateTime<Utc>,
    ) -> Written;

    /// The receipt of who has got another general practitioner, from a day on (HN-3). The subject names nobody.
    fn practitioner_changed(&self, new: &ContactNames, from: NaiveDate) -> Written;
}

/// A message in words.
#[derive(Clone, PartialEq, Eq)]
pub struct Written {
    /// The line shown.
    pub subject: String,
    /// What it says.
    pub body: String,
}

/// What has become of a power of attorney.
// The words below are stored for years, in references. Rename the variants as you like; never change a word.
#[derive(Clone, Copy, PartialEq, Eq, Debug, strum::IntoStaticStr, strum::VariantArray)]
#[strum(serialize_all = "camelCase")]
pub enum PowerNews {
    /// An operator put it on record, and another has not confirmed it.
    Registered,
    /// It was given, or confirmed.
    Given,
    /// Its period or its areas are others.
    Changed,
    /// Somebody ended it.
    Ended,
    /// Its last day has passed.
    Expired,
}

/// All that one side of a power of attorney is told of it: not who ended it, and never why it cannot be used.
pub struct PowerTold<'t> {
    /// What has become of it.
    pub news: PowerNews,
    /// How it came about.
    pub kind: PowerKind,
    /// Who is told.
    pub role: PowerRole,
    /// Who is on its other side.
    pub other: OtherSide<'t>,
    /// The days on which it holds.
    pub period: Period,
    /// What it is about, in order.
    pub areas: &'t [&'t AreaNames],
    /// Before when one that an operator put on record has no effect.
    pub earliest_at: Option<DateTime<Utc>>,
}

/// The other side of a power of attorney, as far as who is told may know of them.
#[derive(Clone, Copy)]
pub enum OtherSide<'t> {
    /// The giver, by their name in the register.
    Giver(&'t str),
    /// The holder, as the giver wrote them.
    Holder(&'t HolderWords),
    /// Nobody who can be named.
    Unnamed,
}
