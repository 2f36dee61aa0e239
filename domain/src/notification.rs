//! Notices by SMS and e-mail that something has come (DH-9, KRR-10, KRR-16): who gets one where, and when.
//!
//! A notice says that there is a message and from which organisation. It names neither the service nor anything of the
//! message.

use std::fmt;

use chrono::{DateTime, Days, NaiveTime, TimeZone as _, Utc};
use chrono_tz::Europe::Oslo;
use strum::{EnumString, IntoStaticStr, VariantArray};

use crate::contact_details::ContactDetails;
use crate::contact_register::{ContactPoint, Entry, Status};
use crate::message::MessageKind;
use crate::person::{ADULT_YEARS, PARENTS_SEE_LESS_YEARS};

/// Notices are sent from this hour on, as the clocks of Oslo show it.
const FIRST_HOUR: u32 = 8;
/// And until this one.
const LAST_HOUR: u32 = 21;
/// How many days after the first notice the second comes, where the message is not opened (KRR-10).
const DAYS_UNTIL_SECOND: u64 = 7;

/// How a notice is sent.
// The words below are stored. Rename the variants as you like; never change a word.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "camelCase")]
pub enum NoticeChannel {
    /// To a mobile telephone.
    Sms,
    /// To an e-mail address.
    Email,
}

impl NoticeChannel {
    /// The stored and sent word.
    #[must_use]
    pub fn as_word(self) -> &'static str {
        self.into()
    }
}

/// How somebody wants to be told that something has come.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct NotificationSettings {
    /// By SMS.
    pub sms: bool,
    /// By e-mail.
    pub email: bool,
}

impl Default for NotificationSettings {
    /// As long as somebody has not said otherwise: by both.
    fn default() -> Self {
        Self { sms: true, email: true }
    }
}

impl NotificationSettings {
    const fn wants(self, channel: NoticeChannel) -> bool {
        match channel {
            NoticeChannel::Sms => self.sms,
            NoticeChannel::Email => self.email,
        }
    }
}

/// Where a notice goes. It does not print.
#[derive(Clone, PartialEq, Eq)]
pub struct NoticeAddress {
    /// How.
    pub channel: NoticeChannel,
    address: String,
}

impl NoticeAddress {
    /// The number or address. Every use of this shows how to reach somebody.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.address
    }
}

impl fmt::Debug for NoticeAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NoticeAddress({}, ***)", self.channel.as_word())
    }
}

/// Somebody who is to be told that something has come.
#[derive(Clone, Copy, Debug)]
pub struct Addressee<'a> {
    /// Their age in whole years.
    pub age_years: i32,
    /// How they want to be told.
    pub settings: NotificationSettings,
    /// What the contact register says of them.
    pub entry: &'a Entry,
    /// What they have entered here themselves.
    pub own: &'a ContactDetails,
    /// What the register says of those with parental responsibility for them.
    pub parents: &'a [Entry],
}

/// Where somebody is told of a message of a kind: at one address for each channel that they want.
///
/// The contact register's address comes first. Of a letter it may tell for 18 months after it was confirmed (KRR-3), and
/// not at all where the register says that no lawful notice can be given (KRR-2); what is no decision may be told of for
/// longer. What the citizen has entered here comes second. A child of 12 to 17 is not told at an address that is a
/// parent's, for then the parent would be told instead.
#[must_use]
pub fn addresses(kind: MessageKind, to: &Addressee<'_>, now: DateTime<Utc>) -> Vec<NoticeAddress> {
    let is_usable = |point: &&ContactPoint| match kind.asks_contact_register() {
        true => to.entry.can_be_notified && to.entry.status == Status::Active && point.is_usable(now),
        false => to.entry.status != Status::Deleted,
    };
    let found = NoticeChannel::VARIANTS.iter().filter(|channel| to.settings.wants(**channel)).filter_map(|channel| {
        let registered = registered(to.entry, *channel).filter(is_usable).map(ContactPoint::expose);
        let own = match channel {
            NoticeChannel::Sms => to.own.mobile.as_ref().map(|mobile| mobile.expose()),
            NoticeChannel::Email => to.own.email.as_ref().map(|email| email.expose()),
        };
        let is_own = |address: &&str| !is_of_a_parent(to, *channel, address);
        let address = [registered, own].into_iter().flatten().find(is_own)?;
        Some(NoticeAddress { channel: *channel, address: address.to_owned() })
    });
    found.collect()
}

