//! What notices say: that there is a message, and from which organisation (KRR-16). Never from which of its services, nor
//! about what; and no link, for whoever gets used to links in such texts follows those of others too.

use std::borrow::Cow;

use domain::contact_register::ContactLanguage;
use persistence::Notice;

use crate::text::{File, Message, Value, text};

/// The longest name of an organisation in a notice. With it an SMS has at most two parts.
const MOST_NAME_CHARS: usize = 70;

/// A text of notices.
#[derive(Clone)]
enum NoticeText {
    /// The line of an e-mail.
    Subject { is_for_another: bool },
    /// The notice itself.
    Body { is_for_another: bool, organisation: String },
}

impl Message for NoticeText {
    const FILE: File = File::Notices;

    fn id(&self) -> &'static str {
        let (Self::Subject { is_for_another } | Self::Body { is_for_another, .. }) = self;
        if *is_for_another { "to-another" } else { "to-owner" }
    }

    fn attribute(&self) -> Option<&'static str> {
        match self {
            Self::Subject { .. } => Some("subject"),
            Self::Body { .. } => None,
        }
    }

    fn values(&self) -> Vec<(&'static str, Value<'static>)> {
        match self {
            Self::Subject { .. } => vec![],
            Self::Body { is_for_another: _, organisation } => vec![("organisation", organisation.clone().into())],
        }
    }
}

/// The line and the text of a notice, in its addressee's language.
pub(super) fn write(notice: &Notice) -> (Cow<'static, str>, String) {
    let language = notice.language.unwrap_or(ContactLanguage::Nb);
    let (is_for_another, organisation) = (notice.is_for_another, shortened(&notice.organisation));
    let subject = text(&NoticeText::Subject { is_for_another }, language);
    (subject, text(&NoticeText::Body { is_for_another, organisation }, language).into_owned())
}

/// Each text of notices, with values as they may be.
#[cfg(test)]
pub(crate) fn every_notice_text() -> Vec<impl Message> {
    let of_one = |is_for_another| {
        let body = NoticeText::Body { is_for_another, organisation: "Solvika sykehus".to_owned() };
        [NoticeText::Subject { is_for_another }, body]
    };
    [false, true].into_iter().flat_map(of_one).collect()
}

/// A name that fits, cut where it is too long.
fn shortened(name: &str) -> String {
    let name: String = name.chars().map(|char| if char.is_control() { ' ' } else { char }).collect();
    match name.char_indices().nth(MOST_NAME_CHARS) {
        Some((end, _)) => format!("{}…", name[..end].trim_end()),
        None => name,
    }
}

#[cfg(test)]
mod tests {
    use domain::contact_details::{ContactDetails, MobileNumber};
    use domain::contact_register::Entry;
    use domain::id::NoticeId;
    use domain::identity::{NationalId, NumberSeries};
    use domain::message::MessageKind;
    use domain::notification::{Addressee, NotificationSettings, addresses};
    use strum::VariantArray as _;

    use super::*;

    fn notice(language: Option<ContactLanguage>, is_for_another: bool, organisation: &str) -> Notice {
        let number = NationalId::parse("29827200059", NumberSeries::Synthetic).expect("a number");
        let own = ContactDetails { mobile: MobileNumber::parse("+4799999999").ok(), email: None };
        let settings = NotificationSettings::default();
        let to = Addressee { age_years: 40, settings, entry: &Entry::not_registered(number), own: &own, parents: &[] };
        let address = addresses(MessageKind::Dialogue, &to, chrono::DateTime::UNIX_EPOCH).remove(0);
        let id = NoticeId::from(uuid::Uuid::from_u128(7));
        Notice { id, address, language, organisation: organisation.to_owned(), is_for_another }
    }

    #[test]
    fn krr_16_every_text_names_the_organisation_and_differs() {
        let mut texts = vec![];
        for language in ContactLanguage::VARIANTS {
            for is_for_another in [false, true] {
                let (subject, text) = write(&notice(Some(*language), is_for_another, "Solvika sykehus"));
                assert!(text.contains("Solvika sykehus") && !subject.contains("Solvika"), "{text}");
                assert!(text.chars().count() <= 160, "one SMS: {text}");
                texts.extend([subject.into_owned(), text]);
            }
        }
        let count = texts.len();
        texts.sort_unstable();
        texts.dedup();
        assert_eq!(texts.len(), count);
    }

    #[test]
    fn who_has_chosen_no_language_gets_bokmal_and_long_names_are_cut() {
        let (_, text) = write(&notice(None, false, "Solvika sykehus"));
        assert_eq!(text, "Du har fått en melding fra Solvika sykehus. Logg inn i Brevdue for å lese den.");
        let (_, text) = write(&notice(None, true, &"Æ".repeat(200)));
        assert!(
            text.contains(&format!("{}…", "Æ".repeat(MOST_NAME_CHARS))) && text.chars().count() < 2 * 67 + 40,
            "{text}"
        );
    }
}
