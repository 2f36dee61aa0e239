//! What people read, out of the files in `api/texts` (Project Fluent): a folder for each language, so that a translator
//! sees a language as a whole, and a file for each place where texts stand. No text for people stands in the code.
//!
//! A [`Message`] is a type of the module that says it: the compiler knows which messages there are and which values each
//! has. The tests compare that with every file: a message without a text, a text that nobody says, and a value that stands
//! in one language alone fail them. A text never decides anything, and values stand in it as they are: what a caller wrote
//! is not read as Fluent.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::LazyLock;

use domain::contact_register::ContactLanguage;
pub(crate) use fluent_bundle::FluentValue as Value;
use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};

use crate::language::Language;

/// A file of texts, which each language that it is promised in has.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum File {
    /// What goes wrong with requests.
    Problems,
    /// What is wrong with fields of requests.
    Violations,
    /// The pages of problems.
    Pages,
    /// Why routing chose as it did, for senders.
    Routing,
    /// Documents for journals.
    Documents,
    /// Letters as they leave the house.
    Letters,
    /// Notices by SMS and e-mail.
    Notices,
    /// What the mailbox itself writes.
    Mailbox,
}

/// A language of texts. Requests choose among three ([`Language`]); the contact register knows one more.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Tongue {
    /// Norwegian Bokmål, in which each text is: what everybody gets who reads no other language that there is.
    Bokmal,
    /// Norwegian Nynorsk.
    Nynorsk,
    /// English.
    English,
    /// Northern Sami, in which notices are.
    NorthernSami,
}

impl Tongue {
    /// The tag of the language (BCP 47), which is the name of its folder.
    const fn tag(self) -> &'static str {
        match self {
            Self::Bokmal => "nb",
            Self::Nynorsk => "nn",
            Self::English => "en",
            Self::NorthernSami => "se",
        }
    }
}

impl From<Language> for Tongue {
    fn from(language: Language) -> Self {
        match language {
            Language::Bokmal => Self::Bokmal,
            Language::Nynorsk => Self::Nynorsk,
            Language::English => Self::English,
        }
    }
}

impl From<ContactLanguage> for Tongue {
    fn from(language: ContactLanguage) -> Self {
        match language {
            ContactLanguage::Nb => Self::Bokmal,
            ContactLanguage::Nn => Self::Nynorsk,
            ContactLanguage::En => Self::English,
            ContactLanguage::Se => Self::NorthernSami,
        }
    }
}

/// The files: which languages each is promised in, and what it says.
const SOURCES: &[(File, Tongue, &str)] = &[
    (File::Problems, Tongue::Bokmal, include_str!("../texts/nb/problems.ftl")),
    (File::Problems, Tongue::Nynorsk, include_str!("../texts/nn/problems.ftl")),
    (File::Problems, Tongue::English, include_str!("../texts/en/problems.ftl")),
    (File::Violations, Tongue::Bokmal, include_str!("../texts/nb/violations.ftl")),
    (File::Violations, Tongue::Nynorsk, include_str!("../texts/nn/violations.ftl")),
    (File::Violations, Tongue::English, include_str!("../texts/en/violations.ftl")),
    (File::Pages, Tongue::Bokmal, include_str!("../texts/nb/pages.ftl")),
    (File::Pages, Tongue::Nynorsk, include_str!("../texts/nn/pages.ftl")),
    (File::Pages, Tongue::English, include_str!("../texts/en/pages.ftl")),
    (File::Routing, Tongue::Bokmal, include_str!("../texts/nb/routing.ftl")),
    (File::Routing, Tongue::Nynorsk, include_str!("../texts/nn/routing.ftl")),
    (File::Routing, Tongue::English, include_str!("../texts/en/routing.ftl")),
    (File::Documents, Tongue::Bokmal, include_str!("../texts/nb/documents.ftl")),
    (File::Documents, Tongue::Nynorsk, include_str!("../texts/nn/documents.ftl")),
    (File::Documents, Tongue::English, include_str!("../texts/en/documents.ftl")),
    // What is kept as it was written, or goes out of the house, is in Bokmål alone.
    (File::Letters, Tongue::Bokmal, include_str!("../texts/nb/letters.ftl")),
    (File::Mailbox, Tongue::Bokmal, include_str!("../texts/nb/mailbox.ftl")),
    (File::Notices, Tongue::Bokmal, include_str!("../texts/nb/notices.ftl")),
    (File::Notices, Tongue::Nynorsk, include_str!("../texts/nn/notices.ftl")),
    (File::Notices, Tongue::English, include_str!("../texts/en/notices.ftl")),
    (File::Notices, Tongue::NorthernSami, include_str!("../texts/se/notices.ftl")),
];

/// What a module says to people, as one of a closed list, with the values that stand in it.
pub(crate) trait Message {
    /// The file that has its text.
    const FILE: File;

    /// Its name in the file.
    fn id(&self) -> &'static str;

    /// The attribute of the name that is the text, where it is not the name's own.
    fn attribute(&self) -> Option<&'static str> {
        None
    }

    /// The values that stand in the text, by the names of their variables.
    fn values(&self) -> Vec<(&'static str, Value<'static>)> {
        vec![]
    }
}

type Bundle = FluentBundle<FluentResource>;

/// All texts, read when the first is said.
static BUNDLES: LazyLock<HashMap<(File, Tongue), Bundle>> = LazyLock::new(|| {
    SOURCES.iter().map(|(file, tongue, source)| ((*file, *tongue), bundle(*tongue, source))).collect()
});

fn bundle(tongue: Tongue, source: &str) -> Bundle {
    let mut bundle = FluentBundle::new_concurrent(tongue.tag().parse().into_iter().collect());
    // Texts go into SMS, PDF and JSON, where nobody expects invisible marks around values.
    bundle.set_use_isolating(false);
    // The tests prove that each file is whole; what could be read of another one is better than nothing.
    let resource = FluentResource::try_new(source.to_owned()).unwrap_or_else(|(read, _)| read);
    bundle.add_resource_overriding(resource);
    bundle
}

/// A message in a language; in Bokmål where the language does not have it.
#[must_use]
pub(crate) fn text<M: Message>(message: &M, tongue: impl Into<Tongue>) -> Cow<'static, str> {
    let bundles = &*BUNDLES;
    let bundle = |tongue| bundles.get(&(M::FILE, tongue));
    let found =
        [tongue.into(), Tongue::Bokmal].into_iter().filter_map(bundle).find_map(|bundle| written(bundle, message));
    found.unwrap_or_else(|| {
        tracing::error!(text.file = ?M::FILE, text.id = message.id(), "a text is missing or lacks a value");
        Cow::Borrowed(message.id())
    })
}

/// Nothing where the message or one of its values is not there.
fn written<M: Message>(bundle: &'static Bundle, message: &M) -> Option<Cow<'static, str>> {
    let found = bundle.get_message(message.id())?;
    let pattern = match message.attribute() {
        None => found.value()?,
        Some(attribute) => found.get_attribute(attribute)?.value(),
    };
    let values: FluentArgs<'_> = message.values().into_iter().collect();
    let mut faults = vec![];
    let text = bundle.format_pattern(pattern, Some(&values), &mut faults);
    faults.is_empty().then_some(text)
}

#[cfg(test)]
mod tests;