const fn registered(entry: &Entry, channel: NoticeChannel) -> Option<&ContactPoint> {
    match channel {
        NoticeChannel::Sms => entry.mobile.as_ref(),
        NoticeChannel::Email => entry.email.as_ref(),
    }
}

fn is_of_a_parent(to: &Addressee<'_>, channel: NoticeChannel, address: &str) -> bool {
    (PARENTS_SEE_LESS_YEARS..ADULT_YEARS).contains(&to.age_years)
        && to.parents.iter().filter_map(|parent| registered(parent, channel)).any(|of| is_same(of.expose(), address))
}

/// Whether two addresses reach the same place, however they are written.
fn is_same(one: &str, other: &str) -> bool {
    let plain = |text: &str| -> String {
        let kept = text.chars().filter(|char| !matches!(char, ' ' | '-' | '\u{a0}'));
        let text = kept.collect::<String>().to_lowercase();
        text.strip_prefix("+47").or_else(|| text.strip_prefix("0047")).map(str::to_owned).unwrap_or(text)
    };
    plain(one) == plain(other)
}

/// When a notice that could be sent at a time is sent: then, or in the morning. Nobody is woken by one.
#[must_use]
pub fn send_at(at: DateTime<Utc>) -> DateTime<Utc> {
    let local = at.with_timezone(&Oslo);
    let (day, time) = (local.date_naive(), local.time());
    let hour = |hour| NaiveTime::from_hms_opt(hour, 0, 0).unwrap_or(NaiveTime::MIN);
    let day = match (time < hour(FIRST_HOUR), time < hour(LAST_HOUR)) {
        (true, _) => day,
        (false, true) => return at,
        (false, false) => day + Days::new(1),
    };
    let morning = day.and_time(hour(FIRST_HOUR));
    Oslo.from_local_datetime(&morning).earliest().map_or(at, |morning| morning.with_timezone(&Utc))
}

/// When the second notice is sent, after a first at this time: a week later by the calendar (KRR-10).
#[must_use]
pub fn again_at(first: DateTime<Utc>) -> DateTime<Utc> {
    let local = first.with_timezone(&Oslo).naive_local() + Days::new(DAYS_UNTIL_SECOND);
    // An hour that the clocks leave out in spring is none in which notices are sent.
    let again = Oslo.from_local_datetime(&local).earliest().map_or(first, |at| at.with_timezone(&Utc));
    send_at(again)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contact_details::{EmailAddress, MobileNumber};
    use crate::identity::{NationalId, NumberSeries};

    const NOW: &str = "2026-11-22T12:00:00Z";

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().expect("a time")
    }

    fn point(address: &str, verified: &str) -> Option<ContactPoint> {
        Some(ContactPoint::new(address.to_owned(), None, Some(at(verified))))
    }

    fn nobody() -> Entry {
        Entry::not_registered(NationalId::parse("29827200059", NumberSeries::Synthetic).expect("a number"))
    }

    fn entry(mobile: &str, email: &str) -> Entry {
        let verified = "2026-06-01T12:00:00Z";
        let (mobile, email) = (point(mobile, verified), point(email, verified));
        Entry { status: Status::Active, can_be_notified: true, mobile, email, ..nobody() }
    }

    fn told(kind: MessageKind, to: &Addressee<'_>) -> Vec<String> {
        addresses(kind, to, at(NOW)).iter().map(|address| address.expose().to_owned()).collect()
    }

    #[test]
    fn dh_9_where_somebody_is_told() {
        let (letter, dialogue) = (MessageKind::Letter, MessageKind::Dialogue);
        let active = entry("+4799999991", "kari@example.no");
        let old = Entry { mobile: point("+4799999991", "2020-01-01T00:00:00Z"), ..active.clone() };
        let unnotifiable = Entry { can_be_notified: false, ..active.clone() };
        let deleted = Entry { status: Status::Deleted, ..active.clone() };
        let none = ContactDetails::default();
        let own = ContactDetails {
            mobile: MobileNumber::parse("+4799999992").ok(),
            email: EmailAddress::parse("eget@example.no").ok(),
        };
        let to = |entry, own| Addressee {
            age_years: 40,
            settings: NotificationSettings::default(),
            entry,
            own,
            parents: &[],
        };
        let both: &[&str] = &["+4799999991", "kari@example.no"];
        let table: &[(&str, MessageKind, Addressee<'_>, &[&str])] = &[
            ("both channels", letter, to(&active, &none), both),
            ("KRR-3: each channel by its own dates", letter, to(&old, &none), &["kari@example.no"]),
            ("KRR-3: what is no decision may be told of for longer", dialogue, to(&old, &none), both),
            ("KRR-2: no lawful notice of a letter", letter, to(&unnotifiable, &none), &[]),
            ("deleted from the register", dialogue, to(&deleted, &none), &[]),
            (
                "PP-9: what the citizen entered comes second",
                letter,
                to(&old, &own),
                &["+4799999992", "kari@example.no"],
            ),
            (
                "PP-9: it is there also where the register has nothing",
                letter,
                to(&unnotifiable, &own),
                &["+4799999992", "eget@example.no"],
            ),
        ];
        for (name, kind, to, expected) in table {
            assert_eq!(told(*kind, to), *expected, "{name}");
        }
        let only = |sms, email| Addressee { settings: NotificationSettings { sms, email }, ..to(&active, &none) };
        assert_eq!(told(letter, &only(true, false)), ["+4799999991"]);
        assert_eq!(told(letter, &only(false, true)), ["kari@example.no"]);
        assert!(told(letter, &only(false, false)).is_empty());
    }

    #[test]
    fn a_child_is_not_told_at_an_address_of_a_parent() {
        let none = ContactDetails::default();
        let child = entry("+47 999 99 991", "Kari@example.no");
        let parents = [entry("99999991", "mor@example.no"), entry("+4799999990", "kari@example.no")];
        let of_age = |age_years| Addressee {
            age_years,
            settings: NotificationSettings::default(),
            entry: &child,
            own: &none,
            parents: &parents,
        };

        assert!(told(MessageKind::Dialogue, &of_age(12)).is_empty());
        assert!(told(MessageKind::Dialogue, &of_age(17)).is_empty());
        assert_eq!(told(MessageKind::Dialogue, &of_age(18)).len(), 2);
        let own = ContactDetails { mobile: MobileNumber::parse("+4799999992").ok(), email: None };
        assert_eq!(told(MessageKind::Dialogue, &Addressee { own: &own, ..of_age(15) }), ["+4799999992"]);
    }

    #[test]
    fn nobody_is_told_in_the_night() {
        // Winter time is an hour ahead, summer time two.
        let table = [
            ("2026-11-22T06:59:59Z", "2026-11-22T07:00:00Z"),
            ("2026-11-22T07:00:00Z", "2026-11-22T07:00:00Z"),
            ("2026-11-22T19:59:59Z", "2026-11-22T19:59:59Z"),
            ("2026-11-22T20:00:00Z", "2026-11-23T07:00:00Z"),
            ("2026-11-22T23:30:00Z", "2026-11-23T07:00:00Z"),
            ("2026-07-01T05:00:00Z", "2026-07-01T06:00:00Z"),
            ("2026-07-01T19:00:00Z", "2026-07-02T06:00:00Z"),
        ];
        for (asked, expected) in table {
            assert_eq!(send_at(at(asked)), at(expected), "{asked}");
        }
    }

    #[test]
    fn krr_10_the_second_notice_comes_a_week_later_by_the_calendar() {
        assert_eq!(again_at(at("2026-11-22T12:00:00Z")), at("2026-11-29T12:00:00Z"));
        // The clocks are set back on 25 October.
        assert_eq!(again_at(at("2026-10-20T10:00:00Z")), at("2026-10-27T11:00:00Z"));
        assert_eq!(again_at(at("2026-10-20T18:30:00Z")), at("2026-10-27T19:30:00Z"));
    }

    #[test]
    fn addresses_do_not_print() {
        let none = ContactDetails::default();
        let entry = entry("+4799999991", "kari@example.no");
        let settings = NotificationSettings::default();
        let to = Addressee { age_years: 40, settings, entry: &entry, own: &none, parents: &[] };
        let printed = format!("{:?} {to:?}", addresses(MessageKind::Letter, &to, at(NOW)));
        assert!(!printed.contains("9999") && !printed.contains("kari"), "{printed}");
    }
}
